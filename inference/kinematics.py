# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast a figure moves, and where its movement comes to rest: its kinematic beats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from .motion import Floats, Motion

#: Smoothing of the speed curve, seconds.
SMOOTHING = 0.08
#: How deep a dip must be to count, as a share of the median speed.
PROMINENCE = 0.1
#: Frames that are posed at once, so that a two-hour dance needs no more memory than a short one.
BLOCK = 3600


def joint_speed(positions: Floats, fps: float) -> Floats:
    """Mean speed over the joints, smoothed, (..., T), m/s, of positions (..., T, J, 3)."""
    if positions.shape[-3] < 2:
        return np.zeros(positions.shape[:-2], np.float32)
    velocity = np.gradient(positions, axis=-3) * fps
    speed = np.linalg.norm(velocity, axis=-1).mean(-1)
    return gaussian_filter1d(speed, SMOOTHING * fps, axis=-1, mode="nearest").astype(np.float32)


def motion_speed(motion: Motion) -> Floats:
    """`joint_speed` of a whole motion (T,), posed block by block."""
    if len(motion) <= BLOCK:
        return joint_speed(motion.positions(), motion.fps)
    margin, parts = round(motion.fps), []
    for start in range(0, len(motion), BLOCK):
        low = max(0, start - margin)
        block = motion[low : start + BLOCK + margin]
        speed = joint_speed(block.positions(), motion.fps)
        parts.append(speed[start - low : start - low + BLOCK])
    return np.concatenate(parts)


def rests(speed: NDArray[np.floating]) -> NDArray[np.intp]:
    """Frames where the speed (T,) dips to a clear minimum."""
    depth = max(PROMINENCE * float(np.median(speed)), 1e-4)
    return find_peaks(-speed, prominence=depth)[0]
