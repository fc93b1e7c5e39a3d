# SPDX-License-Identifier: GPL-3.0-or-later
"""What a composer writes: notes on a grid of dance beats, and their MIDI file.

A bar has three or four dance beats of four steps each. For salsa the dance beat is half as fast
as the written one, so that a bar holds one whole clave.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from ....inference.score.grid import Grid
from ....inference.score.harmony import Harmony

TICKS = 480
STEPS_PER_BEAT = 4
_DRUM_CHANNEL = 9

Times = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """One voice. program: General MIDI, from 0 (a kit for drums). gain: 0..1. pan: -1..1.

    samples: for a part played from one-shot recordings, the file name of each pitch.
    """

    program: int
    drums: bool = False
    gain: float = 0.8
    pan: float = 0.0
    samples: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """beat, length: in dance beats from the grid's first. pitch: MIDI. velocity: 0..1."""

    part: str
    beat: float
    length: float
    pitch: int
    velocity: float


@dataclass(frozen=True)
class Section:
    """Some bars that belong together. energy: 0..1."""

    name: str
    first_bar: int
    bars: int
    energy: float


@dataclass(frozen=True)
class Piece:
    """A composed piece.

    grid: its beats; music for a dance may begin before the first. energy: (H,) 0..1 of each
    half-bar from bar `first_bar` on (bar 0 starts at the grid's first downbeat, -1 is a pickup).
    accents: beats that are struck. stops: beats (from, to) at which the rhythm rests.
    seconds: where the piece ends; what rings on is extra.
    """

    name: str
    genre: str
    grid: Grid
    parts: dict[str, Part]
    notes: tuple[Note, ...]
    sections: tuple[Section, ...]
    harmony: Harmony
    energy: tuple[float, ...]
    seconds: float
    first_bar: int = 0
    accents: tuple[float, ...] = ()
    stops: tuple[tuple[float, float], ...] = ()

    @property
    def beat_times(self) -> Times:
        """Seconds of every dance beat, (B,)."""
        return self.grid.beats

    @property
    def downbeats(self) -> NDArray[np.bool_]:
        """Which of `beat_times` start a bar."""
        return self.grid.downbeats

    def time(self, beat: float) -> float:
        """Seconds of a position in beats, beyond the grid's ends too."""
        return float(self.grid.seconds(np.array([beat]))[0])

    def energy_at(self, times: Times) -> NDArray[np.float32]:
        """The energy written for some times, (T,), without steps between half-bars."""
        bars = (self.grid.position(times) - self.grid.first) / self.grid.beats_per_bar
        halves = 2 * (bars - self.first_bar) - 0.5
        return np.interp(halves, np.arange(len(self.energy)), self.energy).astype(np.float32)


def write_midi(piece: Piece, path: Path) -> float:
    """Writes the parts that a synthesiser plays (not those of samples) as a MIDI file.

    Returns the piece's time at the file's start, seconds: 0 or, for music before the first beat,
    less.
    """
    early = max(0, math.ceil(-min((note.beat for note in piece.notes), default=0.0)))
    start = piece.time(-early)
    if start > 0:
        early += math.ceil(start / float(np.diff(piece.beat_times)[0]))
    clock = [piece.time(beat) for beat in range(-early, len(piece.beat_times))]
    file = mido.MidiFile(ticks_per_beat=TICKS)
    conductor = mido.MidiTrack()
    for period in np.diff(clock):
        tempo = round(period * 1e6)
        delta = TICKS if len(conductor) else 0
        conductor.append(mido.MetaMessage("set_tempo", tempo=tempo, time=delta))
    file.tracks.append(conductor)
    channel = 0
    for name, part in piece.parts.items():
        if part.samples:
            continue
        if part.drums:
            number = _DRUM_CHANNEL
        else:
            number, channel = channel, channel + (2 if channel == _DRUM_CHANNEL - 1 else 1)
        file.tracks.append(_track(piece, name, part, number, early))
    file.save(str(path))
    return clock[0]


def _track(piece: Piece, name: str, part: Part, channel: int, early: int) -> mido.MidiTrack:
    track = mido.MidiTrack()
    track.append(mido.Message("program_change", program=part.program, channel=channel))
    for control, value in ((7, part.gain), (10, 0.5 + part.pan / 2), (91, 0.3)):
        track.append(
            mido.Message(
                "control_change", control=control, value=round(127 * value), channel=channel
            )
        )
    events: list[tuple[int, int, mido.Message]] = []
    for note in piece.notes:
        if note.part != name:
            continue
        start = max(0, round((note.beat + early) * TICKS))
        stop = max(start + 1, round((note.beat + note.length + early) * TICKS))
        velocity = int(np.clip(round(127 * note.velocity), 1, 127))
        sound = {"note": note.pitch, "channel": channel}
        events.append((start, 1, mido.Message("note_on", velocity=velocity, **sound)))
        events.append((stop, 0, mido.Message("note_off", velocity=0, **sound)))
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    return track
