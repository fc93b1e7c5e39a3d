# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigs that stand anywhere, and meshes that hang on them in all ways, leave as they are."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from twostep.scene import bake
from twostep.scene.dancer import add_dancer

from .landing import land, supple_motion
from .test_exporters import export, imported, places

FRAMES = (1, 15, 30)
PLACED = {
    "turned": Matrix.Translation((1, 2, 0)) @ Matrix.Rotation(0.7, 4, "Z") @ Matrix.Scale(1.3, 4),
    "small": Matrix.Rotation(1.2, 4, "X") @ Matrix.Scale(0.01, 4),
    "mirrored": Matrix.Rotation(0.4, 4, "Z") @ Matrix.Diagonal((-1.2, 1.2, 1.2, 1)),
}


def cube(name):
    bpy.ops.mesh.primitive_cube_add(size=0.2)
    ob = bpy.context.view_layer.objects.active
    ob.name = ob.data.name = name
    return ob


def dressed(placed):
    """A dancer with a hat that hangs on a bone, and a coat that only a modifier moves."""
    bpy.context.scene.render.fps = 30
    ob = add_dancer(bpy.context, location=(0, 0, 0))
    hat, coat = cube("Hat"), cube("Coat")
    hat.parent, hat.parent_type, hat.parent_bone = ob, "BONE", "head"
    hat.location, hat.rotation_euler, hat.scale = (0, 0.1, 0.05), (0.3, 0, 0.2), (0.5, 1, 0.7)
    coat.location, coat.rotation_euler = (0.05, 0, 1.2), (0, 0.3, 0)
    coat.vertex_groups.new(name="spine3").add(range(8), 1.0, "REPLACE")
    coat.modifiers.new("Armature", "ARMATURE").object = ob
    land(ob, supple_motion(FRAMES[-1]))
    bpy.context.view_layer.update()
    ob.matrix_world = placed
    coat.matrix_world = placed @ coat.matrix_world
    bpy.context.view_layer.update()
    return ob


def corners(name, frame):
    """The corners of a mesh, and its faces' normals, in the world."""
    bpy.context.scene.frame_set(frame)
    ob = bpy.data.objects[name].evaluated_get(bpy.context.evaluated_depsgraph_get())
    points = [ob.matrix_world @ vertex.co for vertex in ob.data.vertices]
    return np.array(points)


def outward(name):
    """Whether the faces of a convex mesh look away from its middle."""
    mesh = bpy.data.objects[name].data
    middle = np.mean([vertex.co for vertex in mesh.vertices], axis=0)
    return all(np.dot(face.normal, face.center - type(face.center)(middle)) > 0
               for face in mesh.polygons)  # fmt: skip


@pytest.mark.parametrize(
    ("form", "preset"), [("fbx", "generic"), ("fbx", "unity"), ("fbx", "unreal"), ("glb", "")]
)
@pytest.mark.parametrize("placed", PLACED)
def test_wherever_it_stands(context, tmp_path, placed, form, preset):
    ob = dressed(PLACED[placed])
    names = list(bake.skeleton(ob))
    true = places(ob, names, (1, 30))
    meshes = {(name, frame): corners(name, frame) for name in ("Hat", "Coat") for frame in FRAMES}
    # The engines' files begin at the origin.
    start = np.array(ob.matrix_world.translation) * (preset in ("unity", "unreal"))
    again = imported(export(ob, tmp_path / f"dance.{form}", form, preset or "generic"))
    assert np.abs(places(again, names, (1, 30)) + start - true).max() < 1e-4
    for (name, frame), expected in meshes.items():
        found = corners(name, frame) + start
        apart = np.linalg.norm(found[:, None] - expected[None], axis=-1)
        assert max(apart.min(axis=0).max(), apart.min(axis=1).max()) < 1e-4
    if preset in ("unity", "unreal"):
        assert outward("Hat") and outward("Coat")
