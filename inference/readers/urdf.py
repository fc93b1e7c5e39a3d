# SPDX-License-Identifier: GPL-3.0-or-later
"""Robots as URDF files (Unified Robot Description Format): their links and joints at rest."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..errors import TwostepError

_ACTUATED = ("revolute", "continuous")


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
    except (OSError, ET.ParseError, LookupError, ValueError, AttributeError) as error:
        raise TwostepError(f"{Path(path).name} is not a readable URDF robot.") from error


def links(
    joints: tuple[UrdfJoint, ...], rows: NDArray[np.float64]
) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    """Names (L,), positions (T, L, 3) and rotations (T, L, 3, 3) of every link in the world.

    rows: the root's position x y z (m), its quaternion x y z w and the angles (rad) of the actuated
    joints in file order, (T, 7 + actuated). Raises TwostepError when links do not hang together.
    """
    children = {joint.child for joint in joints}
    root = next((joint.parent for joint in joints if joint.parent not in children), None)
    if root is None:
        raise TwostepError("The URDF robot has no link that all others hang on.")
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


def _joint(element: ET.Element) -> UrdfJoint:
    origin, axis = element.find("origin"), element.find("axis")
    place = origin.attrib if origin is not None else {}
    moves = element.attrib["type"] in _ACTUATED
    made = UrdfJoint(
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
    for vector in (made.xyz, made.axis):
        if vector is not None and not (vector.shape == (3,) and np.isfinite(vector).all()):
            raise ValueError("a place or an axis is three numbers")
    if made.turn.shape != (3, 3) or not np.isfinite(made.turn).all():
        raise ValueError("a turn is three angles")
    return made
