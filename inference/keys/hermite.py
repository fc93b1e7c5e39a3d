# SPDX-License-Identifier: GPL-3.0-or-later
"""Cubic Hermite splines over whole frames: what Blender's Bezier curves are when every handle is a
third of the gap away in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

Doubles = NDArray[np.float64]

#: How firmly a value is held, and how gently slopes are drawn to the data's where nothing else
#: tells them (between two neighbouring frames), beside the weight 1 of a frame.
_HELD, _DRAWN = 1e7, 1e-4


@dataclass(frozen=True)
class Spline:
    """Curves that share their keys.

    keys: their frames, whole, counted from 0, (K,). values: (K, D). into, out: slopes on the left
    and on the right of every key, units a frame, (K, D); they differ at corners alone.
    """

    keys: NDArray[np.int64]
    values: Doubles
    into: Doubles
    out: Doubles

    def sampled(self) -> Doubles:
        """The values in every frame from the first key to the last, (T, D)."""
        if len(self.keys) == 1:
            return self.values
        segment, share, gap = _segments(self.keys)
        weights = basis(share, gap)
        parts = (self.values, self.out), (self.values, self.into)
        made = np.zeros((len(segment), self.values.shape[1]))
        for side, (values, slopes) in enumerate(parts):
            made += weights[:, 2 * side, None] * values[segment + side]
            made += weights[:, 2 * side + 1, None] * slopes[segment + side]
        return made


def basis(share: Doubles, gap: Doubles) -> Doubles:
    """Weights of value and slope at a gap's start and at its end, (..., 4), a share of the way."""
    rest = 1 - share
    return np.stack(
        [
            rest * rest * (1 + 2 * share),
            rest * rest * share * gap,
            share * share * (1 + 2 * rest),
            -share * share * rest * gap,
        ],
        axis=-1,
    )


def slopes(
    values: Doubles, corners: NDArray[np.bool_], seam: Doubles | None
) -> tuple[Doubles, Doubles]:
    """The data's slopes, (T, D) each, on the left and on the right of every frame, units a frame.

    values: (T, D); corners: (T,). seam: the last frame is the first again, and so is its slope,
    times these signs, (D,).
    """
    if len(values) < 3:
        level = np.diff(values, axis=0).sum(axis=0) + np.zeros_like(values)
        return level, level.copy()
    middle = np.gradient(values, axis=0)
    after, before = middle.copy(), middle.copy()
    after[:-2] = (4 * values[1:-1] - 3 * values[:-2] - values[2:]) / 2
    before[2:] = (3 * values[2:] - 4 * values[1:-1] + values[:-2]) / 2
    into = np.where(corners[:, None], before, middle)
    out = np.where(corners[:, None], after, middle)
    first, last = after[0], before[-1]
    if seam is not None:
        first = (values[1] - values[0] + seam * (values[-1] - values[-2])) / 2
        last = seam * first
    for side in (into, out):
        side[0], side[-1] = first, last
    return into, out


def fitted(
    values: Doubles,
    keys: NDArray[np.int64],
    into: Doubles,
    out: Doubles,
    held: NDArray[np.bool_],
    corners: NDArray[np.bool_],
    seam: bool = False,
) -> Spline:
    """The spline with these keys that is nearest to values (T, D) by least squares.

    into, out: the data's slopes, (T, D). held: frames whose value is kept, (T,). corners: frames
    where the slope may break, (T,). seam: the slopes at both ends are kept as well.
    """
    broken = corners[keys].copy()
    broken[[0, -1]] = False
    left = 2 * (np.arange(len(keys)) + np.concatenate([[0], np.cumsum(broken)[:-1]]))
    right = left + 2 * broken
    band, told = _normal(values, keys, right, int(right[-1]) + 2)
    for rows, slope in ((left, into), (right, out)):
        band[0, rows] += np.where(held[keys], _HELD, 0.0)
        told[rows] += np.where(held[keys], _HELD, 0.0)[:, None] * values[keys]
        drawn = np.full(len(keys), _DRAWN)
        drawn[[0, -1]] = _HELD if seam else _DRAWN
        band[0, rows + 1] += drawn
        told[rows + 1] += drawn[:, None] * slope[keys]
    solved = solveh_banded(band, told, lower=True, overwrite_ab=True, check_finite=False)
    return Spline(keys, solved[left], solved[left + 1], solved[right + 1])


def _normal(
    values: Doubles, keys: NDArray[np.int64], right: NDArray[np.int64], size: int
) -> tuple[Doubles, Doubles]:
    """The normal equations: lower band (4, size) and right-hand side (size, D)."""
    _, share, gap = _segments(keys)
    weights = basis(share, gap)
    starts, columns = keys[:-1], right[:-1]
    band = np.zeros((4, size))
    told = np.zeros((size, values.shape[1]))
    for row in range(4):
        told[columns + row] += np.add.reduceat(weights[:, row, None] * values, starts)
        for column in range(row + 1):
            product = weights[:, row] * weights[:, column]
            band[row - column, columns + column] += np.add.reduceat(product, starts)
    return band, told


def _segments(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], Doubles, Doubles]:
    """Of every frame from the first key on: its gap's number, its share of it, and its length."""
    gaps = np.diff(keys)
    counts = gaps.copy()
    counts[-1] += 1  # the last frame belongs to the last gap
    segment = np.repeat(np.arange(len(gaps)), counts)
    gap = gaps[segment].astype(float)
    return segment, (np.arange(keys[0], keys[-1] + 1) - keys[segment]) / gap, gap
