# SPDX-License-Identifier: GPL-3.0-or-later
"""The dancer's bones, skin and shape, at rest and bent."""

from __future__ import annotations

from math import radians

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

bpy = pytest.importorskip("bpy", reason="these tests run under the bpy wheel")
from mathutils import Euler  # noqa: E402

from twostep.inference.skeleton import (  # noqa: E402
    JOINTS,
    PARENTS,
    STANDING_HEIGHT,
    rest_positions,
)
from twostep.scene import body  # noqa: E402
from twostep.scene.dancer import add_dancer  # noqa: E402

# World-space bends of a few joints in degrees, and how much volume of a garment may change.
POSES = {
    "arms down": {"left_shoulder": (0, 75, 0), "right_shoulder": (0, -75, 0)},
    "arms up": {"left_shoulder": (0, -70, 0), "right_shoulder": (0, 70, 0)},
    "elbows": {"left_elbow": (0, 0, -110), "right_elbow": (0, 0, 110)},
    "squat": {
        "left_hip": (-90, 0, 0),
        "right_hip": (-90, 0, 0),
        "left_knee": (110, 0, 0),
        "right_knee": (110, 0, 0),
    },
    "twist": {"spine1": (0, 0, 25), "spine2": (0, 0, 25), "spine3": (0, 0, 25)},
}


def bend(rig, pose):
    for name, angles in pose.items():
        bone = rig.pose.bones[name]
        bone.rotation_mode = "QUATERNION"
        rest = bone.bone.matrix_local.to_3x3()
        turn = Euler([radians(a) for a in angles]).to_matrix()
        bone.rotation_quaternion = (rest.inverted() @ turn @ rest).to_quaternion()
    bpy.context.view_layer.update()


def shape(figure):
    """The skinned vertices in the world, (V, 3)."""
    evaluated = figure.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    flat = np.empty(3 * len(mesh.vertices), dtype=np.float32)
    mesh.vertices.foreach_get("co", flat)
    evaluated.to_mesh_clear()
    return flat.reshape(-1, 3).astype(float)


def garments(quads, count):
    """Which closed piece each quad belongs to, the largest piece first."""
    edges = np.stack([quads.ravel(), np.roll(quads, 1, axis=1).ravel()])
    links = coo_array((np.ones(edges.shape[1]), edges), shape=(count, count))
    piece = connected_components(links, directed=False)[1][quads[:, 0]]
    order = np.argsort(np.argsort(-np.bincount(piece)))
    return order[piece]


def volume(vertices, quads):
    a, b, c, d = (vertices[quads[:, i]] for i in range(4))
    return sum(np.einsum("ni,ni->", p, np.cross(q, r)) for p, q, r in ((a, b, c), (a, c, d))) / 6


@pytest.fixture
def rig(context):
    return add_dancer(context, location=(0, 0, 0))


def test_bones_are_the_smpl_joints_at_rest(rig):
    bones = rig.data.bones
    assert {bone.name for bone in bones} == set(JOINTS)
    expected = rest_positions() + np.array((0, 0, STANDING_HEIGHT))
    for joint, name in enumerate(JOINTS):
        assert np.allclose(bones[name].head_local, expected[joint], atol=1e-5), name
        parent = bones[name].parent.name if bones[name].parent else None
        assert parent == (JOINTS[PARENTS[joint]] if PARENTS[joint] >= 0 else None)
        assert bones[name].length > 0.03


def test_bones_of_the_two_sides_mirror_each_other(rig):
    for name in JOINTS:
        if name.startswith("left"):
            left = np.array(rig.data.bones[name].matrix_local)
            right = np.array(rig.data.bones[name.replace("left", "right")].matrix_local)
            # The z axes (roll) and the y axes (direction) mirror in the plane x = 0.
            for axis in (1, 2, 3):
                assert np.allclose(left[:3, axis] * (-1, 1, 1), right[:3, axis], atol=1e-5), name


def test_weights_sum_to_one_over_at_most_four_joints(rig):
    figure = rig.children[0]
    assert [group.name for group in figure.vertex_groups] == list(JOINTS)
    sums, counts = [], []
    for vertex in figure.data.vertices:
        weights = [group.weight for group in vertex.groups]
        sums.append(sum(weights))
        counts.append(len(weights))
    assert np.allclose(sums, 1, atol=1e-5)
    assert min(counts) >= 1
    assert max(counts) <= 4
    moved = {group.group for vertex in figure.data.vertices for group in vertex.groups}
    assert moved == set(range(len(JOINTS)))


def test_figure_is_closed_small_and_symmetric():
    figure = body.build()
    assert len(figure.vertices) < 12000
    edges = np.sort(np.stack([figure.quads, np.roll(figure.quads, -1, axis=1)], -1), axis=-1)
    edges, uses = np.unique(edges.reshape(-1, 2), axis=0, return_counts=True)
    assert (uses == 2).all()
    assert len(np.unique(edges)) == len(figure.vertices)
    mirrored = figure.vertices * (-1, 1, 1)
    distance, other = cKDTree(figure.vertices).query(mirrored)
    assert distance.max() < 1e-4
    left = figure.weights[:, JOINTS.index("left_knee")]
    right = figure.weights[:, JOINTS.index("right_knee")]
    assert np.allclose(left, right[other], atol=1e-3)


def test_stands_on_the_floor_and_faces_minus_y(rig):
    vertices = shape(rig.children[0])
    assert vertices[:, 2].min() == pytest.approx(0, abs=1e-6)
    soles = vertices[vertices[:, 2] < 1e-5]
    assert len(soles) > 100
    assert (soles[:, 0] > 0).sum() == (soles[:, 0] < 0).sum()
    # Toes reach further forward than heels reach back.
    assert soles[:, 1].min() < -0.15 < 0.05 < soles[:, 1].max() < 0.1
    assert 1.7 < vertices[:, 2].max() < 1.9


@pytest.mark.parametrize("name", POSES)
def test_bent_garments_keep_their_volume(rig, name):
    figure, quads = rig.children[0], body.build().quads
    rest = shape(figure)
    piece = garments(quads, len(rest))
    before = [volume(rest, quads[piece == i]) for i in (0, 1)]
    bend(rig, POSES[name])
    bent = shape(figure)
    assert np.abs(bent - rest).max() > 0.05
    for i, was in enumerate(before):
        assert was > 0.01
        assert volume(bent, quads[piece == i]) == pytest.approx(was, rel=0.08), f"garment {i}"


def test_a_bend_moves_only_its_own_limb(rig):
    figure = rig.children[0]
    rest = shape(figure)
    bend(rig, {"left_elbow": (0, 0, -90)})
    moved = np.linalg.norm(shape(figure) - rest, axis=1) > 1e-4
    assert moved.any()
    assert rest[moved, 0].min() > 0.35


def test_comes_to_the_cursor_and_becomes_active(context):
    context.scene.cursor.location = (1, 2, 0.5)
    rig = add_dancer(context, "Ada")
    assert tuple(rig.location) == (1, 2, 0.5)
    assert context.view_layer.objects.active == rig
    assert [ob for ob in context.view_layer.objects if ob.select_get()] == [rig]
    assert rig.name == "Ada"
    assert rig.mode == "OBJECT"


def test_a_second_dancer_shares_the_materials(context):
    first, second = add_dancer(context), add_dancer(context)
    assert first.data != second.data
    materials = [[m.name for m in rig.children[0].data.materials] for rig in (first, second)]
    assert materials[0] == materials[1]


def test_from_another_objects_edit_mode(context):
    bpy.ops.object.armature_add()
    bpy.ops.object.mode_set(mode="EDIT")
    rig = add_dancer(context)
    assert len(rig.data.bones) == 24
    assert {ob.mode for ob in context.view_layer.objects} == {"OBJECT"}


def test_into_a_collection_that_the_view_layer_hides(context):
    hidden = bpy.data.collections.new("Hidden")
    context.scene.collection.children.link(hidden)
    layer = context.view_layer.layer_collection.children["Hidden"]
    context.view_layer.active_layer_collection = layer
    layer.hide_viewport = True
    rig = add_dancer(context)
    assert rig.visible_get()
    assert len(rig.data.bones) == 24


def test_into_the_active_collection(context):
    chosen = bpy.data.collections.new("Chosen")
    context.scene.collection.children.link(chosen)
    layer = context.view_layer.layer_collection.children["Chosen"]
    context.view_layer.active_layer_collection = layer
    rig = add_dancer(context)
    assert list(chosen.objects) == [rig, *rig.children]
    assert not context.scene.collection.objects
