# SPDX-License-Identifier: GPL-3.0-or-later
"""The Score section of the sidebar: music for a dance."""

from __future__ import annotations

import bpy

from ..inference.errors import TwostepError
from ..scene import armature, poses
from .sidebar import Sidebar, draw_progress, named, say


class TWOSTEP_PT_score(Sidebar, bpy.types.Panel):
    """Character, genre and range, and the button that makes the music"""

    bl_idname = "TWOSTEP_PT_score"
    bl_label = "Score"

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, context.scene.twostep.score
        layout.use_property_split = True
        layout.use_property_decorate = False
        form = layout.column()
        form.enabled = not context.window_manager.twostep_running
        _draw_dancer(form, context)
        form.separator()
        form.prop(settings, "genre")
        row = form.row(align=True)
        row.prop(settings, "seed")
        row.operator("twostep.dice", text="", icon="FILE_REFRESH").move = "SCORE"
        form.separator(factor=0.5)
        form.prop(settings, "range")
        row = form.row(heading="Limit Length")
        row.prop(settings, "use_length", text="")
        value = row.row()
        value.active = settings.use_length
        value.prop(settings, "length", text="")
        column = form.column(heading="Music")
        column.prop(settings, "use_loop")
        column.prop(settings, "use_mute_earlier")
        layout.separator()
        _draw_buttons(layout, context)


class TWOSTEP_PT_rhythm(Sidebar, bpy.types.Panel):
    """The beat that the music is made on: read from the dance, or set by hand"""

    bl_idname = "TWOSTEP_PT_rhythm"
    bl_label = "Rhythm"
    bl_parent_id = "TWOSTEP_PT_score"

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, context.scene.twostep.score
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.enabled = not context.window_manager.twostep_running
        layout.operator("twostep.read_rhythm", icon="VIEWZOOM")
        layout.prop(settings, "use_rhythm")
        if not (settings.use_rhythm or settings.rhythm_known):
            say(layout, context, "Not read yet. Score reads it from the dance, too.")
            return
        values = layout.column()
        values.enabled = settings.use_rhythm
        values.prop(settings, "bpm")
        values.prop(settings, "meter")
        values.prop(settings, "downbeat")


def _draw_dancer(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The armature that is meant, and why its dance cannot be read, if it cannot."""
    ob = armature.character(context)
    if ob is None or ob.type != "ARMATURE":
        say(layout, context, "No character yet: select the armature that dances.")
        return
    try:
        armature.readable_bones(poses.check(ob))
    except TwostepError as error:
        named(layout, "Character", ob.name, "ERROR")
        say(layout, context, str(error), alert=True)
        return
    named(layout, "Character", ob.name, "OUTLINER_OB_ARMATURE")


def _draw_buttons(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    column = layout.column()
    if not draw_progress(column, context, "score"):
        big = column.row()
        big.scale_y = 1.6
        big.operator("twostep.score", icon="SOUND")
    column.operator("twostep.score_variation", icon="DUPLICATE")
