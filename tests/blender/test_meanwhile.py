# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user does while something is made: it ends with one sentence, or is made all the same.

Files are loaded, things undone and deleted, other scenes shown, the add-on switched off.
"""

from __future__ import annotations

import contextlib

import bpy
import pytest

import twostep
from twostep.operators import session, trouble, work
from twostep.operators.batch_plan import plan as batch_plan
from twostep.operators.batch_run import Batch
from twostep.operators.run import Run, plan
from twostep.operators.score_run import ScoreRun
from twostep.operators.score_run import plan as score_plan
from twostep.scene import versions

from ..dancers import dancer
from .conftest import add_song
from .driving import Pressed, finished, going, gone, pid, started
from .figures import smpl_armature
from .snapshots import snapshot
from .sounds import beat, write_wav
from .test_bad_input import declined
from .test_keys import dance, key_times

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture(autouse=True)
def _no_trouble():
    yield
    assert not session.state.trouble and not session.state.running
    assert not work._going and not work._ticking


@pytest.fixture
def short(context, figure, tmp_path):
    """A figure, and two seconds of a drum."""
    add_song(context, write_wav(tmp_path / "Short.wav", beat(2.0)), 1)
    return figure


@pytest.fixture
def performer(context, tmp_path):
    context.scene.render.fps = 30
    context.scene.twostep.score.genre = "house"
    ob = smpl_armature("Ann")
    dance(ob, dancer(120.0, seconds=3.0))
    context.scene.frame_set(1)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "Show.blend"))
    return ob


def the_next_one_works():
    """In a file of its own."""
    bpy.ops.twostep.add_dancer()
    assert bpy.ops.twostep.dance() == {"FINISHED"}


@contextlib.contextmanager
def told(match):
    """As `declined`, in a file that may be another one at the end."""
    with pytest.raises(trouble.TwostepError, match=match):
        yield
    assert not list(session.Path(bpy.app.tempdir).glob("twostep-*-*"))


class TestFileLoaded:
    """In a window Blender cancels what goes on; a script may go on with it."""

    def test_in_a_window(self, context, short, tmp_path):
        button = Pressed(Run(plan(context)))
        going(button._work, lambda: session.state.fraction > 0)
        files = list(session.Path(bpy.app.tempdir).glob("twostep-dance-*"))
        assert files

        def blenders_part(*_):
            button.cancel(bpy.context)

        bpy.app.handlers.load_pre.append(blenders_part)
        try:
            bpy.ops.wm.read_homefile(use_empty=True)
        finally:
            with contextlib.suppress(ValueError):
                bpy.app.handlers.load_pre.remove(blenders_part)
        assert not session.state.running and not work._reading and not work._ticking
        assert not any(path.exists() for path in files)
        # In a window the same operator goes on, and tells.
        ((asked, name),) = work._homeless
        work._homeless.clear()
        assert asked is button._work and name == "pressed"
        assert button.ticks() == {"CANCELLED"}
        assert button.reports == [
            ("INFO", "Cancelled, for another file was opened; nothing was changed.")
        ]
        add_song(bpy.context, tmp_path / "Short.wav", 1)
        the_next_one_works()

    def test_that_cannot_be_read(self, context, short, tmp_path):
        (tmp_path / "damaged.blend").write_bytes(b"BLENDER-v999")
        with started(Run(plan(context))) as run:
            with pytest.raises(RuntimeError, match="failed"):
                bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "damaged.blend"))
            assert not work._reading
            assert "action" in finished(run)

    @pytest.mark.parametrize("move", ["dance", "score", "batch"])
    def test_by_a_script(self, context, performer, song, tmp_path, move):
        add_song(context, song, 1)
        asked, said = {
            "dance": (lambda: Run(plan(context)), "character was deleted while it learned"),
            "score": (lambda: ScoreRun(*score_plan(context)), "Ann is gone|was deleted while"),
            "batch": (lambda: _batch(context, song, tmp_path), "scene of the batch was deleted"),
        }[move]
        with told(said), started(asked()) as run:
            bpy.ops.wm.read_homefile(use_empty=True)
            before = snapshot()
            try:
                finished(run)
            finally:
                assert snapshot() == before
        assert not list(tmp_path.glob("*.wav"))


def _batch(context, song, folder):
    bpy.ops.twostep.batch_add_job()
    made = context.scene.twostep.batch
    bpy.ops.twostep.batch_add_songs(directory=str(song.parent), files=[{"name": song.name}])
    made.jobs[0].styles, made.folder = {"salsa"}, str(folder / "files")
    return Batch(batch_plan(context))


class TestUndo:
    def test_what_was_done_before_is_undone(self, context, short):
        bpy.ops.ed.undo_push(message="before")
        short.name = "Renamed"
        bpy.ops.ed.undo_push(message="renamed")
        with started(Run(plan(context))) as run:
            bpy.ops.ed.undo()
            finished(run)
        ob = bpy.data.objects["Dancer"]
        assert len(key_times(ob.animation_data.action)) == 60 and "Renamed" not in bpy.data.objects

    def test_the_character_is_undone(self, context, tmp_path):
        add_song(context, write_wav(tmp_path / "Short.wav", beat(2.0)), 1)
        bpy.ops.ed.undo_push(message="before")
        bpy.ops.twostep.add_dancer()
        bpy.ops.ed.undo_push(message="dancer")
        with told("was deleted while it learned"), started(Run(plan(bpy.context))) as run:
            bpy.ops.ed.undo()
            before = snapshot()
            try:
                finished(run)
            finally:
                assert snapshot() == before and not bpy.data.armatures
        bpy.ops.ed.redo()
        assert bpy.ops.twostep.dance("EXEC_DEFAULT") == {"FINISHED"}

    def test_during_a_batch(self, context, batch, tmp_path):
        batch.jobs[0].seeds = "1, 2"
        bpy.ops.ed.undo_push(message="before")
        context.scene.frame_set(77)
        bpy.ops.ed.undo_push(message="after")
        run = Batch(batch_plan(context))
        with started(run):
            going(run, lambda: run._place == 1)
            bpy.ops.ed.undo()
            assert bpy.context.scene.frame_current != 77
            finished(run)
        assert not bpy.data.actions
        assert len(list((tmp_path / "files" / "new").glob("*.fbx"))) == 2


class TestScenes:
    def test_another_one_is_shown_while_it_dances(self, context, short):
        """Into which frames it fits is asked of its own scene."""
        scene, settings = context.scene, context.scene.twostep
        settings.onto, settings.use_loop, scene.frame_end = "NLA", True, 400
        with started(Run(plan(context))) as run:
            other = bpy.data.scenes.new("Other")
            other.frame_end = 20
            context.window.scene = other
            finished(run)
            assert bpy.context.scene == other
        (track,) = short.animation_data.nla_tracks
        assert track.strips[0].frame_end >= 400

    def test_another_one_is_shown_while_music_is_made(self, context, performer, tmp_path):
        scene = context.scene
        with started(ScoreRun(*score_plan(context))) as run:
            context.window.scene = bpy.data.scenes.new("Other")
            finished(run)
        assert len(list(tmp_path.glob("*.wav"))) == 1
        if bpy.app.build_options.audaspace:
            assert len(list(versions.strips(scene))) == 1

    def test_another_one_is_shown_while_poses_are_read(self, context, performer):
        run = ScoreRun(*score_plan(context))
        run.start()
        scene = context.scene
        context.window.scene = bpy.data.scenes.new("Other")
        with told("Ann is gone or in another scene"):
            finished(run)
        context.window.scene = scene
        assert bpy.ops.twostep.read_rhythm() == {"FINISHED"}

    @pytest.mark.parametrize("move", ["dance", "score", "batch"])
    def test_it_is_deleted(self, context, performer, song, tmp_path, move):
        add_song(context, song, 1)
        asked, said = {
            "dance": (lambda: Run(plan(context)), "The scene was deleted while the dance"),
            "score": (lambda: ScoreRun(*score_plan(context)), "scene was deleted while its music"),
            "batch": (
                lambda: _batch(context, song, tmp_path),
                "The scene of the batch was deleted",
            ),
        }[move]
        with told(said), started(asked()) as run:
            scene, other = context.scene, bpy.data.scenes.new("Other")
            other.collection.objects.link(performer)
            context.window.scene = other
            bpy.data.scenes.remove(scene)
            before = snapshot()
            try:
                finished(run)
            finally:
                assert snapshot() == before
        assert not list(tmp_path.glob("*.wav")) and not list(tmp_path.rglob("*.fbx"))


class TestCharacter:
    def test_deleted_while_its_rhythm_is_read(self, context, performer):
        from twostep.operators import watch
        from twostep.operators.score import RhythmRun

        run = RhythmRun(watch.of_settings(context, context.scene.twostep.score))
        run.start()
        bpy.data.objects.remove(performer)
        with declined("Ann is gone or in another scene"):
            finished(run)

    def test_in_edit_mode_when_its_dance_is_there(self, context, short):
        with declined("in edit mode; leave it"):
            with started(Run(plan(context))) as run:
                going(run)
                bpy.ops.object.mode_set(mode="EDIT")
                try:
                    run.apply()
                finally:
                    bpy.ops.object.mode_set(mode="OBJECT")

    def test_its_bones_are_changed(self, context, short):
        with started(Run(plan(context))) as run:
            going(run)
            short.data.bones["left_elbow"].name = "Something"
            short.data.bones["left_knee"].name = "Else"
            with pytest.raises(trouble.TwostepError, match="no bones|changed meanwhile|not a fig"):
                run.apply()
        assert not bpy.data.actions


class TestSwitchedOff:
    """The add-on is disabled, updated or removed: Blender forgets the operator, untold."""

    @pytest.mark.parametrize("move", ["dance", "score", "batch"])
    def test_while_something_is_made(self, context, performer, song, tmp_path, move):
        add_song(context, song, 1)
        asked = {
            "dance": lambda: Run(plan(context)),
            "score": lambda: ScoreRun(*score_plan(context)),
            "batch": lambda: _batch(context, song, tmp_path),
        }[move]()
        before = snapshot()
        button = Pressed(asked)
        going(button._work, lambda: session.state.fraction > getattr(asked, "READING", 0.0))
        process = pid()
        twostep.unregister()
        try:
            assert gone(process) and not session._workers
            assert not session.state.running and not work._ticking
            assert not list(session.Path(bpy.app.tempdir).glob("twostep-*-*"))
        finally:
            twostep.register()
        assert snapshot() == before and not list(tmp_path.rglob("*.fbx"))
        assert bpy.ops.twostep.dance() == {"FINISHED"}


class TestWindowClosed:
    """The one where it began; Blender takes the operator away with it."""

    def test_it_goes_on_in_another(self, context, short):
        button = Pressed(Run(plan(context)))
        going(button._work, lambda: session.state.fraction > 0)
        button.cancel(context)
        assert session.state.running and not work._ticking and not button.reports
        assert bpy.app.timers.is_registered(work._move)
        # What the timer does, which never fires here: the same operator is called again.
        bpy.app.timers.unregister(work._move)
        for name in ("dance", "quick_start", "score_variation", "batch_retry"):
            # Also where it could not be begun: nothing is there to be varied or to be tried again.
            assert getattr(bpy.ops.twostep, name).poll(), name
        assert [each for each, _ in work._homeless] == [button._work]
        work._homeless.clear()
        assert not bpy.ops.twostep.dance.poll()
        assert button.ticks() == {"FINISHED"}
        assert len(key_times(short.animation_data.action)) == 60

    def test_and_it_is_switched_off_then(self, context, short):
        button = Pressed(Run(plan(context)))
        button.cancel(context)
        twostep.unregister()
        try:
            assert not bpy.app.timers.is_registered(work._move) and not work._homeless
            assert not session.state.running and not session._workers
        finally:
            twostep.register()
