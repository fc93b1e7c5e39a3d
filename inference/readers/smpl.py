# SPDX-License-Identifier: GPL-3.0-or-later
"""SMPL parameters (Loper et al., 2015) to `Motion`, and the files that hold them.

AIST++ (Li et al., 2021) keeps pickles at 60 fps, y up, with metres = trans / scaling; AMASS
(Mahmood et al., 2019) keeps npz files of SMPL-H or SMPL-X parameters, z up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..arrays import load_npz
from ..errors import TwostepError
from ..motion import Motion
from ..pose_features import continuous
from ..skeleton import JOINT_COUNT, LEG_LENGTH
from .bvh import FROM_Y_UP
from .figures import grounded
from .pickles import load_arrays

#: Hip to ankle of SMPL's mean body, metres: paths over the floor are scaled by it.
SMPL_LEG = 0.776
AIST_FPS = 60.0
#: Radians. No joint turns that often; far beyond, the rotations that scipy makes are none.
_MOST_TURN = 1e6
_AMASS_RATES = ("mocap_framerate", "mocap_frame_rate")


def read_aist(path: Path) -> Motion:
    """One of AIST++'s motions/*.pkl as a Motion at 60 fps, z up, without contacts."""
    name, data = Path(path).name, load_arrays(path)
    missing = {"smpl_poses", "smpl_trans"} - set(data)
    if missing:
        raise TwostepError(f"{name} is no AIST++ motion: {min(missing)} is missing.")
    try:
        poses, trans = _numbers(data["smpl_poses"]), _numbers(data["smpl_trans"])
        scaling = float(np.ravel(data.get("smpl_scaling", 1.0))[0])
    except (ValueError, TypeError, IndexError) as error:
        raise TwostepError(f"{name} is no AIST++ motion: its arrays hold no numbers.") from error
    if not scaling > 0:
        raise TwostepError(f"{name} is no AIST++ motion: its scaling is {scaling:g}.")
    return motion_from_smpl(poses, trans / scaling, AIST_FPS, y_up_world=True)


def read_amass(path: Path) -> Motion:
    """One AMASS sequence as a Motion at its own rate, without contacts."""
    name = Path(path).name
    try:
        data = load_npz(path, ("poses", "trans", *_AMASS_RATES))
        rate = next((float(data[key]) for key in _AMASS_RATES if key in data), None)
        if rate is None or "poses" not in data or "trans" not in data:
            raise TwostepError(f"{name} is no AMASS motion: it lacks poses, trans or its rate.")
        poses, trans = _numbers(data["poses"]), _numbers(data["trans"])
    except (ValueError, TypeError) as error:
        raise TwostepError(f"{name} is damaged: it is no npz of arrays.") from error
    return motion_from_smpl(poses, trans, rate, y_up_world=False)


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
    if not fps > 0:
        raise TwostepError(f"A motion has no {fps:g} frames a second; correct its rate.")
    if not (len(poses) and (np.abs(poses) < _MOST_TURN).all() and np.isfinite(trans).all()):
        raise TwostepError("These SMPL poses are damaged: not every value in them is a number.")
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


def _numbers(values: Any) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)
