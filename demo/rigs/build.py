# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the armature of a plan into the open file, with a body of blocks around its bones."""

from __future__ import annotations

from collections.abc import Iterable
from math import radians

import bpy
import numpy as np
from mathutils import Matrix, Vector

from .body import Doubles
from .plan import Plan

#: How thick a block is as a share of its length, and at least and at most as shares of a metre;
#: the trunk's and the head's are thicker.
_THICK, _THINNEST, _THICKEST = 0.28, 0.012, 0.085
_STOUT, _STOUTEST = 0.8, 0.12

#: The corners of a block along z of length 1, and its faces.
_CORNERS = np.array([(x, y, z) for z in (0.0, 1.0) for x, y in ((1, 0), (0, 1), (-1, 0), (0, -1))])
_FACES = [(0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]

#: The colours of what is on the left, in the middle and on the right: so that sides show.
_COLOURS = {"left": (0.04, 0.42, 0.45), "middle": (0.55, 0.52, 0.48), "right": (0.90, 0.25, 0.05)}
#: What is nearer to the middle than this, metres, is on no side.
_BESIDE = 0.02

#: A part of the body: its bone, and where it begins and ends, armature units.
Part = tuple[str, Doubles, Doubles]


def build(context: bpy.types.Context, plan: Plan) -> bpy.types.Object:
    """The armature, upright at the origin, active and in object mode; its body is a child."""
    ob = new_armature(context, plan.label)
    bones = {}
    for planned in plan.bones:
        bone = bones[planned.name] = ob.data.edit_bones.new(planned.name)
        bone.head, bone.tail = planned.head, planned.tail
        bone.align_roll(Vector(planned.upward))
        if planned.parent:
            bone.parent = bones[planned.parent]
    bpy.ops.object.mode_set(mode="OBJECT")
    upright = Matrix.Rotation(radians(90) if plan.turned else 0.0, 4, "X")
    ob.matrix_world = upright @ Matrix.Scale(plan.scale, 4)
    parts = [(bone.name, *bone.flesh) for bone in plan.bones if bone.flesh is not None]
    add_body(context, ob, parts, plan.metre)
    return ob


def new_armature(context: bpy.types.Context, name: str) -> bpy.types.Object:
    """An empty armature in edit mode, the only one selected."""
    ob = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    context.scene.collection.objects.link(ob)
    for other in context.view_layer.objects:
        other.select_set(other == ob)
    context.view_layer.objects.active = ob
    bpy.ops.object.mode_set(mode="EDIT")
    return ob


def add_body(
    context: bpy.types.Context, ob: bpy.types.Object, parts: Iterable[Part], metre: float
) -> bpy.types.Object:
    """A block around each part that goes with its bone. metre: armature units."""
    corners: list[Doubles] = []
    faces: list[tuple[int, ...]] = []
    owners: list[str] = []
    colours: list[int] = []
    for bone, start, end in parts:
        length = float(np.linalg.norm(end - start))
        if length < 1e-3 * metre:
            continue
        middle = max(abs(start[0]), abs(end[0])) < _BESIDE * metre
        share, most = (_STOUT, _STOUTEST) if middle else (_THICK, _THICKEST)
        thick = np.clip(share * length, _THINNEST * metre, most * metre)
        turn = np.array(Vector(end - start).to_track_quat("Z", "Y").to_matrix())
        faces += [tuple(8 * len(owners) + corner for corner in face) for face in _FACES]
        corners.append(start + _CORNERS * (thick, thick, length) @ turn.T)
        owners.append(bone)
        aside = (start + end)[0] / 2
        colours += [0 if aside > _BESIDE * metre else 2 if aside < -_BESIDE * metre else 1] * 6
    mesh = bpy.data.meshes.new(f"{ob.name} body")
    mesh.from_pydata(np.concatenate(corners).tolist(), [], faces)
    for name, colour in _COLOURS.items():
        mesh.materials.append(material(name, colour))
    mesh.polygons.foreach_set("material_index", np.array(colours, dtype=np.int32))
    body = bpy.data.objects.new(mesh.name, mesh)
    context.scene.collection.objects.link(body)
    body.parent = ob
    for place, bone in enumerate(owners):
        group = body.vertex_groups.get(bone) or body.vertex_groups.new(name=bone)
        group.add(range(8 * place, 8 * place + 8), 1.0, "REPLACE")
    body.modifiers.new("Armature", "ARMATURE").object = ob
    return body


def material(name: str, colour: tuple[float, float, float]) -> bpy.types.Material:
    """The file's material of that name, as Workbench shows it."""
    found = bpy.data.materials.get(name) or bpy.data.materials.new(name)
    found.diffuse_color = (*colour, 1.0)
    return found


def parts_of(ob: bpy.types.Object, prefix: str = "") -> list[Part]:
    """Blocks along an armature's own bones, those whose names begin so."""
    return [
        (bone.name, np.array(bone.head_local), np.array(bone.tail_local))
        for bone in ob.data.bones
        if bone.name.startswith(prefix)
    ]
