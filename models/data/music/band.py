# SPDX-License-Identifier: GPL-3.0-or-later
"""What every genre shares: the drums' numbers, the bar at hand, fills, basses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .composer import Chord, Writer, near, triad
from .score import Section

KICK, RIM, SNARE, CLAP, CLOSED, PEDAL, OPEN, CRASH, RIDE = 36, 37, 38, 39, 42, 44, 46, 49, 51
TAMBOURINE, COWBELL, MARACAS, SHORT_GUIRO, LONG_GUIRO, CLAVES = 54, 56, 70, 73, 74, 75
HIGH_BONGO, LOW_BONGO, MUTE_CONGA, OPEN_CONGA, LOW_CONGA = 60, 61, 62, 63, 64
HIGH_TIMBALE, LOW_TIMBALE, SHAKER = 65, 66, 82
LOW_TOM, MID_TOM, HIGH_TOM = 45, 47, 50


@dataclass(frozen=True)
class Bar:
    """Where the music is. last: the bar before another section. first: the first of a section."""

    number: int
    section: Section
    chord: Chord
    next_chord: Chord
    first: bool
    last: bool

    @property
    def energy(self) -> float:
        """The section's energy; a build grows to its end."""
        if self.section.name != "build":
            return self.section.energy
        done = (self.number - self.section.first_bar + 1) / self.section.bars
        return self.section.energy * (0.6 + 0.5 * done)


def bars(sections: Sequence[Section], chords: Sequence[Chord]) -> Iterator[Bar]:
    """Yields every bar of the plan with its chord and the one that follows."""
    for section in sections:
        for i in range(section.bars):
            number = section.first_bar + i
            yield Bar(
                number,
                section,
                chords[number % len(chords)],
                chords[(number + 1) % len(chords)],
                first=i == 0,
                last=i == section.bars - 1,
            )


def progression(w: Writer, options: Sequence[Sequence[int]], seventh: bool) -> list[Chord]:
    """A drawn turn of scale degrees as chords."""
    degrees = options[int(w.rng.integers(len(options)))]
    return [triad(w.tonic, w.scale, degree, seventh) for degree in degrees]


def choose(w: Writer, options: Sequence[str]) -> str:
    """One of some patterns."""
    return options[int(w.rng.integers(len(options)))]


def fill(w: Writer, bar: int, kit: str, start: int = 8) -> None:
    """Toms and snare into the next section."""
    drums = [SNARE, HIGH_TOM, MID_TOM, LOW_TOM]
    for step in range(start, 16):
        if w.rng.random() < 0.75:
            drum = drums[min(3, (step - start) * 4 // max(1, 16 - start))]
            w.note(kit, bar, step, drum, 0.55 + 0.03 * step)


def crash(w: Writer, bar: Bar, kit: str) -> None:
    """A cymbal where a strong section starts."""
    if bar.first and bar.energy > 0.6:
        w.note(kit, bar.number, 0, CRASH, 0.8)


def octave_bass(w: Writer, bar: int, steps: str, chord: Chord, loud: float) -> None:
    """x the root, X its octave, f the fifth."""
    root = near(chord.root, 38)
    pitches = {"x": root, "X": root + 12, "f": root + 7}
    for step, mark in enumerate(steps):
        if mark in pitches:
            w.note("bass", bar, step, pitches[mark], loud, 1.5)
