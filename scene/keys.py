# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a `Motion` as the keys of an armature's bones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import bpy
import numpy as np
from scipy.spatial.transform import Rotation

from ..inference.motion import Floats, Motion
from ..inference.retarget import Channel, channels, fit
from . import versions
from .armature import BoneMap, chain, puppet

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The custom property of an action that tells how it was made.
RECIPE = "twostep"

#: Blender's numbers for what `foreach_set` writes.
_LINEAR, _AUTO_CLAMPED = 1, 4

#: What a channel holds when its bone is at rest.
_REST: dict[str, tuple[float, ...]] = {
    "location": (0.0, 0.0, 0.0),
    "scale": (1.0, 1.0, 1.0),
    "rotation_quaternion": (1.0, 0.0, 0.0, 0.0),
    "rotation_axis_angle": (0.0, 0.0, 1.0, 0.0),
    "rotation_euler": (0.0, 0.0, 0.0),
}


@dataclass(frozen=True)
class Placement:
    """When and how a dance is put on an armature.

    frame: the scene's frame, maybe fractional, at which the motion's first frame belongs.
    fps: the scene's frames a second. nla: put it on a new NLA track above the others.
    """

    frame: float
    fps: float
    nla: bool = False


def scene_fps(scene: bpy.types.Scene) -> float:
    """Frames a second, such as 23.976."""
    return scene.render.fps / scene.render.fps_base


def whole_frames(motion: Motion, placement: Placement) -> tuple[NDArray[np.float64], Motion]:
    """The scene's whole frames (T,) that the motion covers, and the motion as it is on them."""
    last = placement.frame + (len(motion) - 1) / motion.fps * placement.fps
    first, stop = np.ceil(placement.frame - 1e-4), np.floor(last + 1e-4) + 1
    frames = np.arange(first, max(stop, first + 1))
    return frames, motion.sampled((frames - placement.frame) / placement.fps * motion.fps)


def write_dance(
    ob: bpy.types.Object,
    bones: BoneMap,
    motion: Motion,
    placement: Placement,
    name: str,
    recipe: dict[str, object],
) -> bpy.types.Action:
    """Key the motion on the armature in a new action and play that.

    One key a whole frame, linear in between. The armature's scene fps and frame range stay as they
    are. The action that played before is kept, with a fake user or on an NLA track of its own.
    Nothing is changed when this raises.
    """
    frames, sampled = whole_frames(motion, placement)
    with _new_action(name) as action:
        where = versions.new_curves(action, ob)
        strings = puppet(ob, bones)
        dance = channels(fit(sampled, strings.figure), strings)
        _key_bones(where, ob, bones, frames, dance)
        action[RECIPE] = json.dumps(recipe, sort_keys=True)
        (_play_in_nla if placement.nla else _play)(ob, action)
    return action


@contextmanager
def _new_action(name: str) -> Iterator[bpy.types.Action]:
    """A new action that vanishes again if what fills it fails."""
    action = bpy.data.actions.new(name)
    try:
        yield action
    except BaseException:
        bpy.data.actions.remove(action)
        raise


def _key_bones(
    where: bpy.types.Action | bpy.types.ActionChannelbag,
    ob: bpy.types.Object,
    bones: BoneMap,
    frames: NDArray[np.float64],
    dance: list[Channel],
) -> None:
    made = {channel.bone: channel for channel in dance}
    for bone in chain(ob, bones):
        keyed: dict[str, Floats] = {}
        channel = made.get(bone.name)
        if channel is not None and channel.rotation is not None:
            path, values = _rotation(bone.rotation_mode, channel.rotation)
            keyed[path] = values
        if channel is not None and channel.location is not None:
            keyed["location"] = channel.location
        for path, values in keyed.items():
            _key(where, bone, path, frames, values)
        for path, rest in _away_from_rest(bone, set(keyed)):
            _key(where, bone, path, frames[:1], np.array([rest], dtype=np.float32))


def _key(
    where: bpy.types.Action | bpy.types.ActionChannelbag,
    bone: bpy.types.PoseBone,
    path: str,
    frames: NDArray[np.float64],
    values: Floats,
) -> None:
    """Keys of one property, values (T, n), in the bone's own group."""
    group = where.groups.get(bone.name) or where.groups.new(bone.name)
    count = len(frames)
    points = np.empty((count, 2), dtype=np.float32)
    points[:, 0] = frames
    interpolation = np.full(count, _LINEAR, dtype=np.uint8)
    handles = np.full(count, _AUTO_CLAMPED, dtype=np.uint8)
    for index in range(values.shape[1]):
        curve = where.fcurves.new(bone.path_from_id(path), index=index)
        curve.group = group
        points[:, 1] = values[:, index]
        keys = curve.keyframe_points
        keys.add(count)
        keys.foreach_set("co", points.ravel())
        keys.foreach_set("interpolation", interpolation)
        # Only seen when someone makes the keys Bezier: without it all handles lie at the origin.
        keys.foreach_set("handle_left_type", handles)
        keys.foreach_set("handle_right_type", handles)
        curve.update()


def _rotation(mode: str, quaternions: Floats) -> tuple[str, Floats]:
    """The rotations (T, 4) in the bone's own rotation mode, so that older actions still fit it."""
    if mode == "QUATERNION":
        return "rotation_quaternion", quaternions
    rotation = Rotation.from_quat(quaternions, scalar_first=True)
    if mode == "AXIS_ANGLE":
        vector = rotation.as_rotvec()
        angle = np.linalg.norm(vector, axis=1, keepdims=True)
        axis = np.divide(vector, angle, out=np.tile([0.0, 1.0, 0.0], (len(vector), 1)),
                         where=angle > 1e-9)  # fmt: skip
        return "rotation_axis_angle", np.hstack([angle, axis]).astype(np.float32)
    # Blender names the axes in the order in which they turn about the fixed frame.
    angles = np.empty((len(quaternions), 3))
    angles[:, ["XYZ".index(axis) for axis in mode]] = rotation.as_euler(mode.lower())
    return "rotation_euler", np.unwrap(angles, axis=0).astype(np.float32)


def _away_from_rest(
    bone: bpy.types.PoseBone, keyed: set[str]
) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Properties of the bone that the dance does not key but that would show in it."""
    rotation = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}.get(
        bone.rotation_mode, "rotation_euler"
    )
    for path in ("location", rotation, "scale"):
        rest = _REST[path]
        if path == "rotation_axis_angle" and bone.rotation_axis_angle[0] == 0.0:
            continue
        away = (abs(a - b) for a, b in zip(getattr(bone, path), rest, strict=True))
        if path not in keyed and max(away) > 1e-6:
            yield path, rest


def _play(ob: bpy.types.Object, action: bpy.types.Action) -> None:
    data = ob.animation_data or ob.animation_data_create()
    if data.action is not None:
        data.action.use_fake_user = True
    versions.use_action(data, action)


def _play_in_nla(ob: bpy.types.Object, action: bpy.types.Action) -> None:
    """A track on top; what played before goes on a track below it, as Push Down Action does."""
    data = ob.animation_data or ob.animation_data_create()
    before, slot = data.action, versions.slot_of(data)
    if before is not None:
        track = data.nla_tracks.new()
        track.name = before.name
        versions.nla_strip(track, before, slot)
        data.action = None
    alone = not data.nla_tracks
    track = data.nla_tracks.new()
    track.name = action.name
    strip = versions.nla_strip(track, action)
    strip.extrapolation = "HOLD" if alone else "HOLD_FORWARD"
