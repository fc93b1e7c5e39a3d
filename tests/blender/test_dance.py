# SPDX-License-Identifier: GPL-3.0-or-later
"""The Dance button from the scene to the keys, with the real worker."""

from __future__ import annotations

import json
import re
import time

import bpy
import numpy as np
import pytest

from twostep.inference.errors import Cancelled, TwostepError
from twostep.operators import session
from twostep.operators.run import Run, options_of, plan
from twostep.scene import keys, versions

from .snapshots import snapshot
from .test_keys import key_times

pytestmark = pytest.mark.usefixtures("worker")


def values(action):
    return {
        (curve.data_path, curve.array_index): np.array(
            [point.co[1] for point in curve.keyframe_points], dtype=np.float32
        )
        for curve in versions.curves(action)
    }


def test_the_button_dances(context, figure, strip):
    scene = context.scene
    scene.twostep.style, scene.twostep.seed = "salsa", 7
    before = (scene.render.fps, scene.frame_start, scene.frame_end, scene.frame_current)
    assert bpy.ops.twostep.dance() == {"FINISHED"}
    action = figure.animation_data.action
    assert action.name == "Drum - salsa"
    times = key_times(action)
    assert times[0] == 11 and 170 <= len(times) <= 181
    assert (scene.render.fps, scene.frame_start, scene.frame_end, scene.frame_current) == before
    recipe = json.loads(action[keys.RECIPE])
    assert recipe["seed"] == 7 and recipe["danced_style"] == "salsa"
    assert recipe["song"].endswith("Drum.wav") and recipe["weights"] and recipe["bpm"] > 0
    assert context.window_manager.twostep_provider == "CPU"
    assert not context.window_manager.twostep_running
    assert not list(session.Path(bpy.app.tempdir).glob("twostep-dance-*"))


def test_a_worker_that_hears_too_late_leaves_nothing(context, figure, strip, monkeypatch):
    """Once it writes it cannot be stopped: it writes after all was tidied up."""
    run = Run(plan(context))
    run.start()
    monkeypatch.setattr(session, "cancel", lambda: None)
    run.close()
    worker, ended = session.worker(), []
    limit = time.monotonic() + 120
    while worker.busy and time.monotonic() < limit:
        ended += [each for each in worker.poll() if each["event"] != "progress"]
        time.sleep(0.01)
    assert [each["event"] for each in ended[-1:]] == ["error"] and not worker.busy
    assert not list(session.Path(bpy.app.tempdir).glob("twostep-dance-*"))
    assert bpy.ops.twostep.dance() == {"FINISHED"}


def test_the_same_seed_dances_the_same_and_another_does_not(context, figure, strip):
    dances = []
    for seed in (1, 1, 2):
        context.scene.twostep.seed = seed
        bpy.ops.twostep.dance()
        dances.append(values(figure.animation_data.action))
    first, again, other = dances
    assert all(np.array_equal(first[path], again[path]) for path in first)
    assert any(not np.allclose(first[path], other[path]) for path in first)


def test_auto_names_the_style_that_was_danced(context, figure, strip):
    bpy.ops.twostep.dance()
    action = figure.animation_data.action
    recipe = json.loads(action[keys.RECIPE])
    assert recipe["style"] == "auto" and recipe["danced_style"] != "auto"
    assert action.name.startswith("Drum - ")


def test_a_range_of_the_song(context, figure, strip):
    scene = context.scene
    scene.frame_start, scene.frame_end = 71, 130
    scene.twostep.length = "RANGE"
    bpy.ops.twostep.dance()
    recipe = json.loads(figure.animation_data.action[keys.RECIPE])
    # A strip that began at 11 is two seconds in; a file without a strip begins with the range.
    assert recipe["start"] == pytest.approx(2.0 if strip else 0.0)
    assert recipe["length"] == pytest.approx(2.0)
    times = key_times(figure.animation_data.action)
    assert (times[0], times[-1]) == (71, 130)


def test_a_dance_on_top_in_the_nla(context, figure, strip):
    bpy.ops.twostep.dance()
    context.scene.twostep.onto = "NLA"
    bpy.ops.twostep.dance()
    assert [track.name for track in figure.animation_data.nla_tracks][-1].endswith(".001")
    assert figure.animation_data.action is None


def test_every_wish_is_remembered(context, figure, strip, capfd):
    settings = context.scene.twostep
    settings.keys, settings.tolerance_mm, settings.tolerance_deg = "FEW", 6.0, 2.0
    settings.travel, settings.reach, settings.use_loop = "PLACE", 0.5, True
    settings.onto, settings.blend_in, settings.blend_out = "NLA", 4, 6
    bpy.ops.twostep.dance()
    action = figure.animation_data.nla_tracks[-1].strips[0].action
    recipe = json.loads(action[keys.RECIPE])
    assert recipe["landing"] == options_of(settings, figure).to_fields()
    assert recipe["loop"] and recipe["landing"]["bones"] == ""
    assert len(key_times(action)) > 2
    told = re.search(
        r"(\d+) keys, no further off than ([\d.]+) mm and ([\d.]+)°", capfd.readouterr().out
    )
    assert int(told[1]) < 24 * 120 and float(told[2]) <= 6.0 and float(told[3]) <= 2.0


def test_what_the_user_chose_is_keyed(context, figure, strip):
    bpy.ops.twostep.edit_bones()
    figure.data.twostep_neck = ""
    bones = figure.data.collections.new("Upper Body")
    for name in ("neck", "head", "left_shoulder"):
        bones.assign(figure.data.bones[name])
    settings = context.scene.twostep
    settings.bones, settings.bone_collection = "COLLECTION", "Upper Body"
    bpy.ops.twostep.dance()
    moved = {path for path, curve in values(figure.animation_data.action).items() if len(curve) > 9}
    assert {path.split('"')[1] for path, _ in moved} == {"head", "left_shoulder"}


def test_from_the_present_pose(context, figure, strip):
    """The dance begins near where the character was put, not at the middle of the stage."""
    figure.pose.bones["pelvis"].matrix.translation = (1.5, -2.0, 0.95)
    pelvis = figure.pose.bones["pelvis"]
    matrix = pelvis.matrix.copy()
    matrix.translation = (1.5, -2.0, 0.95)
    pelvis.matrix = matrix
    context.view_layer.update()
    context.scene.twostep.use_present_pose = True
    bpy.ops.twostep.dance()
    context.scene.frame_set(11)
    head = figure.evaluated_get(context.evaluated_depsgraph_get()).pose.bones["pelvis"].head
    assert np.linalg.norm(np.array(head)[:2] - (1.5, -2.0)) < 0.25


def test_undo_takes_the_whole_dance_back(context, figure, strip):
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.twostep.dance("EXEC_DEFAULT", True)
    assert bpy.data.objects["Dancer"].animation_data.action
    bpy.ops.ed.undo()
    data = bpy.data.objects["Dancer"].animation_data
    assert data is None or data.action is None
    assert not bpy.data.actions


def test_cancel_half_way(context, figure, strip):
    before = snapshot()
    run = Run(plan(context))
    run.start()
    deadline = time.monotonic() + 60
    while session.state.fraction == 0 and time.monotonic() < deadline:
        run.step()
        time.sleep(0.01)
    assert session.state.fraction > 0
    assert bpy.ops.twostep.cancel() == {"FINISHED"}
    with pytest.raises(Cancelled, match="nothing was changed"):
        run.step()
    run.close()
    assert snapshot() == before and not session.state.running
    # The worker is free for the next one, and not confused by the answers to the old one.
    assert bpy.ops.twostep.dance() == {"FINISHED"}


def test_only_one_dance_at_a_time(context, figure, strip):
    run = Run(plan(context))
    run.start()
    try:
        before = snapshot()
        with pytest.raises(RuntimeError, match="A dance is being made"):
            bpy.ops.twostep.dance()
        assert snapshot() == before
    finally:
        run.close()


def test_a_character_that_is_deleted_meanwhile(context, figure, strip):
    run = Run(plan(context))
    run.start()
    while not run.done:
        run.step()
        time.sleep(0.01)
    bpy.data.objects.remove(figure)
    before = snapshot()
    with pytest.raises(Exception, match="was deleted while"):
        run.apply()
    run.close()
    assert snapshot() == before


def test_a_character_that_is_renamed_meanwhile_still_dances(context, figure, strip):
    run = Run(plan(context))
    run.start()
    figure.name = "Somebody"
    while not run.done:
        run.step()
        time.sleep(0.01)
    run.apply()
    run.close()
    assert figure.animation_data.action.name.startswith("Drum")


def test_our_own_dancer_dances(context, strip):
    context.scene.render.fps = 30
    bpy.ops.twostep.add_dancer()
    ob = context.view_layer.objects.active
    assert bpy.ops.twostep.dance() == {"FINISHED"}
    assert ob.animation_data.action


def test_the_dice(context):
    seed = context.scene.twostep.seed
    bpy.ops.twostep.dice()
    assert context.scene.twostep.seed != seed


def select(figure, *names):
    for bone in figure.pose.bones if bpy.app.version >= (5, 0, 0) else figure.data.bones:
        bone.select = bone.name in names


def test_the_bones_that_were_selected_when_it_was_asked_for_dance(context, figure, strip):
    context.scene.twostep.bones = "SELECTED"
    select(figure)
    with pytest.raises(TwostepError, match="None of the selected bones"):
        plan(context)
    select(figure, "head", "left_wrist")
    run = Run(plan(context))
    run.start()
    select(figure, "pelvis")
    while not run.done:
        run.step()
        time.sleep(0.02)
    run.apply()
    run.close()
    keyed = {curve.data_path for curve in versions.curves(figure.animation_data.action)}
    assert keyed == {
        figure.pose.bones[name].path_from_id("rotation_quaternion")
        for name in ("head", "left_wrist")
    }
