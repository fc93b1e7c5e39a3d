# SPDX-License-Identifier: GPL-3.0-or-later
"""A figure's way over the floor: a smooth path and a smooth heading, told apart from its dancing.

Steps, sway and weight shifts are shorter than the smoothing and stay with the pelvis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from .motion import Motion

Doubles = NDArray[np.float64]

#: What is shorter than about this is dancing, what is longer is travelling: a Gaussian's sigma,
#: seconds.
SMOOTHING = 0.5
#: A pelvis this far from upright (cos of half its tilt) has no heading of its own.
UPRIGHT = 0.35
#: So many sigmas of the Gaussian count.
_WIDE = 4.0


@dataclass(frozen=True)
class Track:
    """The way over the floor that a root bone goes: places (T, 2), metres, and yaw (T,), rad.

    In our axes; at (0, 0) and 0 it is where it is at rest.
    """

    places: Doubles
    yaw: Doubles


def track(motion: Motion, *, loop: bool = False) -> Track:
    """The way that a figure goes, for a root bone.

    loop: the last frame of the motion is its first one; the way is smooth across it as well.
    """
    return Track(path(motion, loop=loop), heading(motion, loop=loop))


def in_place(motion: Motion, *, loop: bool = False) -> Motion:
    """The motion without its way over the floor: it dances where its way began.

    Heading, height, steps and sway are kept. loop: as in `track`.
    """
    places = path(motion, loop=loop)
    root = motion.root.astype(np.float64)
    root[:, :2] -= places - places[:1]
    return replace(motion, root=root.astype(np.float32))


def path(motion: Motion, *, loop: bool = False) -> Doubles:
    """Where a figure is over the floor, smoothly, (T, 2), metres."""
    return _smooth(motion.root[:, :2].astype(np.float64), motion.fps, loop)


def heading(motion: Motion, *, loop: bool = False) -> Doubles:
    """Where a figure faces, smoothly and without jumps, (T,), rad; 0 is -y, +pi/2 is +x."""
    return _smooth(facing(motion)[:, None], motion.fps, loop)[:, 0]


def facing(motion: Motion) -> Doubles:
    """The turn of the pelvis about the vertical, (T,), rad: what is left when it is put upright.

    That is told of a pelvis that bends or lies, too; upside down nothing is, and it is bridged.
    """
    w, z = motion.rotations[:, 0, [0, 3]].astype(np.float64).T
    known = np.flatnonzero(np.hypot(w, z) > UPRIGHT)
    if not len(known):
        return np.zeros(len(motion))
    angles = np.unwrap(2.0 * np.arctan2(z[known], w[known]))
    return np.interp(np.arange(len(motion)), known, angles)


def _smooth(values: Doubles, fps: float, loop: bool) -> Doubles:
    """Values (T, n), smoothed: in each frame the straight line through those around it.

    Amidst the motion that is a Gaussian filter; at its ends it lags behind nothing.
    """
    count = len(values)
    if count < 3:
        return values
    if loop:
        drift = np.linspace(0.0, 1.0, count)[:, None] * (values[-1] - values[0])
        turn = _lines((values - drift)[:-1], fps, "wrap")
        return np.concatenate([turn, turn[:1]]) + drift
    return _lines(values, fps, "constant")


def _lines(values: Doubles, fps: float, mode: Literal["wrap", "constant"]) -> Doubles:
    away = np.arange(-round(_WIDE * SMOOTHING * fps), round(_WIDE * SMOOTHING * fps) + 1)
    weights = np.exp(-0.5 * (away / (SMOOTHING * fps)) ** 2)

    def moment(of: Doubles, power: int) -> Doubles:
        return correlate1d(of, weights * away**power, axis=0, mode=mode)

    ones = np.ones((len(values), 1))
    whole, first, second = (moment(ones, power) for power in range(3))
    return (second * moment(values, 0) - first * moment(values, 1)) / (whole * second - first**2)
