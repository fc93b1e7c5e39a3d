# SPDX-License-Identifier: GPL-3.0-or-later
"""Twostep's own dancer: an armature with the SMPL joints as bones and a figure skinned to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy
import numpy as np

from ..inference.skeleton import (
    JOINTS,
    OFFSETS,
    PARENTS,
    STANDING_HEIGHT,
    rest_positions,
)
from . import versions
from .body import Body, build

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Colour (linear RGB), roughness and metallic of each material of the figure.
MATERIALS: dict[str, tuple[tuple[float, float, float], float, float]] = {
    "jacket": ((0.022, 0.150, 0.205), 0.60, 0.0),
    "trousers": ((0.032, 0.034, 0.055), 0.70, 0.0),
    "skin": ((0.560, 0.270, 0.160), 0.50, 0.0),
    "hair": ((0.030, 0.016, 0.012), 0.55, 0.0),
    "visor": ((0.010, 0.010, 0.014), 0.15, 0.0),
    "accent": ((0.900, 0.190, 0.045), 0.45, 0.0),
    "trim": ((0.800, 0.780, 0.720), 0.60, 0.0),
    "shoe": ((0.640, 0.100, 0.030), 0.50, 0.0),
}

#: Where the bones without a single main child end, as offsets from their joint, metres.
_TAILS: dict[str, tuple[float, float, float]] = {
    "pelvis": (0.0, 0.015, 0.110),
    "spine3": (0.0, 0.015, 0.215),
    "head": (0.0, 0.0, 0.200),
    "left_foot": (0.010, -0.075, 0.0),
    "right_foot": (-0.010, -0.075, 0.0),
    "left_hand": (0.100, 0.0, 0.0),
    "right_hand": (-0.100, 0.0, 0.0),
}


def add_dancer(
    context: bpy.types.Context,
    name: str = "Dancer",
    location: Sequence[float] | None = None,
) -> bpy.types.Object:
    """Add the dancer in a T-pose, soles on the ground at `location` (m; the 3D cursor if None).

    Returns the armature object, selected and active, in object mode. Its 24 bones bear the names of
    `skeleton.JOINTS` and stand at the rest positions; its body is a child mesh.
    """
    active = context.view_layer.objects.active
    if active is not None and active.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    rig = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    _link(context, rig)
    _build_bones(context, rig)
    figure = _add_figure(rig, build())
    _link(context, figure, beside=rig)
    rig.location = context.scene.cursor.location if location is None else location
    rig.data.display_type = "STICK"
    rig.show_in_front = True
    for other in context.view_layer.objects:
        other.select_set(other == rig)
    context.view_layer.objects.active = rig
    return rig


def _link(
    context: bpy.types.Context, ob: bpy.types.Object, beside: bpy.types.Object | None = None
) -> None:
    """Put an object where the view layer shows it: an excluded collection would hide it."""
    collection = beside.users_collection[0] if beside else context.collection
    collection.objects.link(ob)
    context.view_layer.update()  # else nothing new is visible yet
    if context.view_layer.objects.get(ob.name) is None or not ob.visible_get():
        collection.objects.unlink(ob)
        context.scene.collection.objects.link(ob)


def _build_bones(context: bpy.types.Context, rig: bpy.types.Object) -> None:
    """Bones can only be made in edit mode."""
    context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        heads = rest_positions().astype(float) + np.array((0, 0, STANDING_HEIGHT))
        bones = [rig.data.edit_bones.new(joint) for joint in JOINTS]
        for joint, bone in enumerate(bones):
            bone.head = heads[joint]
            bone.tail = heads[joint] + _tail(joint)
            bone.align_roll(_roll_axis(JOINTS[joint]))
            if PARENTS[joint] >= 0:
                bone.parent = bones[PARENTS[joint]]
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")


def _tail(joint: int) -> NDArray[np.floating]:
    """A bone's tail seen from its head, metres: the child joint where there is just one."""
    if JOINTS[joint] in _TAILS:
        return np.array(_TAILS[JOINTS[joint]])
    return OFFSETS[PARENTS.index(joint)]


def _roll_axis(joint: str) -> tuple[float, float, float]:
    """Where the bone's z axis should look: forward, or up for bones that lie flat."""
    flat = ("collar", "shoulder", "elbow", "wrist", "hand", "foot", "ankle")
    return (0.0, 0.0, 1.0) if joint.endswith(flat) else (0.0, -1.0, 0.0)


def _add_figure(rig: bpy.types.Object, body: Body) -> bpy.types.Object:
    mesh = _mesh(f"{rig.name} body", body)
    figure = bpy.data.objects.new(mesh.name, mesh)
    figure.parent = rig
    for joint, name in enumerate(JOINTS):
        group = figure.vertex_groups.new(name=name)
        column = body.weights[:, joint]
        for vertex in np.flatnonzero(column).tolist():
            group.add((vertex,), float(column[vertex]), "REPLACE")
    modifier = figure.modifiers.new("Armature", "ARMATURE")
    modifier.object = rig
    return figure


def _mesh(name: str, body: Body) -> bpy.types.Mesh:
    mesh = bpy.data.meshes.new(name)
    faces = len(body.quads)
    mesh.vertices.add(len(body.vertices))
    mesh.vertices.foreach_set("co", body.vertices.ravel())
    mesh.loops.add(4 * faces)
    mesh.loops.foreach_set("vertex_index", body.quads.ravel().astype(np.int32))
    mesh.polygons.add(faces)
    mesh.polygons.foreach_set("loop_start", np.arange(0, 4 * faces, 4, dtype=np.int32))
    for material in body.materials:
        mesh.materials.append(_material(material))
    mesh.polygons.foreach_set("material_index", body.face_materials.astype(np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(faces, dtype=bool))
    mesh.update(calc_edges=True)
    mesh.validate()
    return mesh


def _material(part: str) -> bpy.types.Material:
    """The dancer's material of that part; made once a file, so that two dancers share it."""
    name = f"Dancer {part}"
    if name in bpy.data.materials:
        return bpy.data.materials[name]
    colour, roughness, metallic = MATERIALS[part]
    material = bpy.data.materials.new(name)
    material.diffuse_color = (*colour, 1.0)
    material.roughness, material.metallic = roughness, metallic
    shader = versions.shader(material, "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*colour, 1.0)
    shader.inputs["Roughness"].default_value = roughness
    shader.inputs["Metallic"].default_value = metallic
    return material
