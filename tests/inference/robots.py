# SPDX-License-Identifier: GPL-3.0-or-later
"""Robots as puppets of numbers, straight from their URDF; Blender is not asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from twostep.inference.readers.urdf import links, read_urdf
from twostep.inference.retarget import Figure, Handle, Puppet, Role, smallest_turn
from twostep.inference.retarget.hinges import meeting
from twostep.inference.skeleton import INDEX, JOINT_COUNT, JOINTS

ROOT = Path(__file__).resolve().parents[2]
#: Our own little robot.
LITTLE = ROOT / "demo" / "rigs" / "robot.urdf"
#: Where the real one lies in the data folder.
REAL = Path("mocap/g1/g1_29dof_rev_1_0.urdf")

_FROM_X_FORWARD = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
_CHAINS = {
    "hip": ("hip_pitch", "hip_roll", "hip_yaw"),
    "knee": ("knee",),
    "ankle": ("ankle_pitch", "ankle_roll"),
    "shoulder": ("shoulder_pitch", "shoulder_roll", "shoulder_yaw"),
    "elbow": ("elbow", "wrist_roll"),
    "wrist": ("wrist_pitch", "wrist_yaw"),
}
_SHOWN = {f"waist_{axis}_joint": "spine3" for axis in ("yaw", "roll", "pitch")} | {
    f"{side}_{part}_joint": f"{side}_{joint}"
    for side in ("left", "right")
    for joint, chain in _CHAINS.items()
    for part in chain
}


def robot(urdf: Path) -> Puppet:
    """The robot at rest with its sole on the floor, every hinge along its bone's y."""
    joints = tuple(joint for joint in read_urdf(urdf) if joint.parent != "world")
    still = np.zeros((1, 7 + sum(joint.axis is not None for joint in joints)))
    still[0, 6] = 1.0
    names, positions, turns = links(joints, still)
    places = positions[0] @ _FROM_X_FORWARD.T
    places[:, 2] += 0.035 - places[names.index("left_ankle_roll_link"), 2]
    handles = [Handle("pelvis", Role.TRAVEL, "pelvis", np.eye(3), places[names.index("pelvis")])]
    carriers = {"pelvis": 0}
    for joint in joints:
        row = names.index(joint.child)
        if joint.axis is None:
            continue
        axis = _FROM_X_FORWARD @ turns[0, row] @ joint.axis
        rest = smallest_turn(np.array([0.0, 1.0, 0.0]), axis)
        carriers[joint.child] = len(handles)
        handles.append(
            Handle(
                joint.name,
                Role.TURN,
                _SHOWN[joint.name],
                rest,
                places[row],
                carriers[joint.parent],
                free=(False, True, False),
            )
        )
    return Puppet(_figure(handles), tuple(handles))


def chain(puppet: Puppet, joint: str) -> list[int]:
    """The handles that make a joint."""
    return [i for i, handle in enumerate(puppet.handles) if handle.joint == joint]


def _figure(handles: list[Handle]) -> Figure:
    rest = np.tile(np.eye(3), (JOINT_COUNT, 1, 1))
    heads = np.full((JOINT_COUNT, 3), np.nan)
    for joint in JOINTS:
        made = [handle for handle in handles if handle.joint == joint]
        if made:
            rest[INDEX[joint]], heads[INDEX[joint]] = made[-1].rest, meeting(made)
    return Figure(rest, heads, np.isfinite(heads).all(axis=1))
