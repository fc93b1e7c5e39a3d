# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures over many dances: Fréchet distances and diversity of 5-s clips, at equal numbers.

Whatever is compared has the same number of clips of each style, since the distances depend on both
the number and the mixture: against held-out takes as many as there are of each style, against all
takes as many of each style as the smallest row has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .frechet import Scale, diversity, gaussian_distance
from .interval import Interval, interval, interval_of
from .judged import Judged
from .signals import Array

KINDS = {"k": "kinetic", "g": "geometric"}
#: Random choices of clips that a distance is the mean of; fewer in the bootstrap.
DRAWS, BOOTSTRAP_DRAWS = 20, 1
Counts = Mapping[str, int]


@dataclass(frozen=True)
class Pool:
    """Clips by style and dance: of each style, a list of features (clips, D) a dance."""

    dances: Mapping[str, Sequence[Array]]

    @staticmethod
    def of(judged: Sequence[Judged], kind: str) -> Pool:
        """The clips of some dances; kind: "k" or "g"."""
        dances: dict[str, list[Array]] = {}
        for each in judged:
            rows = getattr(each.clips, KINDS[kind])
            if len(rows):
                dances.setdefault(each.style, []).append(rows)
        return Pool(dances)

    def counts(self) -> dict[str, int]:
        """How many clips of each style."""
        return {style: sum(map(len, dances)) for style, dances in self.dances.items()}

    def whole(self) -> Array:
        """All clips (N, D)."""
        return np.concatenate([rows for dances in self.dances.values() for rows in dances])

    def drawn(self, counts: Counts, rng: np.random.Generator) -> Array:
        """As many clips of each style as asked for, or as there are."""
        parts = []
        for style, count in counts.items():
            if style in self.dances:
                rows = np.concatenate(self.dances[style])
                parts.append(rows[rng.permutation(len(rows))[:count]])
        return np.concatenate(parts)

    def labels(self) -> list[tuple[str, int]]:
        """Style and number of each dance."""
        return [(style, n) for style, dances in self.dances.items() for n in range(len(dances))]

    def taken(self, which: NDArray[np.intp]) -> Pool:
        """Some of the dances, by their places in `labels`."""
        labels = self.labels()
        dances: dict[str, list[Array]] = {style: [] for style in self.dances}
        for place in which:
            style, number = labels[place]
            dances[style].append(self.dances[style][number])
        return Pool(dances)


def common(pools: Sequence[Pool], truth: Pool, level: bool) -> dict[str, int]:
    """Clips of each style that all rows have; level: the same number of every style."""
    counts = {
        style: min([count, *(pool.counts().get(style, 0) for pool in pools)])
        for style, count in truth.counts().items()
    }
    counts = {style: count for style, count in counts.items() if count}
    return dict.fromkeys(counts, min(counts.values(), default=0)) if level else counts


def distance(made: Pool, truth: Pool, counts: Counts, scale: Scale) -> Interval:
    """Fréchet distance of a row from the truth on its scale, with its interval over dances."""

    def value(pool: Pool, draws: int) -> float:
        rng = np.random.default_rng(0)
        gaps = [
            gaussian_distance(scale(pool.drawn(counts, rng)), scale(truth.drawn(counts, rng)))
            for _ in range(draws)
        ]
        return float(np.mean(gaps))

    labels = made.labels()
    everything = np.arange(len(labels))

    def statistic(which: NDArray[np.intp]) -> float:
        whole = len(which) == len(everything) and bool((which == everything).all())
        return value(made.taken(which), DRAWS if whole else BOOTSTRAP_DRAWS)

    found = interval_of(statistic, [style for style, _ in labels])
    return found._replace(low=max(found.low, 0.0))  # a distance is none below


def spread(made: Pool, counts: Counts, scale: Scale) -> Interval:
    """Diversity of a row's clips on the truth's scale, with its interval over dances."""

    def statistic(which: NDArray[np.intp]) -> float:
        rng, pool = np.random.default_rng(0), made.taken(which)
        return diversity(scale(pool.drawn(counts, rng)))

    return interval_of(statistic, [style for style, _ in made.labels()])


def by_song(judged: Sequence[Judged], kind: str, scale: Scale) -> dict[str, Interval]:
    """Diversity within a song (clips of one dance or of two seeds) and between songs, by style."""
    within: list[float] = []
    between: list[float] = []
    for style in dict.fromkeys(each.style for each in judged):
        own = [e for e in judged if e.style == style and len(e.clips)]
        rows = [scale(getattr(e.clips, KINDS[kind])) for e in own]
        for a in range(len(own)):
            for b in range(a, len(own)):
                gaps = np.linalg.norm(rows[a][:, None] - rows[b][None], axis=-1)
                if a == b:
                    gaps = gaps[np.triu_indices(len(gaps), 1)]
                if gaps.size:
                    (within if own[a].song == own[b].song else between).append(float(gaps.mean()))
    return {"within": interval(within), "between": interval(between)}
