# SPDX-License-Identifier: GPL-3.0-or-later
"""A robot's armature from its URDF: Unitree's G1 and others of its kind.

Every moving joint is a bone that lies along its axis and may turn about that alone, so the angle of
the joint is the bone's turn about its own y.
"""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from ...inference.readers.urdf import UrdfJoint, links, read_urdf
from .body import Doubles
from .build import Part, add_body, new_armature

#: x forward, y left -> -y forward, x left.
_FROM_X_FORWARD = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
#: How high the last joint of a leg is over the floor, and how long bones are, metres.
_ANKLE, _BONE = 0.035, 0.04
_ANKLES = ("left_ankle_roll_joint", "right_ankle_roll_joint")


def build_g1(context: bpy.types.Context, urdf: Path) -> bpy.types.Object:
    """The armature of a robot, standing at the origin, active and in object mode.

    Its bones are called like the joints, the one that carries all the others like its link. Raises
    TwostepError when the file is no URDF.
    """
    joints = tuple(joint for joint in read_urdf(urdf) if joint.parent != "world")
    places, axes = _at_rest(joints)
    ob = new_armature(context, "G1")
    bones = ob.data.edit_bones
    above = {joint.child: joint for joint in joints}
    root = next(joint.parent for joint in joints if joint.parent not in above)
    _add(bones, root, places[root], np.array([0.0, 0.0, 1.0]), None)
    for joint in joints:
        if joint.axis is not None:
            carrier = _carrier(joint, above)
            parent = carrier.name if carrier else root
            _add(bones, joint.name, places[joint.child], axes[joint.child], parent)
    bpy.ops.object.mode_set(mode="OBJECT")
    for bone in ob.pose.bones:
        if bone.parent:
            bone.lock_location = (True, True, True)
            bone.lock_rotation = (True, False, True)
            # An order in which y is not in the middle: there 90 degrees would be a locked gimbal.
            bone.rotation_mode = "YXZ"
        else:
            bone.rotation_mode = "QUATERNION"
    add_body(context, ob, _parts(joints, above, places, root), 1.0)
    return ob


def _at_rest(joints: tuple[UrdfJoint, ...]) -> tuple[dict[str, Doubles], dict[str, Doubles]]:
    """Where every link is at rest and along what its joint turns, (3,) each, in our axes."""
    still = np.zeros((1, 7 + sum(joint.axis is not None for joint in joints)))
    still[0, 6] = 1.0
    names, positions, turns = links(joints, still)
    places = dict(zip(names, positions[0] @ _FROM_X_FORWARD.T, strict=True))
    axes = {
        joint.child: _FROM_X_FORWARD @ turns[0, names.index(joint.child)] @ joint.axis
        for joint in joints
        if joint.axis is not None
    }
    ankles = [places[joint.child][2] for joint in joints if joint.name in _ANKLES]
    low = min(ankles or [place[2] for place in places.values()]) - _ANKLE
    return {name: place - (0.0, 0.0, low) for name, place in places.items()}, axes


def _add(
    bones: bpy.types.ArmatureEditBones, name: str, head: Doubles, axis: Doubles, parent: str | None
) -> None:
    bone = bones.new(name)
    bone.head = head
    bone.tail = head + _BONE * axis / np.linalg.norm(axis)
    # Whatever the axis, the other two lie as squarely as they can.
    bone.align_roll(Vector((0.0, -1.0, 0.0) if abs(axis[1]) < 0.9 else (0.0, 0.0, 1.0)))
    if parent:
        bone.parent = bones[parent]


def _carrier(joint: UrdfJoint, above: dict[str, UrdfJoint]) -> UrdfJoint | None:
    """The nearest moving joint above that one."""
    carrier = above.get(joint.parent)
    while carrier is not None and carrier.axis is None:
        carrier = above.get(carrier.parent)
    return carrier


def _parts(
    joints: tuple[UrdfJoint, ...],
    above: dict[str, UrdfJoint],
    places: dict[str, Doubles],
    root: str,
) -> list[Part]:
    """Blocks from every joint to those that it carries."""
    parts: list[Part] = []
    for joint in joints:
        carrier = _carrier(joint, above)
        bone, start = (carrier.name, places[carrier.child]) if carrier else (root, places[root])
        if joint.axis is not None:
            parts.append((bone, start, places[joint.child]))
    shoulders = [joint for joint in joints if joint.name.endswith("shoulder_pitch_joint")]
    carrier = _carrier(shoulders[0], above) if shoulders else None
    if carrier is not None:
        neck = np.mean([places[joint.child] for joint in shoulders], axis=0)
        parts.append(
            (carrier.name, neck + np.array((0, 0, 0.04)), neck + np.array((0, -0.02, 0.22)))
        )
    for side in ("left", "right"):
        hand, foot = f"{side}_wrist_yaw", f"{side}_ankle_roll"
        for name, along in ((hand, (0.0, -0.1, 0.0)), (foot, (0.0, -0.12, -0.02))):
            if f"{name}_link" in places:
                start = places[f"{name}_link"]
                parts.append((f"{name}_joint", start, start + np.array(along)))
    return parts
