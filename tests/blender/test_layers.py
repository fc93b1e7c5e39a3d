# SPDX-License-Identifier: GPL-3.0-or-later
"""A dance among what is already there: layers, blends, strips; some bones, and switches."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from twostep.inference.errors import TwostepError
from twostep.inference.motion import Motion
from twostep.inference.skeleton import INDEX, JOINTS
from twostep.scene import actions, versions

from .figures import heads, smpl_armature, still_motion, wild_motion
from .keying import dance, hand_keyed, outside, shapes, strings_of
from .snapshots import snapshot

NEAR = 1e-3
ARM = ("left_collar", "left_shoulder", "left_elbow", "left_wrist", "left_hand")


@pytest.fixture
def figure(context):
    context.scene.render.fps = 30
    return smpl_armature()


@pytest.mark.parametrize("kind", ["ALL", "FEW"])
def test_a_layer_replaces_its_range_and_nothing_else(context, figure, kind):
    before = hand_keyed(figure)
    around = outside(30, 59)
    old, motion = shapes(figure, around), wild_motion(30)
    pictured = snapshot()["actions"][before.name]
    written = dance(figure, motion, 30, onto="LAYER", keys=kind)
    assert figure.animation_data.action == written.action != before
    assert before.use_fake_user and snapshot()["actions"][before.name][2] == pictured[2]
    new = shapes(figure, around)
    for channel, values in old.items():
        assert np.allclose(new[channel], values, atol=2e-4), channel
    for frame in (0, 15, 29):
        found = heads(figure, list(JOINTS), 30 + frame)
        assert np.abs(found - motion.positions()[frame]).max() < (NEAR if kind == "ALL" else 0.003)


def test_a_layer_leaves_other_interpolations_as_they_were(context, figure):
    hand_keyed(figure)
    kinds = ["CONSTANT", "LINEAR", "BEZIER", "BOUNCE", "ELASTIC", "SINE"]
    for number, curve in enumerate(versions.playing_curves(figure.animation_data)):
        for point in curve.keyframe_points:
            point.interpolation = kinds[number % len(kinds)]
            point.handle_left_type = point.handle_right_type = ("AUTO", "FREE", "VECTOR")[
                number % 3
            ]
        curve.auto_smoothing = ("NONE", "CONT_ACCEL")[number % 2]
        curve.update()
    around = outside(30, 59)
    # Bounces are kept frame by frame.
    around = [frame for frame in around if frame == int(frame)]
    old = shapes(figure, around)
    dance(figure, wild_motion(30), 30, onto="LAYER")
    for channel, values in old.items():
        assert np.allclose(shapes(figure, around)[channel], values, atol=3e-4), channel


def test_a_layer_on_curves_that_go_round_or_lead_on(context, figure):
    hand_keyed(figure, last=20)
    for number, curve in enumerate(versions.playing_curves(figure.animation_data)):
        if number % 2:
            curve.modifiers.new("CYCLES")
        else:
            curve.extrapolation = "LINEAR"
    context.scene.frame_start, context.scene.frame_end = 1, 150
    around = [frame for frame in outside(30, 59) if 1 <= frame == int(frame)]
    old = shapes(figure, around)
    dance(figure, wild_motion(30), 30, onto="LAYER")
    for channel, values in old.items():
        assert np.allclose(shapes(figure, around)[channel], values, atol=3e-4), channel


def test_a_layer_of_some_bones(context, figure):
    """The arm dances; all else does what it did, and the arm's rest goes on afterwards."""
    hand_keyed(figure)
    arms = figure.data.collections.new("Arm")
    hands = figure.data.collections.new("Hand", parent=arms)
    for name in ARM:
        (hands if name == "left_hand" else arms).assign(figure.data.bones[name])
    every = np.arange(-5, 120)
    old, motion = shapes(figure, every), wild_motion(30)
    dance(figure, motion, 30, onto="LAYER", bones="Arm")
    new = shapes(figure, every)
    for channel, values in old.items():
        if not any(f'"{name}"' in channel[0] for name in ARM):
            assert np.allclose(new[channel], values, atol=1e-6)
    assert {c[0] for c in new} - {c[0] for c in old} == {
        figure.pose.bones[name].path_from_id("rotation_quaternion")
        for name in ARM
        if name != "left_elbow"
    }
    wrist = new[(figure.pose.bones["left_wrist"].path_from_id("rotation_quaternion"), 0)]
    assert wrist[0] == wrist[-1] == pytest.approx(1.0)
    assert min(wrist[36:64]) < 0.99


def test_only_the_selected_bones(context, figure):
    versions_bones = figure.pose.bones if bpy.app.version >= (5, 0, 0) else figure.data.bones
    for bone in versions_bones:
        bone.select = bone.name == "head"
    action = dance(figure, wild_motion(), bones="SELECTED").action
    assert {curve.data_path for curve in versions.curves(action)} == {
        'pose.bones["head"].rotation_quaternion'
    }


@pytest.mark.parametrize("bones", ["SELECTED", "Tail"])
def test_no_bone_that_dances_is_meant(context, figure, bones):
    for bone in figure.pose.bones if bpy.app.version >= (5, 0, 0) else figure.data.bones:
        bone.select = False
    before = snapshot()
    with pytest.raises(TwostepError, match="let all bones dance"):
        dance(figure, wild_motion(), bones=bones)
    assert snapshot() == before


def test_a_layer_on_nothing_is_a_new_action(context, figure):
    motion = wild_motion()
    action = dance(figure, motion, onto="LAYER").action
    assert figure.animation_data.action == action
    assert np.abs(heads(figure, list(JOINTS), 31) - motion.positions()[30]).max() < NEAR


def test_locked_channels_stay_and_are_named(context, figure):
    before = hand_keyed(figure)
    for curve in versions.curves(before):
        curve.lock = '"head"' in curve.data_path
    old = shapes(figure, np.arange(120))
    written = dance(figure, wild_motion(30), 30, onto="LAYER")
    assert len(written.told) == 1 and "Locked channels of head were" in written.told[0]
    for channel, values in shapes(figure, np.arange(120)).items():
        if '"head"' in channel[0]:
            assert values == old[channel]


def test_a_muted_channel_counts_as_none(context, figure):
    for curve in versions.curves(hand_keyed(figure)):
        curve.mute = '"head"' in curve.data_path
    figure.pose.bones["head"].rotation_quaternion = (1, 0, 0, 0)
    dance(figure, wild_motion(30), 30, onto="LAYER")
    path = figure.pose.bones["head"].path_from_id("rotation_quaternion")
    curves = [c for c in versions.playing_curves(figure.animation_data) if c.data_path == path]
    assert not any(curve.mute for curve in curves)
    assert [curve.evaluate(5) for curve in curves] == [1, 0, 0, 0]


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ", "AXIS_ANGLE"])
@pytest.mark.parametrize("onto", ["LAYER", "ACTION"])
def test_blends_come_out_of_what_was_there_and_go_back(context, figure, mode, onto):
    for bone in figure.pose.bones:
        bone.rotation_mode = mode
    before, motion = wild_motion(120, seed=4, strength=0.3), wild_motion(60, strength=0.3)
    dance(figure, before)
    places = {frame: heads(figure, list(JOINTS), frame) for frame in (30, 89)}
    dance(figure, motion, 30, onto=onto, blend_in=10, blend_out=15)
    for frame in (30, 89):
        assert np.abs(heads(figure, list(JOINTS), frame) - places[frame]).max() < NEAR
    for frame in (40, 60, 74):
        true = motion.positions()[frame - 30]
        assert np.abs(heads(figure, list(JOINTS), frame) - true).max() < NEAR
    way = np.array([heads(figure, list(JOINTS), frame) for frame in range(30, 90)])
    steps = np.linalg.norm(np.diff(way, axis=0), axis=-1).max()
    own = [np.linalg.norm(np.diff(m.positions(), axis=0), axis=-1).max() for m in (before, motion)]
    assert steps < sum(own) + 0.2


def test_a_blend_from_a_pose_that_is_not_keyed(context, figure):
    figure.pose.bones["left_shoulder"].rotation_quaternion = (0.8, 0.6, 0, 0)
    figure.pose.bones["left_knee"].location = (0.1, 0, 0)
    context.view_layer.update()
    place = heads(figure, list(JOINTS), 1)
    motion = still_motion(60)
    dance(figure, motion, 1, blend_in=20)
    assert np.abs(heads(figure, list(JOINTS), 1) - place).max() < NEAR
    assert np.abs(heads(figure, list(JOINTS), 40) - motion.positions()[0]).max() < NEAR


def test_a_strip_blends_and_shows_what_is_below(context, figure):
    before, motion = wild_motion(120, seed=4), wild_motion(60)
    dance(figure, before)
    place = heads(figure, list(JOINTS), 100)
    dance(figure, motion, 30, onto="NLA", blend_in=10, blend_out=5)
    strip = figure.animation_data.nla_tracks[-1].strips[0]
    assert (strip.blend_in, strip.blend_out, strip.extrapolation) == (10, 5, "NOTHING")
    assert np.abs(heads(figure, list(JOINTS), 100) - place).max() < NEAR
    assert np.abs(heads(figure, list(JOINTS), 60) - motion.positions()[30]).max() < NEAR


def test_a_strip_that_is_too_short_blends_over_less(context, figure):
    dance(figure, wild_motion(31), onto="NLA", blend_in=40, blend_out=20)
    strip = figure.animation_data.nla_tracks[-1].strips[0]
    assert (strip.blend_in, strip.blend_out) == (20, 10)


@pytest.mark.parametrize("onto", ["ACTION", "LAYER", "NLA"])
def test_switches_are_keyed_without_in_betweens(context, figure, onto):
    hand_keyed(figure)
    hand, foot = figure.pose.bones["left_wrist"], figure.pose.bones["right_ankle"]
    hand["IK"], foot["IK FK"] = 0.5, 3
    held = foot.constraints.new("LIMIT_ROTATION")
    switches = (
        (f'{hand.path_from_id()}["IK"]', 1.0),
        (f'{foot.path_from_id()}["IK FK"]', 0.0),
        (f'{foot.path_from_id()}.constraints["{held.name}"].influence', 0.0),
    )
    dance(figure, wild_motion(30), 30, strings_of(figure, switches=switches), onto=onto)
    context.scene.frame_set(45)
    assert (hand["IK"], foot["IK FK"], held.influence) == (1.0, 0, 0.0)
    if onto == "LAYER":
        for frame in (10, 29, 60, 90):
            context.scene.frame_set(frame)
            assert (hand["IK"], foot["IK FK"], held.influence) == (0.5, 3, 1.0)


def test_switches_of_limbs_that_do_not_dance_are_left_alone(context, figure):
    arm = figure.data.collections.new("Arm")
    for name in ARM:
        arm.assign(figure.data.bones[name])
    for name in ("left_wrist", "right_ankle"):
        figure.pose.bones[name]["IK"] = 0.5
    switches = tuple((f'pose.bones["{name}"]["IK"]', 1.0) for name in ("left_wrist", "right_ankle"))
    strings = strings_of(figure, switches=switches)
    action = dance(figure, wild_motion(), strings=strings, bones="Arm").action
    paths = {curve.data_path for curve in versions.curves(action)}
    assert switches[0][0] in paths and switches[1][0] not in paths


def test_scale_and_location_rest_in_a_layer_and_come_back(context, figure):
    hand_keyed(figure)
    path = figure.pose.bones["spine1"].path_from_id("location")
    old = shapes(figure, [29, 60])[(path, 0)]
    dance(figure, wild_motion(30), 30, onto="LAYER")
    new = shapes(figure, [29, 30, 45, 59, 60])[(path, 0)]
    assert new[1:4] == [0, 0, 0]
    assert [new[0], new[4]] == pytest.approx(old, abs=1e-4)


@pytest.mark.skipif(not versions.SLOTTED, reason="slots came with Blender 4.4")
def test_an_action_that_moves_others_too(context, figure):
    action = hand_keyed(figure)
    other = smpl_armature("Other")
    other.animation_data_create().action = action
    other.animation_data.action_slot = action.slots.new(id_type="OBJECT", name="Other")
    other.pose.bones["head"].keyframe_insert("rotation_quaternion", frame=7)
    assert len(action.slots) == 2
    dance(figure, wild_motion(30), 30, onto="LAYER")
    copy = figure.animation_data.action
    assert figure.animation_data.action_slot.name_display == figure.name
    assert other.animation_data.action == action and len(copy.slots) == 2
    bags = copy.layers[0].strips[0].channelbags
    assert sorted(len(bag.fcurves) for bag in bags)[0] == 4
    other.animation_data.action_slot = None
    motion = wild_motion(30)
    dance(other, motion, 30, onto="LAYER")
    assert other.animation_data.action not in (action, copy)
    assert np.abs(heads(other, list(JOINTS), 45) - motion.positions()[15]).max() < NEAR


@pytest.mark.parametrize("onto", ["ACTION", "LAYER", "NLA"])
def test_a_failure_changes_nothing(context, figure, onto):
    hand_keyed(figure)
    before = snapshot()
    with pytest.raises(TypeError):
        dance(figure, wild_motion(30), 30, recipe={"no JSON": object()}, onto=onto)
    assert snapshot() == before
    strings = strings_of(figure, switches=(('["none"]', 1.0),))
    if onto == "LAYER":
        with pytest.raises(ValueError, match="could not be resolved"):
            dance(figure, wild_motion(30), 30, strings, onto=onto)
        assert snapshot() == before


@pytest.mark.parametrize("there", [False, True])
def test_playing_is_undone_as_a_whole(context, figure, there):
    if there:
        hand_keyed(figure)
    before = snapshot()
    new = bpy.data.actions.new("New")
    versions.new_curves(new, figure)
    for play in (actions.play, actions.play_in_nla):
        with pytest.raises(RuntimeError):
            with actions.restored(figure) as data:
                play(data, new)
                raise RuntimeError
    bpy.data.actions.remove(new)
    assert snapshot() == before


def test_tweak_mode_is_declined(context, figure):
    dance(figure, wild_motion(30), onto="NLA")
    data = figure.animation_data
    data.use_tweak_mode = True
    if not data.use_tweak_mode:
        pytest.skip("this Blender enters tweak mode by an operator only")
    before = snapshot()
    with pytest.raises(TwostepError, match="tweak mode"):
        dance(figure, wild_motion(30), onto="NLA")
    assert snapshot() == before


def test_the_hand_is_where_the_chest_takes_it(context, figure):
    """The upper body dances over legs that walk: each bone turns against the one it hangs on."""
    upper = figure.data.collections.new("Upper")
    names = [joint for joint in JOINTS if not any(p in joint for p in ("pelvis", "hip", "knee", "ankle", "foot"))]  # fmt: skip  # noqa: E501
    for name in names:
        upper.assign(figure.data.bones[name])
    legs, motion = wild_motion(90, seed=8), wild_motion(60)
    dance(figure, legs)
    dance(figure, motion, 11, onto="LAYER", bones="Upper")
    found = heads(figure, list(JOINTS), 41)
    legs_then = legs.positions()[40]
    low = [INDEX[joint] for joint in JOINTS if joint not in names]
    assert np.abs(found[low] - legs_then[low]).max() < NEAR
    mixed = legs.rotations[40:41].copy()
    upper_rows = [INDEX[name] for name in names]
    mixed[:, upper_rows] = motion.rotations[30:31, upper_rows]
    true = Motion(30, legs.root[40:41], mixed, legs.contacts[40:41]).positions()[0]
    assert np.abs(found - true).max() < NEAR


@pytest.mark.parametrize("onto", ["ACTION", "LAYER", "NLA"])
def test_a_library_override_dances_and_still_does_when_it_is_opened_again(
    context, figure, tmp_path, onto
):
    hand_keyed(figure)
    path, name = str(tmp_path / "rig.blend"), figure.name
    bpy.ops.wm.save_as_mainfile(filepath=path, check_existing=False)
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.context.scene.render.fps = 30
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.objects = [name]
    linked = bpy.data.objects[name]
    bpy.context.scene.collection.objects.link(linked)
    with pytest.raises(TwostepError, match="make a library override"):
        dance(linked, wild_motion())
    ob, motion = linked.override_create(remap_local_usages=True), wild_motion()
    assert ob.animation_data.action.library is not None
    action = dance(ob, motion, 11, onto=onto).action
    assert action.library is None
    ours = str(tmp_path / "ours.blend")
    bpy.ops.wm.save_as_mainfile(filepath=ours, check_existing=False)
    bpy.ops.wm.open_mainfile(filepath=ours)
    ob = next(each for each in bpy.data.objects if each.override_library)
    assert np.abs(heads(ob, list(JOINTS), 41) - motion.positions()[30]).max() < NEAR
