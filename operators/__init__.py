# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user can do."""

from __future__ import annotations

import bpy

from . import session
from .dance import TWOSTEP_OT_cancel, TWOSTEP_OT_dance
from .dancer import TWOSTEP_OT_add_dancer
from .export import TWOSTEP_OT_export_fbx
from .progress import TWOSTEP_PG_progress
from .seed import TWOSTEP_OT_dice
from .song import TWOSTEP_OT_open_song

#: In the order of registration.
CLASSES: tuple[type, ...] = (
    TWOSTEP_PG_progress,
    TWOSTEP_OT_open_song,
    TWOSTEP_OT_add_dancer,
    TWOSTEP_OT_dice,
    TWOSTEP_OT_dance,
    TWOSTEP_OT_cancel,
    TWOSTEP_OT_export_fbx,
)


def register() -> None:
    """Make them known to Blender."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.WindowManager.twostep = bpy.props.PointerProperty(type=TWOSTEP_PG_progress)


def unregister() -> None:
    """Take them back, and stop the worker."""
    session.close()
    del bpy.types.WindowManager.twostep
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
