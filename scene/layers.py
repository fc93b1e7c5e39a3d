# SPDX-License-Identifier: GPL-3.0-or-later
"""What an armature already does, and a dance put into it: blended, or spliced into its curves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

import bpy
import numpy as np
from numpy.typing import NDArray

from ..inference.keys import as_quaternions, path_of
from ..inference.keys.blend import between
from ..inference.retarget import Channel
from . import fcurves, versions
from .fcurves import Keys

Doubles = NDArray[np.float64]
#: Where an action keeps the f-curves of one thing that it moves.
Where: TypeAlias = "bpy.types.Action | bpy.types.ActionChannelbag"

_CUSTOM = re.compile(r'(.*)\["((?:[^"\\]|\\.)*)"\]')


class Before:
    """What an armature does before the dance: its action's curves, else its present pose.

    curves: those of the action, by data path and index; under: data paths that NLA strips move.
    """

    def __init__(self, ob: bpy.types.Object) -> None:
        self._ob, data = ob, ob.animation_data
        plays = data is not None and data.action is not None
        self.curves = {
            (curve.data_path, curve.array_index): curve
            for curve in (versions.playing_curves(data) if plays else ())
            if shows(curve)
        }
        tracks = data.nla_tracks if data is not None and data.use_nla else ()
        self.under = {
            curve.data_path
            for track in tracks
            if not track.mute
            for action in _actions(track.strips)
            for curve in versions.curves(action)
        }

    def has(self, path: str) -> bool:
        """Whether any channel of that property is animated."""
        return any((path, index) in self.curves for index in range(4))

    def is_endless(self, path: str, index: int) -> bool:
        """Whether a channel does more beyond its keys than to stay as it is."""
        curve = self.curves.get((path, index))
        return curve is not None and goes_on(curve)

    def values(self, path: str, frames: Doubles) -> Doubles:
        """A property's values in those frames, (T, n)."""
        present = np.atleast_1d(np.asarray(_number(self._ob, path), dtype=np.float64))
        made = np.tile(present, (len(frames), 1))
        for index in range(len(present)):
            curve = self.curves.get((path, index))
            if curve is not None:
                made[:, index] = fcurves.values(curve, frames)
        return made


def _actions(strips: bpy.types.NlaStrips) -> Iterator[bpy.types.Action]:
    """The actions of strips that are not muted, and of those inside meta strips."""
    for strip in strips:
        if not strip.mute:
            yield from [strip.action] if strip.action else _actions(strip.strips)


def _number(ob: bpy.types.Object, path: str) -> object:
    """What a property's curves would hold now: of an enumeration a number, not the word."""
    value = ob.path_resolve(path)
    if isinstance(value, str):  # only custom properties are switches that have words
        owner, name = _CUSTOM.fullmatch(path).groups()  # type: ignore[union-attr]
        value = ob.path_resolve(owner)[bpy.utils.unescape_identifier(name)]
    return value


def shows(curve: bpy.types.FCurve) -> bool:
    """Whether an f-curve does anything."""
    muted = curve.mute or (curve.group is not None and curve.group.mute)
    return not muted and (len(curve.keyframe_points) > 0 or len(curve.modifiers) > 0)


def goes_on(curve: bpy.types.FCurve) -> bool:
    """Whether an f-curve has modifiers, or leads on beyond its keys."""
    return len(curve.modifiers) > 0 or curve.extrapolation != "CONSTANT"


def blended(
    ob: bpy.types.Object,
    dance: Sequence[Channel],
    before: Before,
    frames: Doubles,
    share: Doubles,
) -> list[Channel]:
    """The dance's channels, of which a share (T,) shows and for the rest what was there."""
    most = np.flatnonzero(share == share.max())
    coming, going = slice(0, most[0]), slice(most[-1] + 1, None)
    sides = [rows for rows in (coming, going) if len(share[rows])]
    made = []
    for channel in dance:
        bone = ob.pose.bones[channel.bone]
        rotation, location = (
            None if each is None else each.copy() for each in (channel.rotation, channel.location)
        )
        for rows in sides:
            if rotation is not None:
                path = bone.path_from_id(path_of(bone.rotation_mode))
                old = as_quaternions(bone.rotation_mode, before.values(path, frames[rows]))
                rotation[rows] = between(old, rotation[rows].astype(float), share[rows])
            if location is not None:
                old = before.values(bone.path_from_id("location"), frames[rows])
                location[rows] = old + share[rows, None] * (location[rows] - old)
        made.append(replace(channel, rotation=rotation, location=location))
    return made


def splice(
    where: Where,
    path: str,
    index: int,
    keys: Keys,
    outside: float,
    whole: tuple[float, float],
) -> bpy.types.FCurve | None:
    """Put keys into an f-curve, in the place of those that it has in their range.

    Outside of that range its shape stays; a new one holds `outside` there. A curve with modifiers
    is keyed on every frame of `whole` first, because they would go by the new keys. Returns None
    for a curve that is locked, which stays as it is.
    """
    curve = where.fcurves.find(path, index=index)
    if curve is not None and curve.lock:
        return None
    if curve is not None and not shows(curve):
        where.fcurves.remove(curve)
        curve = None
    times = keys["co"][:, 0]
    edges = np.array([np.ceil(times[0]) - 1, np.floor(times[-1]) + 1])
    if curve is None:
        curve = where.fcurves.new(path, index=index)
        around = fcurves.straight(edges, np.full(2, outside), fcurves.CONSTANT)
    else:
        around = _around(curve, edges, whole)
        curve.keyframe_points.clear()
    left, right = (around[rows] for rows in (around["co"][:, 0] < times[0] - 1e-3,
                                             around["co"][:, 0] > times[-1] + 1e-3))  # fmt: skip
    left["interpolation"][-1] = fcurves.LINEAR
    keys["interpolation"][-1] = fcurves.LINEAR if len(keys) > 1 else fcurves.CONSTANT
    fcurves.write(curve, np.concatenate([left, keys, right]))
    return curve


def _around(curve: bpy.types.FCurve, edges: Doubles, whole: tuple[float, float]) -> Keys:
    """An f-curve's keys with two more at the edges."""
    keys = fcurves.read(curve)
    if goes_on(curve):
        times = [*keys["co"][:, 0], *edges, *whole]
        frames = np.arange(np.floor(min(times)), np.ceil(max(times)) + 1)
        keys = fcurves.straight(frames, fcurves.values(curve, frames))
        for modifier in list(curve.modifiers):
            curve.modifiers.remove(modifier)
        curve.extrapolation = "CONSTANT"
    smoothed = curve.auto_smoothing != "NONE"
    for edge in edges:
        keys = fcurves.cut(keys, curve, edge)
        near = np.abs(np.arange(len(keys)) - np.searchsorted(keys["co"][:, 0], edge)) < 2
        keys[smoothed | near] = fcurves.frozen(keys[smoothed | near])
    return keys
