# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user says of a rig: corrections saved with the armature, families of the user's own.

An armature remembers the bone of every joint once its user has begun to choose; what counts as a
correction is only where that is not what is recognised anyway.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import bpy

from ..inference.rigs import presets as presets_files
from ..inference.rigs.presets import Preset
from ..inference.skeleton import JOINTS
from .folders import user_folder

#: An armature's bone of a joint is a property of it, the joint's name after this; another one says
#: whether they are meant.
PREFIX, CHOSEN = "twostep_", "twostep_own_bones"

#: The user's folder that the presets lie in.
_FOLDER = "rigs"


def keeper(ob: bpy.types.Object) -> Any:
    """What remembers the choice for an armature.

    Its data, or, where that lies in another file, the object: most library overrides are of that
    alone.
    """
    return ob.data if ob.data.library is None else ob


def is_editable(ob: bpy.types.Object) -> bool:
    """Whether a choice for an armature can be made and saved in this file."""
    return ob.data.library is None or ob.library is None


def is_chosen(ob: bpy.types.Object) -> bool:
    """Whether the user chose bones in this file."""
    return getattr(keeper(ob), CHOSEN, False)


def chosen(ob: bpy.types.Object) -> dict[str, str]:
    """The bone that the user chose for each joint, "" for none; empty when nothing was chosen.

    What was chosen in the file that the armature comes from holds until it is chosen here.
    """
    for kept in (keeper(ob), ob.data):
        if getattr(kept, CHOSEN, False):  # not there while the add-on is not registered
            return {joint: getattr(kept, PREFIX + joint) for joint in JOINTS}
    return {}


def differing(ob: bpy.types.Object, recognised: Mapping[str, str]) -> dict[str, str]:
    """The user's choices that are not what is recognised without them.

    Bones that the armature does not have, or has no more, correct nothing.
    """
    gone = set(missing(ob))
    return {
        joint: bone
        for joint, bone in chosen(ob).items()
        if bone != recognised.get(joint, "") and bone not in gone
    }


def missing(ob: bpy.types.Object) -> list[str]:
    """The chosen bones that the armature does not have."""
    bones = ob.data.bones
    return [bone for bone in chosen(ob).values() if bone and bone not in bones]


def choose(ob: bpy.types.Object, bones: Mapping[str, str]) -> None:
    """Remember these bones as the user's choice; joints that are not named have none."""
    kept = keeper(ob)
    for joint in JOINTS:
        setattr(kept, PREFIX + joint, bones.get(joint, ""))
    setattr(kept, CHOSEN, True)


def forget(ob: bpy.types.Object) -> None:
    """Go back to what is recognised, or to what was chosen in the file it comes from."""
    kept = keeper(ob)
    for name in (CHOSEN, *(PREFIX + joint for joint in JOINTS)):
        kept.property_unset(name)


def presets() -> tuple[Preset, ...]:
    """The user's own families of rigs; files that cannot be read are left out."""
    return _read(_state())[0]


def damaged() -> tuple[str, ...]:
    """What is wrong with the files that cannot be read, a sentence each."""
    return _read(_state())[1]


def save_preset(label: str, bones: Mapping[str, str]) -> Preset:
    """Keep these bones, "" for none, for every rig that has them.

    Replaces the preset of that label. Raises TwostepError when it cannot be written.
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
