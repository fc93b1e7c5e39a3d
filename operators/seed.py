# SPDX-License-Identifier: GPL-3.0-or-later
"""Throwing the dice."""

from __future__ import annotations

import secrets

import bpy

#: Seeds that are easy to read out and to type.
_MOST = 10_000


class TWOSTEP_OT_dice(bpy.types.Operator):
    """Take another seed: the same song danced differently, or other music for the same dance"""

    bl_idname = "twostep.dice"
    bl_label = "New Seed"
    bl_options = {"UNDO", "INTERNAL"}

    move: bpy.props.EnumProperty(
        name="Of",
        description="What gets another seed",
        items=(("DANCE", "Dance", "The dance's"), ("SCORE", "Score", "The music's")),
        options={"SKIP_SAVE"},
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.twostep
        if self.move == "SCORE":
            settings = settings.score
        before = settings.seed
        while settings.seed == before:
            settings.seed = secrets.randbelow(_MOST)
        return {"FINISHED"}
