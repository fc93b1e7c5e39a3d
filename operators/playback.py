# SPDX-License-Identifier: GPL-3.0-or-later
"""Playing a dance with its song."""

from __future__ import annotations

import bpy

from ..inference.errors import TwostepError
from ..scene import playback
from ..scene.words import told


class TWOSTEP_OT_play_in_sync(bpy.types.Operator):
    """Play the dance with its song, as the space bar does from then on; sets Sync to Audio, Play \
Audio, and the preview range to the dance"""

    bl_idname = "twostep.play_in_sync"
    bl_label = "Play in Sync"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        said = playback.silence(context)
        if not said and playback.dance_frames(context) is None:
            said = "Select an armature that dances"
        if said:
            cls.poll_message_set(told(said))
        return not said

    def execute(self, context: bpy.types.Context) -> set[str]:
        frames = playback.dance_frames(context)
        if frames is None:
            raise TwostepError("Select an armature that dances")
        playback.set_up(context.scene, frames, preview=True)
        playback.play(context)
        return {"FINISHED"}
