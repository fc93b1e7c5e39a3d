# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up motions whose figures can be worked out by hand."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from twostep.inference.motion import Motion
from twostep.inference.skeleton import INDEX, JOINT_COUNT, STANDING_HEIGHT

FPS = 30.0


def standing(seconds: float = 20.0) -> Motion:
    frames = round(seconds * FPS)
    rotations = np.zeros((frames, JOINT_COUNT, 4))
    rotations[..., 0] = 1
    root = np.tile([0.0, 0.0, STANDING_HEIGHT], (frames, 1))
    return Motion(FPS, root, rotations, np.ones((frames, 4)))


def turned(motion: Motion, angles: np.ndarray, joints: tuple[str, ...], axis: str) -> Motion:
    """The motion with joints turned by angles (T,) in radians about an axis."""
    rotations = motion.rotations.copy()
    turn = Rotation.from_euler(axis, angles).as_quat(scalar_first=True)
    for joint in joints:
        rotations[:, INDEX[joint]] = turn
    return Motion(FPS, motion.root, rotations, motion.contacts)


def swinging(beats: np.ndarray, seconds: float = 20.0, lag: float = 0.0) -> Motion:
    """A figure whose arms and spine turn round exactly at `beats` + lag (seconds)."""
    times = np.arange(round(seconds * FPS)) / FPS
    phase = np.interp(times - lag, beats, np.arange(len(beats)))
    motion = turned(standing(seconds), 0.9 * np.cos(np.pi * phase), SHOULDERS, "y")
    return turned(motion, 0.3 * np.cos(np.pi * phase), ("spine1",), "z")


def trembling(seconds: float = 20.0, size: float = 0.006, seed: int = 0) -> Motion:
    """A statue whose every frame is a little off."""
    rng = np.random.default_rng(seed)
    still = standing(seconds)
    rotations = Rotation.from_rotvec(rng.normal(0, 0.02, (len(still) * JOINT_COUNT, 3)))
    quaternions = rotations.as_quat(scalar_first=True).reshape(-1, JOINT_COUNT, 4)
    return Motion(
        FPS, still.root + rng.normal(0, size, still.root.shape), quaternions, still.contacts
    )


def wandering(seconds: float = 60.0, seed: int = 0) -> Motion:
    """Smooth random movement of all joints that knows no music."""
    rng = np.random.default_rng(seed)
    still = standing(seconds)
    noise = rng.normal(0, 1, (len(still), JOINT_COUNT, 3))
    smooth = gaussian_filter1d(noise, 5.0, axis=0) * 2.0
    quaternions = Rotation.from_rotvec(smooth.reshape(-1, 3)).as_quat(scalar_first=True)
    return Motion(FPS, still.root, quaternions.reshape(-1, JOINT_COUNT, 4), still.contacts)


SHOULDERS = ("left_shoulder", "right_shoulder")
