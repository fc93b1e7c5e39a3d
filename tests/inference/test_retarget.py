# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying a motion to other figures; in Blender, tests/blender/test_keys.py checks the bones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twostep.inference.motion import FPS, Motion, forward_kinematics
from twostep.inference.proportions import OURS
from twostep.inference.retarget import (
    OPTIONAL,
    Role,
    Track,
    channels,
    fit,
    missing,
    plain,
    poses,
    smallest_turn,
    stand_in,
)
from twostep.inference.skeleton import (
    ANKLE_HEIGHT,
    CONTACT_JOINTS,
    INDEX,
    JOINT_COUNT,
    JOINTS,
    STANDING_HEIGHT,
    TOE_HEIGHT,
    rest_positions,
)

from .puppeteer import Y_UP, evaluated, figure, hung, joints

HIPS = [INDEX["left_hip"], INDEX["right_hip"]]
ASKEW = Rotation.from_euler("z", 50, degrees=True).as_matrix()


def motion(frames=20):
    turns = Rotation.from_rotvec(np.random.default_rng(2).normal(0, 0.5, (frames * JOINT_COUNT, 3)))
    rotations = turns.as_quat(scalar_first=True).reshape(frames, JOINT_COUNT, 4)
    root = np.random.default_rng(3).normal((0, 0, 0.9), 0.3, (frames, 3))
    return Motion(FPS, root, rotations, np.zeros((frames, 4)))


def same(first, second):
    """Whether quaternions turn alike; q and -q do."""
    return np.allclose(np.abs((first * second).sum(-1)), 1.0, atol=1e-5)


def long_legs():
    """Thighs half as long again, wide hips, an A-pose, on heels."""
    heads = rest_positions().astype(float)
    for side, sign in (("left", 1), ("right", -1)):
        chain = [INDEX[f"{side}_{part}"] for part in ("hip", "knee", "ankle", "foot")]
        heads[chain] += (0.05 * sign, 0, 0)
        heads[chain[1:]] += (0, 0, -0.2)
        shoulder = heads[INDEX[f"{side}_shoulder"]].copy()
        lowered = Rotation.from_euler("y", sign * 50, degrees=True)
        for part in ("elbow", "wrist", "hand"):
            row = INDEX[f"{side}_{part}"]
            heads[row] = shoulder + lowered.apply(heads[row] - shoulder)
    lowest = heads[INDEX["left_ankle"], 2]
    return heads + (0.3, -0.2, 0.13 - lowest)


def test_our_own_figure_needs_no_change():
    own, wild = figure(), motion()
    made = channels(fit(wild, own), plain(own))
    assert own.scale == pytest.approx(1.0) and np.allclose(own.basis, np.eye(3))
    assert np.allclose(own.alignment, np.eye(3), atol=1e-6)
    assert np.allclose(own.proportions.offsets, OURS.offsets, atol=1e-6)
    assert np.allclose(own.proportions.ankle, ANKLE_HEIGHT, atol=1e-6)
    assert np.allclose(own.proportions.toe, TOE_HEIGHT, atol=1e-6)
    rotations = np.stack([channel.rotation for channel in made], axis=1)
    assert same(rotations, wild.rotations)
    assert np.allclose(made[0].location, wild.root - [0, 0, STANDING_HEIGHT], atol=1e-5)
    assert all(channel.location is None for channel in made[1:])


@pytest.mark.parametrize("turn", [np.eye(3), Y_UP, ASKEW])
def test_joints_are_where_the_motion_says_in_any_axes_and_unit(turn):
    there, wild = figure(turn, scale=100, rolled=True), motion()
    assert np.allclose(there.basis, turn, atol=1e-9)
    assert there.scale == pytest.approx(100)
    found = joints(strings := plain(there), channels(fit(wild, there), strings))
    expected = 100 * wild.positions() @ turn.T
    for row, joint in enumerate(JOINTS):
        assert np.abs(found[joint] - expected[:, row]).max() < 0.01


def test_hips_that_are_twisted_at_rest_do_not_make_the_figure_stand_askew():
    heads = rest_positions().astype(float)
    for joint in HIPS:
        heads[joint] = Rotation.from_euler("z", 25, degrees=True).apply(heads[joint])
    assert np.array_equal(figure(heads=heads).basis, np.eye(3))


def test_limbs_point_as_in_the_motion_and_hips_are_where_they_were():
    there, wild = figure(heads=long_legs(), rolled=True), motion()
    strings = plain(there)
    found = joints(strings, channels(fit(wild, there), strings))
    true = wild.positions()
    for limb, end in (("left_hip", "left_knee"), ("right_elbow", "right_wrist")):
        own = found[end] - found[limb]
        ours = true[:, INDEX[end]] - true[:, INDEX[limb]]
        cosine = (own * ours).sum(-1) / np.linalg.norm(own, axis=-1) / np.linalg.norm(ours, axis=-1)
        assert np.degrees(np.arccos(cosine.clip(-1, 1))).max() < 0.1
    seat = (found["left_hip"] + found["right_hip"]) / 2 - there.ground
    lifted = true[:, HIPS].mean(axis=1) + (0, 0, there.proportions.ankle[0] - ANKLE_HEIGHT)
    assert np.allclose(seat / there.scale, lifted, atol=1e-4)


def test_the_t_pose_stands_with_its_ankles_as_high_as_at_rest():
    there = figure(heads=long_legs())
    still = motion(1)
    rotations = np.zeros_like(still.rotations)
    rotations[..., 0] = 1
    still = replace(still, rotations=rotations, root=np.array([[0, 0, STANDING_HEIGHT]]))
    found = joints(strings := plain(there), channels(fit(still, there), strings))
    assert found["left_ankle"][0, 2] == pytest.approx(0.13, abs=1e-4)


def mmd(there):
    """Upper and lower body hang beside each other on a centre that is not turned."""
    upper, lower = "spine1", "pelvis"
    bones = [("centre", Role.TRAVEL, None, None), ("lower", Role.TURN, lower, "centre"),
             ("upper", Role.TURN, upper, "centre"), ("left_hip", Role.TURN, "left_hip", "lower"),
             ("right_hip", Role.TURN, "right_hip", "lower"),
             ("spine2", Role.TURN, "spine2", "upper")]  # fmt: skip
    return hung(there, bones, centre=(0, 0, 0.6))


def rigify(there):
    """A torso in the middle of the spine: down from there the pelvis, up the chest."""
    bones = [("torso", Role.TRAVEL, "pelvis", None), ("low", Role.TURN, "spine1", "torso"),
             ("hips", Role.TURN, "pelvis", "low"), ("left_hip", Role.TURN, "left_hip", "hips"),
             ("right_hip", Role.TURN, "right_hip", "hips"),
             ("high", Role.TURN, "spine2", "torso")]  # fmt: skip
    return hung(there, bones, torso=(0, 0.02, 1.1), low=(0, 0.02, 1.1))


@pytest.mark.parametrize("make", [mmd, rigify])
def test_bones_may_hang_on_each_other_otherwise(make):
    there, wild = figure(rolled=True), motion()
    strings = make(there)
    made = channels(fit(wild, there), strings)
    turns, heads = evaluated(strings, made)
    world = forward_kinematics(wild.matrices(), wild.root)[1]
    for place, handle in enumerate(strings.handles):
        if handle.joint:
            assert np.allclose(turns[place], world[:, INDEX[handle.joint]], atol=1e-5)
    hips = np.mean([heads[i] for i, h in enumerate(strings.handles) if "_hip" in h.bone], axis=0)
    assert np.allclose(hips, wild.positions()[:, HIPS].mean(axis=1), atol=1e-4)


def test_goals_are_put_where_the_joints_are():
    there, wild = figure(rolled=True), motion()
    bones = [("pelvis", Role.TRAVEL, "pelvis", None), ("heel", Role.GOAL, "left_ankle", None)]
    behind = there.head("left_ankle") + (0, 0.05, -0.03)
    strings = hung(there, bones, heel=behind)
    turns, heads = evaluated(strings, channels(fit(wild, there), strings))
    places, world = forward_kinematics(wild.matrices(), wild.root)
    ankle = INDEX["left_ankle"]
    assert np.allclose(turns[1], world[:, ankle], atol=1e-5)
    expected = places[:, ankle] + world[:, ankle] @ (0, 0.05, -0.03)
    assert np.allclose(heads[1], expected, atol=1e-4)


def test_a_root_goes_along_and_the_figure_stays_where_it_was():
    there, wild = figure(Y_UP, scale=3, rolled=True), motion()
    track = Track(wild.root[:, :2].astype(float), np.linspace(0, 4, len(wild)))
    bones = [("root", Role.ROOT, None, None), ("pelvis", Role.TRAVEL, "pelvis", "root"),
             ("left_hip", Role.TURN, "left_hip", "pelvis"),
             ("goal", Role.GOAL, "right_wrist", "root")]  # fmt: skip
    strings = hung(there, bones, root=(0, 0, 0))
    turns, heads = evaluated(strings, channels(fit(wild, there), strings, track))
    plainly = plain(there)
    found = joints(plainly, channels(fit(wild, there), plainly))
    assert np.allclose(heads[2], found["left_hip"], atol=1e-3)
    assert np.allclose(heads[3], found["right_wrist"], atol=1e-3)
    assert np.allclose(heads[0] @ Y_UP / 3, np.c_[track.places, np.zeros(len(wild))], atol=1e-4)
    assert np.allclose(turns[0] @ Y_UP[:, 2], Y_UP[:, 2])
    assert np.allclose(turns[0][:, :, 0] @ Y_UP[:, 0], np.cos(track.yaw), atol=1e-5)


def read_back(there, wild):
    """What `poses` makes of the figure doing a motion, its bones evaluated."""
    strings = plain(there)
    turns, heads = evaluated(strings, channels(fit(wild, there), strings))
    rotations = np.tile(np.eye(3), (len(wild), JOINT_COUNT, 1, 1))
    seats = np.zeros((len(wild), 3))
    for place, handle in enumerate(strings.handles):
        rotations[:, INDEX[handle.joint]] = turns[place] @ handle.rest
    shown = [handle.joint for handle in strings.handles]
    for hip in ("left_hip", "right_hip"):
        seats += heads[shown.index(stand_in(hip, shown))] / 2
    return poses(rotations, seats, there)


@pytest.mark.parametrize("turn", [np.eye(3), Y_UP, ASKEW])
@pytest.mark.parametrize("frames", [1, 20])
@pytest.mark.parametrize("shape", [None, long_legs()])
def test_poses_come_back_as_the_motion_they_were(turn, frames, shape):
    there, wild = figure(turn, scale=3, rolled=True, heads=shape), motion(frames)
    lift = np.array([0, 0, poses_floor(wild)])
    wild = replace(wild, root=wild.root - lift)
    back = read_back(there, wild)
    assert same(back.rotations, wild.rotations)
    assert np.allclose(back.root, wild.root, atol=1e-4)
    assert (np.sum(back.rotations[1:] * back.rotations[:-1], axis=-1) >= 0).all()


def test_a_motion_over_another_floor_is_put_on_ours():
    """BVH skeletons rest with their hips at the origin and dance a leg's length above it."""
    there, wild = figure(), motion()
    wild = replace(wild, root=wild.root - np.array([0, 0, poses_floor(wild)]))
    high = replace(wild, root=wild.root + np.array([0, 0, 0.9]))
    assert np.allclose(read_back(there, high).root, wild.root, atol=0.02)


def poses_floor(wild):
    """How high a motion's lowest soles are."""
    feet = wild.positions()[:, list(CONTACT_JOINTS), 2] - [ANKLE_HEIGHT, TOE_HEIGHT] * 2
    return np.quantile(feet.min(axis=1), 0.05)


def test_bones_that_are_not_there_pass_their_turn_on_and_are_read_as_half_way():
    wild = motion()
    there = figure(skip=("spine2", "spine3"))
    fitted = fit(wild, there)
    local = wild.matrices()
    together = local[:, INDEX["spine2"]] @ local[:, INDEX["spine3"]] @ local[:, INDEX["neck"]]
    expected = Rotation.from_matrix(together).as_quat(scalar_first=True)
    assert same(fitted.rotations[:, INDEX["neck"]], expected)
    back = read_back(there, wild).rotations
    spine = [back[:, INDEX[f"{part}"]] for part in ("spine2", "spine3", "neck")]
    assert same(spine[0], spine[1]) and same(spine[1], spine[2])


def test_hands_and_feet_without_bones_are_where_they_are_marked():
    """A hand that bends down at rest is straightened, and a long foot stands on its own toes."""
    heads = rest_positions().astype(float) + (0, 0, STANDING_HEIGHT)
    wrist, hand, foot = (INDEX[f"left_{part}"] for part in ("wrist", "hand", "foot"))
    heads[hand] = heads[wrist] + (0.06, 0, -0.06)
    heads[foot] += (0, -0.1, 0)
    ends = ("left_hand", "left_foot")
    bare, whole = figure(skip=ends, heads=heads), figure(heads=heads)
    marked = replace(bare, heads=whole.heads)
    for name in ("alignment", "scale"):
        assert np.allclose(getattr(marked, name), getattr(whole, name))
    assert np.allclose(marked.proportions.offsets, whole.proportions.offsets)
    assert np.allclose(bare.alignment[wrist], np.eye(3))
    assert bare.proportions.offsets[foot] == pytest.approx(OURS.offsets[foot], abs=1e-6)


def test_a_joint_that_may_not_turn_keeps_its_place():
    """Its limb is as long as it was and points where its upper end has it pointed."""
    there, wild = figure(rolled=True, heads=long_legs()), motion()
    stiff = replace(there, present=np.array([joint != "left_elbow" for joint in JOINTS]))
    strings = plain(stiff)
    own = joints(strings, channels(fit(wild, stiff), strings))
    fitted = fit(wild, stiff)
    places = forward_kinematics(fitted.matrices(), fitted.root, stiff.proportions.offsets)[0]
    wrist, knee = INDEX["left_wrist"], INDEX["left_knee"]
    ahead = places - places[:, [INDEX["left_hip"]]]
    for joint in (wrist, knee, INDEX["left_shoulder"]):
        shown = own[JOINTS[joint]] - own["left_hip"]
        assert np.allclose(ahead[:, joint], shown / stiff.scale, atol=1e-4)
    arm = np.linalg.norm(there.heads[wrist] - there.head("left_shoulder"))
    assert np.allclose(np.linalg.norm(own["left_wrist"] - own["left_shoulder"], axis=1), arm)


def test_what_a_person_needs():
    present = np.array([joint not in ("left_knee", "left_hand", "spine2") for joint in JOINTS])
    assert missing(present) == ("left_knee",)


def sided(*parts):
    return tuple(f"{side}_{part}" for side in ("left", "right") for part in parts)


LEGS = sided("hip", "knee", "ankle", "foot")
WHOLE_BUT_HEAD = tuple(joint for joint in JOINTS if joint not in OPTIONAL | {"head"})
ARMS = sided("collar", "shoulder", "elbow", "wrist", "hand")


@pytest.mark.parametrize(
    ("gone", "lacking"),
    [
        (LEGS, ()),
        (ARMS, ()),
        (("pelvis", *LEGS), ()),
        (("pelvis", "spine1", "spine2", *LEGS), ()),
        (("pelvis", *LEGS, *ARMS), ()),
        (sided("hip", "knee", "ankle")[:3], ()),
        (("pelvis",), ("pelvis",)),
        (("left_ankle",), ("left_ankle",)),
        (("pelvis", "spine1", "spine2", "spine3"), ("pelvis", "spine1")),
        (tuple(joint for joint in JOINTS if joint not in ("head", "neck")), WHOLE_BUT_HEAD),
    ],
)
def test_what_a_figure_may_do_without(gone, lacking):
    assert missing(np.array([joint not in gone for joint in JOINTS])) == lacking


@pytest.mark.parametrize("turn", [None, Y_UP])
@pytest.mark.parametrize(
    "gone",
    [LEGS, ARMS, ("pelvis", "spine1", *LEGS), ("pelvis", *LEGS, "neck", "head"),
     ("pelvis", *LEGS, *ARMS), LEGS[:4], ARMS[:5], ("spine1", "spine2", "spine3", *ARMS)],
)  # fmt: skip
def test_a_figure_that_lacks_limbs_dances_with_the_others(gone, turn):
    """What it has points as in the motion, in its own size; without legs it stays in its place."""
    there, wild = figure(turn, scale=3, rolled=True, skip=gone), motion()
    assert there.scale == pytest.approx(3) and np.allclose(there.basis, figure(turn).basis)
    strings = plain(there)
    made = channels(fit(wild, there), strings)
    turned, heads = evaluated(strings, made)
    world = forward_kinematics(wild.matrices(), wild.root)[1]
    for place, handle in enumerate(strings.handles):
        expected = there.basis @ world[:, INDEX[handle.joint]] @ there.basis.T
        assert np.allclose(turned[place], expected, atol=1e-5)
    seat = heads[strings.travel]
    assert np.allclose(seat, there.head(there.base), atol=1e-5) == (not there.legs)
    back = read_back(there, wild)
    again = forward_kinematics(back.matrices(), back.root)[1]
    for handle in strings.handles:
        assert np.allclose(again[:, INDEX[handle.joint]], world[:, INDEX[handle.joint]], atol=1e-4)


def test_the_smallest_turn():
    for start, end in (([1, 0, 0], [0, 2, 0]), ([0, 0, 1], [0, 0, -3]), ([1, 2, 3], [1, 2, 3])):
        turn = smallest_turn(np.array(start, float), np.array(end, float))
        unit = np.array(end) / np.linalg.norm(end)
        assert np.allclose(turn @ start / np.linalg.norm(start), unit)
        assert np.isclose(np.linalg.det(turn), 1.0)


def test_feet_that_hang_at_rest_are_laid_flat():
    heads = rest_positions() + np.array([0, 0, STANDING_HEIGHT])
    for side in ("left", "right"):
        heads[INDEX[f"{side}_foot"]] = heads[INDEX[f"{side}_ankle"]] + (0, 0, -0.14)
    there, wild = figure(heads=heads, rolled=True), motion()
    found = joints(strings := plain(there), channels(fit(wild, there), strings))
    own = found["left_foot"] - found["left_ankle"]
    true = wild.positions()
    ours = true[:, INDEX["left_foot"]] - true[:, INDEX["left_ankle"]]
    cosine = (own * ours).sum(-1) / np.linalg.norm(own, axis=-1) / np.linalg.norm(ours, axis=-1)
    assert cosine.min() > 0.9999
