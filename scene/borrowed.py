# SPDX-License-Identifier: GPL-3.0-or-later
"""An armature that dances for a moment, and is then as if it had never danced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy

from . import versions

_CHANNELS = (
    "rotation_mode",
    "location",
    "rotation_quaternion",
    "rotation_axis_angle",
    "rotation_euler",
    "scale",
)
#: How the animation data play their action.
_PLAYING = ("use_nla", "action_blend_type", "action_extrapolation", "action_influence")


@contextmanager
def borrowed(ob: bpy.types.Object) -> Iterator[bpy.types.AnimData]:
    """The animation data of an armature that may play any action, alone: the NLA is off.

    Afterwards what it plays, its pose and its properties are as before, and actions made meanwhile
    are gone.
    """
    fresh = ob.animation_data is None
    data = ob.animation_data or ob.animation_data_create()
    action, slot = data.action, versions.slot_of(data)
    kept = action.use_fake_user if action is not None else False
    played = {name: getattr(data, name) for name in _PLAYING}
    tracks = {track.as_pointer() for track in data.nla_tracks}
    known, pose = {each.session_uid for each in bpy.data.actions}, _pose(ob)
    try:
        data.use_nla = False
        data.action_blend_type, data.action_extrapolation = "REPLACE", "HOLD"
        data.action_influence = 1.0
        yield data
    finally:
        for track in [each for each in data.nla_tracks if each.as_pointer() not in tracks]:
            data.nla_tracks.remove(track)
        data.action = action
        if action is not None:
            versions.set_slot(data, slot)
            if action.library is None and action.use_fake_user != kept:
                action.use_fake_user = kept
        for name, value in played.items():
            setattr(data, name, value)
        if fresh:
            ob.animation_data_clear()
        for each in [each for each in bpy.data.actions if each.session_uid not in known]:
            bpy.data.actions.remove(each)
        _put_back(ob, pose)


def _pose(ob: bpy.types.Object) -> dict[str, dict[str, Any]]:
    """The channels and the plain custom properties of all bones; those of the object under ""."""
    found = {"": _custom(ob)}
    for bone in ob.pose.bones:
        channels = {name: _plain(getattr(bone, name)) for name in _CHANNELS}
        found[bone.name] = {**channels, **_custom(bone)}
    return found


def _put_back(ob: bpy.types.Object, pose: dict[str, dict[str, Any]]) -> None:
    """Set what has changed; whoever reads that next sees it as it was."""
    for name, before in pose.items():
        holder = ob.pose.bones[name] if name else ob
        for key, value in before.items():
            if key in _CHANNELS:
                if _plain(getattr(holder, key)) != value:
                    setattr(holder, key, value)
            elif holder.get(key) != value:
                holder[key] = value


def _custom(holder: bpy.types.Object | bpy.types.PoseBone) -> dict[str, Any]:
    """The custom properties that a dance could key: numbers."""
    return {key: value for key, value in holder.items() if isinstance(value, (bool, int, float))}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else tuple(value)
