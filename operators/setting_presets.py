# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets of how to dance: set, kept and deleted."""

from __future__ import annotations

import bpy

from ..scene import setting_presets
from ..scene.words import reported, told


class TWOSTEP_OT_apply_settings(bpy.types.Operator):
    """Set what this preset has, and leave the rest as it is"""

    bl_idname = "twostep.apply_settings"
    bl_label = "Apply Preset"
    bl_options = {"UNDO", "INTERNAL"}

    preset: bpy.props.StringProperty(
        name="Preset", description="The preset's file, without its ending", options={"SKIP_SAVE"}
    )
    mine: bpy.props.BoolProperty(options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def description(
        cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties
    ) -> str:
        """What it is for, where that is known."""
        ours = () if properties.mine else setting_presets.ours()
        abouts = (preset.about for preset in ours if preset.name == properties.preset)
        return told(next(abouts, cls.__doc__ or ""))

    def execute(self, context: bpy.types.Context) -> set[str]:
        setting_presets.apply(context.scene.twostep, self.preset, mine=self.mine)
        return {"FINISHED"}


class TWOSTEP_OT_save_settings(bpy.types.Operator):
    """Keep how to dance, to have it in other files: style, energy, length, timing, \
movement and keys"""

    bl_idname = "twostep.save_settings"
    bl_label = "Save as Preset"
    bl_options = {"INTERNAL"}

    name: bpy.props.StringProperty(
        name="Name", description="What the preset is called", options={"SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        label = setting_presets.save(context.scene.twostep, self.name)
        self.report({"INFO"}, reported(f"Kept as {label}"))
        return {"FINISHED"}


class TWOSTEP_OT_delete_settings(bpy.types.Operator):
    """Delete this preset of yours"""

    bl_idname = "twostep.delete_settings"
    bl_label = "Delete Preset"
    bl_options = {"INTERNAL"}

    preset: bpy.props.StringProperty(
        name="Preset", description="The preset's file, without its ending", options={"SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        setting_presets.delete(self.preset)
        return {"FINISHED"}
