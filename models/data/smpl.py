# SPDX-License-Identifier: GPL-3.0-or-later
"""SMPL parameters (Loper et al., 2015) to `Motion`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...inference.errors import TwostepError
from ...inference.motion import Motion
from ...inference.pose_features import continuous
from ...inference.skeleton import JOINT_COUNT, LEG_LENGTH
from .bvh import FROM_Y_UP
from .retarget import grounded

#: Hip to ankle of SMPL's mean body, metres: paths over the floor are scaled by it.
SMPL_LEG = 0.776


def motion_from_smpl(
    poses: NDArray[np.floating], trans: NDArray[np.floating], fps: float, y_up_world: bool
) -> Motion:
    """A Motion without contacts, feet on the floor.

    poses: axis-angle (T, 72) or more, of which SMPL-H and -X bodies' fingers are ignored.
    trans: (T, 3) metres. y_up_world: the world is y up (AIST++) rather than z up (AMASS).
    """
    poses = np.asarray(poses, dtype=np.float64)
    if poses.ndim != 2 or poses.shape[1] < 66 or np.shape(trans) != (len(poses), 3):
        raise TwostepError("These SMPL poses have the wrong shape; (frames, 72) is expected.")
    vectors = np.zeros((len(poses), JOINT_COUNT, 3))
    # Past joint 22, SMPL-H and -X list fingers and face where SMPL has its two hands.
    body = JOINT_COUNT if poses.shape[1] == 72 else 22
    vectors[:, :body] = poses[:, : 3 * body].reshape(len(poses), body, 3)
    root = Rotation.from_rotvec(vectors[:, 0]).as_matrix()
    # A rotation vector changes basis like any vector.
    local = Rotation.from_rotvec((vectors @ FROM_Y_UP.T).reshape(-1, 3))
    quaternions = local.as_quat(scalar_first=True).reshape(-1, JOINT_COUNT, 4)
    world = root @ FROM_Y_UP.T
    place = np.asarray(trans, dtype=np.float64) * (LEG_LENGTH / SMPL_LEG)
    if y_up_world:
        world, place = FROM_Y_UP @ world, place @ FROM_Y_UP.T
    quaternions[:, 0] = Rotation.from_matrix(world).as_quat(scalar_first=True)
    return grounded(
        Motion(
            fps,
            place.astype(np.float32),
            continuous(quaternions),
            np.zeros((len(poses), 4), dtype=np.float32),
        )
    )
