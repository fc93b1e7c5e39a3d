# SPDX-License-Identifier: GPL-3.0-or-later
"""What a piece has to follow: its own form and tempo, or the cues of a dance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ....inference.motion import FPS
from ....inference.score.answers import answers_to, spread
from ....inference.score.cues import Cues
from ....inference.score.grid import Grid
from .forms import Form
from .score import Section

#: The bars of a section that is found in a dance.
_PHRASE = 4


@dataclass(frozen=True)
class Arrangement:
    """energy: of each half-bar from bar `first_bar` on. accents: (beat, strength)."""

    grid: Grid
    seconds: float
    first_bar: int
    sections: tuple[Section, ...]
    energy: tuple[float, ...]
    accents: tuple[tuple[float, float], ...]
    stops: tuple[tuple[float, float], ...]


def free(
    rng: np.random.Generator, form: Form, tempi: tuple[float, float], beats_per_bar: int,
    drift: float,
) -> Arrangement:  # fmt: skip
    """A form played at a drawn tempo, with accents and rests of its own."""
    sections, at = [], 0
    for name, length, energy in form:
        level = float(np.clip(energy + rng.normal(0, 0.04), 0.1, 1))
        sections.append(Section(name, at, length, level))
        at += length
    slowest, fastest = tempi
    margin = 0.02 * (fastest - slowest)
    bpm = float(rng.uniform(slowest + margin, fastest - margin))
    beats = _wandering(rng, bpm, beats_per_bar * at, drift * float(rng.uniform(0.3, 1)))
    return Arrangement(
        Grid(beats, 0, beats_per_bar),
        float(beats[-1]),
        0,
        tuple(sections),
        tuple(_energies(rng, sections)),
        tuple(_own_accents(rng, sections, beats_per_bar)),
        tuple(_own_stops(rng, sections, beats_per_bar)),
    )


def _wandering(
    rng: np.random.Generator, bpm: float, count: int, drift: float
) -> NDArray[np.float64]:
    """Times of all beats, (count + 1,), seconds: the tempo wanders by about `drift` (a ratio)."""
    wander = gaussian_filter1d(rng.normal(size=count), 8.0, mode="wrap")
    wander -= wander.mean()
    wander *= drift / max(float(wander.std()), 1e-9)
    return np.concatenate([[0.0], np.cumsum(60 / bpm * (1 + wander))])


def _energies(rng: np.random.Generator, sections: Sequence[Section]) -> list[float]:
    """Of each half-bar: a build grows, everything else breathes a little."""
    energy = []
    for section in sections:
        for half in range(2 * section.bars):
            done = (half + 1) / (2 * section.bars)
            level = section.energy * (0.6 + 0.5 * done if section.name == "build" else 1)
            energy.append(float(np.clip(level + rng.normal(0, 0.03), 0.03, 1)))
    return energy


def _own_accents(
    rng: np.random.Generator, sections: Sequence[Section], beats_per_bar: int
) -> list[tuple[float, float]]:
    """Where a strong section starts, and a figure that comes back every few bars."""
    halves = np.arange(1, 2 * beats_per_bar)
    figure = sorted(rng.choice(halves, size=int(rng.integers(1, 3)), replace=False) / 2)
    every = int(rng.choice([2, 4]))
    accents = []
    for section in sections:
        for i in range(section.bars):
            bar = section.first_bar + i
            if i == 0 and section.energy > 0.6:
                accents.append((float(bar * beats_per_bar), 1.0))
            elif section.energy > 0.45 and bar % every == every - 1:
                accents += [(bar * beats_per_bar + float(beat), 0.7) for beat in figure]
    return spread(accents)


def _own_stops(
    rng: np.random.Generator, sections: Sequence[Section], beats_per_bar: int
) -> list[tuple[float, float]]:
    """Some sections are announced by a rest of a beat or two, or of a bar."""
    stops = []
    for section in sections[1:]:
        if section.energy > 0.6 and rng.random() < 0.35:
            start = section.first_bar * beats_per_bar
            length = float(rng.choice([1, 1.5, 2, beats_per_bar]))
            stops.append((start - length, float(start)))
    return stops


def follow(cues: Cues, beats_per_bar: int) -> Arrangement:
    """What the cues of a dance ask for, in bars of a genre's own."""
    grid = cues.grid
    if grid.beats_per_bar != beats_per_bar:
        grid = Grid(grid.beats, grid.first % beats_per_bar, beats_per_bar)
    ends = (grid.position(np.array([0.0, cues.seconds])) - grid.first) / beats_per_bar
    first, last = int(np.floor(ends[0] + 1e-6)), int(np.ceil(ends[1] - 1e-6))
    last = max(last, first + 1, 1)
    energy = _felt(cues, grid, first, last)
    answers = answers_to(cues)
    return Arrangement(
        grid,
        cues.seconds,
        first,
        _found_sections(energy, first, last),
        energy,
        answers.strikes,
        answers.rests,
    )


def _felt(cues: Cues, grid: Grid, first: int, last: int) -> tuple[float, ...]:
    """The mean energy of every half-bar."""
    times = np.arange(len(cues.energy)) / FPS
    bars = (grid.position(times) - grid.first) / grid.beats_per_bar
    half = np.floor(2 * (bars - first)).astype(int)
    felt, level = [], float(cues.energy[0])
    for i in range(2 * (last - first)):
        inside = half == i
        level = float(cues.energy[inside].mean()) if inside.any() else level
        felt.append(float(np.clip(level, 0, 1)))
    return tuple(felt)


def _found_sections(energy: Sequence[float], first: int, last: int) -> tuple[Section, ...]:
    """Four bars at a time, by how lively they are; alike neighbours join."""
    sections: list[Section] = []
    starts = [first, *range(first + 1 if first < 0 else first + _PHRASE, last, _PHRASE)]
    for start, stop in zip(starts, [*starts[1:], last], strict=True):
        level = float(np.mean(energy[2 * (start - first) : 2 * (stop - first)]))
        name = "chorus" if level > 0.66 else "verse" if level > 0.3 else "break"
        if sections and sections[-1].name == name and sections[-1].bars < 2 * _PHRASE:
            before = sections.pop()
            bars = before.bars + stop - start
            level = (before.energy * before.bars + level * (stop - start)) / bars
            sections.append(Section(name, before.first_bar, bars, level))
        else:
            sections.append(Section(name, start, stop - start, level))
    return tuple(sections)
