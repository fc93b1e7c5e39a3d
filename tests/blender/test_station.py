# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender that works through units of a batch, by itself and as a process."""

from __future__ import annotations

import time

import bpy
import numpy as np
import pytest

from twostep.inference.batch import store
from twostep.inference.batch.work import Work
from twostep.inference.client import Worker, command
from twostep.inference.errors import Cancelled, TwostepError
from twostep.inference.motion import Motion
from twostep.scene import station, versions

from .families import mixamo_armature
from .landing import land, supple_motion
from .test_exporters import imported, places

LIMIT = 240.0


@pytest.fixture
def unit(tmp_path, song):
    """Makes units whose dance has been sampled."""

    def made(name="dance", **fields):
        values = {"kind": "dance", "name": name, "out": str(tmp_path / "out"), **fields}
        if values["kind"] == "dance":
            values["dance"] = {"song": str(song), "seed": 3}
        work = Work.from_fields(values)
        if "sample" in work.stages and store.sampled(work) is None:
            store.cache(work)
            supple_motion(40).save(store.place(work))
            store.keep(store.place(work), ("It was loud.",), {"bpm": 120.0, "style": "pop"})
        return work

    return made


@pytest.fixture
def rig(context, tmp_path):
    """A rig file with an action, at 24 fps."""
    context.scene.render.fps = 24
    ob = mixamo_armature("Hero")
    land(ob, supple_motion(40))
    context.scene.render.fps = 24
    ob.animation_data.action.name = "Wave"
    path = tmp_path / "hero.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def perform(work, stopped=lambda: False):
    shares = []
    report, desk = station.perform(work, lambda share, _stage: shares.append(share), stopped)
    assert shares == sorted(shares)
    return report, desk


def test_a_dance_becomes_files(context, unit):
    forms = ["fbx", "glb", "bvh", "usd", "abc", "npz"]
    work = unit(formats=forms)
    report, desk = perform(work)
    assert sorted(report.files) == sorted(f"dance.{form}" for form in forms)
    assert store.finished(work) == report
    assert "It was loud." in report.warnings
    assert report.versions["blender"] == bpy.app.version_string
    assert {"open", "apply", "bake", "fbx"} <= set(desk.seconds)
    again = imported(work.out / "dance.fbx")
    assert tuple(again.animation_data.action.frame_range) == (1, 40)
    assert bpy.context.scene.render.fps == 30


@pytest.mark.parametrize(("fps", "frames"), [(24, 32), (60, 79), (None, 32)])
def test_the_frame_rate(context, unit, rig, fps, frames):
    """As asked, else the rig file's; the dance lasts as long."""
    work = unit(rig=str(rig), fps=fps)
    perform(work)
    again = imported(work.out / "dance.fbx")
    assert tuple(again.animation_data.action.frame_range) == (1, frames)
    assert bpy.context.scene.render.fps == (fps or 24)


def test_the_rigs_own_tracks_do_not_play(context, unit, rig):
    """Only the dance is exported, and the NLA of the file is as it was."""
    perform(unit("plain", rig=str(rig)))
    bpy.ops.wm.open_mainfile(filepath=str(rig))
    data = bpy.data.objects["Hero"].animation_data
    track = data.nla_tracks.new()
    versions.nla_strip(track, data.action).blend_type = "COMBINE"
    data.action = None
    bpy.ops.wm.save_as_mainfile(filepath=str(rig))
    perform(unit("tracks", rig=str(rig)))
    out = unit().out
    names = ["mixamorig:Hips", "mixamorig:LeftHand", "mixamorig:Head"]
    plain = places(imported(out / "plain.fbx"), names, (1, 32))
    tracks = places(imported(out / "tracks.fbx"), names, (1, 32))
    assert np.abs(plain - tracks).max() < 1e-5


def test_an_action_is_exported_as_it_is(context, unit, rig):
    bpy.ops.wm.open_mainfile(filepath=str(rig))
    ob = bpy.data.objects["Hero"]
    names = [bone.name for bone in ob.pose.bones]
    true = places(ob, names)
    for name, action in (("playing", ""), ("named", "Wave")):
        work = unit(name, kind="export", rig=str(rig), action=action, formats=["fbx", "npz"])
        perform(work)
        again = imported(work.out / f"{name}.fbx")
        assert np.abs(places(again, names) - true).max() < 1e-4
        assert bpy.context.scene.render.fps == 24
        seconds = Motion.load(work.out / f"{name}.npz").seconds
        assert seconds == pytest.approx(39 / 24, abs=1 / 30 + 1e-6)
    with pytest.raises(TwostepError, match="has no action Swim; it has Wave"):
        perform(unit("swim", kind="export", rig=str(rig), action="Swim"))


def test_another_frame_rate_plays_no_faster(context, unit, rig):
    bpy.ops.wm.open_mainfile(filepath=str(rig))
    ob = bpy.data.objects["Hero"]
    names = ["mixamorig:Hips", "mixamorig:RightHand"]
    true = places(ob, names, (1, 40))
    work = unit("fast", kind="export", rig=str(rig), fps=48)
    perform(work)
    again = imported(work.out / "fast.fbx")
    assert tuple(again.animation_data.action.frame_range) == (2, 80)
    assert np.abs(places(again, names, (2, 80))[::2] - true).max() < 1e-4
    assert bpy.context.scene.render.fps == 48


def test_a_rigs_action_is_read_to_be_scored(context, unit, rig):
    work = unit("music", kind="score", rig=str(rig), score={})
    path, _ = station.read(work, lambda _share, _stage: None, lambda: False)
    assert path == store.motion_place(work)
    motion = Motion.load(path)
    assert motion.seconds == pytest.approx(39 / 24, abs=1 / 30 + 1e-6)


def test_failing_leaves_nothing(context, unit, tmp_path):
    for rig in ("none.blend", "noise.fbx"):
        (tmp_path / "noise.fbx").write_bytes(b"noise")
        with pytest.raises(TwostepError):
            perform(unit("broken", rig=str(tmp_path / rig)))
    with pytest.raises(Cancelled):
        asked = iter([False, False, True, True])
        perform(unit("stopped", formats=["fbx", "glb"]), lambda: next(asked))
    left = [path.name for path in unit().out.iterdir() if path.name != ".twostep"]
    assert left == []


def test_what_was_not_sampled(context, unit):
    work = unit()
    store.place(work).unlink()
    with pytest.raises(TwostepError, match="has not been sampled"):
        perform(work)


def worked(works, **environment):
    """What a station says of units, until each is over."""
    process = Worker(instead=command("scene.station"), environment=environment)
    told = []
    try:
        for number, work in enumerate(works):
            process.submit({"id": number, "type": "apply", "work": work.to_fields()})
        limit = time.monotonic() + LIMIT
        while process.busy and time.monotonic() < limit:
            told += process.poll()
            time.sleep(0.05)
        assert not process.busy, told
    finally:
        began = time.monotonic()
        process.close()
        left = time.monotonic() - began
    return [each for each in told if each["event"] in ("result", "error")], left


def test_as_a_process(context, unit, tmp_path):
    """Errors leave it alive; no growth to speak of; it goes when told to."""
    works = [unit("first"), unit("broken", rig=str(tmp_path / "none.blend"))]
    works += [unit(f"unit{number}") for number in range(8)]
    told, _ = worked(works)
    assert [each["event"] for each in told] == ["result", "error"] + ["result"] * 8
    assert "There is no file" in told[1]["message"] and told[1]["foreseen"]
    assert told[0]["files"] == ["first.fbx"]
    memory = [each["memory"] for each in told if each["event"] == "result"]
    assert memory[-1] - memory[2] < 24 << 20


def test_the_same_byte_for_byte(context, unit, tmp_path, rig):
    """Another process, in which Python's hashes are others, at another time of day.

    Alembic is left out: it holds the time at which it was written.
    """
    forms = ["fbx", "glb", "bvh", "usd"]
    made = []
    for seed in ("1", "2"):
        works = [unit("dance", formats=forms), unit("hero", rig=str(rig), preset="unreal")]
        told, _ = worked(works, PYTHONHASHSEED=seed)
        assert [each["event"] for each in told] == ["result"] * 2
        files = [works[0].out / name for each in told for name in each["files"]]
        made.append({path.name: path.read_bytes() for path in files})
        for path in files:
            path.unlink()
    differ = [name for name, content in made[0].items() if made[1][name] != content]
    assert len(made[0]) == 5 and differ == []
