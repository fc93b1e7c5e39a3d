# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of what went wrong: copied, saved, or dismissed."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..inference.errors import TwostepError
from ..inference.files import replaced
from ..scene.words import reported, told
from . import trouble
from .session import state


class TWOSTEP_OT_copy_report(bpy.types.Operator):
    """Copy a report of what went wrong, to paste where you ask for help"""

    bl_idname = "twostep.copy_report"
    bl_label = "Copy Report"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if not state.report:
            cls.poll_message_set(told("Nothing went wrong that could be reported"))
        return bool(state.report)

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.clipboard = state.report
        self.report({"INFO"}, reported("The report is copied; paste it where you ask for help."))
        return {"FINISHED"}


class TWOSTEP_OT_save_report(bpy.types.Operator):
    """Save a report of what went wrong as a text file"""

    bl_idname = "twostep.save_report"
    bl_label = "Save Report"
    bl_options = {"INTERNAL"}

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE", "HIDDEN"})
    filter_glob: bpy.props.StringProperty(default="*.txt", options={"HIDDEN"})
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if not state.report:
            cls.poll_message_set(told("Nothing went wrong that could be reported"))
        return bool(state.report)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.filepath:
            self.filepath = str(Path.home() / "twostep-report.txt")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.filepath:
            raise TwostepError("Choose a file to save the report to.")
        path = Path(bpy.path.abspath(self.filepath)).with_suffix(".txt")
        with replaced(path) as temporary:
            temporary.write_text(state.report, encoding="utf-8")
        self.report({"INFO"}, reported(f"Saved the report to {path}"))
        return {"FINISHED"}


class TWOSTEP_OT_dismiss_report(bpy.types.Operator):
    """Show this no more; the report is forgotten"""

    bl_idname = "twostep.dismiss_report"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        trouble.forget()
        return {"FINISHED"}
