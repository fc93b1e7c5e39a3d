# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs of a dance and the cues that music for it follows, drawn afresh for every clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ....inference.genres import GENRES, Genre
from ....inference.motion import FPS, Motion
from ....inference.score.cues import Cues, checked_speed, cues_on, first_of, tracked
from ....inference.score.grid import Grid
from .dances import LONGEST, Dance

#: How much slower or faster a dance may be made, and what its beat may be counted as.
STRETCH = (0.85, 1.18)
COUNTS = (1.0, 2.0, 0.5)
#: Dances shorter than this, seconds, have no window to learn from.
_SHORTEST = 6.2
#: A dance is cut to a length between these, seconds.
_CUT = (40.0, LONGEST)
#: How often the genre's tempo is met, if it can be, and how often the bar starts where it seems
#: to; else anywhere: users score any dance in any genre, and may move the bar.
_FITTING, _ESTIMATED = 0.75, 0.7
#: Dances that are looked at for one that fits.
_TRIES = 12


@dataclass(frozen=True)
class Pair:
    """A dance as it is scored, and what its music follows. name: of the take it comes from."""

    name: str
    motion: Motion
    cues: Cues


def draw(dances: Sequence[Dance], genre: str, rng: np.random.Generator) -> Pair:
    """A dance for a genre: cut, perhaps mirrored, slower or faster, with its cues."""
    chances = np.array([min(len(dance.motion), LONGEST * FPS) for dance in dances], float)
    tries = rng.choice(len(dances), _TRIES, p=chances / chances.sum())
    wanted = GENRES[genre]
    stretch, count = float(rng.uniform(*STRETCH)), 1.0
    dance = dances[tries[0]]
    if rng.random() < _FITTING:
        for number in tries:
            fitting = _fit(dances[number], wanted, rng)
            if fitting is not None:
                dance, (stretch, count) = dances[number], fitting
                break
    return _pair(dance, wanted, stretch, count, rng)


def _fit(dance: Dance, wanted: Genre, rng: np.random.Generator) -> tuple[float, float] | None:
    """A stretch and a count that bring the dance's tempo into the genre's range, if there are."""
    slowest, fastest = wanted.tempi
    for count in COUNTS:
        low = max(STRETCH[0], slowest / (dance.bpm * count))
        high = min(STRETCH[1], fastest / (dance.bpm * count), dance.motion.seconds / _SHORTEST)
        if low < high:
            return float(rng.uniform(low, high)), count
    return None


def _pair(
    dance: Dance, wanted: Genre, stretch: float, count: float, rng: np.random.Generator
) -> Pair:
    stretch = min(stretch, dance.motion.seconds / _SHORTEST)
    frames = min(len(dance.motion), round(rng.uniform(*_CUT) * FPS * stretch))
    start = int(rng.integers(len(dance.motion) - frames + 1))
    motion = dance.motion[start : start + frames]
    motion = motion.sampled(np.arange(int(frames / stretch)) * stretch)
    if rng.random() < 0.5:
        motion = motion.mirrored()
    speed = checked_speed(motion)
    bar = wanted.beats_per_bar
    if dance.grid is not None and count == 1:
        grid = _moved(dance.grid, start / FPS, stretch, motion.seconds)
        first = grid.first % bar
    else:
        grid = replace(tracked(speed, dance.bpm * stretch * count), beats_per_bar=bar)
        first = first_of(speed, grid)
    if rng.random() > _ESTIMATED:
        first = int(rng.integers(bar))
    grid = replace(grid, first=first, beats_per_bar=bar)
    return Pair(dance.name, motion, cues_on(motion.seconds, speed, grid))


def _moved(grid: Grid, start: float, stretch: float, seconds: float) -> Grid:
    """A song's grid from `start` on, at another speed, over some seconds."""
    first, last = np.ceil(grid.position(np.array([start, start + seconds * stretch])) - 1e-6)
    numbers = np.arange(first, last + 1)
    beats = (grid.seconds(numbers) - start) / stretch
    return Grid(beats, int(grid.first - first) % grid.beats_per_bar, grid.beats_per_bar)
