# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is wrong, the user reads one sentence and the file is as it was."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time

import bpy
import numpy as np
import pytest

from twostep.inference.errors import TwostepError
from twostep.operators import session
from twostep.operators.run import Run, plan

from .conftest import add_song
from .figures import smpl_armature
from .snapshots import snapshot
from .sounds import RATE, beat, write_wav


@contextlib.contextmanager
def declined(match: str):
    """The block fails with one sentence that fits `match`, and changes nothing."""
    before = snapshot()
    with pytest.raises((RuntimeError, TwostepError)) as caught:
        yield
    sentence = str(caught.value).removeprefix("Error: ").strip()
    assert re.search(match, sentence), sentence
    assert sentence.endswith(".") and "\n" not in sentence and not sentence[0].islower()
    assert snapshot() == before
    assert not session.state.running
    assert not list(session.Path(bpy.app.tempdir).glob("twostep-dance-*"))


def test_no_armature(context, strip):
    with declined("Select an armature, or press Add Dancer"):
        bpy.ops.twostep.dance()


def test_a_mesh_is_no_armature(context, strip):
    bpy.ops.mesh.primitive_cube_add()
    with declined("Select an armature"):
        bpy.ops.twostep.dance()


def test_not_a_person(context, strip):
    smpl_armature("Snake", skip=("left_knee", "right_knee"))
    with declined("Snake is not a figure .* left knee, right knee"):
        bpy.ops.twostep.dance()


def test_edit_mode(context, figure, strip):
    bpy.ops.object.mode_set(mode="EDIT")
    with declined("in edit mode"):
        bpy.ops.twostep.dance()


@pytest.fixture
def library(tmp_path, figure):
    path = tmp_path / "library.blend"
    bpy.data.libraries.write(str(path), {figure})
    bpy.data.objects.remove(figure)
    with bpy.data.libraries.load(str(path), link=True) as (source, target):
        target.objects = source.objects
    return target.objects[0]


def test_a_linked_armature(context, library, strip):
    context.scene.collection.objects.link(library)
    context.view_layer.objects.active = library
    with declined("linked from another file; make a library override"):
        bpy.ops.twostep.dance()


@pytest.mark.usefixtures("worker")
def test_a_library_override_can_dance(context, library, strip):
    override = library.override_create(remap_local_usages=True)
    context.scene.collection.objects.link(override)
    context.view_layer.objects.active = override
    assert bpy.ops.twostep.dance() == {"FINISHED"}
    assert override.animation_data.action and override.override_library


def test_no_song(context, figure):
    with declined("no song yet; press Open Song"):
        bpy.ops.twostep.dance()


def test_a_strip_that_is_gone(context, figure):
    context.scene.twostep.song = "Old"
    with declined("no sound strip Old"):
        bpy.ops.twostep.dance()


def test_a_file_that_is_gone(context, figure, tmp_path):
    path = write_wav(tmp_path / "Gone.wav", beat(2.0))
    add_song(context, path, 1)
    path.unlink()
    with declined("missing|no file"):
        bpy.ops.twostep.dance()


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("seconds", [6.0, 1.0])
def test_a_silent_song(context, figure, tmp_path, seconds):
    add_song(context, write_wav(tmp_path / "Silence.wav", np.zeros(int(seconds * RATE))), 1)
    with declined("silent"):
        bpy.ops.twostep.dance()


@pytest.mark.usefixtures("worker")
def test_a_song_of_one_second(context, figure, tmp_path):
    """Dances or declines; a second is short but it is music."""
    add_song(context, write_wav(tmp_path / "Short.wav", beat(1.0)), 1)
    before = snapshot()
    try:
        bpy.ops.twostep.dance()
    except RuntimeError as error:
        assert "short" in str(error) and snapshot() == before
    else:
        last = figure.animation_data.action.frame_range[1]
        assert 25 <= last <= 31


@pytest.mark.usefixtures("worker")
def test_a_file_that_becomes_corrupt(context, figure, tmp_path):
    path = write_wav(tmp_path / "Corrupt.wav", beat(3.0))
    add_song(context, path, 1)
    path.write_bytes(b"RIFF" + bytes(range(256)) * 40)
    with declined("Corrupt.wav"):
        bpy.ops.twostep.dance()


def test_opening_what_is_no_song(context, tmp_path):
    with declined("no file"):
        bpy.ops.twostep.open_song(filepath=str(tmp_path / "nothing.wav"))
    text = tmp_path / "notes.txt"
    text.write_text("la la la")
    if bpy.app.version >= (4, 4):  # the 4.2 wheel has no sound at all and cannot tell
        with declined(r"notes\.txt is no sound"):
            bpy.ops.twostep.open_song(filepath=str(text))


@pytest.mark.usefixtures("own_worker")
def test_networks_that_are_missing(context, figure, strip, package):
    card = package / "models" / "weights" / "dance" / "dance.json"
    card.rename(card.with_suffix(".away"))
    try:
        with declined("networks are missing"):
            bpy.ops.twostep.dance()
    finally:
        card.with_suffix(".away").rename(card)


@pytest.mark.usefixtures("own_worker")
@pytest.mark.parametrize("name", ["encoder.onnx", "predictor.onnx", "decoder.onnx"])
def test_networks_that_are_damaged(context, figure, strip, package, name):
    network = package / "models" / "weights" / "dance" / name
    whole = network.read_bytes()
    network.write_bytes(whole[:-7] + b"damaged")
    try:
        with declined(f"{name} is damaged"):
            bpy.ops.twostep.dance()
    finally:
        network.write_bytes(whole)


@pytest.mark.usefixtures("own_worker")
def test_a_worker_that_is_killed(context, figure, strip):
    run = Run(plan(context))
    with declined("stopped unexpectedly .*; try again"):
        try:
            run.start()
            while session.state.fraction == 0:
                run.step()
                time.sleep(0.005)
            os.kill(session.worker()._process.pid, signal.SIGKILL)
            while not run.done:
                run.step()
                time.sleep(0.005)
        finally:
            run.close()
    assert bpy.ops.twostep.dance() == {"FINISHED"}


@pytest.mark.usefixtures("own_worker")
def test_a_worker_that_cannot_start(context, figure, strip, monkeypatch):
    monkeypatch.setattr(session.sys, "executable", "/nowhere/python")
    with declined("worker could not be started"):
        bpy.ops.twostep.dance()


@pytest.mark.usefixtures("own_worker")
def test_no_worker_is_left_behind(context, figure, strip):
    bpy.ops.twostep.dance()
    process = session.worker()._process
    assert process.poll() is None
    session.close()
    assert process.poll() is not None


def test_nothing_to_export(context, figure, tmp_path):
    with declined("no dance to export"):
        bpy.ops.twostep.export_fbx(filepath=str(tmp_path / "a.fbx"))
    context.view_layer.objects.active = None
    with declined("Select the armature"):
        bpy.ops.twostep.export_fbx(filepath=str(tmp_path / "a.fbx"))
    assert not list(tmp_path.iterdir())
