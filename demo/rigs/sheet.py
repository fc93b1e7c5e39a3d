# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of characters at the same moments of a dance, seen from the same side."""

from __future__ import annotations

from collections.abc import Sequence
from math import radians
from pathlib import Path

import bpy
import numpy as np
from mathutils import Euler, Vector

from ...inference.motion import Motion
from ...scene.armature import figure, recognition
from ...scene.render import render_frames, set_up
from ..pictures import Picture, read
from .build import material
from .perform import FIRST

#: Of one picture, pixels; and how many of them tell a dance.
SIZE, MOMENTS = (140, 168), 6
#: How much the camera sees from top to bottom and where it looks, in metres of a person with our
#: legs who is not taller than so many; from where.
_SEES, _LOOKS, _TALL = 2.2, 0.93, 1.85
_VIEW = Euler((radians(80), 0.0, radians(20)))
#: The floor's tiles, and how many there are each way.
_TILE, _TILES = 0.5, 30
_FLOOR = (("floor light", (0.80, 0.78, 0.74)), ("floor dark", (0.68, 0.66, 0.62)))
_BEHIND, _INK = (0.93, 0.90, 0.85), (0.05, 0.05, 0.05)


def row(
    context: bpy.types.Context, ob: bpy.types.Object, name: str, motion: Motion, folder: Path
) -> Picture:
    """The pictures of a character that dances in the open file, side by side.

    name: written in the first one; folder: where the single pictures may lie.
    """
    scene = context.scene
    set_up(scene, SIZE, workbench=True)
    scene.display.shading.color_type = "MATERIAL"
    scene.display.shading.show_cavity = False
    if scene.world is None:
        scene.world = bpy.data.worlds.new("World")
    scene.world.color = _BEHIND
    own = figure(ob, recognition(ob).bones)
    floor = ob.matrix_world @ Vector(own.ground)
    top = max((ob.matrix_world @ bone.tail_local).z for bone in ob.data.bones) - floor.z
    step = own.scale * ob.matrix_world.median_scale
    metre = max(step, top / _TALL)
    camera, label = _add_camera(scene, metre), _add_label(scene, name, metre)
    label.parent = camera
    added = [_add_floor(scene, floor, metre), camera, label]
    moments = [round((i + 0.5) * len(motion) / MOMENTS) for i in range(MOMENTS)]
    aim = Vector((0.0, 0.0, _LOOKS * metre)) + _VIEW.to_matrix() @ Vector((0, 0, 6 * metre))
    pictures = []
    for moment in moments:
        camera.location = floor + aim + step * Vector((*motion.root[moment, :2], 0.0))
        label.hide_render = moment != moments[0]
        for _, path in render_frames(scene, [FIRST + moment], folder):
            pictures.append(read(path).reformat(format="rgb24").to_ndarray())
    bpy.data.batch_remove(added)
    return np.concatenate(pictures, axis=1)


def sheet(rows: Sequence[Picture], columns: int = 2) -> Picture:
    """The rows below each other, so many beside each other."""
    filled = [*rows, *[np.full_like(rows[0], 255)] * (-len(rows) % columns)]
    lines = [filled[i : i + columns] for i in range(0, len(filled), columns)]
    return np.concatenate([np.concatenate(line, axis=1) for line in lines], axis=0)


def _add_floor(scene: bpy.types.Scene, place: Vector, metre: float) -> bpy.types.Object:
    """Tiles, that show which foot is where."""
    steps = (np.arange(_TILES + 1) - _TILES / 2) * _TILE * metre
    corners = [(x, y, 0.0) for y in steps for x in steps]
    first = [line * (_TILES + 1) + tile for line in range(_TILES) for tile in range(_TILES)]
    mesh = bpy.data.meshes.new("Floor")
    mesh.from_pydata(corners, [], [(i, i + 1, i + _TILES + 2, i + _TILES + 1) for i in first])
    for name, colour in _FLOOR:
        mesh.materials.append(material(name, colour))
    dark = np.add.outer(np.arange(_TILES), np.arange(_TILES)) % 2
    mesh.polygons.foreach_set("material_index", dark.ravel().astype(np.int32))
    ob = bpy.data.objects.new("Floor", mesh)
    ob.location = place
    scene.collection.objects.link(ob)
    return ob


def _add_camera(scene: bpy.types.Scene, metre: float) -> bpy.types.Object:
    data = bpy.data.cameras.new("Camera")
    data.type, data.ortho_scale, data.clip_end = "ORTHO", _SEES * metre, 30 * metre
    data.clip_start = 0.01 * metre
    camera = bpy.data.objects.new("Camera", data)
    camera.rotation_euler = _VIEW
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def _add_label(scene: bpy.types.Scene, text: str, metre: float) -> bpy.types.Object:
    """Words in the upper left corner of what the camera sees."""
    curve = bpy.data.curves.new("Label", "FONT")
    curve.body, curve.size, curve.align_y = text, 0.17 * metre, "TOP"
    curve.materials.append(material("label", _INK))
    label = bpy.data.objects.new("Label", curve)
    width = _SEES * SIZE[0] / SIZE[1]
    label.location = (-0.48 * width * metre, 0.48 * _SEES * metre, -metre)
    label.display.show_shadows = False
    scene.collection.objects.link(label)
    return label
