# SPDX-License-Identifier: GPL-3.0-or-later
"""The buttons of a batch: all of it, what failed again, and what to run elsewhere."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..inference.errors import TwostepError
from ..scene import batches
from ..scene.words import reported
from . import batch_file
from .batch_plan import counted, plan
from .batch_run import Batch
from .work import WorkOperator


class TWOSTEP_OT_batch(WorkOperator, bpy.types.Operator):
    """Make and export every dance of the batch; what is there already is skipped"""

    bl_idname = "twostep.batch"
    bl_label = "Export"

    def _work_of(self, context: bpy.types.Context) -> Batch:
        return Batch(plan(context))


class TWOSTEP_OT_batch_retry(WorkOperator, bpy.types.Operator):
    """Make and export what failed the last time once more"""

    bl_idname = "twostep.batch_retry"
    bl_label = "Retry Failed"

    @classmethod
    def _refused(cls, context: bpy.types.Context) -> str:
        results = context.scene.twostep.batch.results
        failed = any(result.state == "FAILED" for result in results)
        return "" if failed else "Nothing failed the last time"

    def _work_of(self, context: bpy.types.Context) -> Batch:
        return Batch(plan(context, again=True))


class TWOSTEP_OT_batch_open(bpy.types.Operator):
    """Show the folder of the files in the system's file browser"""

    bl_idname = "twostep.batch_open"
    bl_label = "Open Folder"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        folder = batches.place_of(context.scene.twostep.batch.folder)
        if not folder.is_dir():
            raise TwostepError(f"There is no folder {folder}; export first.")
        bpy.ops.wm.path_open(filepath=str(folder))
        return {"FINISHED"}


class TWOSTEP_OT_batch_save(bpy.types.Operator):
    """Save the batch as a job file, for the command line and for farms"""

    bl_idname = "twostep.batch_save"
    bl_label = "Save as Job File"

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE", "HIDDEN"})
    filter_glob: bpy.props.StringProperty(default="*.toml", options={"HIDDEN"})
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.filepath:
            blend = Path(bpy.data.filepath)
            folder = blend.parent if bpy.data.filepath else Path.home()
            self.filepath = str(folder / f"{blend.stem or 'dances'}.toml")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.filepath:
            raise TwostepError("Choose a file to save the jobs to.")
        path = Path(bpy.path.abspath(self.filepath)).with_suffix(".toml")
        count = batch_file.save(context.scene, path)
        if bpy.data.is_dirty:
            said = "Save this file, too: the job file goes by what is saved."
            self.report({"WARNING"}, reported(said))
        self.report({"INFO"}, reported(f"Saved {counted(count)} to {path}"))
        return {"FINISHED"}
