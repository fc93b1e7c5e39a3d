# SPDX-License-Identifier: GPL-3.0-or-later
"""How much energy each joint spends: the 72 kinetic features behind FIDk (Onuma et al., 2008).

Three a joint, in SMPL's order: kinetic energy over the floor and up and down, and energy
expenditure (mean size of the acceleration). The code that the field shares (fairmotion, AIST++ and
its descendants) does not measure what it is meant to; `published` mode repeats it for comparison
with published tables, and nothing else. The two must never be mixed in one table.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...inference.skeleton import JOINTS
from .signals import Array

#: What is measured of every joint.
MEASURES = ("horizontal", "vertical", "expenditure")
NAMES: tuple[str, ...] = tuple(f"{joint} {measure}" for joint in JOINTS for measure in MEASURES)
SIZE = len(NAMES)

#: Derivatives reach this far to either side, seconds: a frame at the rate the dances are made at.
REACH = 1 / 30
#: The frame time that the public code takes for granted, whatever the rate, seconds.
PUBLISHED_FRAME = 1 / 60
#: Frames to either side over which the public code averages its differences.
PUBLISHED_WINDOW = 2


def kinetic(
    positions: NDArray[np.floating], fps: float = 30.0, *, published: bool = False
) -> Array:
    """The kinetic features (72,) of a clip of positions (T, 24, 3) in metres, z up.

    Per unit of mass: the mean of half the squared speed over the floor and of half the squared
    speed up and down, J/kg, and the mean size of the acceleration, m/s^2, all by central
    differences that reach 1/30 s to either side, so that the rate of the clip hardly matters.

    published: as the public code computes them, with no regard to `fps`. It differs in this: speeds
    and accelerations are per 1/60 s and averaged over five frames; there is no half; and of the two
    speeds whose difference makes the acceleration, the earlier has only its second position divided
    by the frame time, so that even a still joint spends about 3,500 times its distance from the
    origin. The origin is the pelvis in the first frame, as Bailando has it.

    Raises ValueError when the clip is too short for a derivative.
    """
    places = np.asarray(positions, dtype=np.float64)
    step = max(1, round(fps * REACH))
    if len(places) < (4 if published else 2 * step + 1):
        raise ValueError(f"{len(places)} frames are too few for kinetic features")
    if published:
        return _published(places - places[:1, :1])
    before, here, after = places[: -2 * step], places[step:-step], places[2 * step :]
    span = step / fps
    velocity = (after - before) / (2 * span)
    acceleration = (after - 2 * here + before) / span**2
    return _features(velocity, acceleration, 0.5)


def _published(places: Array) -> Array:
    moves = np.diff(places, axis=0)
    velocity = _window_mean(moves / PUBLISHED_FRAME, first=1)
    later = moves[1:] / PUBLISHED_FRAME
    earlier = places[1:-1] - places[:-2] / PUBLISHED_FRAME  # sic
    acceleration = _window_mean((later - earlier) / PUBLISHED_FRAME, first=1, last=len(places) - 1)
    return _features(velocity, acceleration, 1.0)


def _window_mean(values: Array, first: int, last: int | None = None) -> Array:
    """Means over the window about every frame from 1 on; the window is cut at the clip's ends.

    values: of the frames `first`, `first` + 1, …; last: the last frame to have a mean for.
    """
    frames = np.arange(1, (first + len(values) - 1 if last is None else last) + 1)
    low = np.clip(frames - PUBLISHED_WINDOW - first, 0, len(values))
    high = np.clip(frames + PUBLISHED_WINDOW + 1 - first, 0, len(values))
    sums = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
    return (sums[high] - sums[low]) / (high - low)[:, None, None]


def _features(velocity: Array, acceleration: Array, share: float) -> Array:
    energy = share * velocity**2
    each = (
        energy[..., :2].sum(-1).mean(0),
        energy[..., 2].mean(0),
        np.linalg.norm(acceleration, axis=-1).mean(0),
    )
    return np.stack(each, axis=1).ravel()
