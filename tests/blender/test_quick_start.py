# SPDX-License-Identifier: GPL-3.0-or-later
"""One click to a first dance: in what Blender starts with, in an empty scene, beside other things.

And playing a dance with its song.
"""

from __future__ import annotations

import shutil
import time

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from twostep.inference.errors import Cancelled
from twostep.operators import session
from twostep.operators.quick_start import QuickRun
from twostep.scene import debut, playback, strips, versions

from ..dancers import dancer
from .conftest import add_song
from .driving import finished
from .figures import smpl_armature
from .snapshots import snapshot
from .test_keys import dance

SOUND = bpy.app.build_options.audaspace


@pytest.fixture
def startup(context):
    """What Blender starts with."""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    return bpy.context


@pytest.fixture
def motion():
    """Six seconds, from one side to the other."""
    made = dancer(120.0, seconds=6.0)
    made.root[:, 0] += np.linspace(-2.0, 2.0, len(made))
    return made


def perform(motion):
    return debut.perform(bpy.context, motion, "A Dance", {})


def viewport(context):
    return next(area for area in context.screen.areas if area.type == "VIEW_3D").spaces.active


def everything():
    """The file as a test can compare it, and what a quick start sets beside."""
    scene = bpy.context.scene
    return (
        snapshot(), scene.sync_mode, scene.use_audio, scene.use_preview_range,
        scene.frame_preview_start, scene.frame_preview_end, scene.camera,
        len(bpy.data.collections), len(bpy.data.lights), len(bpy.data.materials),
    )  # fmt: skip


def check_seen(camera, ob, frames):
    """The camera sees every corner of the skinned figure in frames all over the dance."""
    scene, (figure,) = bpy.context.scene, ob.children
    heights = []
    for frame in np.linspace(*frames, 12).astype(int):
        scene.frame_set(frame)
        evaluated = figure.evaluated_get(bpy.context.evaluated_depsgraph_get())
        corners = np.empty((len(evaluated.data.vertices), 3), dtype=np.float32)
        evaluated.data.vertices.foreach_get("co", corners.ravel())
        low, high = corners.min(axis=0), corners.max(axis=0)
        box = [np.where(which, high, low) for which in np.ndindex(2, 2, 2)]
        seen = [
            world_to_camera_view(scene, camera, evaluated.matrix_world @ Vector(corner))
            for corner in box
        ]
        assert all(0 < x < 1 and 0 < y < 1 and z > 0 for x, y, z in seen), frame
        heights.append(max(y for _, y, _ in seen) - min(y for _, y, _ in seen))
    assert max(heights) > 0.35


@pytest.mark.usefixtures("worker")
class TestButton:
    def test_in_what_blender_starts_with(self, startup, tmp_path):
        assert bpy.ops.twostep.quick_start() == {"FINISHED"}
        scene = startup.scene
        rig = startup.view_layer.objects.active
        assert rig.name == "Dancer" and rig.select_get()
        assert rig.animation_data.action.name.startswith("First Steps - ")
        first, last = map(round, rig.animation_data.action.frame_range)
        assert (scene.frame_start, scene.frame_end) == (first, last) == (1, last)
        assert last / 24 == pytest.approx(35.0, abs=1.5)
        assert scene.sync_mode == "AUDIO_SYNC" and not scene.use_preview_range
        assert {ob.name for ob in scene.objects} == {
            "Camera", "Dancer", "Dancer body", "Fill", "Floor", "Key", "Rim"
        }  # fmt: skip
        check_seen(scene.camera, rig, (first, last))
        assert viewport(startup).region_3d.view_perspective == "CAMERA"
        assert not playback.is_offered(startup)
        assert not session.state.running
        assert not list(session.Path(bpy.app.tempdir).glob("twostep-dance-*"))
        self.check_it_moves(tmp_path)

    def check_it_moves(self, tmp_path):
        """The song is in the .blend, which names no folder of this computer."""
        (tmp_path / "there").mkdir()
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "here.blend"))
        shutil.move(tmp_path / "here.blend", tmp_path / "there" / "moved.blend")
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "there" / "moved.blend"))
        if not SOUND:
            assert bpy.context.scene.twostep.song_file == str(debut.SONG)
            return
        strip = strips.chosen(bpy.context, bpy.context.scene.twostep.song)
        assert strip.name == debut.TITLE and strip.sound.filepath == "//first_steps.ogg"
        assert bytes(strip.sound.packed_file.data) == debut.SONG.read_bytes()
        assert strips.clip(bpy.context, strip).seconds == pytest.approx(35.0, abs=1.0)
        assert bpy.ops.twostep.dance() == {"FINISHED"}

    def test_one_undo_takes_it_all_back(self, startup):
        before = everything()[0]
        bpy.ops.ed.undo_push(message="before")
        bpy.ops.twostep.quick_start("EXEC_DEFAULT", True)
        assert bpy.data.armatures
        bpy.ops.ed.undo()
        assert everything()[0] == before
        assert bpy.context.scene.sync_mode != "AUDIO_SYNC"

    def test_cancelled_half_way(self, startup):
        before = everything()
        run = QuickRun(startup)
        run.start()
        deadline = time.monotonic() + 60
        while session.state.fraction == 0 and time.monotonic() < deadline:
            run.step()
            time.sleep(0.01)
        bpy.ops.twostep.cancel()
        with pytest.raises(Cancelled):
            run.step()
        run.close()
        assert everything() == before and not session.state.running

    def test_while_another_scene_is_shown(self, startup):
        asked = startup.scene
        run = QuickRun(startup)
        run.start()
        startup.window.scene = bpy.data.scenes.new("Other")
        gone = bpy.data.scenes.new("Gone")
        with startup.temp_override(scene=gone):
            assert bpy.context.tool_settings == gone.tool_settings  # 4.2's context is that scene's
        bpy.data.scenes.remove(gone)
        finished(run)
        assert bpy.context.id_data in (None, *bpy.data.scenes)
        assert "Dancer" in asked.objects and asked.sync_mode == "AUDIO_SYNC"
        assert not bpy.data.scenes["Other"].objects and run.made.camera == asked.camera


class TestScenes:
    @pytest.mark.parametrize("gone", [(), ("Cube",), ("Cube", "Light", "Camera")])
    def test_a_fresh_scene_becomes_a_stage(self, startup, motion, gone):
        for name in gone:
            bpy.data.objects.remove(bpy.data.objects[name])
        assert debut.is_fresh(startup.scene)
        made = perform(motion)
        scene = startup.scene
        assert not {"Cube", "Light"} & {ob.name for ob in scene.objects}
        assert scene.camera == made.camera and "Floor" in scene.objects
        assert tuple(made.rig.location) == (0, 0, 0)
        check_seen(made.camera, made.rig, made.frames)

    @pytest.mark.parametrize(
        "touch",
        [
            lambda ob: setattr(ob, "location", (1, 0, 0)),
            lambda ob: setattr(ob, "scale", (2, 1, 1)),
            lambda ob: setattr(ob, "name", "My Cube"),
            lambda ob: setattr(ob.data.vertices[0], "co", (0, 0, 0)),
            lambda ob: ob.modifiers.new("Bevel", "BEVEL"),
            lambda ob: ob.constraints.new("LIMIT_LOCATION"),
            lambda ob: ob.keyframe_insert("location"),
            lambda ob: bpy.ops.object.mode_set(mode="EDIT"),  # what is done there is not seen yet
        ],
    )
    def test_whoever_touched_the_cube_keeps_it(self, startup, motion, touch):
        cube = startup.scene.objects["Cube"]
        touch(cube)
        startup.view_layer.update()
        camera, light = startup.scene.camera, startup.scene.objects["Light"]
        places = [ob.matrix_world.copy() for ob in (cube, camera, light)]
        assert not debut.is_fresh(startup.scene)
        frames = startup.scene.frame_start, startup.scene.frame_end
        made = perform(motion)
        scene = startup.scene
        assert [ob.matrix_world for ob in (cube, camera, light)] == places
        assert scene.camera == camera != made.camera and "Floor" not in scene.objects
        assert [ob for ob in scene.objects if ob.type == "LIGHT"] == [light]
        assert (scene.frame_start, scene.frame_end) == frames and scene.use_preview_range
        assert (scene.frame_preview_start, scene.frame_preview_end) == made.frames
        check_seen(made.camera, made.rig, made.frames)

    def test_it_dances_beside_what_is_there(self, startup, motion):
        bpy.ops.mesh.primitive_cube_add(location=(3, 0, 1))
        bpy.ops.mesh.primitive_plane_add(size=40)
        made = perform(motion)
        scene = bpy.context.scene
        places = []
        for frame in np.linspace(*made.frames, 12).astype(int):
            scene.frame_set(frame)
            places.append((made.rig.matrix_world @ made.rig.pose.bones["pelvis"].head).x)
        assert 4.3 < min(places) < 5.5  # and so on the plane
        check_seen(made.camera, made.rig, made.frames)

    def test_where_there_is_room_it_is_the_3d_cursor(self, startup, motion):
        bpy.ops.mesh.primitive_cube_add(location=(30, 0, 1))
        startup.scene.cursor.location = (3, -20, 1.5)
        assert tuple(perform(motion).rig.location) == (3, -20, 1.5)

    def test_inside_a_room(self, startup, motion):
        bpy.ops.mesh.primitive_cube_add(size=20)
        bpy.data.objects.remove(bpy.data.objects["Cube"])
        made = perform(motion)
        assert tuple(made.rig.location) == (0, 0, 0)

    def test_the_view_has_the_camera_and_the_scene_keeps_its_own(self, startup, motion):
        bpy.data.objects["Cube"].location.x = 40
        made = perform(motion)
        playback.look_through(startup, made.camera)
        view = viewport(startup)
        assert view.region_3d.view_perspective == "CAMERA"
        assert view.use_local_camera and view.camera == made.camera != startup.scene.camera
        playback.look_through(startup, startup.scene.camera)
        assert not view.use_local_camera

    def test_lights_where_there_are_none(self, startup, motion):
        bpy.data.objects.remove(bpy.data.objects["Light"])
        bpy.data.objects["Cube"].location.x = 40
        perform(motion)
        assert sum(ob.type == "LIGHT" for ob in bpy.context.scene.objects) == 3

    def test_upright_pictures(self, startup, motion):
        startup.scene.render.resolution_x, startup.scene.render.resolution_y = 1080, 1920
        made = perform(motion)
        check_wide(made)

    @pytest.mark.skipif(not SOUND, reason="this Blender was built without sound")
    def test_a_song_that_is_there_plays_on(self, startup, motion, song):
        strip = add_song(startup, song, 1)
        perform(motion)
        mine = strips.chosen(startup, startup.scene.twostep.song)
        assert mine != strip and mine.channel != strip.channel
        assert versions.edges(strip)[0] == 1

    @pytest.mark.parametrize("failing", ["boxes", "half_angles"])
    def test_what_fails_changes_nothing(self, startup, motion, monkeypatch, failing):
        before = everything()
        monkeypatch.setattr(debut.framing, failing, None)
        with pytest.raises(TypeError):
            perform(motion)
        assert everything() == before
        assert startup.view_layer.objects.active.name == "Cube"


def check_wide(made):
    """As `check_seen`, but the dance is wider than the picture is high."""
    scene = bpy.context.scene
    for frame in np.linspace(*made.frames, 8).astype(int):
        scene.frame_set(frame)
        head = made.rig.matrix_world @ made.rig.pose.bones["head"].tail
        x, y, _ = world_to_camera_view(scene, made.camera, head)
        assert 0 < x < 1 and 0 < y < 1


@pytest.mark.skipif(not SOUND, reason="this Blender was built without sound")
class TestPlaying:
    @pytest.fixture
    def danced(self, context, song):
        add_song(context, song, 11)
        context.scene.render.fps = 30
        ob = smpl_armature("Ann")
        dance(ob, dancer(120.0, seconds=6.0), 11)
        return ob

    def test_it_is_offered_until_it_is_so(self, context, danced):
        scene = context.scene
        frames = playback.dance_frames(context)
        assert frames == (11, 190) and playback.is_offered(context)
        before = scene.frame_start, scene.frame_end
        assert bpy.ops.twostep.play_in_sync() == {"FINISHED"}
        assert scene.sync_mode == "AUDIO_SYNC" and scene.use_audio and scene.use_preview_range
        assert (scene.frame_preview_start, scene.frame_preview_end) == frames
        assert (scene.frame_start, scene.frame_end) == before and scene.frame_current == 11
        assert not playback.is_offered(context)

    @pytest.mark.parametrize(
        ("name", "value"), [("sync_mode", "NONE"), ("use_audio", False), ("frame_end", 100)]
    )
    def test_what_is_out_of_sync(self, context, danced, name, value):
        scene = context.scene
        scene.sync_mode, scene.frame_start, scene.frame_end = "AUDIO_SYNC", 1, 250
        assert not playback.is_offered(context)
        setattr(scene, name, value)
        assert playback.is_offered(context)

    def test_a_part_of_the_dance_is_the_users_wish(self, context, danced):
        scene = context.scene
        scene.sync_mode, scene.use_preview_range = "AUDIO_SYNC", True
        scene.frame_preview_start, scene.frame_preview_end = 50, 70
        assert not playback.is_offered(context)
        scene.frame_preview_start, scene.frame_preview_end = 500, 700
        assert playback.is_offered(context)

    def test_not_without_a_dance(self, context, danced):
        danced.animation_data_clear()
        assert not playback.is_offered(context)
        with pytest.raises(RuntimeError, match="Select an armature that dances"):
            bpy.ops.twostep.play_in_sync()

    def test_a_song_in_another_scene_is_not_heard(self, context, danced):
        if not hasattr(context, "sequencer_scene"):
            pytest.skip("before 5.0 a scene shows its own strips")
        edit = bpy.data.scenes.new("Edit")
        for strip in versions.strips(context.scene):
            versions.remove_strip(context.scene, strip)
        versions.new_sound_strip(edit, "Drum", debut.SONG, 1, 11)
        context.workspace.sequencer_scene = edit
        assert playback.is_offered(context)
        with pytest.raises(RuntimeError, match="strip of the scene Edit"):
            bpy.ops.twostep.play_in_sync()
