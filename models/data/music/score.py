# SPDX-License-Identifier: GPL-3.0-or-later
"""What a composer writes: notes on a grid of dance beats, and their MIDI file.

A bar has four dance beats of four steps each. For salsa the dance beat is half as fast as the
written one, so that a bar holds one whole clave.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

TICKS = 480
BEATS_PER_BAR = 4
STEPS_PER_BAR = 16
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
    """beat, length: in dance beats from the start. pitch: MIDI. velocity: 0..1."""

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
    """A composed piece. beat_times: seconds of every dance beat, (4 x bars + 1,), from 0."""

    name: str
    genre: str
    beat_times: Times
    parts: dict[str, Part]
    notes: tuple[Note, ...]
    sections: tuple[Section, ...]

    @property
    def downbeats(self) -> NDArray[np.bool_]:
        """Which of `beat_times` start a bar."""
        return np.arange(len(self.beat_times)) % BEATS_PER_BAR == 0

    @property
    def seconds(self) -> float:
        return float(self.beat_times[-1])

    def time(self, beat: float) -> float:
        """Seconds of a position in beats."""
        return float(np.interp(beat, np.arange(len(self.beat_times)), self.beat_times))


def write_midi(piece: Piece, path: Path) -> None:
    """Writes the parts that a synthesiser plays (not those of samples) as a MIDI file."""
    file = mido.MidiFile(ticks_per_beat=TICKS)
    conductor = mido.MidiTrack()
    for period in np.diff(piece.beat_times):
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
        file.tracks.append(_track(piece, name, part, number))
    file.save(str(path))


def _track(piece: Piece, name: str, part: Part, channel: int) -> mido.MidiTrack:
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
        start = max(0, round(note.beat * TICKS))
        stop = max(start + 1, round((note.beat + note.length) * TICKS))
        velocity = int(np.clip(round(127 * note.velocity), 1, 127))
        sound = {"note": note.pitch, "channel": channel}
        events.append((start, 1, mido.Message("note_on", velocity=velocity, **sound)))
        events.append((stop, 0, mido.Message("note_off", velocity=0, **sound)))
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    return track
