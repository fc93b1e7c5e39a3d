# SPDX-License-Identifier: GPL-3.0-or-later
"""The beats that a MIDI file knows by its own tempo map and time signatures."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from ....inference.audio.beats import FASTEST, SLOWEST

Times = NDArray[np.float64]

#: Controllers of MIDI's channel mode messages.
ALL_SOUND_OFF, ALL_NOTES_OFF = 120, 123


def cut(source: Path, seconds: float, out: Path) -> None:
    """Writes the first seconds of a MIDI file as a file of one track."""
    file = mido.MidiFile(str(source), clip=True)
    track = mido.MidiTrack()
    now, tempo = 0.0, 500_000
    for message in mido.merge_tracks(file.tracks):
        now += mido.tick2second(message.time, file.ticks_per_beat, tempo)
        if now > seconds:
            break
        if message.type == "set_tempo":
            tempo = message.tempo
        if message.type != "end_of_track":
            track.append(message)
    # A note cut off before its end would sound for ever, and FluidSynth waits for silence.
    track.extend(
        mido.Message("control_change", channel=channel, control=control)
        for channel in range(16)
        for control in (ALL_SOUND_OFF, ALL_NOTES_OFF)
    )
    short = mido.MidiFile(type=0, ticks_per_beat=file.ticks_per_beat)
    short.tracks.append(track)
    short.save(str(out))


def read_beats(path: Path, seconds: float) -> tuple[Times, NDArray[np.bool_]]:
    """Dance beats (B,) in seconds and which start a bar, up to some seconds.

    The written beat (the quarter, or the dotted quarter of compound time) is halved or doubled
    into the tempo that people step to. Downbeats are False in time that is not in twos or fours.
    """
    file = mido.MidiFile(str(path), clip=True)
    ticks, clock, meters = _maps(file)
    beats: list[float] = []
    bars: list[bool] = []
    end = float(np.interp(seconds, clock, ticks)) if clock[-1] > seconds else ticks[-1]
    factor = _factor(ticks, clock, meters, file.ticks_per_beat, end)
    for i, (start, numerator, denominator) in enumerate(meters):
        stop = meters[i + 1][0] if i + 1 < len(meters) else end
        unit, count = _unit(numerator, denominator, file.ticks_per_beat)
        at = np.arange(start, min(stop, end) - 1, unit * factor)
        beats += list(np.interp(at, ticks, clock))
        duple = count in (2, 4)
        bars += [duple and k % 4 == 0 for k in range(len(at))]
    return np.array(beats), np.array(bars, bool)


def _maps(file: mido.MidiFile) -> tuple[Times, Times, list[tuple[float, int, int]]]:
    """Tempo map as (ticks, seconds at them), and meters as (tick, numerator, denominator)."""
    ticks, clock = [0.0], [0.0]
    meters: list[tuple[float, int, int]] = []
    now, seconds, tempo = 0, 0.0, 500_000
    for message in mido.merge_tracks(file.tracks):
        now += message.time
        seconds += mido.tick2second(message.time, file.ticks_per_beat, tempo)
        if message.type == "set_tempo":
            tempo = message.tempo
        if message.type == "time_signature":
            if meters and meters[-1][0] == now:
                meters.pop()
            meters.append((float(now), message.numerator, message.denominator))
        if now > ticks[-1]:
            ticks.append(float(now))
            clock.append(seconds)
    if not meters or meters[0][0] > 0:
        meters.insert(0, (0.0, 4, 4))
    return np.array(ticks), np.array(clock), meters


def _unit(numerator: int, denominator: int, ticks_per_beat: int) -> tuple[float, int]:
    """Ticks of the written beat and how many of them make a bar."""
    eighth = ticks_per_beat / 2
    if denominator == 8 and numerator % 3 == 0 and numerator > 3:
        return 3 * eighth, numerator // 3
    return 4.0 * ticks_per_beat / denominator, numerator


def _factor(
    ticks: Times, clock: Times, meters: list[tuple[float, int, int]], per_beat: int, end: float
) -> float:
    """Written beats in one dance beat: a power of two."""
    unit, _ = _unit(*meters[0][1:], per_beat)
    period = float(np.interp(end, ticks, clock)) / max(end / unit, 1e-9)
    factor = 1.0
    while 60 / (period * factor) > FASTEST and factor < 8:
        factor *= 2
    while 60 / (period * factor) < SLOWEST and factor > 1 / 8:
        factor /= 2
    return factor
