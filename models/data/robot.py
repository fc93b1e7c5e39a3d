# SPDX-License-Identifier: GPL-3.0-or-later
"""Humanoid robots: a URDF for the skeleton, a CSV row a frame for the movement.

A row holds the root's position x y z (m), its quaternion x y z w and the angles (rad) of the
actuated joints in the order of the URDF. Axes: x forward, y left, z up.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...inference.errors import TwostepError
from ...inference.motion import Motion
from ...inference.readers.figures import Between, Figure, JointMap, retarget

#: x forward, y left -> -y forward, x left.
FROM_X_FORWARD: NDArray[np.float64] = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
_ACTUATED = ("revolute", "continuous")


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


@dataclass(frozen=True)
class UrdfJoint:
    """Joins link `child` to link `parent`; `axis` is None for a fixed joint."""

    name: str
    parent: str
    child: str
    xyz: NDArray[np.float64]
    turn: NDArray[np.float64]
    axis: NDArray[np.float64] | None


def read_urdf(path: Path) -> tuple[UrdfJoint, ...]:
    """The joints of a URDF in file order. Raises TwostepError when it is not one."""
    try:
        robot = ET.parse(path).getroot()  # noqa: S314 - a file of one's own, and expat is safe now
        return tuple(_joint(element) for element in robot.findall("joint"))
    except (ET.ParseError, KeyError, ValueError, AttributeError) as error:
        raise TwostepError(f"{Path(path).name} is not a readable URDF robot.") from error


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


def _joint(element: ET.Element) -> UrdfJoint:
    origin, axis = element.find("origin"), element.find("axis")
    place = origin.attrib if origin is not None else {}
    moves = element.attrib["type"] in _ACTUATED
    return UrdfJoint(
        element.attrib["name"],
        element.find("parent").attrib["link"],  # type: ignore[union-attr]
        element.find("child").attrib["link"],  # type: ignore[union-attr]
        np.array(place.get("xyz", "0 0 0").split(), dtype=np.float64),
        Rotation.from_euler(
            "xyz", np.array(place.get("rpy", "0 0 0").split(), dtype=np.float64)
        ).as_matrix(),
        np.array((axis.attrib["xyz"] if axis is not None else "1 0 0").split(), dtype=np.float64)
        if moves
        else None,
    )


def _figure(joints: tuple[UrdfJoint, ...], rows: NDArray[np.float64], fps: float) -> Figure:
    """The robot in our axes; `rows` (T, 7 + actuated)."""
    still = np.zeros((1, rows.shape[1]))
    still[0, 6] = 1.0
    names, rest, rest_turns = _links(joints, still)
    _, positions, turns = _links(joints, rows)
    against_rest = turns @ rest_turns.swapaxes(-1, -2)
    basis = FROM_X_FORWARD
    return Figure(
        fps, names, rest[0] @ basis.T, positions @ basis.T, basis @ against_rest @ basis.T
    )


def _links(
    joints: tuple[UrdfJoint, ...], rows: NDArray[np.float64]
) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    """Names (L,), positions (T, L, 3) and rotations (T, L, 3, 3) of every link in the world."""
    children = {joint.child for joint in joints}
    root = next(joint.parent for joint in joints if joint.parent not in children)
    places = {root: rows[:, :3]}
    turns = {root: Rotation.from_quat(rows[:, 3:7]).as_matrix()}
    column = {joint.name: 7 + i for i, joint in enumerate(j for j in joints if j.axis is not None)}
    waiting = list(joints)
    while waiting:
        ready = [joint for joint in waiting if joint.parent in turns]
        if not ready:
            raise TwostepError("The URDF robot is not one connected tree of links.")
        for joint in ready:
            before = turns[joint.parent]
            places[joint.child] = places[joint.parent] + before @ joint.xyz
            turn = before @ joint.turn
            if joint.axis is not None:
                angles = rows[:, column[joint.name], None]
                turn = turn @ Rotation.from_rotvec(angles * joint.axis).as_matrix()
            turns[joint.child] = turn
        waiting = [joint for joint in waiting if joint.child not in turns]
    names = tuple(turns)
    return (
        names,
        np.stack([places[name] for name in names], axis=1),
        np.stack([turns[name] for name in names], axis=1),
    )
