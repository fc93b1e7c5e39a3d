# SPDX-License-Identifier: GPL-3.0-or-later
"""One movement goes over into another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import turns

Doubles = NDArray[np.float64]


def shares(frames: Doubles, blend_in: float, blend_out: float) -> Doubles:
    """How much of a dance shows in its frames (T,), from 0 at its first to 1, and back to 0.

    It comes in over `blend_in` frames and goes out over `blend_out`, smoothly; when it is too short
    for both, over less.
    """
    span = max(float(frames[-1] - frames[0]), 1e-9)
    shorter = min(1.0, span / max(blend_in + blend_out, 1e-9))
    made = np.ones(len(frames))
    for length, away in ((blend_in, frames - frames[0]), (blend_out, frames[-1] - frames)):
        if length > 0:
            part = np.clip(away / (length * shorter), 0.0, 1.0)
            made = np.minimum(made, part * part * (3 - 2 * part))
    return made


def between(first: Doubles, second: Doubles, share: Doubles) -> Doubles:
    """Turns (T, 4) that lie a share (T,) of the way between two, without leaps.

    The way is the shorter one at the first frame, and from there the one that goes on from it: two
    turns that come to be more than half a circle apart would else change sides.
    """
    back = first * (1, -1, -1, -1)
    away = turns.as_mode("QUATERNION", turns.product(back, second))
    if away[0, 0] < 0:
        away = -away
    length = np.linalg.norm(away[:, 1:], axis=1)
    half = np.arctan2(length, away[:, 0]) * share
    axis = away[:, 1:] / np.maximum(length, 1e-12)[:, None]
    part = np.column_stack([np.cos(half), np.sin(half)[:, None] * axis])
    return turns.product(first, part)
