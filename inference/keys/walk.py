# SPDX-License-Identifier: GPL-3.0-or-later
"""A first guess at the keys: from every key the longest cubic that still fits, all bones at once.

A cubic between two frames takes its values and slopes from the data there, so that each gap is
judged by itself: galloping and bisection find the longest, and the bones go in step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .hermite import basis

Doubles = NDArray[np.float64]

#: In how many frames a gap is looked at.
_LOOKS = 24


def walk(
    values: Doubles, into: Doubles, out: Doubles, weights: Doubles, forced: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """The frames to key, (B, T).

    values: (B, T, D). into, out: their slopes, (B, T, D). weights: (B, T, E, D) makes of a
    difference of values an error that is fine where none of the E // 3 triples is longer than 1.
    forced: frames that must be keyed, (B, T).
    """
    bones, last = np.arange(len(values)), values.shape[1] - 1
    keyed = forced.copy()
    keyed[:, [0, last]] = True
    stops = _next(keyed)
    start = np.zeros(len(bones), dtype=np.int64)
    length = np.full(len(bones), 8)
    low, high, known = _fresh(start, stops[bones, start])
    active = start < last
    while active.any():
        length = np.where(known, (low + high) // 2, np.minimum(length, high - 1))
        at = np.flatnonzero(active & (high - low > 1))
        fine = np.zeros(len(bones), dtype=bool)
        if len(at):
            fine[at] = _fits(values, into, out, weights, at, start[at], length[at])
        looked = np.zeros(len(bones), dtype=bool)
        looked[at] = True
        low = np.where(fine, length, low)
        high = np.where(looked & ~fine, length, high)
        known |= looked & ~fine
        length = np.where(fine, 2 * length, length)
        done = active & (high - low <= 1)
        start = np.where(done, start + low, start)
        keyed[bones[done], start[done]] = True
        active = start < last
        again = done & active
        fresh = _fresh(start, stops[bones, start])
        # The next gap is likely as long as this one.
        length = np.where(done, np.maximum(low, 2), length)
        low, high = np.where(again, fresh[0], low), np.where(again, fresh[1], high)
        known &= ~done
    return keyed


def _next(keyed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Of every frame the next one that is keyed, (B, T); of the last, itself."""
    last = keyed.shape[1] - 1
    frames = np.where(keyed, np.arange(last + 1), last)
    later = np.minimum.accumulate(frames[:, ::-1], axis=1)[:, ::-1]
    return np.concatenate([later[:, 1:], later[:, -1:]], axis=1)


def _fresh(
    start: NDArray[np.int64], stop: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Lengths that surely fit, that surely do not, and whether the latter was tried."""
    return np.ones_like(start), stop - start + 1, np.zeros(len(start), dtype=bool)


def _fits(
    values: Doubles,
    into: Doubles,
    out: Doubles,
    weights: Doubles,
    bones: NDArray[np.int64],
    start: NDArray[np.int64],
    length: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Whether the cubics from `start` on, `length` frames long, are near enough to the data."""
    looks = min(_LOOKS, int(length.max()) - 1)
    steps = np.rint(np.arange(1, looks + 1) / (looks + 1) * length[:, None]).astype(np.int64)
    rows, frames = bones[:, None], start[:, None] + steps
    end = start + length
    weight = basis(steps / length[:, None], length[:, None].astype(float))
    ends = np.stack(
        [values[bones, start], out[bones, start], values[bones, end], into[bones, end]], axis=1
    )
    away = weight @ ends - values[rows, frames]
    error = np.einsum("bsed,bsd->bse", weights[rows, frames], away)
    squares = (error * error).reshape(*error.shape[:2], -1, 3).sum(axis=-1)
    return squares.max(axis=(1, 2)) <= 1.0
