# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user says of a rig: corrections saved with the armature, families of the user's own.

An armature remembers the bone of every joint once its user has begun to choose; what counts as a
correction is only where that is not what is recognised anyway. A bone that the armature does not
have, or has no more, corrects nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import bpy

from ..inference.skeleton import JOINTS
from .folders import user_folder


def chosen(data: bpy.types.Armature) -> dict[str, str]:
    """The bone that the user chose for each joint, "" for none; empty when nothing was chosen."""
    own = getattr(data, "twostep", None)  # not there while the add-on is not registered
    if own is None or not own.use_own:
        return {}
    return {joint: getattr(own, joint) for joint in JOINTS}


def differing(data: bpy.types.Armature, recognised: Mapping[str, str]) -> dict[str, str]:
    """The user's choices that are not what is recognised without them."""
    return {
        joint: bone
        for joint, bone in chosen(data).items()
        if bone != recognised.get(joint, "") and (not bone or bone in data.bones)
    }


def choose(data: bpy.types.Armature, bones: Mapping[str, str]) -> None:
    """Remember these bones as the user's choice; joints that are not named have none."""
    own = data.twostep
    for joint in JOINTS:
        setattr(own, joint, bones.get(joint, ""))
    own.use_own = True


def forget(data: bpy.types.Armature) -> None:
    """Go back to what is recognised."""
    own = data.twostep
    for name in ("use_own", *JOINTS):
        own.property_unset(name)


def is_editable(data: bpy.types.Armature) -> bool:
    """Whether what is chosen for an armature can be changed and saved in this file."""
    return data.library is None


def presets_folder() -> Path:
    """Where the user's own families of rigs lie; it need not exist."""
    return user_folder("rigs", create=False)


def presets_state() -> tuple[tuple[str, int], ...]:
    """Which files lie there, and when each was last changed."""
    try:
        with os.scandir(presets_folder()) as found:
            return tuple(sorted((file.name, file.stat().st_mtime_ns) for file in found))
    except FileNotFoundError:
        return ()
