# SPDX-License-Identifier: GPL-3.0-or-later
"""A dance that closes goes round for ever."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.loop import closed
from twostep.inference.motion import Motion
from twostep.inference.retarget import Track
from twostep.inference.skeleton import JOINTS
from twostep.scene import keys, versions

from .figures import heads, smpl_armature, still_motion, wild_motion
from .keying import dance

NEAR = 1e-3


@pytest.fixture
def figure(context):
    context.scene.render.fps = 30
    return smpl_armature()


def looping(frames=61, seed=3):
    return closed(wild_motion(frames, seed=seed, strength=0.3))


@pytest.mark.parametrize("kind", ["ALL", "FEW"])
@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ", "AXIS_ANGLE"])
@pytest.mark.parametrize("fps", [24, 30])
def test_a_loop_goes_round(context, figure, kind, mode, fps):
    context.scene.render.fps = fps
    for bone in figure.pose.bones:
        bone.rotation_mode = mode
    motion = looping(64)
    action = dance(figure, motion, 3.3, loop=True, keys=kind).action
    period = action.frame_end - action.frame_start
    assert action.use_cyclic and action.use_frame_range
    assert period == round(63 / 30 * fps) and action.frame_start == 4
    for frame in (4, 10, 20.5):
        first = heads(figure, list(JOINTS), frame)
        for rounds in (1, 3, -1):
            again = heads(figure, list(JOINTS), frame + rounds * period)
            assert np.abs(first - again).max() < NEAR
    for curve in versions.curves(action):
        assert curve.modifiers[0].type == "CYCLES"
        first, last = (curve.keyframe_points[place].co[1] for place in (0, -1))
        if mode == "QUATERNION":
            assert abs(first) == pytest.approx(abs(last), abs=1e-5)


def test_few_keys_of_a_loop_are_smooth_across_the_seam(context, figure):
    action = dance(figure, looping(), 1, loop=True, keys="FEW").action
    end = action.frame_end
    for curve in versions.curves(action):
        into = curve.evaluate(end) - curve.evaluate(end - 0.1)
        out = curve.evaluate(end + 0.1) - curve.evaluate(end)
        assert into == pytest.approx(out, abs=2e-3)


def test_a_way_leads_on_in_every_round(context, figure):
    """The hips go a metre forward in every round."""
    motion = still_motion(31)
    ahead = np.zeros((31, 3), np.float32)
    ahead[:, 1] = -np.linspace(0, 1, 31)
    action = dance(
        figure, Motion(30, motion.root + ahead, motion.rotations, motion.contacts), loop=True
    ).action
    assert action.frame_end == 31
    there = heads(figure, ["pelvis", "head"], 16)
    assert np.allclose(heads(figure, ["pelvis", "head"], 76) - there, [0, -2, 0], atol=NEAR)


def test_a_track_is_sampled_round_after_round(context):
    motion = still_motion(31)
    track = Track(np.column_stack([np.linspace(0, 3, 31), np.zeros(31)]), np.linspace(0, 0.3, 31))
    frames, _, way = keys.whole_frames(motion, keys.Placement(1.5, 24), track, loop=True)
    assert len(frames) == 25 and frames[0] == 2
    assert np.allclose(np.diff(way.places[:, 0]), 3 / 24)
    assert np.allclose(np.diff(way.yaw), 0.3 / 24)


def test_what_does_not_go_with_a_loop_is_said(context, figure):
    dance(figure, looping())
    assert "does not repeat" in dance(figure, looping(), loop=True, onto="LAYER").told[0]
    assert "does not blend" in dance(figure, looping(), loop=True, blend_in=5).told[0]
    assert not dance(figure, looping(), loop=True, onto="NLA", blend_in=5).told


@pytest.mark.parametrize("blend", [0, 10])
def test_a_loop_as_a_strip_goes_round_as_long_as_the_scene(context, figure, blend):
    context.scene.frame_end = 161
    dance(figure, looping(), 11, loop=True, onto="NLA", blend_in=blend, blend_out=blend)
    strip = figure.animation_data.nla_tracks[-1].strips[0]
    assert (strip.frame_start, strip.frame_end, strip.repeat) == (11, 161, 2.5)
    first = heads(figure, list(JOINTS), 31)
    for frame in (91, 151):
        assert np.abs(heads(figure, list(JOINTS), frame) - first).max() < NEAR


def test_a_loop_as_a_strip_goes_round_once_at_least(context, figure):
    context.scene.frame_end = 20
    dance(figure, looping(), 11, loop=True, onto="NLA")
    strip = figure.animation_data.nla_tracks[-1].strips[0]
    assert (strip.frame_start, strip.frame_end, strip.repeat) == (11, 71, 1)


def test_a_layer_that_ends_a_loop_says_so(context, figure):
    dance(figure, looping(), loop=True)
    (said,) = dance(figure, wild_motion(20), 20, onto="LAYER").told
    assert "repeated itself" in said
    assert not dance(figure, wild_motion(20), 20, onto="LAYER").told
