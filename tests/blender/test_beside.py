# SPDX-License-Identifier: GPL-3.0-or-later
"""A dance beside what else an armature has: strips, words for numbers, next to no time."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.skeleton import JOINTS
from twostep.inference.travel import track
from twostep.scene import actions, armature, puppets
from twostep.scene.apply import apply_dance
from twostep.scene.keys import Placement

from .figures import heads, smpl_armature, wild_motion
from .keying import dance, hand_keyed, strings_of
from .stringing import above

NEAR = 1e-3


@pytest.fixture
def figure(context):
    context.scene.render.fps = 30
    return smpl_armature()


@pytest.fixture
def growing(figure):
    """An action that lets a bone that dances grow, later on."""
    bone = figure.pose.bones["spine1"]
    for frame, scale in ((1, 1.0), (60, 2.0)):
        bone.scale = (scale,) * 3
        bone.keyframe_insert("scale", frame=frame)
    bone.scale = (1, 1, 1)
    return figure


def dances(ob, motion):
    """Whether the armature does that motion from frame 1 on."""
    far = [
        np.abs(heads(ob, list(JOINTS), frame + 1) - motion.positions()[frame]).max()
        for frame in (0, 30, 58)
    ]
    return max(far) < NEAR


def test_what_is_pushed_down_does_not_show_in_the_strip(context, growing):
    motion = wild_motion(60)
    dance(growing, motion, onto="NLA")
    assert dances(growing, motion)


@pytest.mark.parametrize("onto", ["ACTION", "LAYER", "NLA"])
def test_strips_below_do_not_show(context, growing, onto):
    data = growing.animation_data
    data.nla_tracks.new().strips.new("Below", 1, data.action)
    data.action = None
    motion = wild_motion(60)
    dance(growing, motion, onto=onto)
    assert dances(growing, motion)


def mixed(figure):
    hand_keyed(figure)
    data = figure.animation_data
    data.nla_tracks.new().strips.new("Below", 1, data.action)
    data.action_blend_type, data.action_influence = "ADD", 0.5
    return data


def test_a_new_action_is_not_mixed_with_strips(context, figure):
    mixed(figure)
    motion = wild_motion(60)
    assert not dance(figure, motion).told
    assert dances(figure, motion)


def test_a_layer_of_a_mixed_action_is_mixed_and_said_to_be(context, figure):
    data = mixed(figure)
    told = dance(figure, wild_motion(), onto="LAYER").told
    assert any("mixed" in said and "50%" in said for said in told)
    assert (data.action_blend_type, data.action_influence) == ("ADD", 0.5)


def test_what_fails_is_mixed_as_before(context, figure):
    data, before = mixed(figure), figure.animation_data.action
    with pytest.raises(ZeroDivisionError), actions.restored(figure):
        actions.play(data, before.copy())
        raise ZeroDivisionError
    assert (data.action_blend_type, data.action_influence) == ("ADD", 0.5)


def test_a_track_that_plays_alone_is_named(context, figure):
    mixed(figure).nla_tracks[0].is_solo = True
    assert any("solo" in said for said in dance(figure, wild_motion()).told)


def test_a_layer_keys_switches_that_have_words(context, figure):
    hand_keyed(figure)
    bone = figure.pose.bones["pelvis"]
    bone['"Pa" [rent]'] = 2
    bone.id_properties_ui('"Pa" [rent]').update(
        items=[("P0", "None", "", 0), ("P1", "Root", "", 1), ("P2", "Head", "", 2)]
    )
    switches = ((bone.path_from_id() + '["\\"Pa\\" [rent]"]', 1.0),)
    dance(figure, wild_motion(30), 30, strings_of(figure, switches=switches), onto="LAYER")
    for frame, value in ((20, 2), (45, 1), (70, 2)):
        context.scene.frame_set(frame)
        assert bone['"Pa" [rent]'] == value


def test_switches_that_leap_in_a_blend_are_named(context, figure):
    hand_keyed(figure)
    for name in ("head", "pelvis"):
        figure.pose.bones[name]["follow"] = float(name == "head")
    switches = tuple((f'pose.bones["{name}"]["follow"]', 0.0) for name in ("head", "pelvis"))
    strings = strings_of(figure, switches=switches)
    told = dance(figure, wild_motion(30), 30, strings, blend_in=5).told
    assert [said for said in told if "does not blend: follow (head)." in said]
    assert not dance(figure, wild_motion(30), 30, strings, onto="LAYER").told


def test_posed_bones_that_come_to_rest_are_named(context, figure):
    figure.pose.bones["pelvis"].scale = (0.5,) * 3
    (said,) = dance(figure, wild_motion(30)).told
    assert "at rest: pelvis." in said
    assert not dance(figure, wild_motion(30)).told


def test_a_root_bone_that_may_not_be_keyed_is_named(context, figure):
    above(figure, "root")
    motion = wild_motion(30)
    strings = puppets.puppet(figure, armature.recognition(figure), root=True)
    for chosen, count in (("pelvis", 1), ("root", 0), ("left_elbow", 0)):
        bones = figure.data.collections.new(chosen)
        for name in {chosen, "pelvis"} if chosen != "left_elbow" else {chosen}:
            bones.assign(figure.data.bones[name])
        told = dance(figure, motion, strings=strings, track=track(motion), bones=chosen).told
        assert len(told) == count and all("root is not among" in said for said in told)


def test_an_nla_that_is_off_is_named(context, figure):
    figure.animation_data_create().use_nla = False
    assert "switched off" in dance(figure, wild_motion(30), onto="NLA").told[0]


def test_a_figure_that_does_not_show_or_is_taken_the_wrong_way_round_is_named(context, figure):
    figure.data.pose_position = "REST"
    for bone in figure.data.bones:
        bone.name = f"{bone.name}_"
    for bone in figure.data.bones:
        turned = {"left": "right", "right": "left"}
        side, _, part = bone.name[:-1].partition("_")
        bone.name = f"{turned[side]}_{part}" if side in turned else bone.name[:-1]
    said = apply_dance(figure, wild_motion(30), Placement(1, 30), "Dance", {}).warnings
    assert "rest position" in said[0] and "left and right" in said[1]


@pytest.mark.parametrize("loop", [False, True])
def test_a_dance_of_one_frame_is_one_key(context, figure, loop):
    motion = wild_motion(1)
    dance(figure, motion, keys="FEW", loop=loop)
    found = heads(figure, list(JOINTS), 1)
    assert np.abs(found - motion.positions()[0]).max() < NEAR
