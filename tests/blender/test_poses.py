# SPDX-License-Identifier: GPL-3.0-or-later
"""What an armature does comes back as the motion that it was made from, whatever it is like."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix

from twostep.inference.errors import TwostepError
from twostep.inference.motion import FPS
from twostep.scene import armature, poses, versions

from .families import apart, carried, mixamo_armature
from .figures import smpl_armature, wild_motion
from .snapshots import snapshot
from .test_keys import dance

#: Degrees, metres.
NEAR = (1.0, 0.01, 0.01)


def read(context, ob, choice="ANIMATION"):
    frames = poses.frames(context, ob, choice)
    reader = poses.Reader(context.scene, ob, armature.readable_bones(ob), frames)
    while not reader.done:
        reader.read(context, 0.05)
    return reader.motion()


def near(found, true):
    return all(a < b for a, b in zip(apart(found, true), NEAR, strict=True))


def grounded(motion):
    """The same at the height of the floor: what is read is put on it when it is far off."""
    lowest = motion.positions()[:, [7, 8, 10, 11], 2] - [0.075, 0.075, 0.02, 0.02]
    root = motion.root - [0, 0, np.quantile(lowest.min(axis=1), 0.05)]
    return type(motion)(motion.fps, root, motion.rotations, motion.contacts)


@pytest.fixture
def motion():
    return grounded(wild_motion(90))


@pytest.mark.parametrize("fps", [(24, 1.001), (24, 1.0), (30, 1.0), (60, 1.0)])
def test_a_dance_on_a_mixamo_rig_comes_back(context, motion, fps):
    context.scene.render.fps, context.scene.render.fps_base = fps
    ob = mixamo_armature()
    dance(ob, motion, frame=7)
    found = read(context, ob)
    rate = fps[0] / fps[1]
    assert found.fps == FPS and abs(len(found) - 90) <= 90 / rate + 1
    assert near(found, motion[: len(found)])
    assert apart(found, motion[: len(found)])[0] < (0.05 if rate == 30 else 1.0)


@pytest.mark.parametrize("case", ["turned", "y-up", "scaled"])
def test_wherever_the_object_stands(context, motion, case):
    context.scene.render.fps = 30
    if case == "y-up":
        turn = Matrix.Rotation(np.pi / 2, 4, "X")
        ob = smpl_armature(rest=Matrix.Scale(100, 4) @ turn.inverted())
        ob.matrix_world = turn @ Matrix.Scale(0.01, 4)
    else:
        ob = mixamo_armature()
        ob.matrix_world = Matrix.Translation((3, -2, 5)) @ Euler((0, 0, 1.1)).to_matrix().to_4x4()
        if case == "scaled":
            ob.matrix_world = ob.matrix_world @ Matrix.Diagonal((2.0, 2.5, 3.0, 1.0))
    context.view_layer.update()
    dance(ob, motion)
    assert near(read(context, ob), motion)


@pytest.mark.parametrize("parented", [False, True])
def test_an_object_that_travels_and_turns_carries_the_motion(context, motion, parented):
    """As exported root motion: the bones dance on the spot, the object walks and turns."""
    context.scene.render.fps = 30
    ob = smpl_armature()
    dance(ob, motion)
    root = carried(ob) if parented else ob
    for frame, x, angle in ((1, 0, 0), (90, 2.0, 1.5)):
        root.location.x, root.rotation_euler.z = x, angle
        for path in ("location", "rotation_euler"):
            root.keyframe_insert(path, frame=frame)
    context.scene.frame_set(90)
    world = np.array(ob.evaluated_get(context.evaluated_depsgraph_get()).matrix_world)
    found = read(context, ob)
    assert apart(found[:1], motion[:1])[2] < 0.01
    expected = motion.positions()[-1] @ world[:3, :3].T + world[:3, 3]
    assert np.abs(found.positions()[-1] - expected).max() < 0.01


def test_constraints_and_drivers_are_seen(context, motion):
    """A rig that follows another one, bone by bone, has no keys of its own."""
    context.scene.render.fps = 30
    leader, ob = smpl_armature("Leader"), smpl_armature("Follower")
    dance(leader, motion)
    for bone in ob.pose.bones:
        copy = bone.constraints.new("COPY_TRANSFORMS")
        copy.target, copy.subtarget = leader, bone.name
    context.scene.frame_end = 90
    with pytest.raises(TwostepError, match="Follower has no action and no NLA strips"):
        read(context, ob)
    assert near(read(context, ob, "SCENE")[:90], motion)


def test_nla_strips_are_seen_and_their_extent(context, motion):
    context.scene.render.fps = 30
    ob = smpl_armature()
    dance(ob, wild_motion(30, seed=4), frame=1)
    dance(ob, motion, frame=101, onto="NLA")
    assert poses.frames(context, ob, "ANIMATION") == (1, 190) == poses.frames(context, ob, "NLA")
    ob.animation_data.nla_tracks[0].mute = True
    assert poses.frames(context, ob, "NLA") == (101, 190)
    assert near(read(context, ob), motion)


@pytest.mark.skipif(not versions.SLOTTED, reason="actions have slots from 4.4 on")
def test_only_the_own_slot_of_a_shared_action_counts(context, motion):
    context.scene.render.fps = 30
    first, second = smpl_armature("First"), smpl_armature("Second")
    action = dance(first, motion)
    slot = action.slots.new(id_type="OBJECT", name="Second")
    curve = action.layers[0].strips[0].channelbag(slot, ensure=True).fcurves.new("location")
    curve.keyframe_points.insert(-50, 0.0)
    curve.keyframe_points.insert(500, 1.0)
    data = second.animation_data_create()
    data.action, data.action_slot = action, slot
    assert poses.frames(context, first, "ANIMATION") == (1, 90)
    assert poses.frames(context, second, "ANIMATION") == (-50, 500)
    assert near(read(context, first), motion)


def test_the_ranges_of_the_scene(context):
    scene, ob = context.scene, smpl_armature()
    dance(ob, wild_motion(90))
    scene.frame_start, scene.frame_end = 11, 30
    assert poses.frames(context, ob, "SCENE") == (11, 30)
    with pytest.raises(TwostepError, match="no preview range"):
        poses.frames(context, ob, "PREVIEW")
    scene.use_preview_range = True
    scene.frame_preview_start, scene.frame_preview_end = 13, 20
    assert poses.frames(context, ob, "PREVIEW") == (13, 20)
    action = ob.animation_data.action
    action.use_frame_range, action.frame_start, action.frame_end = True, 5, 25
    assert poses.frames(context, ob, "ANIMATION") == (5, 25)


def test_reading_leaves_no_trace(context, motion):
    """Not even of a pose that was never keyed, and between the slices neither."""
    scene, ob = context.scene, smpl_armature()
    dance(ob, motion)
    scene.frame_set(17, subframe=0.25)
    ob.pose.bones["head"].rotation_quaternion = (0.5, 0.5, 0.5, 0.5)
    ob.pose.bones["left_knee"].location = (0.1, 0.2, 0.3)
    context.view_layer.update()
    before = snapshot()
    reader = poses.Reader(scene, ob, armature.readable_bones(ob), (1.0, 60.0))
    while not reader.done:
        reader.read(context, 0.0)
        assert (scene.frame_current, scene.frame_subframe) == (17, 0.25)
        if len(reader._seats) in (1, 30):
            assert snapshot() == before
    reader.motion()
    assert snapshot() == before
    assert tuple(ob.pose.bones["head"].rotation_quaternion) == (0.5, 0.5, 0.5, 0.5)


def test_a_linked_armature_is_read(context, motion, tmp_path):
    """It cannot be keyed, but it can be watched."""
    context.scene.render.fps = 30
    ob = smpl_armature()
    dance(ob, motion)
    path = tmp_path / "library.blend"
    bpy.data.libraries.write(str(path), {ob})
    bpy.data.objects.remove(ob)
    with bpy.data.libraries.load(str(path), link=True) as (source, target):
        target.objects = source.objects
    context.scene.collection.objects.link(target.objects[0])
    assert near(read(context, target.objects[0]), motion)


def test_an_armature_that_is_deleted_meanwhile(context, motion):
    ob = smpl_armature()
    dance(ob, motion)
    reader = poses.Reader(context.scene, ob, armature.readable_bones(ob), (1.0, 60.0))
    reader.read(context, 0.0)
    bpy.data.objects.remove(ob)
    with pytest.raises(TwostepError, match="Figure is gone"):
        reader.read(context, 1.0)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda curve: curve.data_path.endswith('head"].rotation_quaternion'), "bone head of"),
        (lambda curve: curve.data_path.endswith("location"), "(bone pelvis|no place)"),
    ],
)
def test_keys_that_are_no_numbers(context, motion, spoil, said):
    ob = smpl_armature()
    for curve in versions.curves(dance(ob, motion)):
        if spoil(curve):
            curve.keyframe_points[30].co[1] = float("nan")
            curve.update()
    before = snapshot()
    with pytest.raises(TwostepError, match=f"{said}.* repair its keys"):
        read(context, ob)
    assert snapshot()["scenes"] == before["scenes"]


def test_what_cannot_be_read_is_said(context):
    ob = smpl_armature()
    with pytest.raises(TwostepError, match="Select the armature"):
        poses.check(None)
    ob.data.pose_position = "REST"
    with pytest.raises(TwostepError, match="rest position"):
        poses.check(ob)
    stump = smpl_armature("Stump", skip=("left_knee", "left_ankle", "left_foot"))
    with pytest.raises(TwostepError, match=r"left knee, left ankle;"):
        armature.readable_bones(stump)


def test_rigifys_metarig_dances_and_is_read(context, rigify, motion):
    context.scene.render.fps = 30
    bpy.ops.object.armature_human_metarig_add()
    ob = context.view_layer.objects.active
    found = armature.recognition(ob)
    assert (found.family, found.lacking) == ("rigify", ())
    dance(ob, motion)
    assert near(read(context, ob), motion)


def test_a_generated_rigify_rig_is_read_by_its_controls(context, rigify, motion):
    """Its own controls move it; what they do is seen on the bones that follow."""
    bpy.ops.object.armature_basic_human_metarig_add()
    bpy.ops.pose.rigify_generate()
    ob = next(ob for ob in bpy.data.objects if ob.name.startswith("rig"))
    assert armature.recognition(ob).family == "rigify_generated"
    context.scene.frame_start, context.scene.frame_end = 1, 48
    still = read(context, ob, "SCENE")
    torso = ob.pose.bones["torso"]
    for frame, x in ((1, 0.0), (48, 0.4)):
        torso.location.x = x
        torso.keyframe_insert("location", frame=frame)
    moved = read(context, ob)
    assert np.abs(np.ptp(still.root, axis=0)).max() < 1e-3
    scale = armature.figure(ob, armature.readable_bones(ob)).scale
    assert np.ptp(moved.root[:, 0]) == pytest.approx(0.4 / scale, abs=0.02)
