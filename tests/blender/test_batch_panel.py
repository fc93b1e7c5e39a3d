# SPDX-License-Identifier: GPL-3.0-or-later
"""The Batch section: from its jobs to files, with the real worker, and the scene as found."""

from __future__ import annotations

import json
import shutil
import time

import bpy
import pytest
from mathutils import Matrix

from twostep.inference.batch import jobfile
from twostep.inference.errors import Cancelled, TwostepError
from twostep.operators import session
from twostep.operators.batch_run import Batch, plan
from twostep.panels import TWOSTEP_PT_batch
from twostep.scene import batches, prints, versions
from twostep.scene.borrowed import borrowed
from twostep.scene.dancer import add_dancer

from .figures import smpl_armature, wild_motion
from .layouts import draw
from .snapshots import snapshot
from .sounds import beat, write_wav
from .test_keys import dance


@pytest.fixture
def other_song(tmp_path):
    return write_wav(tmp_path / "Waltz.wav", beat(6.0, bpm=100.0))


@pytest.fixture
def batch(context, figure, song, tmp_path):
    """A job: the figure, the drum, one style and one seed, as FBX."""
    made = context.scene.twostep.batch
    bpy.ops.twostep.batch_add_job()
    bpy.ops.twostep.batch_add_songs(directory=str(song.parent), files=[{"name": song.name}])
    made.jobs[0].styles = {"salsa"}
    made.folder = str(tmp_path / "files" / "new")
    return made


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
        with pytest.raises(RuntimeError, match="Nothing of what failed"):
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
        from twostep.operators import batch_run

        def full(*_):
            raise OSError(28, "No space left on device")

        batch.jobs[0].seeds = "1, 2"
        export = batch_run.exporters.export
        monkeypatch.setattr(batch_run.exporters, "export", full)
        run = Batch(plan(context))
        run.start()
        try:
            while not batch.results:
                run.step()
                time.sleep(0.01)
            monkeypatch.setattr(batch_run.exporters, "export", export)
            while not run.done:
                run.step()
                time.sleep(0.01)
        finally:
            run.close()
        assert [state for _, state in states(batch)] == ["FAILED", "DONE"]
        assert "disk is full" in batch.results[0].text

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
        batch.jobs[0].armature = smpl_armature("Third", seed=5)
        with pytest.raises(RuntimeError, match="has made no actions"):
            bpy.ops.twostep.batch()


class TestBorrowed:
    def test_what_danced_for_a_moment_is_as_it_was(self, context, figure):
        """Switches that an action keys too, which evaluation leaves on the bones."""
        figure.pose.bones["head"]["switch"] = 0.25
        figure.pose.bones["head"].rotation_mode = "XYZ"
        before = snapshot()
        with borrowed(figure) as data:
            dance(figure, wild_motion(12), frame=5)
            where = versions.playing_curves(data)
            path = 'pose.bones["head"]["switch"]'
            curves = data.action.fcurves if not versions.SLOTTED else versions.slot_curves(
                data.action, data.action_slot).fcurves  # fmt: skip
            curves.new(path).keyframe_points.insert(1, 1.0)
            context.scene.frame_set(9)
            assert figure.pose.bones["head"]["switch"] == 1.0 and where
            assert figure.pose.bones["left_elbow"].matrix_basis != Matrix()
        context.scene.frame_set(1)
        assert figure.pose.bones["head"]["switch"] == 0.25
        assert snapshot() == before


class TestPrints:
    """What is made anew, and what not."""

    @pytest.fixture
    def ob(self, context):
        ob = add_dancer(context, location=(0, 0, 0))
        dance(ob, wild_motion(12), frame=5)
        context.scene.frame_set(6)
        return ob

    def test_it_is_the_same_in_another_frame_and_after_loading(self, context, ob, tmp_path):
        moved = batches.bones_of(ob.animation_data.action)
        first = prints.character(ob, moved, True), prints.action(ob.animation_data.action)
        context.scene.frame_set(11)
        ob.select_set(False)
        assert prints.character(ob, moved, True) == first[0]
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "file.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "file.blend"))
        again = bpy.data.objects["Dancer"]
        action = again.animation_data.action
        assert (prints.character(again, moved, True), prints.action(action)) == first

    @pytest.mark.parametrize(
        "change",
        [
            lambda ob, body: setattr(ob, "location", (1, 0, 0)),
            lambda ob, body: setattr(ob.pose.bones["head"], "lock_rotation", (True,) * 3),
            lambda ob, body: ob.pose.bones["head"].constraints.new("LIMIT_ROTATION"),
            lambda ob, body: setattr(body.data.vertices[7], "co", (1, 2, 3)),
            lambda ob, body: body.vertex_groups[3].add([7], 0.5, "REPLACE"),
            lambda ob, body: body.modifiers.new("Smooth", "SUBSURF"),
            lambda ob, body: setattr(body.modifiers[0], "use_bone_envelopes", True),
            lambda ob, body: body.material_slots[0].material.node_tree.nodes[
                "Principled BSDF"].inputs["Roughness"].__setattr__("default_value", 0.123),
        ],
    )  # fmt: skip
    def test_what_counts(self, context, ob, change):
        body = prints.meshes_of(ob)[0]
        before = prints.character(ob, ob.pose.bones.keys(), True)
        change(ob, body)
        context.view_layer.update()
        assert prints.character(ob, ob.pose.bones.keys(), True) != before

    def test_the_pose_of_bones_that_do_not_dance(self, context, ob):
        others = set(ob.pose.bones.keys()) - {"left_hand"}
        before = prints.character(ob, others, False)
        ob.animation_data_clear()
        ob.pose.bones["left_hand"].rotation_quaternion = (0.8, 0.6, 0, 0)
        context.view_layer.update()
        assert prints.character(ob, others, False) != before


class TestWhatCannotBe:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda b: setattr(b, "folder", ""), "Choose the folder"),
            (lambda b: setattr(b, "folder", "//dances"), "never saved"),
            (lambda b: b.jobs[0].songs.clear(), "Job 1: There are no songs"),
            (lambda b: setattr(b.jobs[0], "styles", set()), "at least one style"),
            (lambda b: setattr(b.jobs[0], "seeds", "4-1"), "“4-1” are no seeds"),
            (lambda b: setattr(b.jobs[0], "seeds", ""), "There are no seeds"),
            (lambda b: setattr(b, "formats", set()), "at least one format"),
            (lambda b: setattr(b, "pattern", "{tune}"), "which is not known"),
            (lambda b: setattr(b, "pattern", "a/{song}"), "without folders"),
            (lambda b: setattr(b.jobs[0], "armature", None), "Choose a character"),
            (lambda b: setattr(b.jobs[0], "source", "COLLECTION"), "Choose a collection"),
            (lambda b: setattr(b.jobs[0], "use", False), "no jobs to export"),
        ],
    )
    def test_it_is_said_and_nothing_begins(self, context, batch, tmp_path, change, said):
        change(batch)
        before = snapshot()
        with pytest.raises(RuntimeError, match=said):
            bpy.ops.twostep.batch()
        assert snapshot() == before and not batch.results
        assert not (tmp_path / "files").exists()

    def test_names_that_clash(self, context, batch):
        batch.pattern, batch.jobs[0].seeds = "{song}_{rig}", "1-2"
        with pytest.raises(RuntimeError, match=r"Two dances.*Drum_Dancer.*\{seed\}"):
            bpy.ops.twostep.batch()

    def test_a_folder_that_is_a_file(self, context, batch, tmp_path):
        (tmp_path / "file").write_text("")
        batch.folder = str(tmp_path / "file")
        with pytest.raises(RuntimeError, match="cannot be made"):
            bpy.ops.twostep.batch()

    def test_what_two_jobs_ask_for_is_made_once(self, context, batch):
        bpy.ops.twostep.batch_add_job()
        assert len(batch.jobs) == 2 and batch.jobs[1].styles == {"salsa"}
        assert [work.name for _, work in batches.works(context.scene)] == ["Drum_salsa_1_Dancer"]


class TestJobs:
    def test_seeds(self):
        assert batches.seeds_of("1-4, 7,2") == (1, 2, 3, 4, 7)
        for wrong in ("a", "1-", "-1", "1.5", "0-99999999"):
            with pytest.raises(TwostepError, match="seeds"):
                batches.seeds_of(wrong)

    def test_a_folder_of_songs(self, context, batch, song, other_song, tmp_path):
        job = batch.jobs[0]
        job.songs.clear()
        (tmp_path / "notes.txt").write_text("no song")
        assert bpy.ops.twostep.batch_add_songs(directory=str(tmp_path)) == {"FINISHED"}
        assert [path.name for path in batches.choice(context.scene, job).songs] == ["Waltz.wav"]
        shutil.copy(song, tmp_path / "Another.wav")
        names = [path.name for path in batches.choice(context.scene, job).songs]
        assert names == ["Another.wav", "Waltz.wav"]
        bpy.ops.twostep.batch_remove_song()
        assert not job.songs and not bpy.ops.twostep.batch_remove_song.poll()

    def test_whom_they_are_about(self, context, figure, batch):
        job, second = batch.jobs[0], smpl_armature("Second", seed=4)
        troupe = bpy.data.collections.new("Troupe")
        context.scene.collection.children.link(troupe)
        troupe.objects.link(second)
        figure.select_set(True)
        second.select_set(False)

        def found():
            return [ob.name for ob in batches.choice(context.scene, job).armatures]

        assert found() == ["Dancer"]
        job.source, job.collection = "COLLECTION", troupe
        assert found() == ["Second"]
        job.source = "SELECTED"
        assert found() == ["Dancer"]
        job.source = "SCENE"
        assert found() == ["Dancer", "Second"]
        figure.select_set(False)
        job.source = "SELECTED"
        with pytest.raises(TwostepError, match="No armature is selected"):
            found()

    def test_saved_as_a_job_file(self, context, figure, batch, song, tmp_path):
        dance(figure, wild_motion(12), frame=5)
        bpy.ops.twostep.batch_add_job()
        batch.jobs[1].kind = "ACTIONS"
        batch.jobs[0].seeds, batch.preset, batch.formats = "1-3", "unity", {"fbx", "glb"}
        settings = context.scene.twostep
        settings.travel, settings.reach, settings.use_loop = "PLACE", 0.25, True
        path = tmp_path / "Show.toml"
        with pytest.raises(RuntimeError, match="Save this file first"):
            bpy.ops.twostep.batch_save(filepath=str(path))
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "Show.blend"))
        assert bpy.ops.twostep.batch_save(filepath=str(path)) == {"FINISHED"}
        read = jobfile.read(path)
        assert read.target == tmp_path / "files" / "new"
        here = [order.unit for order in plan(context).orders]
        assert [work.name for work in read.works] == [unit.name for unit in here]
        for work, unit in zip(read.works, here, strict=True):
            assert work.rig == tmp_path / "Show.blend" and work.armature == "Dancer"
            assert (work.dance, work.landing, work.formats, work.preset, work.action) == (
                unit.dance, unit.landing, unit.formats, unit.preset, unit.action
            )  # fmt: skip


class TestDrawing:
    def test_without_jobs(self, context):
        drawn = draw(TWOSTEP_PT_batch, context)
        assert drawn.operators == ["twostep.batch_add_job"]

    def test_what_comes_of_it(self, context, batch):
        batch.jobs[0].seeds, batch.formats = "1-3", {"fbx", "glb"}
        texts = draw(TWOSTEP_PT_batch, context).texts
        assert "3 dances, 6 files" in texts and "First: Drum_salsa_1_Dancer.fbx" in texts

    def test_what_is_lacking_is_red(self, context, batch):
        batch.jobs[0].seeds = "one"
        drawn = draw(TWOSTEP_PT_batch, context)
        assert "are no seeds" in " ".join(drawn.red)

    def test_results(self, context, batch):
        for name, state in (("a", "DONE"), ("b", "FAILED")):
            row = batch.results.add()
            row.name, row.state, row.text = name, state, f"Text of {name}."
        batch.active_result = 1
        drawn = draw(TWOSTEP_PT_batch, context)
        assert "Results: 1 done, 1 failed" in drawn.texts and "Text of b." in drawn.red
        assert "twostep.batch_retry" in drawn.operators

    def test_every_property_explains_itself(self, context, batch):
        for group in (batch, batch.jobs[0], batch.jobs[0].songs[0], batch.results.add()):
            for prop in group.bl_rna.properties:
                if prop.is_runtime:
                    assert prop.name and prop.description, prop.identifier

    def test_it_is_kept_with_the_file(self, context, batch, tmp_path):
        row = batch.results.add()
        row.name, row.state = "a", "FAILED"
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "kept.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "kept.blend"))
        kept = bpy.context.scene.twostep.batch
        assert states(kept) == [("a", "FAILED")] and kept.jobs[0].armature.name == "Dancer"
