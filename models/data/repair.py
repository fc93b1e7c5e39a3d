# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of tracking that can be mended: short glitches, and a head that never turns.

A limb or the pelvis that flips away and back within a few frames spoils two seconds of training
windows around it. Where the poses before and after agree, the gap is interpolated; longer or wilder
ones are left for the cleaning rules to reject.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, binary_dilation
from scipy.spatial.transform import Rotation, Slerp

from ...inference.motion import Motion
from ...inference.pose_features import continuous
from ...inference.skeleton import INDEX, JOINT_COUNT, JOINTS
from .cleaning import GLITCH_SPEED, runs

#: Faster turns than these are not human, degrees a second.
TURN_LIMITS = {"pelvis": 1500.0, "spine": 1500.0, "hip": 2200.0, "knee": 2600.0}
OTHER_LIMIT = 3200.0
#: What is bridged reaches this far around a jump, and jumps this near belong together, seconds.
REACH, TOGETHER = 0.04, 0.20
#: Longer gaps are not bridged, seconds.
LONGEST = 0.35
#: A bridge over which a joint would have to move faster than this is refused, m/s.
BRIDGE_SPEED = 6.0
#: A joint whose quaternion varies less than this never moves.
STUCK = 1e-3


def bridge_glitches(motion: Motion) -> tuple[Motion, int]:
    """The motion, at its source's rate, with short glitches interpolated; and how many."""
    marks = jumps(motion)
    if not marks.any():
        return motion, 0
    grow = max(1, round(REACH * motion.fps))
    join = max(1, round(TOGETHER * motion.fps))
    padded = np.pad(binary_dilation(marks, iterations=grow), join)
    gaps = runs(binary_closing(padded, np.ones(join + 1))[join:-join])
    positions = motion.positions()
    root, rotations = motion.root.copy(), motion.rotations.copy()
    bridged = 0
    for start, stop in gaps:
        before, after = start - 1, stop
        if before < 0 or after >= len(motion) or stop - start > LONGEST * motion.fps:
            continue
        seconds = (after - before) / motion.fps
        distance = float(np.linalg.norm(positions[after] - positions[before], axis=1).max())
        if distance / seconds > BRIDGE_SPEED:
            continue
        shares = (np.arange(start, stop) - before) / (after - before)
        root[start:stop] = root[before] + shares[:, None] * (root[after] - root[before])
        rotations[start:stop] = _slerp(rotations[before], rotations[after], shares)
        bridged += 1
    return replace(motion, root=root, rotations=continuous(rotations)), bridged


def freed_head(motion: Motion) -> Motion:
    """The motion with the neck's turning shared with a head joint that is stuck.

    Some takes lost their head marker: the neck alone turns, by twice as much as a neck can.
    """
    neck, head = INDEX["neck"], INDEX["head"]
    turns = Rotation.from_quat(motion.rotations[:, neck], scalar_first=True)
    if np.ptp(motion.rotations[:, head], axis=0).max() > STUCK or len(motion) < 2:
        return motion
    if np.ptp(turns.magnitude()) < STUCK:
        return motion  # a figure without a neck
    half = Rotation.from_rotvec(turns.as_rotvec() / 2)
    rotations = motion.rotations.copy()
    stuck = Rotation.from_quat(rotations[:, head], scalar_first=True)
    rotations[:, neck] = half.as_quat(scalar_first=True)
    rotations[:, head] = (half * stuck).as_quat(scalar_first=True)
    return replace(motion, rotations=continuous(rotations))


def jumps(motion: Motion) -> NDArray[np.bool_]:
    """Frames (T,) next to a turn or a move that no dancer could make."""
    dots = np.abs((motion.rotations[1:] * motion.rotations[:-1]).sum(-1))
    turns = 2 * np.degrees(np.arccos(np.clip(dots, 0, 1))) * motion.fps
    moves = np.linalg.norm(np.diff(motion.positions(), axis=0), axis=-1) * motion.fps
    wild = (turns > _limits()).any(axis=1) | (moves > GLITCH_SPEED).any(axis=1)
    marks = np.zeros(len(motion), dtype=bool)
    marks[1:] |= wild
    marks[:-1] |= wild
    return marks


def _limits() -> NDArray[np.float64]:
    found = (next((v for k, v in TURN_LIMITS.items() if k in name), OTHER_LIMIT) for name in JOINTS)
    return np.array(list(found))


def _slerp(
    before: NDArray[np.float32], after: NDArray[np.float32], shares: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Rotations (F, 24, 4) between two poses (24, 4)."""
    result = np.empty((len(shares), JOINT_COUNT, 4), dtype=np.float32)
    for joint in range(JOINT_COUNT):
        ends = Rotation.from_quat(np.stack([before[joint], after[joint]]), scalar_first=True)
        result[:, joint] = Slerp([0.0, 1.0], ends)(shares).as_quat(scalar_first=True)
    return result
