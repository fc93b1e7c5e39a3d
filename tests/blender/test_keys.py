# SPDX-License-Identifier: GPL-3.0-or-later
"""A `Motion` on an armature is the same movement, whatever the armature is like."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix
from scipy.spatial.transform import Rotation

from twostep.inference.errors import TwostepError
from twostep.inference.retarget import fit
from twostep.inference.retarget.options import Options
from twostep.inference.skeleton import INDEX, JOINTS, STANDING_HEIGHT, rest_positions
from twostep.scene import armature, keys, puppets, versions

from .figures import heads, smpl_armature, still_motion, wild_motion
from .snapshots import snapshot

NEAR = 1e-3


def write(ob, motion, frame=1.0, recipe=None, name="Song - salsa", **options):
    """Key a dance that is not planted: all joints are where they are in the motion."""
    placement = keys.Placement(frame, keys.scene_fps(bpy.context.scene))
    strings = puppets.puppet(ob, armature.recognition(ob))
    own = fit(motion, strings.puppet.figure)
    chosen = Options(**options)
    return keys.write_dance(ob, strings, own, placement, name, recipe or {}, chosen)


def dance(*told, **options):
    """The action of a dance."""
    return write(*told, **options).action


def expected(ob, motion):
    world = np.array(ob.matrix_world)
    return motion.positions() @ world[:3, :3].T + world[:3, 3]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_bones_are_where_the_motion_says_with_any_bone_roll(context, seed):
    context.scene.render.fps = 30
    ob, motion = smpl_armature(seed=seed), wild_motion(seed=seed)
    dance(ob, motion, frame=5)
    for frame in (0, 17, 59):
        found = heads(ob, list(JOINTS), 5 + frame)
        assert np.abs(found - expected(ob, motion)[frame]).max() < NEAR


def test_the_armature_may_be_moved_turned_and_scaled(context):
    context.scene.render.fps = 30
    ob, motion = smpl_armature(), wild_motion()
    ob.matrix_world = (
        Matrix.Translation((3, -2, 1)) @ Euler((0.3, 0.2, 1.1)).to_matrix().to_4x4()
        @ Matrix.Scale(2.5, 4)
    )  # fmt: skip
    context.view_layer.update()
    dance(ob, motion)
    assert np.abs(heads(ob, list(JOINTS), 31) - expected(ob, motion)[30]).max() < 2.5 * NEAR


def test_a_rest_pose_that_is_y_up_in_centimetres(context):
    """As armatures come out of FBX: data y-up in centimetres, turned and shrunk by the object."""
    context.scene.render.fps = 30
    turn = Matrix.Rotation(np.pi / 2, 4, "X")
    ob = smpl_armature(rest=Matrix.Scale(100, 4) @ turn.inverted())
    ob.matrix_world = turn @ Matrix.Scale(0.01, 4)
    context.view_layer.update()
    motion = wild_motion()
    dance(ob, motion)
    assert np.abs(heads(ob, list(JOINTS), 31) - motion.positions()[30]).max() < NEAR


def test_an_a_pose_and_longer_legs(context):
    """Limbs point where the motion's point; the travel grows with the legs; the feet stand."""
    context.scene.render.fps = 30
    places = rest_positions().astype(float) * 1.5
    for side, sign in (("left", 1), ("right", -1)):
        shoulder = places[INDEX[f"{side}_shoulder"]].copy()
        lowered = Rotation.from_euler("y", sign * 50, degrees=True)
        for part in ("elbow", "wrist", "hand"):
            row = INDEX[f"{side}_{part}"]
            places[row] = shoulder + lowered.apply(places[row] - shoulder)
    places[:, 2] += 1.5 * STANDING_HEIGHT
    ob, motion = smpl_armature(heads=places), wild_motion()
    dance(ob, motion)
    found = heads(ob, list(JOINTS), 31)
    true = motion.positions()[30] * 1.5
    assert np.abs(found - true).max() < 1.5 * NEAR
    dance(ob, still_motion())
    ankles = heads(ob, ["left_ankle", "right_ankle"], 1)
    assert np.allclose(ankles[:, 2], places[INDEX["left_ankle"], 2], atol=NEAR)


@pytest.mark.parametrize(("fps", "base"), [(24, 1.001), (24, 1.0), (30, 1.0), (60, 1.0), (25, 1.0)])
@pytest.mark.parametrize("start", [1, 12.4, -7.75])
def test_keys_lie_on_whole_frames_at_the_scenes_own_rate(context, fps, base, start):
    render = context.scene.render
    render.fps, render.fps_base = fps, base
    ob, motion = smpl_armature(), wild_motion(90)
    action = dance(ob, motion, frame=start)
    times = key_times(action)
    assert np.array_equal(times, np.arange(np.ceil(start), times[-1] + 1))
    rate = fps / base
    assert 0 <= start + 89 / 30 * rate - times[-1] < 1
    frame = times[len(times) // 2]
    true = motion.sampled(np.array([(frame - start) / rate * 30])).positions()[0]
    assert np.abs(heads(ob, list(JOINTS), frame) - true).max() < NEAR
    assert (render.fps, render.fps_base) == (fps, pytest.approx(base))


def key_times(action):
    curve = next(versions.curves(action))
    values = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
    curve.keyframe_points.foreach_get("co", values)
    return values[::2]


@pytest.mark.parametrize("mode", ["XYZ", "ZXY", "YZX", "AXIS_ANGLE"])
def test_bones_keep_their_rotation_mode(context, mode):
    context.scene.render.fps = 30
    ob, motion = smpl_armature(), wild_motion(strength=0.4)
    for bone in ob.pose.bones:
        bone.rotation_mode = mode
    dance(ob, motion)
    assert {bone.rotation_mode for bone in ob.pose.bones} == {mode}
    for frame in (3, 30):
        found = heads(ob, list(JOINTS), 1 + frame)
        assert np.abs(found - motion.positions()[frame]).max() < NEAR


def test_bones_that_were_posed_scaled_or_missing_do_not_disturb(context):
    context.scene.render.fps = 30
    ob, motion = smpl_armature(skip=("spine2", "left_hand")), wild_motion()
    ob.pose.bones["left_knee"].location = (0.1, 0.2, 0.3)
    ob.pose.bones["spine1"].scale = (1.5, 1.0, 1.0)
    dance(ob, motion)
    names = ["left_knee", "right_foot", "pelvis"]
    found = heads(ob, names, 31)
    true = motion.positions()[30][[INDEX[name] for name in names]]
    assert np.abs(found - true).max() < NEAR


def test_bones_that_do_not_inherit_rotation(context):
    context.scene.render.fps = 30
    ob, motion = smpl_armature(), wild_motion()
    ob.data.bones["head"].use_inherit_rotation = False
    ob.data.bones["left_shoulder"].use_inherit_rotation = False
    dance(ob, motion)
    found = heads(ob, ["left_hand"], 31)
    assert np.abs(found - motion.positions()[30][INDEX["left_hand"]]).max() < NEAR


@pytest.mark.parametrize(
    "rename",
    [
        lambda joint: "m_avg_" + joint.replace("left_", "L_").replace("right_", "R_").title(),
        lambda joint: "Rig:" + joint.title().replace("_", ""),
        lambda joint: ".".join(
            reversed(joint.replace("left", "L").replace("right", "R").split("_"))
        ),
        lambda joint: joint.upper(),
    ],
)
def test_other_spellings_of_the_joints(context, rename):
    found = armature.recognition(smpl_armature(rename=rename)).bones
    assert found == {joint: rename(joint) for joint in JOINTS}


def test_an_armature_that_is_not_a_person(context):
    with pytest.raises(TwostepError, match=r"no bones for left knee;"):
        armature.readable_bones(smpl_armature(skip=("left_knee",)))
    ob = smpl_armature(
        rename=lambda joint: f"bone {JOINTS.index(joint) + 1}",
        heads=np.random.default_rng(0).normal(size=(24, 3)),
    )
    with pytest.raises(TwostepError, match=r"not a figure .* pelvis, left hip, .* and 11 more"):
        armature.readable_bones(ob)


def test_a_person_whose_bones_have_only_numbers_dances_as_well(context):
    context.scene.render.fps = 30
    ob, motion = smpl_armature(rename=lambda joint: f"Bone.{JOINTS.index(joint):03}"), wild_motion()
    dance(ob, motion)
    found = heads(ob, [f"Bone.{i:03}" for i in range(24)], 31)
    assert np.abs(found - motion.positions()[30]).max() < NEAR


def test_bones_that_do_not_hang_together(context):
    ob = smpl_armature()
    bpy.ops.object.mode_set(mode="EDIT")
    ob.data.edit_bones["left_elbow"].parent = ob.data.edit_bones["head"]
    bpy.ops.object.mode_set(mode="OBJECT")
    with pytest.raises(TwostepError, match="left_elbow does not hang on left_shoulder"):
        puppets.puppet(ob, armature.recognition(ob))


def test_the_action_remembers_and_is_grouped_by_bone(context):
    ob = smpl_armature()
    action = dance(ob, wild_motion(), recipe={"seed": 7, "style": "salsa"})
    assert action.name == "Song - salsa"
    assert json.loads(action[keys.RECIPE]) == {"seed": 7, "style": "salsa"}
    assert ob.animation_data.action == action
    groups = {curve.group.name for curve in versions.curves(action)}
    assert groups == set(JOINTS)
    curves = list(versions.curves(action))
    assert len(curves) == 4 * 24 + 3
    assert {point.interpolation for point in curves[0].keyframe_points} == {"LINEAR"}


def test_the_previous_action_is_kept(context):
    ob = smpl_armature()
    first = dance(ob, wild_motion())
    second = dance(ob, wild_motion(seed=3))
    assert ob.animation_data.action == second
    assert first.use_fake_user and first.name != second.name


def test_a_dance_on_the_nla_plays_and_leaves_what_was_there(context):
    context.scene.render.fps = 30
    ob, before, motion = smpl_armature(), wild_motion(30), wild_motion(30, seed=5)
    dance(ob, before, frame=1)
    first = ob.animation_data.action
    dance(ob, motion, frame=101, onto="NLA")
    tracks = ob.animation_data.nla_tracks
    assert tracks[0].strips[0].action == first
    assert len(tracks) == 2 and ob.animation_data.action is None
    for source, frame in ((before, 1), (motion, 101)):
        found = heads(ob, list(JOINTS), frame + 20)
        assert np.abs(found - source.positions()[20]).max() < NEAR
    dance(ob, before, frame=201, onto="NLA")
    assert len(tracks) == 3
    assert np.abs(heads(ob, list(JOINTS), 221) - before.positions()[20]).max() < NEAR


def test_the_present_pose_is_read_as_the_motion_it_came_from(context):
    context.scene.render.fps = 30
    ob, motion = smpl_armature(), wild_motion()
    dance(ob, motion)
    context.scene.frame_set(31)
    found = armature.present_pose(context, ob, armature.recognition(ob).bones)
    assert len(found) == 1
    assert np.abs(found.positions()[0] - motion.positions()[30]).max() < NEAR


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ", "AXIS_ANGLE"])
@pytest.mark.parametrize(("mm", "degrees"), [(2.0, 0.5), (10.0, 2.0)])
def test_few_keys_are_within_both_tolerances_as_blender_plays_them(context, mode, mm, degrees):
    context.scene.render.fps = 30
    ob, motion = smpl_armature(), wild_motion(90, strength=0.4)
    for bone in ob.pose.bones:
        bone.rotation_mode = mode
    dance(ob, motion, frame=4)
    every = {frame: played(ob, frame) for frame in range(4, 94)}
    written = write(ob, motion, frame=4, keys="FEW", tolerance_mm=mm, tolerance_deg=degrees)
    few = {frame: played(ob, frame) for frame in range(4, 94)}
    away = max(np.linalg.norm(every[f][0] - few[f][0], axis=1).max() for f in every) * 1000
    turned = max(
        np.degrees(a.rotation_difference(b).angle)
        for frame in every
        for a, b in zip(every[frame][1], few[frame][1], strict=True)
    )
    assert away <= mm + 0.02 and turned <= degrees + 0.06  # mathutils' angles are single precision
    assert written.error_mm == pytest.approx(away, abs=0.02)
    assert written.error_deg <= degrees
    assert written.keys < 0.6 * 24 * 90


def played(ob, frame):
    """Where the heads of the bones are in a frame, and how each is turned in its own space."""
    places = heads(ob, list(JOINTS), frame)
    evaluated = ob.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return places, [evaluated.pose.bones[name].matrix_basis.to_quaternion() for name in JOINTS]


def test_few_keys_are_smooth_beziers_that_a_bone_shares(context):
    context.scene.render.fps = 30
    ob = smpl_armature()
    written = write(ob, wild_motion(90), keys="FEW", recipe={"seed": 7})
    told = json.loads(written.action[keys.RECIPE])
    assert told["reduced"]["keys"] == written.keys
    assert told["reduced"]["error_mm"] == pytest.approx(written.error_mm, abs=1e-3)
    times = {}
    for curve in versions.curves(written.action):
        points = list(curve.keyframe_points)
        assert {point.interpolation for point in points} == {"BEZIER"}
        frames = [point.co[0] for point in points]
        assert times.setdefault(curve.group.name, frames) == frames == sorted(frames)
        for point, following in pairwise(points):
            gap = following.co[0] - point.co[0]
            assert point.handle_right[0] - point.co[0] == pytest.approx(gap / 3, abs=1e-4)
            assert following.co[0] - following.handle_left[0] == pytest.approx(gap / 3, abs=1e-4)
            if point.handle_left_type == "ALIGNED":
                left, right = point.co - point.handle_left, point.handle_right - point.co
                assert left[1] / left[0] == pytest.approx(right[1] / right[0], abs=1e-3)
    assert sum(len(frames) for frames in times.values()) == written.keys


def test_a_failure_leaves_no_action_behind(context):
    ob = smpl_armature()
    strings = puppets.puppet(ob, armature.recognition(ob))
    bad = replace(strings, switches=(('["none"]', 1.0),), still=("none",))
    before = snapshot()
    with pytest.raises(KeyError):
        keys.write_dance(ob, bad, wild_motion(), keys.Placement(1, 24), "x", {})
    assert snapshot() == before and ob.animation_data is None


def test_legs_are_measured(context):
    ob = smpl_armature(rest=Matrix.Scale(3, 4))
    assert armature.figure(ob, armature.recognition(ob).bones).scale == pytest.approx(3, abs=1e-4)
