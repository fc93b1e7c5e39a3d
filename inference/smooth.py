# SPDX-License-Identifier: GPL-3.0-or-later
"""Soft transitions: offsets that fade away with no kink (inertialisation, Bollo, GDC 2018)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .motion import Floats, Motion
from .pose_features import continuous

Doubles = NDArray[np.float64]

#: How long a dance takes to come out of the pose that it starts from, seconds.
BLEND = 0.5


def fade(offset: Doubles, slope: Doubles, frames: int) -> Doubles:
    """An offset (...) that changes by `slope` a frame, brought to rest at 0 in `frames`.

    Returns (frames, ...), from the given offset on; the quintic whose velocity fits at the start
    and whose velocity and acceleration are 0 at the end (and whose acceleration starts at 0).
    """
    t = (np.arange(frames) / max(frames, 1)).reshape(-1, *[1] * np.ndim(offset))
    whole = 1.0 - t**3 * (10.0 - 15.0 * t + 6.0 * t**2)
    moving = t - t**3 * (6.0 - 8.0 * t + 3.0 * t**2)
    return offset * whole + slope * frames * moving


def continued(motion: Motion, before: Motion, seconds: float = BLEND) -> Motion:
    """`motion` bent at its start so that its first frame is the last of `before` (same fps).

    The difference, and how fast it changes, fade away within `seconds`.
    """
    frames = min(round(seconds * motion.fps), len(motion))
    last, previous = before[-1:], before[-2:][:1]
    second = motion[min(1, len(motion) - 1) :][:1]
    root, rotations = motion.root.copy(), motion.rotations.copy()

    gap = (last.root - motion.root[:1])[0].astype(np.float64)
    speed = (last.root - previous.root)[0] - (second.root - motion.root[:1])[0]
    root[:frames] += fade(gap, speed.astype(np.float64), frames)

    gap = apart(last, motion[:1])
    turning = apart(last, previous) - apart(second, motion[:1])
    rotations[:frames] = bent(rotations[:frames], fade(gap, turning, frames))
    return replace(motion, root=root, rotations=continuous(rotations))


def apart(there: Motion, here: Motion) -> Doubles:
    """Rotation vectors (24, 3) that turn the pose `here` (one frame) into the pose `there`."""
    goal = Rotation.from_quat(there.rotations[0], scalar_first=True)
    start = Rotation.from_quat(here.rotations[0], scalar_first=True)
    return (goal * start.inv()).as_rotvec()


def bent(rotations: Floats, offsets: Doubles) -> Floats:
    """Quaternions (T, 24, 4) turned further by rotation vectors (T, 24, 3)."""
    own = Rotation.from_quat(rotations.reshape(-1, 4), scalar_first=True)
    turned = (Rotation.from_rotvec(offsets.reshape(-1, 3)) * own).as_quat(scalar_first=True)
    return turned.astype(np.float32).reshape(rotations.shape)
