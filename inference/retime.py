# SPDX-License-Identifier: GPL-3.0-or-later
"""Lands the rests of a dance on the beats of its music by bending time a little.

Dance units were warped to beats like this in "Dancing to Music" (Lee et al., 2019); here one smooth
monotone map bends the whole dance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from .kinematics import landing, motion_speed, rests
from .motion import Motion

Doubles = NDArray[np.float64]

#: A rest this near a beat is moved onto it, seconds.
REACH = 0.14
#: The dance never runs slower or faster than this.
SLOWEST, FASTEST = 0.8, 1.25
#: A figure that moves less than this between two beats keeps no beat, m/s.
STILL = 0.08
#: Every try eases what is too steep by 30 %, so this many leave nothing.
_TRIES = 60


def retimed(motion: Motion, beats: Doubles, reach: float = REACH) -> Motion:
    """The motion, as long as before, with its rests on the beats (B,) in seconds.

    Bending time can also blur rests; when fewer land than before, the motion is left as it is.
    """
    bent = motion.sampled(warp(motion, beats, reach))
    return bent if _landed(bent, beats) > _landed(motion, beats) else motion


def warp(motion: Motion, beats: Doubles, reach: float = REACH) -> Doubles:
    """For each frame (T,) of the retimed dance, which frame of the motion it shows.

    Rises everywhere with a slope within SLOWEST..FASTEST; starts and ends where the motion does.
    """
    last = float(len(motion) - 1)
    frames = np.arange(len(motion), dtype=np.float64)
    at, shift = _knots(motion, np.asarray(beats, np.float64) * motion.fps, reach * motion.fps)
    if not len(at):
        return frames
    at, shift = np.r_[0.0, at, last], np.r_[0.0, shift, 0.0]
    for _ in range(_TRIES):
        bent = frames + PchipInterpolator(at, shift)(frames)
        slope = np.diff(bent)
        wrong = np.flatnonzero((slope < SLOWEST) | (slope > FASTEST))
        if not len(wrong):
            return bent
        # Whatever is too steep is eased at the two knots around it.
        right = np.searchsorted(at, wrong + 0.5)
        shift[np.unique(np.r_[right, right - 1])] *= 0.7
    return frames


def _landed(motion: Motion, beats: Doubles) -> float:
    return landing(rests(motion_speed(motion)), np.asarray(beats) * motion.fps, motion.fps)


def _knots(motion: Motion, beats: Doubles, reach: float) -> tuple[Doubles, Doubles]:
    """Beats (K,) in frames that have a rest near, and how far off (K,) it is."""
    speed = motion_speed(motion)
    found = rests(speed)
    inside = beats[(beats > 2) & (beats < len(motion) - 3)]
    if not len(found) or not len(inside):
        return np.zeros(0), np.zeros(0)
    fine = found + _between(speed, found)
    right = np.clip(np.searchsorted(fine, inside), 1, max(len(fine) - 1, 1))
    left = right - 1
    right = np.minimum(right, len(fine) - 1)
    nearer = np.abs(fine[right] - inside) < np.abs(fine[left] - inside)
    rest = fine[np.where(nearer, right, left)]
    off = rest - inside
    around = np.clip(inside.astype(int), 0, len(speed) - 1)
    half = round(motion.fps / 2)
    low, high = np.maximum(around - half, 0), np.minimum(around + half, len(speed))
    lively = np.array([speed[a:b].max() > STILL for a, b in zip(low, high, strict=True)])
    use = (np.abs(off) <= reach) & lively
    return inside[use], off[use]


def _between(speed: NDArray[np.floating], found: NDArray[np.intp]) -> Doubles:
    """Where between its neighbours (-.5...5 frames) each minimum lies, by a parabola."""
    before, here, after = (speed[found + step].astype(np.float64) for step in (-1, 0, 1))
    bend = before - 2 * here + after
    return np.where(bend > 1e-9, 0.5 * (before - after) / np.maximum(bend, 1e-9), 0.0)
