# SPDX-License-Identifier: GPL-3.0-or-later
"""Humanoid robots: a URDF for the skeleton, a CSV row a frame for the movement.

A row holds the root's position x y z (m), its quaternion x y z w and the angles (rad) of the
actuated joints in the order of the URDF. Axes: x forward, y left, z up.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...inference.errors import TwostepError
from ...inference.motion import Motion
from ...inference.readers.figures import Between, Figure, JointMap, retarget
from ...inference.readers.urdf import UrdfJoint, links, read_urdf

#: x forward, y left -> -y forward, x left.
FROM_X_FORWARD: NDArray[np.float64] = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])


def _humanoid_robot() -> JointMap:
    """Unitree's G1 with 29 joints; it has neither neck nor head, they follow the torso.

    At zero its arms hang with the elbows bent forward: what is 'along the arm' and 'the way the
    elbow bends' in our T-pose must map to 'forward' and 'up', or the forearm twists by 90 degrees.
    """
    joints: dict[str, str | Between] = {
        "pelvis": "pelvis",
        "spine1": Between("pelvis", "torso_link", 1 / 3),
        "spine2": Between("pelvis", "torso_link", 2 / 3),
        "spine3": "torso_link",
    }
    places: dict[str, str] = {}
    turns: dict[str, Rotation] = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        joints[f"{side}_hip"] = f"{side}_hip_yaw_link"
        joints[f"{side}_knee"] = f"{side}_knee_link"
        joints[f"{side}_ankle"] = f"{side}_ankle_roll_link"
        joints[f"{side}_shoulder"] = f"{side}_shoulder_yaw_link"
        joints[f"{side}_elbow"] = Between(f"{side}_elbow_link", f"{side}_wrist_roll_link")
        joints[f"{side}_wrist"] = f"{side}_wrist_yaw_link"
        places[f"{side}_hip"] = f"{side}_hip_roll_link"
        turns[f"{side}_shoulder"] = Rotation.from_euler("Y", sign * 90, degrees=True)
        forearm = Rotation.from_euler("ZX", [-sign * 90, -90], degrees=True)
        turns[f"{side}_elbow"] = turns[f"{side}_wrist"] = forearm
    return JointMap(joints, places, turns, level_feet=True)


HUMANOID_ROBOT = _humanoid_robot()


def read_robot(csv: Path, urdf: Path, fps: float, joint_map: JointMap = HUMANOID_ROBOT) -> Motion:
    """A humanoid's CSV as a Motion at `fps`, which the file itself does not tell."""
    joints = read_urdf(urdf)
    actuated = sum(joint.axis is not None for joint in joints)
    try:
        rows = np.loadtxt(csv, delimiter=",", dtype=np.float64, ndmin=2)
    except ValueError as error:
        raise TwostepError(f"{Path(csv).name} is damaged: not every cell is a number.") from error
    if rows.shape[1] != 7 + actuated:
        raise TwostepError(
            f"{Path(csv).name} has {rows.shape[1]} columns, but its robot needs {7 + actuated}."
        )
    return retarget(_figure(joints, rows, fps), joint_map)


def _figure(joints: tuple[UrdfJoint, ...], rows: NDArray[np.float64], fps: float) -> Figure:
    """The robot in our axes; `rows` (T, 7 + actuated)."""
    still = np.zeros((1, rows.shape[1]))
    still[0, 6] = 1.0
    names, rest, rest_turns = links(joints, still)
    _, positions, turns = links(joints, rows)
    against_rest = turns @ rest_turns.swapaxes(-1, -2)
    basis = FROM_X_FORWARD
    return Figure(
        fps, names, rest[0] @ basis.T, positions @ basis.T, basis @ against_rest @ basis.T
    )
