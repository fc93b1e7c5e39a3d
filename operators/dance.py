# SPDX-License-Identifier: GPL-3.0-or-later
"""The Dance button."""

from __future__ import annotations

import bpy

from .run import Run, plan
from .work import WorkOperator


class TWOSTEP_OT_dance(WorkOperator, bpy.types.Operator):
    """Make the character dance to the song, as keyframes that you can edit"""

    bl_idname = "twostep.dance"
    bl_label = "Dance"
    bl_options = {"UNDO"}

    def _work_of(self, context: bpy.types.Context) -> Run:
        return Run(plan(context))
