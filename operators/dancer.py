# SPDX-License-Identifier: GPL-3.0-or-later
"""Adding a dancer."""

from __future__ import annotations

import bpy

from ..scene.dancer import add_dancer


class TWOSTEP_OT_add_dancer(bpy.types.Operator):
    """Add a figure of Twostep's own that can dance, at the 3D cursor"""

    bl_idname = "twostep.add_dancer"
    bl_label = "Add Dancer"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        add_dancer(context)
        return {"FINISHED"}
