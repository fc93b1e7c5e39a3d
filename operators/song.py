# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening a song."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..scene import strips
from ..scene.words import reported


class TWOSTEP_OT_open_song(bpy.types.Operator):
    """Add a song to the sequencer at the present frame, as a sound strip"""

    bl_idname = "twostep.open_song"
    bl_label = "Open Song"
    bl_options = {"REGISTER", "UNDO"}

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE", "HIDDEN"})
    filter_sound: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_movie: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        settings = context.scene.twostep
        try:
            strip = strips.open_song(context.scene, path)
        except strips.NoSoundError as error:
            settings.song, settings.song_file = "", str(path)
            said = f"{error} It will be danced to from the first frame on."
            self.report({"WARNING"}, reported(said))
            return {"FINISHED"}
        settings.song, settings.song_file = strip.name, ""
        return {"FINISHED"}
