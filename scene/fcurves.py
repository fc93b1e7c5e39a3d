# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole f-curves at once: their keys as arrays, read, written, cut and joined."""

from __future__ import annotations

from itertools import pairwise

import bpy
import numpy as np
from numpy.typing import NDArray

from ..inference.keys import Spline

#: Blender's numbers for interpolations and kinds of handles.
CONSTANT, LINEAR, BEZIER = 0, 1, 2
_FREE, _AUTO, _VECTOR, _ALIGNED, _AUTO_CLAMPED = range(5)

#: Keys, and what belongs to each, as Blender calls it; the first four say all of straight lines.
Keys = NDArray[np.void]
KEY = np.dtype(
    [
        ("co", np.float32, 2),
        ("interpolation", np.uint8),
        ("handle_left_type", np.uint8),
        ("handle_right_type", np.uint8),
        ("handle_left", np.float32, 2),
        ("handle_right", np.float32, 2),
        ("easing", np.uint8),
        ("type", np.uint8),
        ("back", np.float32),
        ("amplitude", np.float32),
        ("period", np.float32),
    ]
)
_FIELDS = tuple(KEY.names or ())
_STRAIGHT = _FIELDS[:4]


def straight(
    frames: NDArray[np.floating], values: NDArray[np.floating], interpolation: int = LINEAR
) -> Keys:
    """Keys (K,) joined by straight lines, or steps."""
    made = np.zeros(len(frames), dtype=KEY)
    made["co"][:, 0], made["co"][:, 1] = frames, values
    made["interpolation"] = interpolation
    # Only seen when someone makes the keys Bezier; their handles are Blender's to place.
    made["handle_left_type"] = made["handle_right_type"] = _AUTO_CLAMPED
    return made


def curved(spline: Spline, frames: NDArray[np.floating], channel: int) -> Keys:
    """Bezier keys of one of a spline's channels; frames: the scene's frame of every frame."""
    at = frames[spline.keys]
    made = straight(at, spline.values[:, channel], BEZIER)
    gaps = np.diff(at) / 3
    first, last = (gaps[0], gaps[-1]) if len(gaps) else (1.0, 1.0)
    value, into, out = (each[:, channel] for each in (spline.values, spline.into, spline.out))
    for name, gap, slope, side in (
        ("handle_left", np.append(first, gaps), into, -1),
        ("handle_right", np.append(gaps, last), out, 1),
    ):
        made[name] = np.column_stack([at + side * gap, value + side * gap * slope])
    smooth = (spline.into == spline.out).all(axis=1)
    made["handle_left_type"] = made["handle_right_type"] = np.where(smooth, _ALIGNED, _FREE)
    return made


def read(curve: bpy.types.FCurve) -> Keys:
    """All keys of an f-curve."""
    points = curve.keyframe_points
    made = np.zeros(len(points), dtype=KEY)
    for name in _FIELDS:
        kind = KEY[name].base
        # Blender gives enumerations as C ints unless they are stored as the bytes that we have.
        values = np.zeros(made[name].size, dtype=np.float32 if kind == np.float32 else np.int32)
        points.foreach_get(name, values)
        made[name] = values.reshape(made[name].shape)
    return made


def write(curve: bpy.types.FCurve, keys: Keys) -> None:
    """Put these keys on an f-curve that has none."""
    points = curve.keyframe_points
    points.add(len(keys))
    lines = not (keys["interpolation"] > LINEAR).any() and not keys["handle_left"].any()
    for name in _STRAIGHT if lines else _FIELDS:
        points.foreach_set(name, np.ascontiguousarray(keys[name]).ravel())
    curve.update()


def values(curve: bpy.types.FCurve, frames: NDArray[np.floating]) -> NDArray[np.float64]:
    """What the f-curve is in those frames, modifiers and all."""
    return np.array([curve.evaluate(float(frame)) for frame in frames])


def cut(keys: Keys, curve: bpy.types.FCurve, frame: float) -> Keys:
    """The f-curve's keys with one more at that frame, the shape the same.

    The curve has no modifiers and goes on level beyond its keys.
    """
    times = keys["co"][:, 0]
    place = int(np.searchsorted(times, frame))
    if place < len(times) and abs(times[place] - frame) < 1e-3:
        return keys
    added = straight(np.array([frame]), values(curve, np.array([frame])), CONSTANT)
    keys = keys.copy()
    between = keys[:0]
    if place == len(keys):
        keys["interpolation"][-1] = CONSTANT
    elif place > 0:
        kind = keys["interpolation"][place - 1]
        if kind == BEZIER:
            added = _halved(keys, place, frame)
        elif kind == LINEAR:
            added["interpolation"] = LINEAR
        elif kind != CONSTANT:
            # Bounces and the like cannot be cut; they are kept frame by frame.
            whole = np.arange(np.floor(times[place - 1]) + 1, np.ceil(times[place]))
            between = straight(whole, values(curve, whole))
            keys["interpolation"][place - 1] = LINEAR
            added = between[:0]
    return np.concatenate([keys[:place], between, added, keys[place:]])


def _halved(keys: Keys, place: int, frame: float) -> Keys:
    """The key that cuts the Bezier segment before `place` in two; its ends are made to fit."""
    before, after = keys[place - 1], keys[place]
    hull = [np.array(p, dtype=float) for p in (before["co"], before["handle_right"],
                                               after["handle_left"], after["co"])]  # fmt: skip
    span = hull[3][0] - hull[0][0]
    reach = abs(hull[1][0] - hull[0][0]) + abs(hull[3][0] - hull[2][0])
    if reach > span:  # Blender shortens handles that would let the curve run back
        hull[1] = hull[0] + (hull[1] - hull[0]) * span / reach
        hull[2] = hull[3] + (hull[2] - hull[3]) * span / reach
    low, high = 0.0, 1.0
    for _ in range(50):
        share = (low + high) / 2
        low, high = (share, high) if _at(hull, share)[0] < frame else (low, share)
    first = [_at(hull[: count + 1], share) for count in range(4)]
    second = [_at(hull[count:], share) for count in range(4)]
    made = straight(np.array([frame]), np.array([first[3][1]]), BEZIER)
    made["handle_left"], made["handle_right"] = first[2], second[1]
    made["handle_left_type"] = made["handle_right_type"] = _FREE
    before["handle_right"], after["handle_left"] = first[1], second[2]
    return made


def _at(hull: list[NDArray[np.float64]], share: float) -> NDArray[np.float64]:
    """The point of a Bezier curve of any degree."""
    while len(hull) > 1:
        hull = [a + (b - a) * share for a, b in pairwise(hull)]
    return hull[0]


def frozen(keys: Keys) -> Keys:
    """The keys with handles that stay as they are, whatever comes beside them."""
    made = keys.copy()
    for side in ("handle_left_type", "handle_right_type"):
        kind = keys[side]
        made[side][kind == _VECTOR] = _FREE
        made[side][np.isin(kind, (_AUTO, _AUTO_CLAMPED))] = _ALIGNED
    return made
