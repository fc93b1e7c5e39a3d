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
#: A rest this far from a beat is worth exp(-1/2), seconds.
BEAT_WIDTH = 0.06


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


def landing(found: NDArray[np.number], beats: NDArray[np.number], fps: float) -> float:
    """How well rests land on beats, both in frames: a soft F1, 0..1."""
    if not len(found) or not len(beats):
        return 0.0
    precision = _nearness(found, beats, fps)
    recall = _nearness(beats, found, fps)
    return 2.0 * recall * precision / max(recall + precision, 1e-6)


def _nearness(these: NDArray[np.number], those: NDArray[np.number], fps: float) -> float:
    """How near, 0..1, `these` sorted numbers are on average to the nearest of `those`."""
    right = np.searchsorted(those, these).clip(0, len(those) - 1)
    left = np.maximum(right - 1, 0)
    apart = np.minimum(np.abs(those[right] - these), np.abs(those[left] - these))
    return float(np.exp(-0.5 * (apart / (BEAT_WIDTH * fps)) ** 2).mean())
