# SPDX-License-Identifier: GPL-3.0-or-later
"""The Batch section: from its jobs to files, with the real worker, and the scene as found."""

from __future__ import annotations

import json
import shutil
import time

import bpy
import numpy as np
import pytest

from twostep.inference.errors import Cancelled
from twostep.inference.motion import Motion
from twostep.operators import session
from twostep.operators.batch_plan import plan
from twostep.operators.batch_run import Batch
from twostep.scene import apply, batches, exporters, keys
from twostep.scene.dancer import add_dancer

from .figures import heads, smpl_armature, wild_motion
from .snapshots import snapshot
from .test_export import reimport
from .test_keys import dance


def names(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def states(batch):
    return [(result.name, result.state) for result in batch.results]


@pytest.mark.usefixtures("worker")
class TestExport:
    def test_every_dance_becomes_files_and_nothing_else_changes(
        self, context, figure, batch, other_song, tmp_path
    ):
        dance(figure, wild_motion(20), frame=5)
        figure.pose.bones["head"].location = (0.1, 0, 0)
        track = figure.animation_data.nla_tracks.new()
        track.strips.new("Below", 1, bpy.data.actions.new("Below"))
        second = smpl_armature("Second", seed=4)
        batch.jobs[0].source = "SCENE"
        batch.jobs[0].songs.add().path = str(other_song)
        batch.formats = {"fbx", "bvh"}
        context.view_layer.objects.active = figure
        second.select_set(True)
        bpy.ops.object.mode_set(mode="POSE")
        context.scene.frame_set(9)
        before, selected = snapshot(), list(context.selected_objects)
        assert bpy.ops.twostep.batch() == {"FINISHED"}
        assert snapshot() == before and list(context.selected_objects) == selected
        dances = [f"{song}_salsa_1_{rig}" for song in ("Drum", "Waltz")
                  for rig in ("Dancer", "Second")]  # fmt: skip
        assert states(batch) == [(name, "DONE") for name in dances]
        folder = tmp_path / "files" / "new"
        suffixes = (".bvh", ".fbx", ".twostep.json")
        assert names(folder) == sorted(f"{name}{s}" for name in dances for s in suffixes)
        # Two that dance to the same song share its dance.
        assert len(list((folder / ".twostep").glob("*.npz"))) == 2
        told = json.loads((folder / "Drum_salsa_1_Dancer.twostep.json").read_text("utf-8"))
        assert told["work"]["dance"]["style"] == "salsa" and told["versions"]["blender"]
        assert not session.state.running

    def test_the_file_holds_the_dance(self, context, figure, batch, tmp_path):
        context.scene.render.fps, context.scene.frame_start = 24, 11
        bpy.ops.twostep.batch()
        folder = tmp_path / "files" / "new"
        motion = Motion.load(next((folder / ".twostep").glob("*.npz")))
        apply.apply_dance(figure, motion, keys.Placement(11, 24), "Again", {})
        frames = tuple(figure.animation_data.action.frame_range)
        names = figure.data.bones.keys()
        true = {frame: heads(figure, names, frame) for frame in (11, 40, int(frames[1]))}
        again = reimport(folder / "Drum_salsa_1_Dancer.fbx")
        assert tuple(again.animation_data.action.frame_range) == frames
        assert bpy.context.scene.render.fps == 24
        for frame, expected in true.items():
            assert np.abs(heads(again, names, frame) - expected).max() < 1e-4

    def test_every_format_that_this_blender_has(self, context, batch, tmp_path):
        ob = add_dancer(context, name="Ours", location=(1, 0, 0))
        dance(ob, wild_motion(12), frame=5)
        batch.jobs[0].armature = ob
        there = [form for form in exporters.FORMATS if not exporters.lacking(form)]
        assert len(there) >= 3
        batch.formats = set(there)
        bpy.ops.object.mode_set(mode="POSE")
        context.scene.frame_set(9)
        before = snapshot()
        bpy.ops.twostep.batch()
        assert states(batch) == [("Drum_salsa_1_Ours", "DONE")]
        assert snapshot() == before
        files = names(tmp_path / "files" / "new")
        assert files == sorted(f"Drum_salsa_1_Ours.{form}" for form in (*there, "twostep.json"))

    def test_what_is_there_is_not_made_again(self, context, figure, batch, tmp_path):
        bpy.ops.twostep.batch()
        path = tmp_path / "files" / "new" / "Drum_salsa_1_Dancer.fbx"
        made = path.stat().st_mtime_ns
        context.scene.frame_set(30)
        bpy.ops.twostep.batch()
        assert states(batch) == [("Drum_salsa_1_Dancer", "SKIPPED")]
        assert path.stat().st_mtime_ns == made
        figure.location.x = 1.0
        context.view_layer.update()
        bpy.ops.twostep.batch()
        assert states(batch) == [("Drum_salsa_1_Dancer", "DONE")]
        assert path.stat().st_mtime_ns > made

    def test_what_fails_harms_no_other_and_is_retried(self, context, batch, tmp_path, capfd):
        (tmp_path / "Broken.wav").write_bytes(b"no sound")
        batch.jobs[0].songs.add().path = str(tmp_path / "Broken.wav")
        batch.jobs[0].songs.move(1, 0)
        before = snapshot()
        assert bpy.ops.twostep.batch() == {"FINISHED"}
        assert snapshot() == before
        assert states(batch) == [
            ("Broken_salsa_1_Dancer", "FAILED"), ("Drum_salsa_1_Dancer", "DONE")
        ]  # fmt: skip
        assert "Broken.wav" in batch.results[0].text and batch.results[0].text.endswith(".")
        assert "1 dance could not be exported" in capfd.readouterr().out
        assert not list((tmp_path / "files" / "new").glob("Broken*"))
        shutil.copy(batch.jobs[0].songs[1].path, tmp_path / "Broken.wav")
        assert bpy.ops.twostep.batch_retry() == {"FINISHED"}
        assert [state for _, state in states(batch)] == ["DONE", "DONE"]
        assert (tmp_path / "files" / "new" / "Broken_salsa_1_Dancer.fbx").is_file()
        with pytest.raises(RuntimeError, match="Nothing failed"):
            bpy.ops.twostep.batch_retry()

    def test_cancelled_after_the_first(self, context, batch, tmp_path):
        batch.jobs[0].seeds = "1-3"
        before = snapshot()
        run = Batch(plan(context))
        run.start()
        deadline = time.monotonic() + 120
        while not batch.results and time.monotonic() < deadline:
            assert session.state.stage.endswith("of 3: Drum - salsa")
            run.step()
            time.sleep(0.01)
        assert session.state.stage == "2 of 3: Drum - salsa"
        assert bpy.ops.twostep.cancel() == {"FINISHED"}
        with pytest.raises(Cancelled, match="after 1 of 3"):
            run.step()
        run.close()
        assert snapshot() == before and not session.state.running
        assert states(batch) == [("Drum_salsa_1_Dancer", "DONE")]
        bpy.ops.twostep.batch()
        assert [state for _, state in states(batch)] == ["SKIPPED", "DONE", "DONE"]

    def test_undo_knows_nothing_of_it(self, context, batch):
        bpy.ops.ed.undo_push(message="before")
        context.scene.frame_set(77)
        bpy.ops.ed.undo_push(message="after")
        bpy.ops.twostep.batch("EXEC_DEFAULT", True)
        bpy.ops.ed.undo()
        assert bpy.context.scene.frame_current != 77
        bpy.ops.ed.redo()
        assert bpy.context.scene.frame_current == 77 and not bpy.data.actions

    def test_a_character_that_is_deleted_meanwhile(self, context, figure, batch, tmp_path):
        smpl_armature("Second", seed=4)
        batch.jobs[0].source = "SCENE"
        run = Batch(plan(context))
        run.start()
        bpy.data.objects.remove(figure)
        try:
            while not run.done:
                run.step()
                time.sleep(0.01)
        finally:
            run.close()
        assert [state for _, state in states(batch)] == ["FAILED", "DONE"]
        assert "was deleted" in batch.results[0].text

    def test_a_disk_that_is_full(self, context, batch, monkeypatch):
        def full(*_):
            raise OSError(28, "No space left on device")

        batch.jobs[0].seeds = "1, 2"
        export = exporters.export
        monkeypatch.setattr(exporters, "export", full)
        run = Batch(plan(context))
        run.start()
        try:
            while not batch.results:
                run.step()
                time.sleep(0.01)
            monkeypatch.setattr(exporters, "export", export)
            while not run.done:
                run.step()
                time.sleep(0.01)
        finally:
            run.close()
        assert [state for _, state in states(batch)] == ["FAILED", "DONE"]
        assert "disk is full" in batch.results[0].text

    def test_another_scene_is_shown_meanwhile(self, context, batch, tmp_path):
        run = Batch(plan(context))
        run.start()
        scene = context.scene
        context.window.scene = bpy.data.scenes.new("Other")
        context.scene.render.fps = 12
        try:
            while not run.done:
                run.step()
                time.sleep(0.01)
        finally:
            run.close()
            context.window.scene = scene
        assert [state for _, state in states(batch)] == ["DONE"]
        path = tmp_path / "files" / "new" / "Drum_salsa_1_Dancer.fbx"
        bpy.ops.wm.read_homefile(use_empty=True)
        bpy.ops.import_scene.fbx(filepath=str(path), anim_offset=0.0)
        assert bpy.context.scene.render.fps == 30

    def test_the_dance_panels_wishes_count(self, context, figure, batch, tmp_path):
        settings = context.scene.twostep
        settings.travel, settings.onto, settings.energy = "PLACE", "NLA", 0.5
        bpy.ops.twostep.batch()
        told = json.loads(next((tmp_path / "files" / "new").glob("*.twostep.json")).read_text())
        landing = told["work"]["landing"]
        assert (landing["travel"], landing["onto"]) == ("PLACE", "ACTION")
        assert told["work"]["dance"]["energy"] == 0.5

    def test_bones_that_are_not_there_fail_alone(self, context, figure, batch):
        second = smpl_armature("Second", seed=4)
        second.data.collections.new("Upper")
        second.data.collections["Upper"].assign(second.data.bones["head"])
        settings = context.scene.twostep
        settings.bones, settings.bone_collection = "COLLECTION", "Upper"
        batch.jobs[0].source = "SCENE"
        bpy.ops.twostep.batch()
        assert [state for _, state in states(batch)] == ["FAILED", "DONE"]
        assert "no bone collection Upper" in batch.results[0].text


class TestActions:
    """All that Twostep made, as it is."""

    @pytest.fixture
    def made(self, context, figure, batch):
        """Two dances of the figure, of which one plays, another's, and what somebody keyed."""
        for seed in (1, 2):
            dance(figure, wild_motion(12 * seed, seed=seed), frame=5)
        second = smpl_armature("Second", seed=4)
        dance(second, wild_motion(8), frame=1)
        bpy.data.actions.new("By hand").use_fake_user = True
        context.view_layer.objects.active = figure
        job = batch.jobs[0]
        job.kind, job.armature = "ACTIONS", figure
        context.scene.frame_set(7)  # what plays shows
        return [action for _, action in batches.made_for([figure])]

    def test_each_is_exported_with_its_own_frames(self, context, figure, batch, made, tmp_path):
        assert len(made) == 2
        before = snapshot()
        assert bpy.ops.twostep.batch() == {"FINISHED"}
        assert snapshot() == before
        folder = tmp_path / "files" / "new"
        expected = {f"{action.name}_Dancer": tuple(action.frame_range) for action in made}
        assert {path.stem for path in folder.glob("*.fbx")} == set(expected)
        bpy.ops.wm.read_homefile(use_empty=True)
        for name, frames in expected.items():
            known = set(bpy.data.actions)
            bpy.ops.import_scene.fbx(filepath=str(folder / f"{name}.fbx"), anim_offset=0.0)
            new = max(set(bpy.data.actions) - known, key=lambda action: len(action.frame_range))
            assert tuple(new.frame_range) == frames

    def test_an_action_that_was_keyed_anew_is_made_anew(self, context, figure, batch, made):
        bpy.ops.twostep.batch()
        bpy.ops.twostep.batch()
        assert {state for _, state in states(batch)} == {"SKIPPED"}
        curve = next(iter(batches.versions.curves(made[0])))
        curve.keyframe_points[3].co.y += 0.25
        curve.update()
        bpy.ops.twostep.batch()
        assert sorted(state for _, state in states(batch)) == ["DONE", "SKIPPED"]

    def test_who_has_none(self, context, batch, made):
        batch.jobs[0].armature = smpl_armature("Third", rename=lambda name: f"third {name}")
        with pytest.raises(RuntimeError, match="has made no actions"):
            bpy.ops.twostep.batch()
