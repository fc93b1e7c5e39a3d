# SPDX-License-Identifier: GPL-3.0-or-later
"""Restates a motion on a figure's own proportions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..motion import Motion, forward_kinematics
from ..pose_features import continuous
from ..proportions import OURS
from ..skeleton import JOINT_COUNT, PARENTS
from .figure import Figure


def fit(motion: Motion, figure: Figure) -> Motion:
    """The motion on `figure.proportions`: every bone turned as before, the hips where they were.

    The middle between the hips keeps its place over the floor, and its height but for that of the
    ankles, so that feet stand as they stood. A joint without a bone is not turned; the next one
    that has a bone makes up for it. A figure without legs stays where it is.
    """
    world = forward_kinematics(motion.matrices(), motion.root)[1]
    rotations = motion.rotations.copy()
    for joint in range(JOINT_COUNT):
        above = figure.parent(joint)
        if not figure.present[joint]:
            rotations[:, joint] = (1.0, 0.0, 0.0, 0.0)
        elif above != PARENTS[joint]:
            local = world[:, joint]
            if above >= 0:
                local = world[:, above].swapaxes(-1, -2) @ local
            rotations[:, joint] = Rotation.from_matrix(local).as_quat(scalar_first=True)
    root = motion.root + shift(world[:, 0], figure)
    if not figure.legs:
        seat = (figure.seat - figure.ground) @ figure.basis / figure.scale
        root = seat - world[:, 0] @ figure.proportions.seat
    return Motion(motion.fps, root.astype(np.float32), continuous(rotations), motion.contacts)


def shift(pelvis: NDArray[np.floating], figure: Figure) -> NDArray[np.float64]:
    """How far (T, 3), metres, `fit` moves a pelvis that is turned so, (T, 3, 3)."""
    own = figure.proportions
    away = pelvis @ (OURS.seat - own.seat)
    away[:, 2] += own.ankle.mean() - OURS.ankle.mean()
    return away
