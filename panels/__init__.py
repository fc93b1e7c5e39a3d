# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user sees."""

from __future__ import annotations

import bpy

from ..scene import words
from . import character_properties
from .batch import (
    TWOSTEP_PT_batch,
    TWOSTEP_UL_batch_jobs,
    TWOSTEP_UL_batch_results,
    TWOSTEP_UL_batch_songs,
)
from .batch_properties import (
    TWOSTEP_PG_batch,
    TWOSTEP_PG_batch_job,
    TWOSTEP_PG_batch_result,
    TWOSTEP_PG_batch_song,
)
from .character import TWOSTEP_PT_character, TWOSTEP_PT_presets
from .options import TWOSTEP_PT_keys, TWOSTEP_PT_movement, TWOSTEP_PT_timing
from .preferences import TWOSTEP_AP_preferences
from .properties import TWOSTEP_PG_settings
from .score import TWOSTEP_PT_rhythm, TWOSTEP_PT_score
from .score_properties import TWOSTEP_PG_score
from .setting_presets import TWOSTEP_PT_setting_presets
from .sidebar import TWOSTEP_PT_dance, TWOSTEP_PT_export
from .trouble import TWOSTEP_PT_trouble

#: In the order of registration: a sub-panel after its panel, settings after those within them.
CLASSES: tuple[type, ...] = (
    TWOSTEP_PG_score,
    TWOSTEP_PG_batch_song,
    TWOSTEP_PG_batch_job,
    TWOSTEP_PG_batch_result,
    TWOSTEP_PG_batch,
    TWOSTEP_PG_settings,
    TWOSTEP_AP_preferences,
    TWOSTEP_PT_trouble,
    TWOSTEP_PT_dance,
    TWOSTEP_PT_presets,
    TWOSTEP_PT_setting_presets,
    TWOSTEP_PT_character,
    TWOSTEP_PT_timing,
    TWOSTEP_PT_movement,
    TWOSTEP_PT_keys,
    TWOSTEP_PT_score,
    TWOSTEP_PT_rhythm,
    TWOSTEP_PT_export,
    TWOSTEP_UL_batch_jobs,
    TWOSTEP_UL_batch_songs,
    TWOSTEP_UL_batch_results,
    TWOSTEP_PT_batch,
)


def register() -> None:
    """Make them known to Blender."""
    words.register()
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.twostep = bpy.props.PointerProperty(type=TWOSTEP_PG_settings)
    character_properties.register()


def unregister() -> None:
    """Take them back."""
    character_properties.unregister()
    del bpy.types.Scene.twostep
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    words.unregister()
