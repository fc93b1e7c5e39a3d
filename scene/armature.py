# SPDX-License-Identifier: GPL-3.0-or-later
"""Humanoid armatures: which bones are the SMPL joints, how they rest, how they are posed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import bpy
import numpy as np
from numpy.typing import NDArray

from ..inference.errors import TwostepError
from ..inference.motion import Motion
from ..inference.retarget import Figure, poses, stand_in
from ..inference.retarget.hinges import meeting
from ..inference.rigs import Recognition, Rig, recognise
from ..inference.skeleton import INDEX, JOINT_COUNT
from .corrections import differing, presets
from .joints import chains, parts
from .words import listed

#: Name of the bone that carries each SMPL joint.
BoneMap = Mapping[str, str]


def character(context: bpy.types.Context) -> bpy.types.Object | None:
    """The armature that is meant: the active object, or the one that moves the active mesh."""
    ob = context.view_layer.objects.active
    if ob is None or ob.type == "ARMATURE":
        return ob
    return ob.find_armature()


def by_uid(collection: bpy.types.bpy_prop_collection, uid: int) -> bpy.types.ID | None:
    """What has that session uid, whatever it is called by now; None when it is gone."""
    return next((each for each in collection if each.session_uid == uid), None)


def recognition(ob: bpy.types.Object, *, corrected: bool = True) -> Recognition:
    """What kind of rig an armature is, and which bones of it are the SMPL joints.

    The user's own families of rigs count, and, unless not wanted, the user's corrections. Cheap
    enough for every redraw of a panel.
    """
    look = _look(ob.data.bones)
    plain = _recognised(ob.data, look, {})
    corrections = differing(ob, plain.bones) if corrected else {}
    return _recognised(ob.data, look, corrections) if corrections else plain


@dataclass(frozen=True)
class _Look:
    """What changes when an armature's bones do.

    Their names, where they are, and where that is as seen from their parents: to look up the
    parents themselves would take the most time by far.
    """

    names: list[str] = field(hash=False)
    heads: bytes


#: What rigs were recognised as, the latest at the end.
_known: OrderedDict[tuple[object, ...], Recognition] = OrderedDict()
#: So many of them are kept.
_KEPT = 32


def _recognised(
    data: bpy.types.Armature, look: _Look, corrections: Mapping[str, str]
) -> Recognition:
    key = (look, *corrections.items(), *presets())
    found = _known.get(key)
    if found is None:
        found = _known[key] = recognise(_rig(data.bones), corrections, presets())
        if len(_known) > _KEPT:
            _known.popitem(last=False)
    return found


def _look(bones: bpy.types.bpy_prop_collection) -> _Look:
    heads = np.empty((2, 3 * len(bones)), dtype=np.float32)
    bones.foreach_get("head_local", heads[0])
    bones.foreach_get("head", heads[1])
    return _Look(bones.keys(), heads.tobytes())


def _rig(bones: bpy.types.bpy_prop_collection) -> Rig:
    places = {bone.name: place for place, bone in enumerate(bones)}
    parents = tuple(places[bone.parent.name] if bone.parent else -1 for bone in bones)
    heads = np.empty(3 * len(bones), dtype=np.float32)
    bones.foreach_get("head_local", heads)
    return Rig(tuple(places), parents, heads.reshape(-1, 3).astype(float))


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


def check_whole(ob: bpy.types.Object, found: Recognition) -> None:
    """Raises TwostepError, saying why, when what was recognised cannot dance."""
    _check_bones(ob, found, "move")


def readable_bones(ob: bpy.types.Object | None) -> dict[str, str]:
    """The bones that show each SMPL joint's pose. Raises TwostepError naming what is missing."""
    if ob is None or ob.type != "ARMATURE":
        raise TwostepError("Select the armature that dances.")
    found = recognition(ob)
    _check_bones(ob, found, "read")
    return dict(found.bones)


def _check_bones(ob: bpy.types.Object, found: Recognition, purpose: str) -> None:
    lacking = found.lacking
    if lacking:
        some = listed(name.replace("_", " ") for name in lacking)
        raise TwostepError(
            f"{ob.name} is not a figure that Twostep can {purpose}: it has no bones for "
            f"{some}; if it has them, choose them under Character."
        )


def figure(ob: bpy.types.Object, bones: BoneMap) -> Figure:
    """The rest pose of the armature's bones, in armature space.

    A joint is where a bone marks it, or where several bones that make it together meet, else at the
    head of its bone.
    """
    rest = np.tile(np.eye(3), (JOINT_COUNT, 1, 1))
    heads = np.full((JOINT_COUNT, 3), np.nan)
    present = np.zeros(JOINT_COUNT, dtype=bool)
    for joint, name in bones.items():
        matrix, row = np.array(ob.data.bones[name].matrix_local), INDEX[joint]
        rest[row], heads[row], present[row] = matrix[:3, :3], matrix[:3, 3], True
    for joint, chain in chains(ob, bones).items():
        heads[INDEX[joint]] = meeting(parts(ob, chain))
    for joint, name in recognition(ob).marks.items():
        heads[INDEX[joint]] = ob.data.bones[name].head_local
    return Figure(rest, heads, present)


def present_pose(context: bpy.types.Context, ob: bpy.types.Object, bones: BoneMap) -> Motion:
    """The pose that the armature has in the present frame, constraints and all: one frame."""
    evaluated = ob.evaluated_get(context.evaluated_depsgraph_get())
    rotations, seat = turned(evaluated, bones, hips(ob, bones))
    return poses(rotations[None], seat[None], figure(ob, bones))


def hips(ob: bpy.types.Object, bones: BoneMap) -> tuple[tuple[str, NDArray], ...]:
    """What carries each hip: a bone, and where the hip is at rest as that sees it, (4,).

    The hip's own bone, unless several make the hip together: their axes need not meet, and so none
    of them carries the place where they nearly do but the bone above them all.
    """
    found, made = [], chains(ob, bones)
    for joint in ("left_hip", "right_hip"):
        bone = ob.data.bones[bones[stand_in(joint, bones)]]
        offset = np.array((0.0, 0.0, 0.0, 1.0))
        above = ob.data.bones[made[joint][0]].parent if len(made.get(joint, ())) > 1 else None
        if above is not None:
            place = (*meeting(parts(ob, made[joint])), 1.0)
            bone, offset = above, np.linalg.inv(np.array(above.matrix_local)) @ place
        found.append((bone.name, offset))
    return tuple(found)


def turned(
    evaluated: bpy.types.Object, bones: BoneMap, hips: Sequence[tuple[str, NDArray]]
) -> tuple[NDArray, NDArray]:
    """How an evaluated armature's bones are turned, (24, 3, 3), and the middle of its hips, (3,).

    In armature space, scale and shear taken out; absent joints' rows are the identity. hips: what
    carries them.
    """
    rotations = np.tile(np.eye(3), (JOINT_COUNT, 1, 1))
    for joint, name in bones.items():
        matrix = np.array(evaluated.pose.bones[name].matrix)
        rotations[INDEX[joint]] = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    places = [np.array(evaluated.pose.bones[name].matrix) @ offset for name, offset in hips]
    return rotations, np.mean(places, axis=0)[:3]
