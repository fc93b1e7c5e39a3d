# SPDX-License-Identifier: GPL-3.0-or-later
"""A small seeded composer: the plan of a piece (tempo, key, chords, sections), played by a genre.

The same genre and seed always give the same piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from .score import BEATS_PER_BAR, Note, Part, Piece, Section

#: Semitones of the scales, from the tonic.
MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)

#: Name, bars and energy (0..1) of each section.
Form = tuple[tuple[str, int, float], ...]

#: Each piece draws one of these.
FORMS: tuple[Form, ...] = (
    (("intro", 4, 0.2), ("verse", 8, 0.5), ("build", 4, 0.7), ("chorus", 8, 1.0),
     ("break", 4, 0.25), ("chorus", 8, 0.95)),
    (("intro", 2, 0.3), ("verse", 8, 0.55), ("chorus", 8, 0.9), ("break", 4, 0.3),
     ("build", 4, 0.65), ("chorus", 8, 1.0), ("outro", 2, 0.2)),
    (("chorus", 4, 0.85), ("verse", 8, 0.45), ("chorus", 8, 0.9), ("break", 4, 0.2),
     ("verse", 4, 0.6), ("chorus", 8, 1.0)),
    (("intro", 4, 0.15), ("build", 4, 0.4), ("verse", 8, 0.6), ("chorus", 8, 0.85),
     ("break", 2, 0.2), ("chorus", 8, 1.0), ("outro", 4, 0.35)),
    (("verse", 8, 0.4), ("verse", 8, 0.65), ("break", 4, 0.15), ("build", 4, 0.6),
     ("chorus", 12, 1.0)),
)  # fmt: skip


@dataclass(frozen=True)
class Chord:
    """root: semitones from C, 0..11. tones: semitones from C of all its notes, root first."""

    root: int
    tones: tuple[int, ...]


@dataclass
class Writer:
    """The page a genre writes on.

    swing: how far the odd steps come late, in steps (0 straight, 1/3 triplets).
    """

    rng: np.random.Generator
    tonic: int
    scale: tuple[int, ...]
    swing: float = 0.0
    looseness: float = 0.012
    parts: dict[str, Part] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def note(
        self, part: str, bar: int, step: float, pitch: int, velocity: float, steps: float = 1.0
    ) -> None:
        """One note at a step (0..16, fractions allowed) of a bar, lasting some steps."""
        late = self.swing if int(step) % 2 else 0.0
        beat = bar * BEATS_PER_BAR + (step + late) / 4
        beat += float(self.rng.normal(0, self.looseness))
        strength = float(np.clip(velocity * self.rng.normal(1, 0.06), 0.05, 1))
        self.notes.append(Note(part, max(beat, 0.0), steps / 4, pitch, strength))

    def pattern(self, part: str, bar: int, steps: str, pitch: int, velocity: float) -> None:
        """Hits by a string of sixteen: X accent, x hit, o soft, anything else a rest."""
        loud = {"X": 1.0, "x": 0.8, "o": 0.5}
        for step, mark in enumerate(steps):
            if mark in loud:
                self.note(part, bar, step, pitch, velocity * loud[mark])

    def chord(
        self, part: str, bar: int, step: float, chord: Chord, velocity: float,
        steps: float, centre: int = 62,
    ) -> None:  # fmt: skip
        """All tones of a chord, each in the octave nearest to the centre."""
        for tone in chord.tones:
            self.note(part, bar, step, near(tone, centre), velocity, steps)

    def degree(self, number: int, octave_of: int) -> int:
        """Pitch of a scale degree (0 the tonic, 7 an octave above) around a MIDI pitch."""
        octave, place = divmod(number, 7)
        return near(self.tonic, octave_of) + 12 * octave + self.scale[place]


def near(tone: int, centre: int) -> int:
    """The pitch of a tone's class nearest to a MIDI pitch."""
    return centre + (tone - centre + 6) % 12 - 6


def triad(tonic: int, scale: Sequence[int], degree: int, seventh: bool = False) -> Chord:
    """The chord on a degree of a scale (0 the tonic)."""
    tones = tuple(
        (tonic + scale[(degree + third) % 7]) % 12
        for third in ((0, 2, 4, 6) if seventh else (0, 2, 4))
    )
    return Chord(tones[0], tones)


def dominant(tonic: int) -> Chord:
    """The major seventh-chord on the fifth, for minor keys too."""
    root = (tonic + 7) % 12
    return Chord(root, tuple((root + step) % 12 for step in (0, 4, 7, 10)))


@dataclass(frozen=True)
class Melody:
    """A tune of two bars that comes back varied: (step 0..32, scale degree, length in steps)."""

    notes: tuple[tuple[int, int, float], ...]

    @classmethod
    def invent(cls, rng: np.random.Generator, density: float, syncopation: float) -> Melody:
        """A motif of one bar, stated twice, the second time with another end."""
        onsets = _onsets(rng, density, syncopation)
        degrees = _contour(rng, len(onsets))
        answer = _contour(rng, len(onsets))
        keep = max(1, len(onsets) // 2)
        answer[:keep] = degrees[:keep]
        answer[-1] = int(rng.choice([0, 2, 4]))
        notes = []
        for bar, line in enumerate((degrees, answer)):
            ends = [*onsets[1:], 16]
            for onset, end, degree in zip(onsets, ends, line, strict=True):
                notes.append((16 * bar + onset, degree, min(end - onset, 6) * 0.9))
        return cls(tuple(notes))

    def play(
        self, writer: Writer, part: str, bar: int, chord: Chord, centre: int, velocity: float
    ) -> None:
        """Plays the half that belongs to an even or odd bar; strong notes lean on the chord."""
        half = 16 * (bar % 2)
        for step, degree, steps in self.notes:
            if not half <= step < half + 16:
                continue
            pitch = writer.degree(degree, centre)
            if step % 4 == 0:
                pitch = min(
                    (near(tone, pitch) for tone in chord.tones), key=lambda p: abs(p - pitch)
                )
            writer.note(part, bar, step - half, pitch, velocity, steps)


def _onsets(rng: np.random.Generator, density: float, syncopation: float) -> list[int]:
    """Steps of a bar on which a motif has notes, at least three, ascending."""
    weight = np.array([4, 0.3, 1.6, 0.6] * 4, float)
    weight = weight ** (1 - syncopation)
    count = int(np.clip(round(density * 16), 3, 10))
    return sorted(
        int(s) for s in rng.choice(16, size=count, replace=False, p=weight / weight.sum())
    )


def _contour(rng: np.random.Generator, count: int) -> list[int]:
    """Scale degrees that move mostly by step, within a ninth."""
    degree = int(rng.choice([0, 2, 4]))
    line = []
    for _ in range(count):
        line.append(degree)
        degree = int(np.clip(degree + rng.choice([-2, -1, -1, 0, 1, 1, 2, 3]), -2, 8))
    return line


def plan(rng: np.random.Generator, form: Form | None) -> tuple[Section, ...]:
    """Sections of a whole piece, of a drawn form unless one is given."""
    drawn = FORMS[int(rng.integers(len(FORMS)))]
    sections, at = [], 0
    for name, length, energy in form or drawn:
        level = float(np.clip(energy + rng.normal(0, 0.04), 0.1, 1))
        sections.append(Section(name, at, length, level))
        at += length
    return tuple(sections)


def beat_grid(
    rng: np.random.Generator, bpm: float, sections: Sequence[Section], drift: float
) -> NDArray[np.float64]:
    """Times of all beats, (B,), seconds: a slow wander of the tempo by about `drift` (a ratio)."""
    count = BEATS_PER_BAR * sum(section.bars for section in sections)
    wander = gaussian_filter1d(rng.normal(size=count), 8.0, mode="wrap")
    wander *= drift / max(float(wander.std()), 1e-9)
    return np.concatenate([[0.0], np.cumsum(60 / bpm * (1 + wander))])


def compose(genre: str, seed: int, form: Form | None = None) -> Piece:
    """A piece of one genre, 60-110 s long unless its form is given.

    Raises KeyError for a genre that is not in `genres.GENRES`.
    """
    from .genres import GENRES  # the genres are written with what this module gives

    player = GENRES[genre]
    rng = np.random.default_rng([seed, *genre.encode()])
    sections = plan(rng, form)
    writer = Writer(rng, tonic=int(rng.integers(12)), scale=player.scale(rng))
    bpm = float(rng.uniform(*player.tempi))
    drift = player.drift * float(rng.uniform(0.3, 1)) * (rng.random() < player.drifting)
    times = beat_grid(rng, bpm, sections, drift)
    player.play(writer, sections)
    end = len(times) - 1
    notes = tuple(note for note in writer.notes if note.beat < end)
    return Piece(f"{genre}_{seed}", genre, times, writer.parts, notes, sections)
