# SPDX-License-Identifier: GPL-3.0-or-later
"""The Twostep tab in the 3D viewport's sidebar."""

from __future__ import annotations

import bpy

from ..inference.errors import TwostepError
from ..scene import armature, playback, strips
from ..scene.words import told
from .wrapping import wrapped


class Sidebar:
    """Where the panels are"""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Twostep"


class TWOSTEP_PT_dance(Sidebar, bpy.types.Panel):
    """Song, character and style, and the button that makes the dance"""

    bl_idname = "TWOSTEP_PT_dance"
    bl_label = "Dance"

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        row = self.layout.row()
        row.enabled = not context.window_manager.twostep_running
        row.emboss = "NONE"
        row.popover("TWOSTEP_PT_setting_presets", text="", icon="PRESET")

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, context.scene.twostep
        layout.use_property_split = True
        layout.use_property_decorate = False
        form = layout.column()
        form.enabled = not context.window_manager.twostep_running
        if _is_empty(context):
            _draw_start(form, context)
        _draw_song(form, context)
        form.separator(factor=0.5)
        _draw_character(form, context)
        form.separator()
        form.prop(settings, "style")
        form.prop(settings, "energy", slider=True)
        row = form.row(align=True)
        row.prop(settings, "seed")
        row.operator("twostep.dice", text="", icon="FILE_REFRESH")
        form.prop(settings, "length")
        layout.separator()
        _draw_button(layout, context)


class TWOSTEP_PT_export(Sidebar, bpy.types.Panel):
    """Taking the dance elsewhere"""

    bl_idname = "TWOSTEP_PT_export"
    bl_label = "Export"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        column = self.layout.column(align=True)
        for preset, label in (
            ("GENERIC", "FBX"),
            ("UNITY", "FBX for Unity"),
            ("UNREAL", "FBX for Unreal"),
        ):
            column.operator("twostep.export_fbx", text=told(label), icon="EXPORT").preset = preset


def _is_empty(context: bpy.types.Context) -> bool:
    """Whether there is neither a song nor anybody to dance yet."""
    settings = context.scene.twostep
    if settings.song or settings.song_file or strips.songs(context):
        return False
    return not any(ob.type == "ARMATURE" for ob in context.scene.objects)


def _draw_start(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    row = layout.row()
    row.scale_y = 1.6
    row.operator("twostep.quick_start", icon="OUTLINER_OB_ARMATURE")
    say(layout, context, "A dancer, a song, a dance and a camera at once. Or one by one:")
    layout.separator(factor=0.5)


def _draw_song(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    settings, strip = context.scene.twostep, strips.chosen(context, context.scene.twostep.song)
    if strip is None and not settings.song and not settings.song_file:
        layout.operator("twostep.open_song", icon="FILE_SOUND")
        say(layout, context, "No song yet: open one, or add a sound strip to the sequencer.")
        return
    row = layout.row(align=True)
    if settings.song_file and strip is None:
        row.prop(settings, "song_file", text="Song")
        return
    row.prop(settings, "song", icon="SOUND", placeholder=strip.name if strip else "")
    row.operator("twostep.open_song", text="", icon="FILE_FOLDER")
    if strip is None:
        say(layout, context, f"There is no sound strip {settings.song}.", alert=True)


def _draw_character(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    ob = armature.character(context)
    if ob is None or ob.type != "ARMATURE":
        layout.operator("twostep.add_dancer", icon="ARMATURE_DATA")
        say(layout, context, "No character yet: select an armature, or add Twostep's own dancer.")
        return
    problem = ""
    try:
        armature.check_whole(armature.check(ob), armature.recognition(ob))
    except TwostepError as error:
        problem = str(error)
    named(layout, "Character", ob.name, "ERROR" if problem else "OUTLINER_OB_ARMATURE")
    if problem:
        say(layout, context, problem, alert=True)


def _draw_button(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    now = context.window_manager
    if not draw_progress(layout, context, "dance"):
        row = layout.row()
        row.scale_y = 1.6
        row.operator("twostep.dance", icon="PLAY")
        if playback.is_offered(context):
            layout.operator("twostep.play_in_sync", icon="PLAY_SOUND")
    if now.twostep_provider:
        text = told(f"Runs on {now.twostep_provider}.")
        say(layout, context, f"{text} {told(now.twostep_provider_note)}".strip())


def draw_progress(layout: bpy.types.UILayout, context: bpy.types.Context, move: str) -> bool:
    """How far that move is, and a button to stop it; False when it is not being made."""
    now = context.window_manager
    if not now.twostep_running or now.twostep_move != move:
        return False
    row = layout.row(align=True)
    row.scale_y = 1.6
    text = f"{told(now.twostep_stage)} {now.twostep_fraction:.0%}"
    row.progress(factor=now.twostep_fraction, text=text)
    row.operator("twostep.cancel", text="", icon="X")
    return True


def named(layout: bpy.types.UILayout, label: str, value: str, icon: str) -> None:
    """A label and a value in the columns of the properties around them."""
    split = layout.split(factor=0.4)
    left = split.row()
    left.alignment = "RIGHT"
    left.label(text=label)
    split.label(text=value, icon=icon, translate=False)


def say(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, alert: bool = False
) -> None:
    """A text of several lines, as wide as the sidebar."""
    scale = context.preferences.system.ui_scale
    characters = max(20, int((context.region.width / scale - 40) / 6.3)) if context.region else 40
    column = layout.column(align=True)
    column.alert = alert
    column.scale_y = 0.8
    for line in wrapped(told(text), characters):
        column.label(text=line, translate=False)
