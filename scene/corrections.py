# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user says of a rig: corrections saved with the armature, families of the user's own.

An armature remembers the bone of every joint once its user has begun to choose; what counts as a
correction is only where that is not what is recognised anyway.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache

import bpy

from ..inference.rigs import presets as presets_files
from ..inference.rigs.presets import Preset
from ..inference.skeleton import JOINTS
from .folders import user_folder

#: The user's folder that the presets lie in.
_FOLDER = "rigs"


def chosen(data: bpy.types.Armature) -> dict[str, str]:
    """The bone that the user chose for each joint, "" for none; empty when nothing was chosen."""
    own = getattr(data, "twostep", None)  # not there while the add-on is not registered
    if own is None or not own.use_own:
        return {}
    return {joint: getattr(own, joint) for joint in JOINTS}


def differing(data: bpy.types.Armature, recognised: Mapping[str, str]) -> dict[str, str]:
    """The user's choices that are not what is recognised without them."""
    return {
        joint: bone for joint, bone in chosen(data).items() if bone != recognised.get(joint, "")
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


def presets() -> tuple[Preset, ...]:
    """The user's own families of rigs; files that cannot be read are left out."""
    return _read(_state())[0]


def damaged() -> tuple[str, ...]:
    """What is wrong with the files that cannot be read, a sentence each."""
    return _read(_state())[1]


def save_preset(label: str, bones: Mapping[str, str]) -> Preset:
    """Keep these bones for every rig that has them; replaces what has that label.

    Raises TwostepError when it cannot be written.
    """
    return presets_files.write(user_folder(_FOLDER), label, bones)


def delete_preset(name: str) -> None:
    """Raises TwostepError when it cannot be deleted; one that is not there is no error."""
    presets_files.delete(user_folder(_FOLDER, create=False), name)


def _state() -> tuple[tuple[str, int], ...]:
    """Which files lie there, and when each was last changed."""
    try:
        with os.scandir(user_folder(_FOLDER, create=False)) as found:
            return tuple(sorted((file.name, file.stat().st_mtime_ns) for file in found))
    except OSError:  # there are none yet, or none that can be read
        return ()


@lru_cache(maxsize=1)  # the panel asks at every redraw
def _read(_state: tuple[tuple[str, int], ...]) -> tuple[tuple[Preset, ...], tuple[str, ...]]:
    return presets_files.read_all(user_folder(_FOLDER, create=False))
