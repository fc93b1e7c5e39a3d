# SPDX-License-Identifier: GPL-3.0-or-later
"""A dancer made up for the tests."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from twostep.inference.motion import FPS, Motion
from twostep.inference.skeleton import INDEX, JOINT_COUNT, STANDING_HEIGHT


def still_motion(seconds: float = 4.0, fps: float = FPS) -> Motion:
    """A figure that stands in the rest pose."""
    frames = round(seconds * fps)
    rotations = np.zeros((frames, JOINT_COUNT, 4), dtype=np.float32)
    rotations[..., 0] = 1
    root = np.tile(np.float32([0, 0, STANDING_HEIGHT]), (frames, 1))
    return Motion(fps, root, rotations, np.zeros((frames, 4), dtype=np.float32))


def turned(motion: Motion, joint: str, angles: np.ndarray, axis: str = "y") -> Motion:
    """The motion with one joint turned by angles (T,) in radians."""
    rotations = motion.rotations.copy()
    rotations[:, INDEX[joint]] = Rotation.from_euler(axis, angles).as_quat(scalar_first=True)
    return Motion(motion.fps, motion.root, rotations, motion.contacts)


def dancer(bpm: float, seconds: float = 20.0, fps: float = FPS, first: float = 0.0) -> Motion:
    """Arms that swing and rest on every beat, the first at `first` seconds: known accents."""
    motion = still_motion(seconds, fps)
    times = np.arange(len(motion)) / fps
    # The angle's speed is |sin(pi * beats)|: zero on each beat.
    angles = 1.2 * np.cos(np.pi * (times - first) * bpm / 60)
    for joint, sign in (("left_shoulder", 1), ("right_shoulder", -1), ("spine1", 0.3)):
        motion = turned(motion, joint, sign * angles)
    return motion
