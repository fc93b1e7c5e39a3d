# SPDX-License-Identifier: GPL-3.0-or-later
"""A box above all sections of the sidebar while there is something to report."""

from __future__ import annotations

import bpy

from .sidebar import Sidebar, say


class TWOSTEP_PT_trouble(Sidebar, bpy.types.Panel):
    """What went wrong that nobody foresaw, and a report of it"""

    bl_idname = "TWOSTEP_PT_trouble"
    bl_label = "Something went wrong"
    bl_options = {"HIDE_HEADER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(context.window_manager.twostep_trouble)

    def draw(self, context: bpy.types.Context) -> None:
        box = self.layout.box()
        row = box.row()
        row.alert = True
        row.label(text="Something went wrong", icon="ERROR")
        say(box, context, context.window_manager.twostep_trouble)
        row = box.row(align=True)
        row.operator("twostep.copy_report", icon="COPYDOWN")
        row.operator("twostep.save_report", text="", icon="FILE_TEXT")
        box.operator("twostep.dismiss_report", icon="X")
