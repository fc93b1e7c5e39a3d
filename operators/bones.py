# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bone is which joint: choosing them, and keeping the choice for other rigs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..inference.rigs import names
from ..inference.skeleton import JOINTS
from ..scene import armature, corrections
from ..scene.words import listed, reported, told

if TYPE_CHECKING:
    from bpy.types import Operator as _Operator
else:  # Blender registers classes together with those of its own that they derive from
    _Operator = object

_Outcome = set[str]


class BonesOperator(_Operator):
    """What operators that choose bones have in common."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An armature that lies in this file, or is a library override in it."""
        said = cls._refused(armature.character(context))
        if said:
            cls.poll_message_set(told(said))
        return not said

    @classmethod
    def _refused(cls, ob: bpy.types.Object | None) -> str:
        """Why not, "" if it can be done."""
        if ob is None or ob.type != "ARMATURE":
            return "Select an armature"
        if ob.mode == "EDIT":
            return "Leave edit mode first"
        return "" if corrections.is_editable(ob) else "The bones lie in another file"

    def execute(self, context: bpy.types.Context) -> _Outcome:
        """Do it."""
        self._do(armature.character(context))
        return {"FINISHED"}

    def _do(self, ob: bpy.types.Object) -> None:
        raise NotImplementedError


class JointOperator(BonesOperator):
    """What is done to one joint."""

    joint: bpy.props.EnumProperty(
        name="Joint",
        items=[(joint, joint.replace("_", " ").title(), "") for joint in JOINTS],
        options={"SKIP_SAVE", "HIDDEN"},
    )


class TWOSTEP_OT_edit_bones(BonesOperator, bpy.types.Operator):
    """Choose the bones yourself, beginning with those that were recognised"""

    bl_idname = "twostep.edit_bones"
    bl_label = "Edit Bones"

    def _do(self, ob: bpy.types.Object) -> None:
        corrections.choose(ob, armature.recognition(ob).bones)


class TWOSTEP_OT_reset_bones(BonesOperator, bpy.types.Operator):
    """Forget which bones were chosen and take those that are recognised"""

    bl_idname = "twostep.reset_bones"
    bl_label = "Reset to Recognised"

    def _do(self, ob: bpy.types.Object) -> None:
        corrections.forget(ob)


class TWOSTEP_OT_reset_bone(JointOperator, bpy.types.Operator):
    """Take the bone that is recognised for this joint"""

    bl_idname = "twostep.reset_bone"
    bl_label = "Reset Joint"

    def _do(self, ob: bpy.types.Object) -> None:
        recognised = armature.recognition(ob, corrected=False).bones
        _choose_one(ob, self.joint, recognised.get(self.joint, ""))


class TWOSTEP_OT_pick_bone(JointOperator, bpy.types.Operator):
    """Take the active bone for this joint"""

    bl_idname = "twostep.pick_bone"
    bl_label = "Pick from Selection"

    @classmethod
    def _refused(cls, ob: bpy.types.Object | None) -> str:
        said = super()._refused(ob)
        if not said and ob is not None and ob.data.bones.active is None:
            said = "Select a bone in pose mode"
        return said

    def _do(self, ob: bpy.types.Object) -> None:
        _choose_one(ob, self.joint, ob.data.bones.active.name)


class TWOSTEP_OT_mirror_bones(BonesOperator, bpy.types.Operator):
    """Take for the right side what the bones of the left side are called there"""

    bl_idname = "twostep.mirror_bones"
    bl_label = "Mirror Left to Right"

    def _do(self, ob: bpy.types.Object) -> None:
        bones = corrections.chosen(ob) or dict(armature.recognition(ob).bones)
        alone = []
        for joint in JOINTS:
            if not joint.startswith("left_"):
                continue
            bone = bones.get(joint, "")
            other = _flipped(ob, bone)
            if bone and not other:
                alone.append(bone)
            else:
                bones[joint.replace("left_", "right_")] = other
        corrections.choose(ob, bones)
        if alone:
            said = f"There is no bone on the right that mirrors {listed(alone)}."
            self.report({"WARNING"}, reported(said))


def _choose_one(ob: bpy.types.Object, joint: str, bone: str) -> None:
    """Choose one joint's bone; the others stay what they were."""
    bones = corrections.chosen(ob) or armature.recognition(ob).bones
    corrections.choose(ob, {**bones, joint: bone})


def _flipped(ob: bpy.types.Object, bone: str) -> str:
    """The bone's counterpart on the other side, "" if there is none.

    Blender's own rule first; it does not know `mixamorig:LeftArm` or `左腕`.
    """
    flipped = bpy.utils.flip_name(bone)
    if flipped != bone and flipped in ob.data.bones:
        return flipped
    wanted = {("R", words) for side, words in names.read(bone).meanings() if side == "L"}
    for other in ob.data.bones:
        if wanted & set(names.read(other.name).meanings()):
            return other.name
    return ""
