# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user sees."""

from __future__ import annotations

import bpy

from .character import TWOSTEP_PT_character, TWOSTEP_PT_presets
from .character_properties import TWOSTEP_PG_character
from .options import TWOSTEP_PT_keys, TWOSTEP_PT_movement, TWOSTEP_PT_timing
from .preferences import TWOSTEP_AP_preferences
from .properties import TWOSTEP_PG_settings
from .score import TWOSTEP_PT_rhythm, TWOSTEP_PT_score
from .score_properties import TWOSTEP_PG_score
from .sidebar import TWOSTEP_PT_dance, TWOSTEP_PT_export

#: In the order of registration: a sub-panel after its panel, settings after those within them.
CLASSES: tuple[type, ...] = (
    TWOSTEP_PG_score,
    TWOSTEP_PG_settings,
    TWOSTEP_PG_character,
    TWOSTEP_AP_preferences,
    TWOSTEP_PT_dance,
    TWOSTEP_PT_presets,
    TWOSTEP_PT_character,
    TWOSTEP_PT_timing,
    TWOSTEP_PT_movement,
    TWOSTEP_PT_keys,
    TWOSTEP_PT_score,
    TWOSTEP_PT_rhythm,
    TWOSTEP_PT_export,
)


def register() -> None:
    """Make them known to Blender."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.twostep = bpy.props.PointerProperty(type=TWOSTEP_PG_settings)
    for kind in (bpy.types.Armature, bpy.types.Object):  # the object of a linked armature
        kind.twostep = bpy.props.PointerProperty(
            type=TWOSTEP_PG_character, override={"LIBRARY_OVERRIDABLE"}
        )


def unregister() -> None:
    """Take them back."""
    del bpy.types.Object.twostep
    del bpy.types.Armature.twostep
    del bpy.types.Scene.twostep
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
