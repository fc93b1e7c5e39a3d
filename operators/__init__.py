# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user can do."""

from __future__ import annotations

import bpy

from . import command, progress, session, work
from .batch import (
    TWOSTEP_OT_batch,
    TWOSTEP_OT_batch_open,
    TWOSTEP_OT_batch_retry,
    TWOSTEP_OT_batch_save,
)
from .batch_jobs import (
    TWOSTEP_OT_batch_add_job,
    TWOSTEP_OT_batch_add_songs,
    TWOSTEP_OT_batch_remove_job,
    TWOSTEP_OT_batch_remove_song,
)
from .bones import (
    TWOSTEP_OT_edit_bones,
    TWOSTEP_OT_mirror_bones,
    TWOSTEP_OT_pick_bone,
    TWOSTEP_OT_reset_bone,
    TWOSTEP_OT_reset_bones,
)
from .dance import TWOSTEP_OT_dance
from .dancer import TWOSTEP_OT_add_dancer
from .export import TWOSTEP_OT_export_fbx
from .playback import TWOSTEP_OT_play_in_sync
from .presets import (
    TWOSTEP_OT_apply_preset,
    TWOSTEP_OT_delete_preset,
    TWOSTEP_OT_save_preset,
)
from .quick_start import TWOSTEP_OT_quick_start
from .reports import (
    TWOSTEP_OT_copy_report,
    TWOSTEP_OT_dismiss_report,
    TWOSTEP_OT_save_report,
)
from .score import TWOSTEP_OT_read_rhythm, TWOSTEP_OT_score, TWOSTEP_OT_score_variation
from .seed import TWOSTEP_OT_dice
from .setting_presets import (
    TWOSTEP_OT_apply_settings,
    TWOSTEP_OT_delete_settings,
    TWOSTEP_OT_save_settings,
)
from .song import TWOSTEP_OT_open_song
from .trouble import covered
from .work import TWOSTEP_OT_cancel

#: In the order of registration. Whatever goes wrong in any of them, the user is told.
_OPERATORS: tuple[type, ...] = (
    TWOSTEP_OT_open_song,
    TWOSTEP_OT_add_dancer,
    TWOSTEP_OT_edit_bones,
    TWOSTEP_OT_mirror_bones,
    TWOSTEP_OT_pick_bone,
    TWOSTEP_OT_reset_bone,
    TWOSTEP_OT_reset_bones,
    TWOSTEP_OT_save_preset,
    TWOSTEP_OT_apply_preset,
    TWOSTEP_OT_delete_preset,
    TWOSTEP_OT_dice,
    TWOSTEP_OT_apply_settings,
    TWOSTEP_OT_save_settings,
    TWOSTEP_OT_delete_settings,
    TWOSTEP_OT_dance,
    TWOSTEP_OT_quick_start,
    TWOSTEP_OT_play_in_sync,
    TWOSTEP_OT_score,
    TWOSTEP_OT_score_variation,
    TWOSTEP_OT_read_rhythm,
    TWOSTEP_OT_cancel,
    TWOSTEP_OT_export_fbx,
    TWOSTEP_OT_batch_add_job,
    TWOSTEP_OT_batch_remove_job,
    TWOSTEP_OT_batch_add_songs,
    TWOSTEP_OT_batch_remove_song,
    TWOSTEP_OT_batch,
    TWOSTEP_OT_batch_retry,
    TWOSTEP_OT_batch_open,
    TWOSTEP_OT_batch_save,
    TWOSTEP_OT_copy_report,
    TWOSTEP_OT_save_report,
    TWOSTEP_OT_dismiss_report,
)
CLASSES = tuple(covered(cls) for cls in _OPERATORS)


def register() -> None:
    """Make them known to Blender."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    progress.register()
    command.register()
    work.watch_files()


def unregister() -> None:
    """Take them back, and stop what goes on and the worker."""
    work.stop()
    session.close()
    command.unregister()
    progress.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
