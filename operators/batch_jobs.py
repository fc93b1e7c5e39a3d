# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of a batch's jobs: jobs and songs put in and taken out."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..inference.errors import TwostepError
from ..scene import armature
from ..scene.words import told


class TWOSTEP_OT_batch_add_job(bpy.types.Operator):
    """Add a job: the active character, and the songs and styles of the job before"""

    bl_idname = "twostep.batch_add_job"
    bl_label = "Add Job"
    bl_options = {"UNDO", "INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        batch = context.scene.twostep.batch
        before = batch.jobs[batch.active_job] if batch.active_job < len(batch.jobs) else None
        songs = [song.path for song in before.songs] if before is not None else []
        styles, seeds = (before.styles, before.seeds) if before is not None else ({"auto"}, "1")
        job = batch.jobs.add()
        batch.active_job = len(batch.jobs) - 1
        job.styles, job.seeds = styles, seeds
        for path in songs:
            job.songs.add().path = path
        ob = armature.character(context)
        if ob is not None and ob.type == "ARMATURE":
            job.armature = ob
        elif before is None:
            job.source = "SCENE"
        return {"FINISHED"}


class TWOSTEP_OT_batch_remove_job(bpy.types.Operator):
    """Take the active job out of the batch"""

    bl_idname = "twostep.batch_remove_job"
    bl_label = "Remove Job"
    bl_options = {"UNDO", "INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if _job(context) is None:
            cls.poll_message_set(told("The batch has no job yet"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        batch = context.scene.twostep.batch
        batch.jobs.remove(batch.active_job)
        batch.active_job = max(0, min(batch.active_job, len(batch.jobs) - 1))
        return {"FINISHED"}


class TWOSTEP_OT_batch_add_songs(bpy.types.Operator):
    """Add songs to the job, or, with no file selected, all songs of a folder"""

    bl_idname = "twostep.batch_add_songs"
    bl_label = "Add Songs"
    bl_options = {"UNDO", "INTERNAL"}

    directory: bpy.props.StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE", "HIDDEN"})
    files: bpy.props.CollectionProperty(
        type=bpy.types.OperatorFileListElement, options={"SKIP_SAVE", "HIDDEN"}
    )
    filter_sound: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if _job(context) is None:
            cls.poll_message_set(told("The batch has no job yet"))
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        job = _job(context)
        folder = Path(bpy.path.abspath(self.directory))
        named = [folder / file.name for file in self.files if file.name]
        if job is None or not self.directory:
            raise TwostepError("Choose songs, or a folder of songs.")
        known = {song.path for song in job.songs}
        for path in [str(path) for path in named or [folder]]:
            if path not in known:
                job.songs.add().path = path
        job.active_song = len(job.songs) - 1
        return {"FINISHED"}


class TWOSTEP_OT_batch_remove_song(bpy.types.Operator):
    """Take the active song out of the job"""

    bl_idname = "twostep.batch_remove_song"
    bl_label = "Remove Song"
    bl_options = {"UNDO", "INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        job = _job(context)
        if job is None or job.active_song >= len(job.songs):
            cls.poll_message_set(told("The job has no song yet"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        job = _job(context)
        if job is None:
            return {"CANCELLED"}
        job.songs.remove(job.active_song)
        job.active_song = max(0, min(job.active_song, len(job.songs) - 1))
        return {"FINISHED"}


def _job(context: bpy.types.Context) -> bpy.types.PropertyGroup | None:
    """The active job."""
    batch = context.scene.twostep.batch
    return batch.jobs[batch.active_job] if batch.active_job < len(batch.jobs) else None
