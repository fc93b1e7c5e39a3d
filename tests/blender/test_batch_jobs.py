# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of a batch: what they come to, what cannot be, how they are shown and saved."""

from __future__ import annotations

import shutil

import bpy
import pytest

from twostep.inference.batch import jobfile
from twostep.inference.errors import TwostepError
from twostep.operators.batch_plan import plan
from twostep.panels import (
    TWOSTEP_PT_batch,
    TWOSTEP_UL_batch_jobs,
    TWOSTEP_UL_batch_results,
    TWOSTEP_UL_batch_songs,
)
from twostep.scene import batches

from .figures import smpl_armature, wild_motion
from .layouts import Layout, draw
from .snapshots import snapshot
from .test_keys import dance


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

    def test_everything_can_be_set(self, context, batch):
        job = batch.jobs[0]
        shown = set(draw(TWOSTEP_PT_batch, context).properties)
        job.source, job.kind = "COLLECTION", "ACTIONS"
        shown |= set(draw(TWOSTEP_PT_batch, context).properties)
        lists = {"jobs", "active_job", "results", "active_result", "songs", "active_song", "use"}
        for group in (batch, job):
            own = {prop.identifier for prop in group.bl_rna.properties if prop.is_runtime}
            assert own - lists <= shown

    def test_a_row_of_each_list(self, context, batch):
        row = batch.results.add()
        row.name, row.state = "a", "FAILED"
        for cls, item in (
            (TWOSTEP_UL_batch_jobs, batch.jobs[0]),
            (TWOSTEP_UL_batch_songs, batch.jobs[0].songs[0]),
            (TWOSTEP_UL_batch_results, row),
        ):
            layout = Layout()
            cls.draw_item(None, context, layout, batch, item, 0, batch, "")
            drawn = layout.drawn
            expected = {"jobs": "Dancer: Drum.wav", "results": "a"}.get(cls.__name__.split("_")[-1])
            assert expected is None or expected in drawn.texts
        assert drawn.red == ["a"]

    def test_formats_that_this_blender_lacks_are_grey(self, context, batch, monkeypatch):
        lacking = {"usd": "This Blender has no USD."}
        monkeypatch.setattr(batches.exporters, "lacking", lambda form: lacking.get(form, ""))
        batch.formats = {"fbx", "usd"}
        drawn = draw(TWOSTEP_PT_batch, context)
        assert "This Blender has no USD." in drawn.texts and "1 dance, 1 file" in drawn.texts
        assert plan(context).left_out == ("This Blender has no USD.",)
        batch.formats = {"usd"}
        assert "This Blender has no USD." in draw(TWOSTEP_PT_batch, context).red

    def test_it_is_kept_with_the_file(self, context, batch, tmp_path):
        row = batch.results.add()
        row.name, row.state = "a", "FAILED"
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "kept.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "kept.blend"))
        kept = bpy.context.scene.twostep.batch
        assert kept.results["a"].state == "FAILED" and kept.jobs[0].armature.name == "Dancer"
