# SPDX-License-Identifier: GPL-3.0-or-later
"""How far apart are two sets of clips, and how varied is one? Fréchet distance and diversity.

Both are taken in feature space with every feature brought to the mean and the spread it has in the
truth. A Fréchet distance between few samples is large even between two halves of the truth, so it
means something only beside that floor and at equal counts: `split_floor` and `fair`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from .signals import Array

#: A spread under this is no spread: such a feature never varies in the truth.
_NONE = 1e-8
#: What the public code adds to every spread.
_PUBLISHED_EPSILON = 1e-10


@dataclass(frozen=True)
class Scale:
    """Mean and spread of every feature in a pool, (D,)."""

    mean: Array
    spread: Array

    @staticmethod
    def of(pool: NDArray[np.floating], *, published: bool = False) -> Scale:
        """The scale of features (N, D). One that never varies keeps its own unit; published: it is
        blown up by 10^10, as in the public code."""
        spread = pool.std(axis=0, dtype=np.float64)
        whole = spread + _PUBLISHED_EPSILON if published else np.where(spread > _NONE, spread, 1.0)
        return Scale(pool.mean(axis=0, dtype=np.float64), whole)

    def __call__(self, features: NDArray[np.floating]) -> Array:
        """Features (N, D) on this scale."""
        return (features - self.mean) / self.spread


def gaussian_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Squared Fréchet (2-Wasserstein) distance of the Gaussians fitted to (N, D) and (M, D).

    |m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2)), with unbiased covariances. The square root's
    trace is the sum of the singular values of the centred samples' product, which needs no root of
    a matrix and is exact when samples are fewer than features.
    Raises ValueError with less than two samples on a side.
    """
    if min(len(a), len(b)) < 2:
        raise ValueError("a Fréchet distance needs two samples on each side")
    left, right = _spreads(a), _spreads(b)
    apart = a.mean(0) - b.mean(0)
    overlap = np.linalg.norm(left @ right.T, "nuc")
    spread = float((left**2).sum() + (right**2).sum() - 2 * overlap)
    return float(apart @ apart) + max(spread, 0.0)


def fair(
    made: NDArray[np.floating],
    truth: NDArray[np.floating],
    count: int,
    seed: int = 0,
    draws: int = 20,
    pool: NDArray[np.floating] | None = None,
) -> float:
    """Mean Fréchet distance of `count` of the made from `count` of the true, over random draws.

    Rows compared at one count are all biased alike. count is lowered to what both sides have.
    """
    rng = np.random.default_rng(seed)
    count = min(count, len(made), len(truth))
    scale = Scale.of(truth if pool is None else pool)
    made, truth = scale(made), scale(truth)
    return float(
        np.mean(
            [
                gaussian_distance(_some(made, count, rng), _some(truth, count, rng))
                for _ in range(draws)
            ]
        )
    )


def split_floor(
    truth: NDArray[np.floating],
    takes: Sequence[str],
    count: int | None = None,
    seed: int = 0,
    splits: int = 50,
    styles: Sequence[str] | None = None,
) -> float:
    """Mean Fréchet distance between halves of the truth, over random splits by take.

    truth: features (N, D), the pool. takes: which recording each comes from, (N,): no take is in
    both halves, or its clips would vouch for each other. count: clips drawn from each half, all
    that the smaller one has when None or when there are fewer. styles: of each clip, (N,); then the
    takes of every style are halved and `count` is of each style, so that both halves have the same
    mixture. Raises ValueError when no half has two clips, as with one take of each style.
    """
    rng = np.random.default_rng(seed)
    scaled, names = Scale.of(truth)(truth), np.asarray(takes)
    kinds = np.asarray([""] * len(names) if styles is None else styles)
    found = []
    for _ in range(splits):
        halves: tuple[list[Array], list[Array]] = ([], [])
        for kind in np.unique(kinds):
            own = np.flatnonzero(kinds == kind)
            each = np.unique(names[own])
            first = np.isin(names[own], rng.permutation(each)[: len(each) // 2])
            both = scaled[own[first]], scaled[own[~first]]
            size = min(len(side) for side in both)
            for half, side in zip(halves, both, strict=True):
                half.append(_some(side, size if count is None else min(size, count), rng))
        one, other = (np.concatenate(half) for half in halves)
        if len(one) >= 2:
            found.append(gaussian_distance(one, other))
    if not found:
        raise ValueError("a floor needs two takes and two clips in each half")
    return float(np.mean(found))


def diversity(features: NDArray[np.floating]) -> float:
    """Mean Euclidean distance over all pairs of features (N, D) on the truth's scale.

    Bailando's Divk and Divg; 0 with less than two.
    """
    return float(pdist(features).mean()) if len(features) > 1 else 0.0


def diversity_by_song(features: NDArray[np.floating], songs: Sequence[str]) -> dict[str, float]:
    """`within` (pairs that dance to the same song) and `between` songs, as `diversity`; NaN where
    there are no such pairs."""
    gaps, names = pdist(features) if len(features) > 1 else np.zeros(0), np.asarray(songs)
    one, other = np.triu_indices(len(names), k=1)
    same = names[one] == names[other]
    kinds = {"within": gaps[same], "between": gaps[~same]}
    return {name: float(pairs.mean()) if len(pairs) else np.nan for name, pairs in kinds.items()}


def _spreads(samples: NDArray[np.floating]) -> Array:
    """A matrix whose product with itself is the covariance, of at most D rows."""
    centred = (samples - samples.mean(0)) / np.sqrt(len(samples) - 1)
    if centred.shape[0] <= centred.shape[1]:
        return centred
    triangle: Array = np.linalg.qr(centred, mode="r")  # type: ignore[assignment]
    return triangle


def _some(rows: Array, count: int, rng: np.random.Generator) -> Array:
    return rows[rng.permutation(len(rows))[:count]]
