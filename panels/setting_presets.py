# SPDX-License-Identifier: GPL-3.0-or-later
"""The menu of presets in the Dance panel's header."""

from __future__ import annotations

import bpy

from ..scene import setting_presets
from ..scene.words import told
from .sidebar import say


class TWOSTEP_PT_setting_presets(bpy.types.Panel):
    """Ways to dance, to set, to add to, and to delete"""

    bl_idname = "TWOSTEP_PT_setting_presets"
    bl_label = "Dance Presets"
    bl_space_type = "VIEW_3D"
    bl_region_type = "HEADER"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.label(text="Dance Presets")
        mine, damaged = setting_presets.own(context.scene.twostep)
        column = layout.column(align=True)
        for preset in setting_presets.ours():
            column.operator(
                "twostep.apply_settings", text=told(preset.label), translate=False
            ).preset = preset.name
        if mine:
            column.separator()
        for preset in mine:
            row = column.row(align=True)
            apply = row.operator("twostep.apply_settings", text=preset.label, translate=False)
            apply.preset, apply.mine = preset.name, True
            row.operator("twostep.delete_settings", text="", icon="REMOVE").preset = preset.name
        column.separator()
        column.operator("twostep.save_settings", icon="ADD")
        for said in damaged:
            say(layout, context, said)
