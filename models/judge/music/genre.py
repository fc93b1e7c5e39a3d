# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the music sound like its genre, and like true music: by the style extractor's ears."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ....inference.genres import NAMES
from ....inference.score import mel
from .heard import Array, Floats, Heard

#: Length of the stretches that are embedded, seconds, and how far apart they start.
STRETCH, HOP = 10.0, 5.0
#: A genre with fewer stretches has no distance.
FEWEST = 3

#: Probabilities (13,), or the embedding (30,), of a mel (T, 256) in dB.
Ear = Callable[[Floats], Floats]
#: Embeddings (n, 30) of stretches, by genre.
Embedded = Mapping[str, Array]


def confusion(pieces: Sequence[Heard], probabilities: Ear) -> tuple[Array, Array]:
    """(13, 13) counts of asked (row) against heard genre; mean probabilities by asked genre."""
    counts, means = np.zeros((len(NAMES),) * 2), np.zeros((len(NAMES),) * 2)
    for piece in pieces:
        row, odds = NAMES.index(piece.genre), np.asarray(probabilities(piece.mel), float)
        counts[row, int(odds.argmax())] += 1
        means[row] += odds
    return counts, means / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def agreement(counts: Array) -> float:
    """Share of pieces that are heard as what was asked."""
    return float(np.trace(counts) / max(counts.sum(), 1))


def divergence(true: Array, made: Array) -> tuple[float, float]:
    """KL(true || made) of mean probabilities by genre (13, 13), averaged over the genres that both
    have; and the same with every genre held against every other.
    """
    known = np.flatnonzero((true.sum(axis=1) > 0) & (made.sum(axis=1) > 0))
    p, q = (np.maximum(part[known], 1e-6) for part in (true, made))
    apart = (p[:, None] * np.log(p[:, None] / q[None])).sum(axis=-1)
    own = np.eye(len(known), dtype=bool)
    others = float(apart[~own].mean()) if len(known) > 1 else float("nan")
    return (float(apart[own].mean()) if len(known) else float("nan")), others


def embedded(pieces: Sequence[Heard], embed: Ear) -> dict[str, Array]:
    """Embeddings of all stretches of some pieces, by genre."""
    size, hop = round(STRETCH * mel.FPS), round(HOP * mel.FPS)
    found: dict[str, list[Floats]] = {}
    for piece in pieces:
        for start in range(0, max(len(piece.mel) - size, 0) + 1, hop):
            found.setdefault(piece.genre, []).append(embed(piece.mel[start : start + size]))
    return {genre: np.array(rows, float) for genre, rows in found.items()}


def frechet(a: Array, b: Array) -> float:
    """Fréchet distance of Gaussians laid on embeddings (n, D) and (m, D)."""
    (mean_a, cov_a), (mean_b, cov_b) = ((x.mean(axis=0), np.cov(x, rowvar=False)) for x in (a, b))
    # The trace of the root of a product of covariances is the sum of roots of its eigenvalues.
    roots = np.sqrt(np.maximum(np.linalg.eigvals(cov_a @ cov_b).real, 0)).sum()
    spread = float(np.trace(cov_a) + np.trace(cov_b) - 2 * roots)
    return float(np.square(mean_a - mean_b).sum()) + max(spread, 0.0)


def distances(true: Embedded, made: Embedded) -> dict[str, float]:
    """Fréchet distances to one half of the true stretches, genre by genre, averaged over those of
    which there are enough; all are cut to the same number of stretches, because few raise it.

    `frechet`: of the made ones. `frechet_floor`: of the other half of the true ones.
    `frechet_ceiling`: of true ones of another genre, over all pairs. `frechet_all` and
    `frechet_all_floor`: of all genres at once.
    """
    enough = [g for g in true if len(true[g]) >= 2 * FEWEST and len(made.get(g, ())) >= FEWEST]
    if not enough:
        return {}
    halves = {g: np.array_split(true[g], 2) for g in enough}
    count = min(min(len(a), len(b), len(made[g])) for g, (a, b) in halves.items())
    # By piece, not by chance: neighbouring stretches overlap.
    first = {g: _spread(a, count) for g, (a, _) in halves.items()}
    second = {g: _spread(b, count) for g, (_, b) in halves.items()}
    own = {g: _spread(made[g], count) for g in halves}
    others = [frechet(second[h], first[g]) for g in first for h in first if g != h]
    whole = [np.concatenate(list(rows.values())) for rows in (first, second, own)]
    return {
        "frechet": float(np.mean([frechet(own[g], first[g]) for g in first])),
        "frechet_floor": float(np.mean([frechet(second[g], first[g]) for g in first])),
        "frechet_ceiling": float(np.mean(others)) if others else float("nan"),
        "frechet_all": frechet(whole[2], whole[0]),
        "frechet_all_floor": frechet(whole[1], whole[0]),
    }


def _spread(rows: Array, count: int) -> Array:
    """So many of the rows, evenly."""
    return rows[np.linspace(0, len(rows) - 1, count).round().astype(int)]
