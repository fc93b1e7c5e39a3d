# SPDX-License-Identifier: GPL-3.0-or-later
"""Robots and other rigs of hinges dance in Blender, and what they do is read off them again."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from twostep.demo.rigs.g1 import build_g1
from twostep.inference.contacts import stretches
from twostep.inference.motion import forward_kinematics
from twostep.inference.retarget import channels, fit, planted
from twostep.inference.skeleton import INDEX
from twostep.scene import armature, joints, keys, poses, puppets, versions

from ..inference.puppeteer import evaluated
from ..inference.robots import LITTLE, REAL
from ..inference.test_hinges import between, read_back, slant
from ..inference.walking import walk
from .figures import smpl_armature, wild_motion


@pytest.fixture(params=["little", "real"])
def robot(request, context):
    """Our own one, and Unitree's where it is."""
    urdf = LITTLE
    if request.param == "real":
        urdf = request.getfixturevalue("data_folder") / REAL
        if not urdf.is_file():
            pytest.skip("no G1 here")
    context.scene.render.fps = 30
    return build_g1(context, urdf)


def danced(ob, motion):
    """Lets the armature do a motion from frame 1 on: its puppet, and what it was told."""
    strings = puppets.puppet(ob, armature.recognition(ob))
    own = planted(fit(motion, strings.puppet.figure), strings.puppet.figure)
    keys.write_dance(ob, strings, own, keys.Placement(1, 30), "Dance", {})
    return strings.puppet, own


def seen(ob, bones, frames):
    """How bones are turned away from rest, (T, N, 3, 3), and their heads, (T, N, 3)."""
    turned, heads = [], []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        posed = ob.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        rest = [np.array(ob.data.bones[name].matrix_local)[:3, :3] for name in bones]
        matrices = [np.array(posed[name].matrix) for name in bones]
        turned.append([m[:3, :3] @ r.T for m, r in zip(matrices, rest, strict=True)])
        heads.append([m[:3, 3] for m in matrices])
    return np.array(turned), np.array(heads)


def test_it_is_recognised_as_chains_of_hinges(robot):
    found = armature.recognition(robot)
    assert found.family == "unitree_g1"
    assert found.bones["left_hip"] == "left_hip_yaw_joint"
    made = joints.chains(robot, found.bones)
    parts = ("pitch", "roll", "yaw")
    assert made["right_hip"] == tuple(f"right_hip_{part}_joint" for part in parts)
    assert made["left_elbow"] == ("left_elbow_joint", "left_wrist_roll_joint")
    assert made["spine3"] == ("waist_yaw_joint", "waist_roll_joint", "waist_pitch_joint")
    assert "pelvis" not in made
    assert len(puppets.puppet(robot, found).puppet.handles) == len(robot.data.bones) == 30


def test_blender_shows_what_was_reckoned(robot):
    puppet, own = danced(robot, walk(2.0))
    turned, heads = evaluated(puppet, channels(own, puppet))
    bones = [handle.bone for handle in puppet.handles]
    there, at = seen(robot, bones, range(1, 61, 7))
    assert between(there, turned[:, ::7].swapaxes(0, 1)).max() < 0.1
    assert np.abs(at - heads[:, ::7].swapaxes(0, 1)).max() < 1e-4


def test_hinges_are_keyed_about_their_axis(robot):
    danced(robot, walk(1.0))
    curves = {
        (curve.data_path.split('"')[1], curve.array_index): curve
        for curve in versions.playing_curves(robot.animation_data)
        if curve.data_path.endswith("rotation_euler")
    }
    for bone in robot.pose.bones:
        for axis in (0, 2):
            curve = curves.get((bone.name, axis))
            if bone.parent and curve is not None:
                assert max(abs(key.co.y) for key in curve.keyframe_points) < 1e-5, bone.name
    knee = curves["left_knee_joint", 1]
    assert np.ptp([key.co.y for key in knee.keyframe_points]) > 0.2


def test_feet_stand_flat_and_still(robot):
    _, own = danced(robot, walk(4.0))
    for column, side in ((0, "left"), (2, "right")):
        turned, heads = seen(robot, [f"{side}_ankle_roll_joint"], range(1, len(own) + 1))
        runs = [run for run in stretches(own.contacts[:, column] > 0.5) if run[1] - run[0] > 3]
        assert runs
        for start, stop in runs:
            place, turn = heads[start:stop, 0], turned[start:stop, 0]
            assert np.ptp(place[:, :2], axis=0).max() < 0.01
            assert np.abs(place[:, 2] - 0.035).max() < 0.01
            assert slant(turn[:, :, 2], np.tile([0.0, 0, 1], (stop - start, 1))).max() < 2.0


def test_what_it_did_is_read_off_it(robot):
    """Reading Blender's bones tells what numbers tell, and that can be danced again."""
    puppet, own = danced(robot, walk(2.0))
    frames = poses.frames(bpy.context, robot, "ANIMATION")
    reader = poses.Reader(bpy.context.scene, robot, armature.readable_bones(robot), frames)
    while not reader.done:
        reader.read(bpy.context, 1.0)
    found, reckoned = reader.motion(), read_back(puppet, channels(own, puppet))
    assert np.abs(found.root - reckoned.root).max() < 1e-3
    first, second = (forward_kinematics(m.matrices(), m.root) for m in (found, reckoned))
    assert between(first[1], second[1])[:, puppet.figure.present].max() < 0.2
    again = read_back(puppet, channels(fit(found, puppet.figure), puppet))
    third = forward_kinematics(again.matrices(), again.root)
    shown = puppet.figure.present
    assert between(first[1], third[1])[:, shown].mean() < 1.0
    assert np.linalg.norm(first[0] - third[0], axis=-1)[:, shown].mean() < 0.01


def test_locked_axes_of_any_rig(context):
    """A knee that only bends, a neck that a constraint holds: the bones below make up for it."""
    context.scene.render.fps = 30
    ob = smpl_armature()
    ob.pose.bones["neck"].lock_rotation = (True, False, True)
    limit = ob.pose.bones["spine2"].constraints.new("LIMIT_ROTATION")
    limit.owner_space = "LOCAL"
    limit.use_limit_x = limit.use_limit_z = True
    motion = wild_motion(30)
    strings = puppets.puppet(ob, armature.recognition(ob))
    free = {handle.bone: handle.free for handle in strings.puppet.handles}
    assert free["neck"] == free["spine2"] == (False, True, False)
    keys.write_dance(
        ob, strings, fit(motion, strings.puppet.figure), keys.Placement(1, 30), "Dance", {}
    )
    world = forward_kinematics(motion.matrices(), motion.root)[1]
    for frame in (4, 22):
        turned, _ = seen(ob, ["head", "spine3", "left_wrist", "neck"], [frame + 1])
        for place, joint in enumerate(("head", "spine3", "left_wrist")):
            assert between(turned[0, place], world[frame, INDEX[joint]]) < 0.2, joint
        assert between(turned[0, 3], world[frame, INDEX["neck"]]) > 1.0
