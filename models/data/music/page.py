# SPDX-License-Identifier: GPL-3.0-or-later
"""The page that a band writes on: steps of bars become notes, softer where the energy is low."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ....inference.score.grid import Grid
from ....inference.score.harmony import Chord, Harmony
from .score import STEPS_PER_BEAT, Note, Part

#: How loud the marks of a drum pattern are; a question mark is a soft hit that may stay away.
LOUD = {"X": 1.0, "x": 0.8, "o": 0.55, "g": 0.34, "?": 0.34, "r": 0.62, "t": 0.62}
_MAYBE = 0.45
#: Velocity at no energy, of that at full energy.
_SOFTEST = 0.42


@dataclass
class Page:
    """energy: of each half-bar from bar `first_bar` on.

    swing: how far every other unit comes late, in units (0 straight, 1/3 triplets); unit: steps.
    looseness: spread of the timing, beats.
    """

    rng: np.random.Generator
    grid: Grid
    harmony: Harmony
    energy: Sequence[float]
    first_bar: int = 0
    swing: float = 0.0
    unit: int = 1
    looseness: float = 0.01
    parts: dict[str, Part] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """Steps of a bar."""
        return STEPS_PER_BEAT * self.grid.beats_per_bar

    def level(self, bar: int, step: float) -> float:
        """The energy at a step of a bar."""
        half = int(2 * (bar - self.first_bar + step / self.steps))
        return float(self.energy[min(max(half, 0), len(self.energy) - 1)])

    def chord(self, bar: int, step: float) -> Chord:
        """The chord at a step of a bar."""
        return self.harmony.at(bar + step / self.steps)

    def note(
        self, part: str, bar: int, step: float, pitch: int, velocity: float,
        steps: float = 1.0, late: float = 0.0,
    ) -> None:  # fmt: skip
        """One note at a step of a bar (fractions allowed), lasting some steps."""
        swung = self.swing * self.unit if int(step / self.unit) % 2 else 0.0
        beat = bar * self.grid.beats_per_bar + (step + swung + late) / STEPS_PER_BEAT
        beat += self.grid.first + float(self.rng.normal(0, self.looseness))
        dynamics = _SOFTEST + (1 - _SOFTEST) * self.level(bar, step)
        strength = float(np.clip(velocity * dynamics * self.rng.normal(1, 0.06), 0.04, 1))
        self.notes.append(Note(part, beat, steps / STEPS_PER_BEAT, pitch, strength))

    def hit(
        self, part: str, bar: int, step: float, mark: str, pitch: int, level: float, late: float
    ) -> None:
        """A drum by its mark: one of `LOUD`; r and t are rolls of two and three."""
        if mark == "?" and self.rng.random() > _MAYBE:
            return
        count, spread = {"r": (2, 0.5), "t": (3, 2 / 3)}.get(mark, (1, 0.0))
        for i in range(count):
            loud = level * LOUD[mark] * (1 - 0.1 * (count - 1 - i))
            self.note(part, bar, step + i * spread, pitch, loud, late=late)


def near(tone: int, centre: int) -> int:
    """The pitch of a tone's class nearest to a MIDI pitch."""
    return centre + (tone - centre + 6) % 12 - 6


@dataclass(frozen=True)
class Melody:
    """A tune of a few bars that comes back varied.

    bars: of each letter, (step, scale degree, length in steps). form: letters of four bars in
    turn, a dot for a rest.
    """

    bars: dict[str, tuple[tuple[int, int, float], ...]]
    form: str

    @classmethod
    def invent(
        cls, rng: np.random.Generator, beats: int, density: float, syncopation: float
    ) -> Melody:
        """A motif, an answer that starts like it, and something else."""
        onsets = _onsets(rng, beats, density, syncopation)
        line = _contour(rng, len(onsets))
        answer = _contour(rng, len(onsets))
        keep = max(1, len(onsets) // 2)
        answer[:keep] = line[:keep]
        answer[-1] = int(rng.choice([0, 2, 4]))
        other = _onsets(rng, beats, 0.8 * density, syncopation)
        bars = {
            "a": _phrase(onsets, line, 4 * beats),
            "b": _phrase(onsets, answer, 4 * beats),
            "c": _phrase(other, _contour(rng, len(other)), 4 * beats),
        }
        return cls(bars, str(rng.choice(["abac", "ab.c", "a.b.", "abab", "acab", "aab."])))

    def play(self, page: Page, part: str, bar: int, centre: int, velocity: float) -> None:
        """Plays the bar that is due; notes on the beat lean on the chord."""
        for step, degree, steps in self.bars.get(self.form[bar % len(self.form)], ()):
            pitch = _degree(page.harmony, degree, centre)
            if step % STEPS_PER_BEAT == 0:
                tones = page.chord(bar, step).tones
                pitch = min((near(t, pitch) for t in tones), key=lambda p: abs(p - pitch))
            page.note(part, bar, step, pitch, velocity, steps)


def _degree(harmony: Harmony, number: int, centre: int) -> int:
    """Pitch of a scale degree (0 the tonic) around a MIDI pitch."""
    octave, place = divmod(number, len(harmony.scale))
    return near(harmony.tonic, centre) + 12 * octave + harmony.scale[place]


def _phrase(
    onsets: Sequence[int], line: Sequence[int], steps: int
) -> tuple[tuple[int, int, float], ...]:
    ends = [*onsets[1:], steps]
    return tuple(
        (onset, degree, 0.9 * min(end - onset, 8))
        for onset, end, degree in zip(onsets, ends, line, strict=True)
    )


def _onsets(rng: np.random.Generator, beats: int, density: float, syncopation: float) -> list[int]:
    """Steps of a bar on which a motif has notes, at least two, ascending."""
    steps = STEPS_PER_BEAT * beats
    weight = np.array([4, 0.3, 1.6, 0.6] * beats, float) ** (1 - syncopation)
    count = int(np.clip(round(density * steps), 2, 10))
    picked = rng.choice(steps, size=count, replace=False, p=weight / weight.sum())
    return sorted(int(step) for step in picked)


def _contour(rng: np.random.Generator, count: int) -> list[int]:
    """Scale degrees that move mostly by step, within a ninth."""
    degree = int(rng.choice([0, 2, 4]))
    line = []
    for _ in range(count):
        line.append(degree)
        degree = int(np.clip(degree + rng.choice([-2, -1, -1, 0, 1, 1, 2, 3]), -2, 8))
    return line
