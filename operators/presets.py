# SPDX-License-Identifier: GPL-3.0-or-later
"""Families of rigs of the user's own: a choice of bones kept for all rigs that have them."""

from __future__ import annotations

import bpy

from ..inference.errors import TwostepError
from ..scene import armature, corrections
from ..scene.words import reported
from .bones import BonesOperator


class TWOSTEP_OT_save_preset(BonesOperator, bpy.types.Operator):
    """Keep these bones as a preset: from now on every rig that has them is recognised by itself"""

    bl_idname = "twostep.save_preset"
    bl_label = "Save as Preset"
    bl_options = {"REGISTER"}

    name: bpy.props.StringProperty(
        name="Name", description="What rigs of this kind are called", options={"SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        ob = armature.character(context)
        self.name = self.name or (ob.name if ob else "")
        return context.window_manager.invoke_props_dialog(self)

    def _do(self, ob: bpy.types.Object) -> None:
        bones = armature.readable_bones(ob)
        plain = armature.recognition(ob, corrected=False).bones
        # A joint that was never meant to have a bone is left to what else the rig tells of it.
        bones = {**corrections.differing(ob, plain), **bones}
        preset = corrections.save_preset(self.name, bones)
        said = f"Rigs like {ob.name} are recognised as {preset.label} from now on"
        self.report({"INFO"}, reported(said))


class _PresetOperator:
    """What is done with one preset."""

    preset: bpy.props.StringProperty(
        name="Preset", description="The preset's file, without its ending", options={"SKIP_SAVE"}
    )


class TWOSTEP_OT_apply_preset(_PresetOperator, BonesOperator, bpy.types.Operator):
    """Choose the bones of this preset"""

    bl_idname = "twostep.apply_preset"
    bl_label = "Apply Preset"

    def _do(self, ob: bpy.types.Object) -> None:
        preset = next((each for each in corrections.presets() if each.name == self.preset), None)
        if preset is None:
            raise TwostepError("That preset is not there any more.")
        bones = {joint: bone for joint, bone in preset.bones if bone and bone in ob.data.bones}
        if not bones:
            raise TwostepError(f"{ob.name} has none of the bones of {preset.label}.")
        corrections.choose(ob, bones)


class TWOSTEP_OT_delete_preset(_PresetOperator, bpy.types.Operator):
    """Delete this preset; rigs that remember their bones keep them"""

    bl_idname = "twostep.delete_preset"
    bl_label = "Delete Preset"
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        corrections.delete_preset(self.preset)
        return {"FINISHED"}
