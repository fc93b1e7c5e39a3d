# SPDX-License-Identifier: GPL-3.0-or-later
"""What music does about the accents and stops of a dance: where it strikes and where it rests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .cues import Cues
from .grid import Grid

#: Accents of a dance weaker than this are not struck; nor two within so many beats.
_STRONG, _APART = 0.45, 1.5
_SHORTEST_REST = 0.5  # beats
#: A stroke this little before a rest's end belongs to what follows, beats.
_SLACK = 0.1

Spans = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Answers:
    """All in beats of the grid. strikes: (beat, strength 0..1). rests: (start, stop)."""

    strikes: tuple[tuple[float, float], ...] = ()
    rests: tuple[tuple[float, float], ...] = ()


def answers_to(cues: Cues) -> Answers:
    """The answers to a dance."""
    return answers(cues.grid, cues.accents, cues.strengths, cues.stops)


def answers(grid: Grid, accents: ArrayLike, strengths: ArrayLike, stops: ArrayLike) -> Answers:
    """Strikes on the half-beats nearest to strong accents, rests from half-beat to half-beat.

    accents: (A,) seconds; strengths: (A,) 0..1; stops: (S, 2) seconds.
    """
    rows = np.asarray(stops, float).reshape(-1, 2)
    ends = _half_beats(grid, rows.ravel()).reshape(-1, 2).tolist()
    rests = tuple((start, stop) for start, stop in ends if stop - start >= _SHORTEST_REST)
    beats = _half_beats(grid, accents).tolist()
    pairs = zip(beats, np.asarray(strengths, float).tolist(), strict=True)
    strong = spread([pair for pair in pairs if pair[1] >= _STRONG])
    strikes = tuple(
        (beat, strength)
        for beat, strength in strong
        if not any(start - _SLACK <= beat < stop - _SLACK for start, stop in rests)
    )
    return Answers(strikes, rests)


def spread(strikes: Spans) -> list[tuple[float, float]]:
    """The strongest first, none near another; ascending."""
    kept: list[tuple[float, float]] = []
    for beat, strength in sorted(strikes, key=lambda pair: (-pair[1], pair[0])):
        if all(abs(beat - other) >= _APART for other, _ in kept):
            kept.append((beat, strength))
    return sorted(kept)


def _half_beats(grid: Grid, seconds: ArrayLike) -> np.ndarray:
    return np.round(2 * grid.position(np.asarray(seconds, float))) / 2
