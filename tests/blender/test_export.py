# SPDX-License-Identifier: GPL-3.0-or-later
"""FBX files hold the same dance, at the scale and on the axes of the program they are for."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from io_scene_fbx import parse_fbx
from mathutils import Matrix

from twostep.inference.skeleton import JOINTS
from twostep.scene import versions
from twostep.scene.dancer import add_dancer

from .figures import heads, wild_motion
from .snapshots import snapshot
from .test_keys import dance

NAMES = list(JOINTS)
FRAMES = (11, 25, 40)


@pytest.fixture
def dancer(context):
    context.scene.render.fps = 30
    ob = add_dancer(context, location=(0, 0, 0))
    dance(ob, wild_motion(30), frame=11)
    context.scene.frame_set(1)
    return ob


def export(path, preset):
    assert bpy.ops.twostep.export_fbx(filepath=str(path), preset=preset) == {"FINISHED"}
    return path


def reimport(path):
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.context.scene.render.fps = 30
    bpy.ops.import_scene.fbx(filepath=str(path), anim_offset=0.0, automatic_bone_orientation=False)
    return next(ob for ob in bpy.data.objects if ob.type == "ARMATURE")


def body_points(ob, frame):
    """Vertices of the armature's mesh as it is posed, (N, 3), in the world."""
    bpy.context.scene.frame_set(frame)
    graph = bpy.context.evaluated_depsgraph_get()
    body = next(other for other in bpy.data.objects if other.find_armature() == ob)
    evaluated = body.evaluated_get(graph)
    points = np.array([evaluated.matrix_world @ v.co for v in evaluated.data.vertices])
    return points[np.lexsort(points.round(3).T)]


@pytest.mark.parametrize("preset", ["GENERIC", "UNITY", "UNREAL"])
@pytest.mark.parametrize("placed", [False, True])
def test_round_trip(context, dancer, tmp_path, preset, placed):
    if placed:
        dancer.matrix_world = Matrix.Rotation(0.7, 4, "Z") @ Matrix.Scale(1.5, 4)
        context.view_layer.update()
    true = [heads(dancer, NAMES, frame) for frame in FRAMES]
    points = body_points(dancer, 25)
    again = reimport(export(tmp_path / "dance.fbx", preset))
    names = {bone.name for bone in again.pose.bones}
    assert names == set(NAMES)
    for frame, expected in zip(FRAMES, true, strict=True):
        assert np.abs(heads(again, NAMES, frame) - expected).max() < 1e-4
    low, high = points.min(axis=0), points.max(axis=0)
    found = body_points(again, 25)
    assert np.allclose(found.min(axis=0), low, atol=1e-3)
    assert np.allclose(found.max(axis=0), high, atol=1e-3)
    action = again.animation_data.action
    assert tuple(action.frame_range) == (11, 40)


@pytest.mark.parametrize("preset", ["GENERIC", "UNITY", "UNREAL"])
def test_nothing_else_changes_and_nothing_else_is_exported(context, dancer, tmp_path, preset):
    bpy.ops.mesh.primitive_cube_add()
    cube = context.view_layer.objects.active
    cube.name = "Cube"
    other = add_dancer(context, name="Other", location=(2, 0, 0))
    dance(other, wild_motion(5), frame=1)
    context.view_layer.objects.active = dancer
    cube.select_set(True)
    bpy.ops.object.mode_set(mode="POSE")
    context.scene.frame_set(7)
    before = snapshot()
    path = export(tmp_path / "dance.fbx", preset)
    assert snapshot() == before
    again = reimport(path)
    kinds = sorted(ob.type for ob in bpy.data.objects)
    assert kinds == ["ARMATURE", "MESH"]
    assert again.name == ("root" if preset == "UNREAL" else "Dancer")


@pytest.mark.parametrize("preset", ["GENERIC", "UNITY", "UNREAL"])
def test_a_dance_in_the_nla(context, dancer, tmp_path, preset):
    dance(dancer, wild_motion(20, seed=9), frame=51, onto="NLA")
    true = [heads(dancer, NAMES, frame) for frame in (20, 60)]
    again = reimport(export(tmp_path / "dance.fbx", preset))
    for frame, expected in zip((20, 60), true, strict=True):
        assert np.abs(heads(again, NAMES, frame) - expected).max() < 1e-4
    assert tuple(again.animation_data.action.frame_range) == (11, 70)


def test_frame_rates(context, dancer, tmp_path):
    """An FBX tells time in seconds; Blender's own importer then forgets the 1.001 of 23.976."""
    context.scene.render.fps, context.scene.render.fps_base = 24, 1.001
    true = heads(dancer, NAMES, 25)
    again = reimport(export(tmp_path / "dance.fbx", "GENERIC"))
    scene = bpy.context.scene
    assert scene.render.fps / scene.render.fps_base == pytest.approx(24 / 1.001, abs=1e-3)
    assert np.abs(heads(again, NAMES, 25 * 1.001) - true).max() < 1e-4


def settings(path):
    """The file's GlobalSettings, and each model's local rotation and scale, by name."""
    root, _ = parse_fbx.parse(str(path))
    parts = {element.id: element for element in root.elems}
    properties = next(e for e in parts[b"GlobalSettings"].elems if e.id == b"Properties70")
    world = {p.props[0].decode(): p.props[4] for p in properties.elems if len(p.props) == 5}
    models = {}
    for model in parts[b"Objects"].elems:
        if model.id != b"Model":
            continue
        own = next(e for e in model.elems if e.id == b"Properties70")
        values = {p.props[0].decode(): p.props[4:] for p in own.elems}
        name = model.props[1].split(b"\0")[0].decode()
        models[name] = (
            values.get("Lcl Rotation", (0, 0, 0)),
            values.get("Lcl Scaling", (1, 1, 1)),
            values.get("Lcl Translation", (0, 0, 0)),
        )
    return world, models


def test_unity(context, dancer, tmp_path):
    """Metres, y-up, and a root that is neither turned nor scaled."""
    dancer.location = (3, 2, 1)
    context.view_layer.update()
    world, models = settings(export(tmp_path / "dance.fbx", "UNITY"))
    assert (world["UpAxis"], world["UpAxisSign"]) == (1, 1)
    assert (world["FrontAxis"], world["FrontAxisSign"]) == (2, 1)
    assert world["UnitScaleFactor"] == 100
    for name in ("Dancer", "Dancer body"):
        rotation, scale, place = models[name]
        assert np.allclose(rotation, 0, atol=1e-4) and np.allclose(scale, 1, atol=1e-5)
        assert np.allclose(place, 0, atol=1e-5)
    x, y, z = heads(dancer, ["pelvis"], 11)[0] - np.array((3, 2, 1))
    assert models["pelvis"][2] == pytest.approx((x, z, -y), abs=1e-3)


def test_unreal(context, dancer, tmp_path):
    """Centimetres, z-up, -y to the front, and a root bone that is neither turned nor scaled."""
    world, models = settings(export(tmp_path / "dance.fbx", "UNREAL"))
    assert (world["UpAxis"], world["UpAxisSign"]) == (2, 1)
    assert (world["FrontAxis"], world["FrontAxisSign"]) == (1, -1)
    assert world["UnitScaleFactor"] == 1
    rotation, scale, place = models["root"]
    assert np.allclose(rotation, 0, atol=1e-4) and np.allclose(scale, 1, atol=1e-5)
    assert np.allclose(place, 0, atol=1e-5)
    assert models["pelvis"][2] == pytest.approx(100 * heads(dancer, ["pelvis"], 11)[0], abs=0.1)
    # A metre of arm is a hundred units.
    assert np.linalg.norm(models["left_elbow"][2]) == pytest.approx(26.0, abs=0.1)


def test_the_take_is_called_after_the_dance(context, dancer, tmp_path):
    again = reimport(export(tmp_path / "dance.fbx", "GENERIC"))
    assert "Song - salsa" in again.animation_data.action.name


def test_a_file_that_cannot_be_written(context, dancer, tmp_path):
    before = snapshot()
    with pytest.raises(RuntimeError, match=r"folder .* does not exist"):
        bpy.ops.twostep.export_fbx(filepath=str(tmp_path / "none" / "dance.fbx"))
    assert snapshot() == before


def test_the_original_action_is_not_scaled(context, dancer, tmp_path):
    curves = {
        (c.data_path, c.array_index): [tuple(p.co) for p in c.keyframe_points]
        for c in versions.curves(dancer.animation_data.action)
    }
    export(tmp_path / "dance.fbx", "UNREAL")
    for curve in versions.curves(dancer.animation_data.action):
        points = [tuple(p.co) for p in curve.keyframe_points]
        assert curves[curve.data_path, curve.array_index] == points
