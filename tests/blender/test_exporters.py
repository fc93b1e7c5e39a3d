# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of every format hold what the scene shows: every bone, frame by frame, and nothing else."""

from __future__ import annotations

import re

import addon_utils
import bpy
import numpy as np
import pytest

from twostep.demo.rigs.families import everyone
from twostep.inference.errors import TwostepError
from twostep.scene import bake, exporters, staging, versions
from twostep.scene.apply import apply_dance
from twostep.scene.dancer import add_dancer
from twostep.scene.keys import Placement, scene_fps

from .landing import land, supple_motion
from .snapshots import snapshot
from .test_export import settings

FRAMES = (1, 40)
RIGS = {"dancer": "FK", "mixamo": "FK", "rigify_ik": "IK"}
PRESETS = exporters.PRESETS
IMPORTERS = ("python", "native") if "fbx_import" in dir(bpy.ops.wm) else ("python",)


@pytest.fixture(scope="module")
def files(_addon, tmp_path_factory):
    """Files with a rig that dances, each made once."""
    folder, made = tmp_path_factory.mktemp("rigs"), {}
    was_on = addon_utils.check("rigify")[1]
    addon_utils.enable("rigify", default_set=True)

    def file(name):
        if name not in made:
            bpy.ops.wm.read_homefile(use_empty=True)
            try:
                ob = everyone()[name].build(bpy.context)
            except TwostepError as error:
                pytest.skip(str(error))
            land(ob, supple_motion(FRAMES[1]), RIGS[name])
            ob.name = "Hero"
            made[name] = folder / f"{name}.blend"
            bpy.ops.wm.save_as_mainfile(filepath=str(made[name]))
        return made[name]

    yield file
    bpy.ops.wm.read_homefile(use_empty=True)
    if not was_on:
        addon_utils.disable("rigify", default_set=True)


@pytest.fixture
def hero(context, files):
    """Opens a rig that dances."""

    def opened(name):
        bpy.ops.wm.open_mainfile(filepath=str(files(name)))
        return bpy.data.objects["Hero"]

    return opened


def places(ob, names, frames=FRAMES):
    """Evaluated heads of bones in the world, (T, B, 3)."""
    scene, found = bpy.context.scene, []
    for frame in range(frames[0], frames[1] + 1):
        scene.frame_set(frame)
        evaluated = ob.evaluated_get(bpy.context.evaluated_depsgraph_get())
        world = evaluated.matrix_world
        found.append([world @ evaluated.pose.bones[name].head for name in names])
    return np.array(found)


def export(ob, path, form="fbx", preset="generic", **others):
    exporters.export(bpy.context, ob, path, form, preset, **others)
    return path


def empty():
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.context.scene.render.fps = 30


def imported(path, importer="python"):
    """The armature of a file, in an empty scene."""
    empty()
    name, scene = str(path), bpy.context.scene
    match path.suffix, importer:
        case ".fbx", "python":
            bpy.ops.import_scene.fbx(filepath=name, anim_offset=0.0)
        case ".fbx", "native":
            bpy.ops.wm.fbx_import(filepath=name, anim_offset=0.0)
        case ".glb", _:
            bpy.ops.import_scene.gltf(filepath=name, disable_bone_shape=True)
        case ".usd", _:
            bpy.ops.wm.usd_import(filepath=name)
        case ".bvh", _:
            bpy.ops.import_anim.bvh(
                filepath=name, global_scale=0.01, frame_start=FRAMES[0], update_scene_fps=True
            )
    assert scene == bpy.context.scene
    return next(ob for ob in bpy.data.objects if ob.type == "ARMATURE")


def fps():
    render = bpy.context.scene.render
    return render.fps / render.fps_base


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("rig", RIGS)
def test_fbx_round_trip(hero, tmp_path, rig, preset):
    ob = hero(rig)
    names = list(bake.skeleton(ob))
    true = places(ob, names)
    path = export(ob, tmp_path / "dance.fbx", "fbx", preset)
    for importer in IMPORTERS:
        again = imported(path, importer)
        assert {bone.name for bone in again.pose.bones} == set(names)
        assert np.abs(places(again, names) - true).max() < 1e-4
        assert tuple(again.animation_data.action.frame_range) == FRAMES
        assert fps() == 30
        assert sorted(o.type for o in bpy.data.objects) == ["ARMATURE", "MESH"]


@pytest.mark.parametrize("form", ["glb", "usd", "bvh"])
@pytest.mark.parametrize("rig", RIGS)
def test_other_round_trips(hero, tmp_path, rig, form):
    ob = hero(rig)
    names = list(bake.skeleton(ob))
    true = places(ob, names)
    again = imported(export(ob, tmp_path / f"dance.{form}", form))
    # USD knows letters, digits and underscores; a BVH with one root has it as such.
    renamed = [re.sub(r"\W", "_", name) if form == "usd" else name for name in names]
    assert {bone.name for bone in again.pose.bones} == set(renamed)
    assert np.abs(places(again, renamed) - true).max() < 1e-4
    assert tuple(again.animation_data.action.frame_range) == FRAMES
    # BVH tells the time of a frame with six decimals.
    assert fps() == pytest.approx(30, abs=1e-3 if form == "bvh" else 0)


@pytest.mark.parametrize("rig", RIGS)
def test_alembic_holds_the_skin(hero, tmp_path, rig):
    ob = hero(rig)
    body = staging.meshes_of(ob)[0]
    true = {frame: skin(body, frame) for frame in (1, 17, 40)}
    path = export(ob, tmp_path / "dance.abc", "abc")
    empty()
    bpy.ops.wm.alembic_import(filepath=str(path), as_background_job=False)
    (again,) = [o for o in bpy.data.objects if o.type == "MESH"]
    for frame, expected in true.items():
        assert np.abs(skin(again, frame) - expected).max() < 1e-5
    scene = bpy.context.scene
    assert (scene.frame_start, scene.frame_end) == FRAMES


def skin(ob, frame):
    bpy.context.scene.frame_set(frame)
    evaluated = ob.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([evaluated.matrix_world @ v.co for v in evaluated.data.vertices])


@pytest.mark.parametrize("preset", PRESETS)
def test_the_skin_goes_with_the_bones(hero, tmp_path, preset):
    ob = hero("mixamo")
    body = staging.meshes_of(ob)[0]
    true = {frame: skin(body, frame) for frame in (1, 17, 40)}
    imported(export(ob, tmp_path / "dance.fbx", "fbx", preset))
    (again,) = [o for o in bpy.data.objects if o.type == "MESH"]
    for frame, expected in true.items():
        found = skin(again, frame)
        order = [np.lexsort(each.round(3).T) for each in (found, expected)]
        assert np.abs(found.min(axis=0) - expected.min(axis=0)).max() < 1e-3
        assert np.abs(found[order[0]].mean(axis=0) - expected[order[1]].mean(axis=0)).max() < 1e-3


def test_skin_bones_hang_on_each_other(hero):
    parents = bake.skeleton(hero("rigify_ik"))
    assert [name for name, above in parents.items() if above is None] == ["root"]
    assert parents["DEF-shoulder.L"] == "DEF-spine.003"
    assert parents["DEF-upper_arm.L"] == "DEF-shoulder.L"
    assert parents["DEF-thigh.R"] == "DEF-spine"
    assert all(name.startswith("DEF-") for name in parents if name != "root")


@pytest.mark.parametrize("rig", ["mixamo", "rigify_ik"])
def test_the_engines_own_settings(hero, tmp_path, rig):
    """Axes, unit and root as each engine wants them, read from the file's own settings."""
    ob = hero(rig)
    world, models = settings(export(ob, tmp_path / "unity.fbx", "fbx", "unity"))
    assert (world["UpAxis"], world["FrontAxis"], world["FrontAxisSign"]) == (1, 2, 1)
    assert world["UnitScaleFactor"] == 100
    for turn, size, place in (models["Hero"], models[ob.children[0].name]):
        assert np.allclose(turn, 0, atol=1e-4) and np.allclose(size, 1, atol=1e-5)
        assert np.allclose(place, 0, atol=1e-5)
    world, models = settings(export(ob, tmp_path / "unreal.fbx", "fbx", "unreal"))
    assert (world["UpAxis"], world["FrontAxis"], world["FrontAxisSign"]) == (2, 1, -1)
    assert world["UnitScaleFactor"] == 1
    # Unreal drops a node called Armature, so that the rig's own root is the root.
    node = "Armature" if rig == "rigify_ik" else "root"
    assert "root" in models and (node in models)
    turn, size, place = models[node]
    assert np.allclose(turn, 0, atol=1e-4) and np.allclose(size, 1, atol=1e-5)
    assert np.allclose(place, 0, atol=1e-5)


@pytest.mark.parametrize("form", exporters.FORMATS)
def test_nothing_else_changes(context, tmp_path, form):
    context.scene.render.fps = 30
    ob = add_dancer(context, location=(1, 0, 0))
    land(ob, supple_motion(20))
    ob.pose.bones["head"].scale = (1.2, 1.2, 1.2)
    context.scene.frame_set(7)
    context.scene.frame_end = 111
    bpy.ops.object.mode_set(mode="POSE")
    before = snapshot()
    path = export(ob, tmp_path / f"dance.{form}", form)
    assert snapshot() == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("form", exporters.FORMATS)
def test_the_window_shows_the_same_scene(context, tmp_path, form):
    """Of several, and of its view layers."""
    ob = dancing(5)
    home = context.scene
    for name in ("A", "Scene before", "Z"):
        bpy.data.scenes.new(name)
    context.window.view_layer = home.view_layers.new("Second")
    context.view_layer.update()
    before = snapshot()
    export(ob, tmp_path / f"dance.{form}", form)
    assert (context.window.scene, context.window.view_layer.name) == (home, "Second")
    assert snapshot() == before


@pytest.mark.parametrize("form", exporters.FORMATS)
def test_nothing_is_set_by_way_of_a_scene_that_is_gone(context, tmp_path, form):
    """4.2's context belongs to the scene whose tool settings were read last."""
    ob = dancing(5)
    gone = bpy.data.scenes.new("Gone")
    with context.temp_override(scene=gone):
        assert bpy.context.tool_settings == gone.tool_settings
    bpy.data.scenes.remove(gone)
    export(ob, tmp_path / f"dance.{form}", form)
    assert bpy.context.id_data in (None, context.scene)


@pytest.mark.parametrize("form", exporters.FORMATS)
def test_a_folder_that_is_not_there(context, tmp_path, form):
    ob = add_dancer(context, location=(1, 0, 0))
    land(ob, supple_motion(5))
    before = snapshot()
    with pytest.raises(TwostepError, match="does not exist"):
        export(ob, tmp_path / "none" / f"dance.{form}", form)
    assert snapshot() == before


def dancing(frames=FRAMES[1]):
    """Twostep's dancer, dancing in the open file."""
    bpy.context.scene.render.fps = 30
    ob = add_dancer(bpy.context, location=(0, 0, 0))
    land(ob, supple_motion(frames))
    return ob


def test_without_meshes(context, tmp_path):
    ob = dancing(5)
    for form in ("fbx", "glb", "usd"):
        path = export(ob, tmp_path / f"dance.{form}", form, meshes=False)
        imported(path)
        assert not [o for o in bpy.data.objects if o.type == "MESH"]
        ob = dancing(5)
    with pytest.raises(TwostepError, match="Alembic holds meshes and no bones"):
        export(ob, tmp_path / "dance.abc", "abc", meshes=False)


def test_what_moves_it_from_outside(context, tmp_path):
    """Constraints, drivers, keyed switches and a parent that travels: as the scene shows it."""
    ob = dancing()
    goal = bpy.data.objects.new("Goal", None)
    carrier = bpy.data.objects.new("Carrier", None)
    for each in (goal, carrier):
        context.scene.collection.objects.link(each)
    ob.parent = carrier
    for frame, x in ((1, 0.0), (40, 3.0)):
        carrier.location, carrier.rotation_euler = (x, 0, 0.2), (0, 0, x / 2)
        goal.location = (x, -1, 1 + x / 3)
        for each in (carrier, goal):
            each.keyframe_insert("location", frame=frame)
        carrier.keyframe_insert("rotation_euler", frame=frame)
    track = ob.pose.bones["head"].constraints.new("DAMPED_TRACK")
    track.target, track.track_axis = goal, "TRACK_Z"
    same = ob.pose.bones["left_wrist"].constraints.new("COPY_ROTATION")
    same.target, same.subtarget = ob, "right_wrist"
    ob["switch"] = 0.0
    for frame, value in ((1, 0.0), (40, 1.0)):
        ob["switch"] = value
        ob.keyframe_insert('["switch"]', frame=frame)
    driver = same.driver_add("influence").driver
    variable = driver.variables.new()
    variable.targets[0].id, variable.targets[0].data_path = ob, '["switch"]'
    driver.type, driver.expression = "SCRIPTED", "var"
    names = list(bake.skeleton(ob))
    true = places(ob, names)
    for preset in PRESETS:
        path = export(ob, tmp_path / f"{preset}.fbx", "fbx", preset, frames=FRAMES)
    export(ob, tmp_path / "dance.bvh", "bvh", frames=FRAMES)
    away = {"generic": 0.0, "dance": 0.0}
    start = np.array([0.0, 0.0, 0.2])  # the engines' files begin at the origin
    for path in tmp_path.iterdir():
        found = places(imported(path), names)
        assert np.abs(found - true + away.get(path.stem, start)).max() < 1e-4


def test_a_hidden_armature(context, tmp_path):
    ob = dancing()
    names = list(bake.skeleton(ob))
    true = places(ob, names)
    ob.hide_viewport = True
    path = export(ob, tmp_path / "dance.fbx")
    assert ob.hide_viewport
    assert np.abs(places(imported(path), names) - true).max() < 1e-4


def test_part_of_a_dance(context, tmp_path):
    ob = dancing()
    names = list(bake.skeleton(ob))
    true = places(ob, names, (10, 20))
    again = imported(export(ob, tmp_path / "dance.fbx", frames=(10, 20)))
    assert tuple(again.animation_data.action.frame_range) == (10, 20)
    assert np.abs(places(again, names, (10, 20)) - true).max() < 1e-4


@pytest.mark.parametrize("importer", IMPORTERS)
def test_odd_frame_rates(context, tmp_path, importer):
    """The file tells 23.976 fps; Blender's importers then forget its 1.001 where keys lie."""
    context.scene.render.fps, context.scene.render.fps_base = 24, 1.001
    ob = add_dancer(context)
    motion = supple_motion(FRAMES[1])
    apply_dance(ob, motion, Placement(1, scene_fps(context.scene)), "Dance", {})
    last = staging.dance_range(ob)[1]
    names = list(bake.skeleton(ob))
    true = places(ob, names, (1, last))
    path = export(ob, tmp_path / "dance.fbx")
    again = imported(path, importer)
    assert fps() == pytest.approx(24 / 1.001, abs=1e-3)
    first, end = again.animation_data.action.frame_range
    assert end - first == pytest.approx((last - 1) * (end / last), abs=1e-3)
    scene = bpy.context.scene
    found = []
    for frame in range(1, last + 1):
        at = frame * end / last
        scene.frame_set(int(at), subframe=at - int(at))
        evaluated = again.evaluated_get(bpy.context.evaluated_depsgraph_get())
        found.append([evaluated.matrix_world @ evaluated.pose.bones[n].head for n in names])
    assert np.abs(np.array(found) - true).max() < 1e-3


def test_time_that_is_remapped(context, tmp_path):
    """A scene that plays its animation at another speed is exported as it plays."""
    render = context.scene.render
    ob = dancing()
    render.frame_map_old, render.frame_map_new = 100, 200
    names = list(bake.skeleton(ob))
    true = places(ob, names, (2, 80))
    again = imported(export(ob, tmp_path / "dance.fbx", frames=(2, 80)))
    assert tuple(again.animation_data.action.frame_range) == (2, 80)
    assert np.abs(places(again, names, (2, 80)) - true).max() < 1e-4


@pytest.mark.parametrize("form", ["fbx", "glb"])
def test_names_of_takes(context, tmp_path, form):
    ob = dancing(5)
    ob.animation_data.action.name = "First steps"
    again = imported(export(ob, tmp_path / f"dance.{form}", form))
    assert "First steps" in again.animation_data.action.name
    assert again.name == "Dancer"


def test_only_its_own_slot_counts(context, tmp_path):
    if not versions.SLOTTED:
        pytest.skip("actions have no slots here")
    ob = dancing(5)
    action = ob.animation_data.action
    other = action.slots.new(id_type="OBJECT", name="Other")
    curve = action.layers[0].strips[0].channelbag(other, ensure=True).fcurves.new("location")
    curve.keyframe_points.insert(500, 1.0)
    assert staging.dance_range(ob) == (1, 5)
