# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is wrong with a dance or a disk, the user reads one sentence and nothing has changed."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import time

import bpy
import pytest

from twostep.operators import score_run, session
from twostep.operators.score_run import ScoreRun, plan
from twostep.scene import takes, versions

from ..dancers import dancer, still_motion
from .figures import smpl_armature
from .test_bad_input import declined as unchanged
from .test_keys import dance


@pytest.fixture
def folder(context, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "Show.blend"))
    context.scene.render.fps = 30
    context.scene.twostep.score.genre = "house"
    return tmp_path


def ann(motion):
    ob = smpl_armature("Ann")
    dance(ob, motion)
    bpy.context.scene.frame_set(1)  # else she takes her first pose while she is looked at
    return ob


@pytest.fixture
def performer(folder):
    return ann(dancer(120.0, seconds=6.0))


@contextlib.contextmanager
def declined(folder, match):
    """One sentence, the scene as before, and no file anywhere."""
    files = sorted(folder.iterdir())
    with unchanged(match):
        yield
    assert sorted(folder.iterdir()) == files
    assert not list(session.Path(bpy.app.tempdir).glob("twostep-score-*"))


MOVES = ["score", "read_rhythm"]


@pytest.mark.parametrize("move", MOVES)
def test_no_armature(folder, move):
    with declined(folder, "Select the armature that dances"):
        getattr(bpy.ops.twostep, move)()


@pytest.mark.parametrize("move", MOVES)
def test_no_action(folder, move):
    smpl_armature("Ann")
    with declined(folder, "Ann has no action and no NLA strips; animate it"):
        getattr(bpy.ops.twostep, move)()


def test_no_nla_strips_and_no_preview_range(context, folder, performer):
    context.scene.twostep.score.range = "NLA"
    with declined(folder, "Ann has no NLA strips"):
        bpy.ops.twostep.score()
    context.scene.twostep.score.range = "PREVIEW"
    with declined(folder, "no preview range"):
        bpy.ops.twostep.score()


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("move", MOVES)
def test_a_still_pose(folder, move):
    ann(still_motion(6.0))
    with declined(folder, "does not move"):
        getattr(bpy.ops.twostep, move)()


@pytest.mark.parametrize("frames", [1, 2, 40])
def test_too_few_frames(folder, frames):
    ann(dancer(120.0, seconds=4.0)[:frames])
    with declined(folder, r"dance of Ann is only [01]\.\d s long .*at least 2 s"):
        bpy.ops.twostep.score()


def test_missing_limbs(folder):
    smpl_armature("Ann", skip=("right_elbow", "right_wrist", "right_hand"))
    bpy.context.scene.twostep.score.range = "SCENE"
    with declined(folder, r"Ann is not a figure .* no bones for right elbow, right wrist;"):
        bpy.ops.twostep.score()


@pytest.mark.parametrize("move", MOVES)
def test_keys_that_are_no_numbers(folder, performer, move):
    for curve in versions.curves(performer.animation_data.action):
        if "head" in curve.data_path:
            curve.keyframe_points[30].co[1] = float("nan")
            curve.update()
    with declined(folder, "bone head of Ann has no proper pose in frame .* repair its keys"):
        getattr(bpy.ops.twostep, move)()


def test_nothing_to_vary(performer):
    with pytest.raises(
        RuntimeError, match="no music for this character to vary yet; press Score first"
    ):
        bpy.ops.twostep.score_variation()


@pytest.mark.skipif(not bpy.app.build_options.audaspace, reason="without sound no strips")
@pytest.mark.usefixtures("worker")
def test_a_recipe_that_somebody_spoiled(context, folder, performer):
    bpy.ops.twostep.score()
    (take,) = takes.of(context.scene, performer)
    take.strip["twostep"] = '{"move": "score", "armature": "Ann", "take": 1}'
    with declined(folder, "does not tell how it was made"):
        bpy.ops.twostep.score_variation()
    take.strip["twostep"] = "{nonsense"
    with pytest.raises(RuntimeError, match="no music for this character to vary"):
        bpy.ops.twostep.score_variation()


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.EACCES, "may not be written"), (errno.EROFS, "may not be written"),
     (errno.ENOSPC, "disk is full")],
)  # fmt: skip
def test_a_folder_that_cannot_be_written(folder, performer, monkeypatch, number, said):
    """Told before anything is read: the tests may run as root, whom no folder is closed to."""

    def refused(*_arguments, **_options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tempfile.TemporaryFile", refused)
    with declined(folder, said):
        bpy.ops.twostep.score()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a full disk is simulated by /dev/full")
@pytest.mark.usefixtures("worker")
def test_a_disk_that_is_full_when_the_music_is_there(folder, performer, monkeypatch):
    def onto_a_full_disk(source, target):
        with open(source, "rb") as file, open("/dev/full", "wb") as full:
            full.write(file.read())

    monkeypatch.setattr("shutil.copyfile", onto_a_full_disk)
    with declined(folder, "The disk is full"):
        bpy.ops.twostep.score()


@pytest.mark.usefixtures("own_worker")
def test_networks_that_are_missing(folder, performer, package):
    card = package / "models" / "weights" / "score" / "score.json"
    card.rename(card.with_suffix(".away"))
    try:
        with declined(folder, "missing|damaged"):
            bpy.ops.twostep.score()
    finally:
        card.with_suffix(".away").rename(card)


@pytest.mark.usefixtures("own_worker")
def test_a_worker_that_is_killed(context, folder, performer):
    run = ScoreRun(*plan(context))
    with declined(folder, "stopped unexpectedly"):
        try:
            run.start()
            while session.state.fraction <= run.READING:
                if not run.step():
                    time.sleep(0.005)
            os.kill(session.worker()._process.pid, signal.SIGKILL)
            while not run.done:
                if not run.step():
                    time.sleep(0.005)
        finally:
            run.close()
    assert bpy.ops.twostep.score() == {"FINISHED"}


@pytest.mark.usefixtures("worker")
def test_a_character_that_is_deleted_meanwhile(context, folder, performer):
    run = ScoreRun(*plan(context))
    run.start()
    while not run.done:
        if not run.step():
            time.sleep(0.005)
    bpy.data.objects.remove(performer)
    with declined(folder, "was deleted while its music was made"):
        try:
            run.apply()
        finally:
            run.close()


def test_an_unknown_genre(context, folder, performer):
    with pytest.raises(TypeError):  # Blender's own answer to what is no item of an enum
        context.scene.twostep.score.genre = "polka"


def test_a_strip_that_fails_takes_its_file_with_it(context, folder, performer, monkeypatch, worker):
    def broken(*_arguments):
        raise ValueError("something nobody foresaw")

    monkeypatch.setattr(score_run.takes, "add", broken)
    files = sorted(folder.iterdir())
    run = ScoreRun(*plan(context))
    run.start()
    while not run.done:
        if not run.step():
            time.sleep(0.005)
    with pytest.raises(ValueError, match="foresaw"):
        run.apply()
    run.close()
    assert sorted(folder.iterdir()) == files
