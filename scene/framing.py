# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a dance has room in a scene, and where a camera sees all of it."""

from __future__ import annotations

from math import radians

import bpy
import numpy as np
from mathutils import Euler, Vector
from numpy.typing import NDArray

Floats = NDArray[np.floating]
#: Two opposite corners, the lower one first, metres.
Box = tuple[Floats, Floats]

#: What a head, a hand or a foot of our dancer reaches beyond its joint, and below it, metres.
REACH, _SOLE = 0.25, 0.05
#: How the camera looks at the dance: from the front and a little from above and from the side.
_LOOK = (radians(83), 0.0, radians(14))
#: The share of the picture that the dance may take.
_SHARE = 0.94
#: What is lower than that is floor to dance on, and the way kept between dance and things, metres.
_FLOOR, _AWAY = 0.1, 0.5
_IN_THE_WAY = {"MESH", "CURVE", "CURVES", "SURFACE", "META", "FONT", "ARMATURE", "VOLUME"}


def boxes(positions: Floats) -> Floats:
    """The corners of what a figure takes up in each frame, (T * 8, 3); from joints (T, 24, 3)."""
    low, high = positions.min(axis=1) - (REACH, REACH, _SOLE), positions.max(axis=1) + REACH
    which = np.array(list(np.ndindex(2, 2, 2)), dtype=bool)
    return np.where(which, high[:, None], low[:, None]).reshape(-1, 3)


def frame_all(scene: bpy.types.Scene, camera: bpy.types.Object, points: Floats) -> None:
    """Put the camera where it sees all the points, (N, 3), from as near as it can."""
    tangents = [_SHARE * tangent for tangent in half_angles(scene, camera)]
    axes = np.array(Euler(_LOOK).to_matrix())
    seen = points @ axes  # right, up, back
    sides, backs = [], []
    for axis, tangent in enumerate(tangents):
        # Within the picture's two edges: |seen[axis] - side| <= tangent * (back - seen[2]).
        high = (seen[:, axis] + tangent * seen[:, 2]).max()
        low = (tangent * seen[:, 2] - seen[:, axis]).max()
        sides.append(0.5 * (high - low))
        backs.append(0.5 * (high + low) / tangent)
    camera.rotation_mode, camera.rotation_euler = "XYZ", _LOOK
    camera.location = axes @ (*sides, max(backs))


def half_angles(scene: bpy.types.Scene, camera: bpy.types.Object) -> tuple[float, float]:
    """Tangents of half the camera's horizontal and vertical angle of view."""
    frame = camera.data.view_frame(scene=scene)
    depth = abs(frame[0].z)
    return max(abs(c.x) for c in frame) / depth, max(abs(c.y) for c in frame) / depth


def room(context: bpy.types.Context, box: Box, place: Vector) -> Vector:
    """Where a dance that takes up `box` about its origin disturbs nothing: at `place`, or beside.

    Floors do not count, nor does what is so large that the dance is inside it.
    """
    context.view_layer.update()  # else things may be where they were before
    others = [found for ob in context.visible_objects if (found := _box(ob)) is not None]
    at = np.array(place, dtype=float)
    for _ in range(len(others) + 1):
        low, high = box[0] + at, box[1] + at
        blocking = [other for other in others if _meet(other, (low, high))]
        if not blocking:
            break
        at[0] += max(other[1][0] for other in blocking) + _AWAY - low[0]
    return Vector(at)


def _box(ob: bpy.types.Object) -> Box | None:
    """What an object takes up in the world; None where it stands in nobody's way."""
    if ob.type not in _IN_THE_WAY:
        return None
    corners = np.array(ob.bound_box) @ np.array(ob.matrix_world.to_3x3()).T
    corners += np.array(ob.matrix_world.translation)
    return corners.min(axis=0), corners.max(axis=0)


def _meet(other: Box, dance: Box) -> bool:
    low, high = dance[0] + (0, 0, _SOLE + _FLOOR), dance[1]
    apart = bool((other[0] >= high).any() or (other[1] <= low).any())
    around = bool((other[0] < low).all() and (other[1] > high).all())
    return not apart and not around
