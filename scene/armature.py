# SPDX-License-Identifier: GPL-3.0-or-later
"""Armatures whose bones are the SMPL joints: recognising them, measuring them, reading a pose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import bpy
import numpy as np

from ..inference.errors import TwostepError
from ..inference.motion import Motion
from ..inference.retarget import Figure, missing, pose
from ..inference.skeleton import INDEX, JOINT_COUNT, JOINTS

#: Name of the bone that carries each SMPL joint.
BoneMap = Mapping[str, str]

_SIDES = {"left": "(?:left|l)", "right": "(?:right|r)"}


def character(context: bpy.types.Context) -> bpy.types.Object | None:
    """The armature that is meant: the active object, or the one that moves the active mesh."""
    ob = context.view_layer.objects.active
    if ob is None or ob.type == "ARMATURE":
        return ob
    return ob.find_armature()


def find_bones(names: Iterable[str]) -> dict[str, str]:
    """Which bone carries which SMPL joint, by name; joints without a bone are left out.

    Understands `left_hip`, `L_Hip`, `hip.L`, `m_avg_L_Hip`, `Rig:LeftHip` and the like. Of several
    bones that fit, the one with the shortest name is taken.
    """
    return dict(_found(tuple(names)))


@lru_cache(maxsize=16)  # the panel asks at every redraw
def _found(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    ordered = sorted(names, key=lambda name: (len(name), name))
    found = []
    for joint in JOINTS:
        pattern = _pattern(joint)
        fitting = next((name for name in ordered if pattern.fullmatch(name)), None)
        if fitting is not None:
            found.append((joint, fitting))
    return tuple(found)


def check(ob: bpy.types.Object | None) -> bpy.types.Object:
    """The armature itself, if keys can be written to it. Raises TwostepError."""
    if ob is None or ob.type != "ARMATURE":
        raise TwostepError("Select an armature, or press Add Dancer to get one.")
    if not ob.is_editable:
        raise TwostepError(
            f"{ob.name} is linked from another file; make a library override of it "
            "(Object > Library Override) and try again."
        )
    if ob.mode == "EDIT":
        raise TwostepError(f"{ob.name} is in edit mode; leave it (Tab) and try again.")
    if ob.animation_data and ob.animation_data.use_tweak_mode:
        raise TwostepError(
            f"{ob.name} has an NLA strip in tweak mode; leave it (Tab in the NLA) and try again."
        )
    return ob


def bone_map(ob: bpy.types.Object) -> dict[str, str]:
    """The SMPL joints' bones of a person's armature. Raises TwostepError naming what is missing."""
    found = find_bones(bone.name for bone in ob.data.bones)
    lacking = missing(np.array([joint in found for joint in JOINTS]))
    if lacking:
        some = ", ".join(name.replace("_", " ") for name in lacking[:4])
        more = f" and {len(lacking) - 4} more" if len(lacking) > 4 else ""
        raise TwostepError(
            f"{ob.name} is not a figure that Twostep can move: it has no bones for {some}{more}."
        )
    _check_tree(ob, found)
    _check_free(ob, found)
    return found


def figure(ob: bpy.types.Object, bones: BoneMap) -> Figure:
    """The rest pose of the armature's bones, in armature space."""
    rest = np.tile(np.eye(3), (JOINT_COUNT, 1, 1))
    heads = np.full((JOINT_COUNT, 3), np.nan)
    present = np.zeros(JOINT_COUNT, dtype=bool)
    inherits = np.ones(JOINT_COUNT, dtype=bool)
    for joint, name in bones.items():
        bone, row = ob.data.bones[name], INDEX[joint]
        matrix = np.array(bone.matrix_local)
        rest[row], heads[row], present[row] = matrix[:3, :3], matrix[:3, 3], True
        inherits[row] = bone.use_inherit_rotation
    return Figure(rest, heads, present, inherits)


def present_pose(context: bpy.types.Context, ob: bpy.types.Object, bones: BoneMap) -> Motion:
    """The pose that the armature has in the present frame, constraints and all: one frame."""
    evaluated = ob.evaluated_get(context.evaluated_depsgraph_get())
    rotations = np.tile(np.eye(3), (JOINT_COUNT, 1, 1))
    head = np.zeros(3)
    for joint, name in bones.items():
        matrix = np.array(evaluated.pose.bones[name].matrix)
        rotations[INDEX[joint]] = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
        if joint == "pelvis":
            head = matrix[:3, 3]
    return pose(rotations, head, figure(ob, bones))


def chain(ob: bpy.types.Object, bones: BoneMap) -> list[bpy.types.PoseBone]:
    """The mapped bones and every bone above them: what else they do would show in the dance."""
    wanted = set(bones.values())
    for name in bones.values():
        wanted.update(parent.name for parent in ob.data.bones[name].parent_recursive)
    return [bone for bone in ob.pose.bones if bone.name in wanted]


def _pattern(joint: str) -> re.Pattern[str]:
    """Matches a bone's whole name: an optional prefix, and a side before or after."""
    prefix, gap = r"(?:.*[:_.\-\s])?", r"[_.\-\s]?"
    side, _, part = joint.rpartition("_")
    if not side:
        body = re.sub(r"\d", lambda digit: gap + digit[0], joint)
    else:
        word = _SIDES[side]
        body = rf"(?:{word}{gap}{part}|{part}[_.\-\s]{word})"
    return re.compile(prefix + body, re.IGNORECASE)


def _check_tree(ob: bpy.types.Object, bones: BoneMap) -> None:
    """Every bone must hang on the bone of the joint above it."""
    joints = {name: joint for joint, name in bones.items()}
    shape = figure(ob, bones)
    for joint, name in bones.items():
        expected = shape.parent(INDEX[joint])
        above = (bone.name for bone in ob.data.bones[name].parent_recursive)
        found = next((joints[bone] for bone in above if bone in joints), None)
        if expected >= 0 and found != JOINTS[expected]:
            parent = bones[JOINTS[expected]]
            raise TwostepError(
                f"{ob.name} is not put together like a person: "
                f"the bone {name} does not hang on {parent}."
            )


def _check_free(ob: bpy.types.Object, bones: BoneMap) -> None:
    pelvis = ob.data.bones[bones["pelvis"]]
    if pelvis.use_connect and pelvis.parent:
        raise TwostepError(
            f"The bone {pelvis.name} of {ob.name} is connected to its parent and cannot travel; "
            "clear Connected in the bone's relations and try again."
        )
