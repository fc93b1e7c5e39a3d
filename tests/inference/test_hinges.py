# SPDX-License-Identifier: GPL-3.0-or-later
"""Bones that may not turn about all their axes; how robots dance in Blender: tests/blender."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from twostep.inference.motion import FPS, Motion, forward_kinematics
from twostep.inference.pose_features import continuous
from twostep.inference.retarget import Handle, Puppet, Role, channels, fit, plain, poses
from twostep.inference.retarget.davenport import angles
from twostep.inference.retarget.hinges import meeting
from twostep.inference.retarget.plant import planted
from twostep.inference.retarget.posed import posed
from twostep.inference.retarget.turns import about, matrices, product, quaternion, still
from twostep.inference.skeleton import INDEX, JOINT_COUNT, JOINTS, STANDING_HEIGHT

from .puppeteer import evaluated, figure
from .robots import LITTLE, REAL, chain, robot
from .walking import walk

X, Y, Z = np.eye(3)


def wild(frames=300, strength=0.5, seed=1, only=JOINTS):
    """Joints turning smoothly about changing axes."""
    random = np.random.default_rng(seed)
    vectors = gaussian_filter1d(random.normal(size=(frames, JOINT_COUNT, 3)), 8, axis=0)
    vectors *= strength / vectors.std()
    vectors[:, [joint not in only for joint in JOINTS]] = 0
    turned = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_quat(scalar_first=True)
    root = np.tile([0, 0, STANDING_HEIGHT], (frames, 1))
    quaternions = continuous(turned.reshape(frames, JOINT_COUNT, 4))
    return Motion(FPS, root, quaternions, np.zeros((frames, 4)))


def between(first, second):
    """Angles between rotations (..., 3, 3), degrees."""
    turn = (first.swapaxes(-1, -2) @ second).reshape(-1, 3, 3)
    return np.degrees(Rotation.from_matrix(turn).magnitude()).reshape(first.shape[:-2])


def slant(first, second):
    """Angles between directions (T, 3), degrees."""
    sine = np.linalg.norm(np.cross(first, second), axis=-1)
    return np.degrees(np.arctan2(sine, (first * second).sum(-1)))


def wanted(fitted, puppet):
    """What each joint should turn away from rest, (T, 24, 3, 3), and be, (T, 24, 3)."""
    pose = posed(fitted, puppet.figure)
    return matrices(pose.turns).transpose(3, 2, 0, 1), pose.places.transpose(2, 1, 0)


def read_back(puppet, made, fps=FPS):
    """The motion that is read off the bones, as scene/armature.py does it."""
    turned, heads = evaluated(puppet, made)
    shape, seats = puppet.figure, 0.0
    rotations = np.tile(np.eye(3), (turned.shape[1], JOINT_COUNT, 1, 1))
    for joint in JOINTS:
        links = chain(puppet, joint)
        if links:
            rotations[:, INDEX[joint]] = turned[links[-1]] @ puppet.handles[links[-1]].rest
        if joint.endswith("hip"):
            above = puppet.handles[links[0]].carrier
            away = shape.head(joint) - puppet.handles[above].head
            seats = seats + (heads[above] + turned[above] @ away) / 2
    return poses(rotations, seats, shape, fps)


def quickest(fitted, puppet):
    """Seconds of the processor for the channels, however busy the machine is."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        channels(fitted, puppet)
        taken.append(time.process_time() - began)
    return min(taken)


# Angles about given axes


def composed(found, axes):
    turn = still(found.shape[-1])
    for axis, values in zip(axes, found, strict=True):
        turn = product(turn, about(axis, values))
    return turn


def same(first, second):
    return np.abs((first * second).sum(0)).min() > 1 - 1e-9


@pytest.mark.parametrize(
    "axes",
    [
        (Y, X, Z),
        (Z, X, Y),
        (X, Y, X),
        (Rotation.from_euler("x", 16, degrees=True).apply(Y), X, Z),
        (-Y, X, -Z),
    ],
)
def test_three_axes_make_any_turn(axes):
    turn = quaternion(Rotation.random(200, random_state=2).as_matrix())
    assert same(composed(angles(turn, np.array(axes)), axes), turn)


def test_angles_go_on_from_frame_to_frame():
    """Through a locked gimbal, and round and round: no angle jumps."""
    t = np.linspace(0, 1, 400)
    swung = Rotation.from_euler("yxz", np.column_stack([0.3 + 0 * t, 3 * t, 0.2 * t]))
    found = angles(quaternion(swung.as_matrix()), np.array([Y, X, Z]))
    assert np.abs(np.diff(found)).max() < 0.05
    spun = quaternion(Rotation.from_euler("z", 20 * t).as_matrix())
    assert np.abs(np.diff(angles(spun, np.array([Z])))).max() < 0.1


def test_one_axis_comes_as_near_as_it_can():
    turn = quaternion(Rotation.random(50, random_state=3).as_matrix())
    best = angles(turn, Z[None])[0]
    off = [np.abs((about(Z, best + step) * turn).sum(0)) for step in (-0.02, 0.0, 0.02)]
    assert (off[1] >= off[0]).all() and (off[1] >= off[2]).all()


# Where hinges meet


def hinge(head, axis=None):
    free = tuple(bool(v) for v in axis) if axis is not None else (True,) * 3
    return Handle("bone", Role.TURN, None, np.eye(3), np.array(head, float), free=free)


def test_a_joint_is_where_its_axes_meet():
    crossing = [hinge([0, 5, 1], Y), hinge([7, 0, 1], X), hinge([0, 0, -3], Z)]
    assert np.allclose(meeting(crossing), [0, 0, 1], atol=1e-4)
    assert np.allclose(meeting([hinge([0, 0, 0], Y), hinge([0, 0, 2], X)]), [0, 0, 1], atol=1e-4)
    assert np.allclose(meeting([hinge([1, 2, 3], Y)]), [1, 2, 3])
    assert np.allclose(meeting([hinge([1, 2, 3])]), [1, 2, 3])


# Robots


def dances():
    return [walk(10.0, 0.0), wild(300, 0.35)]


@pytest.mark.parametrize("number", [0, 1])
def test_a_robots_hinges_turn_about_their_axes_only(number):
    little = robot(LITTLE)
    made = channels(fit(dances()[number], little.figure), little)
    for handle, channel in zip(little.handles, made, strict=True):
        if not all(handle.free):
            assert np.abs(channel.rotation[:, [1, 3]]).max() < 1e-6, handle.bone
        assert (channel.location is None) == (handle.role is Role.TURN)


def test_a_robot_walks_with_flat_feet_where_they_belong():
    little = robot(LITTLE)
    fitted = planted(fit(walk(10.0), little.figure), little.figure)
    turned, heads = evaluated(little, channels(fitted, little))
    turns, places = wanted(fitted, little)
    for column, side in enumerate(("left", "right")):
        link, joint = chain(little, f"{side}_ankle")[-1], INDEX[f"{side}_ankle"]
        away = little.figure.heads[joint] - little.handles[link].head
        ankle = heads[link] + turned[link] @ away
        stands = fitted.contacts[:, 2 * column] > 0.5
        assert np.linalg.norm(ankle - places[:, joint], axis=-1)[stands].max() < 0.003
        assert slant(turned[link][:, :, 2], turns[:, joint, :, 2])[stands].max() < 1.0
        assert slant(turned[link][:, :, 1], turns[:, joint, :, 1])[stands].max() < 3.0


def test_limbs_of_a_robot_point_where_they_should():
    """Knees and elbows bend, and a little askew too, as people's are said to."""
    little, motion = robot(LITTLE), wild(600, 0.3)
    rotations = motion.rotations.copy()
    bend = 0.9 + 0.7 * np.sin(np.arange(600) / 11)
    bends = {"left_knee": X, "right_knee": X, "left_elbow": -Z, "right_elbow": Z}
    for joint, axis in bends.items():
        askew = axis + 0.1
        rotations[:, INDEX[joint]] = about(askew / np.linalg.norm(askew), bend).T
    fitted = fit(replace(motion, rotations=rotations), little.figure)
    turned, _ = evaluated(little, channels(fitted, little))
    turns, _ = wanted(fitted, little)
    for side in ("left", "right"):
        for joint, below in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee")):
            row, link = INDEX[f"{side}_{joint}"], chain(little, f"{side}_{joint}")[-1]
            line = little.figure.head(f"{side}_{below}") - little.figure.heads[row]
            off = slant(turned[link] @ line, turns[:, row] @ line)
            assert off.mean() < 3.0, (side, joint)


@pytest.mark.parametrize("number", [0, 1])
def test_what_a_robot_can_do_comes_back(number):
    """A source may turn its knees about three axes; what the robot made of it, it makes again."""
    little = robot(LITTLE)
    once = read_back(little, channels(fit(dances()[number], little.figure), little))
    twice = read_back(little, channels(fit(once, little.figure), little))
    shown = little.figure.present
    first, second = (forward_kinematics(m.matrices(), m.root) for m in (once, twice))
    assert between(first[1], second[1])[:, shown].mean() < 1.0
    assert np.linalg.norm(first[0] - second[0], axis=-1)[:, shown].mean() < 0.01


def test_arms_pass_a_locked_gimbal_without_whirling():
    """Where an arm lies along the first axis of the shoulder, the first and the last are one."""
    frames = 200
    motion = wild(frames, 0.0)
    t = np.linspace(-1, 1, frames)
    # Straight arms swing forwards and backwards, a little over and then under that axis.
    swing = Rotation.from_euler("zy", np.column_stack([1.2 * t, -0.3 + 0.05 * np.sin(40 * t)]))
    rotations = motion.rotations.copy()
    rotations[:, INDEX["left_shoulder"]] = swing.as_quat(scalar_first=True)
    little = robot(LITTLE)
    fitted = fit(replace(motion, rotations=rotations), little.figure)
    made = channels(fitted, little)
    for link in chain(little, "left_shoulder"):
        turns = Rotation.from_quat(made[link].rotation, scalar_first=True)
        assert (turns[:-1].inv() * turns[1:]).magnitude().max() * FPS < 15.0
    turned, _ = evaluated(little, made)
    turns, _ = wanted(fitted, little)
    line = little.figure.head("left_elbow") - little.figure.head("left_shoulder")
    joint, link = INDEX["left_shoulder"], chain(little, "left_shoulder")[-1]
    assert slant(turned[link] @ line, turns[:, joint] @ line).max() < 5.0


def test_a_robot_of_a_minute_takes_less_than_a_second():
    little = robot(LITTLE)
    assert quickest(fit(wild(1800, 0.3), little.figure), little) < 1.0


def test_the_real_robot_dances(data_folder):
    """Its hip's axes pass each other by centimetres."""
    urdf = data_folder / REAL
    if not urdf.is_file():
        pytest.skip("no G1 here")
    real = robot(urdf)
    fitted = planted(fit(walk(10.0), real.figure), real.figure)
    made = channels(fitted, real)
    turned, heads = evaluated(real, made)
    _, places = wanted(fitted, real)
    link, joint = chain(real, "left_ankle")[-1], INDEX["left_ankle"]
    ankle = heads[link] + turned[link] @ (real.figure.heads[joint] - real.handles[link].head)
    stands = fitted.contacts[:, 0] > 0.5
    assert np.linalg.norm(ankle - places[:, joint], axis=-1)[stands].max() < 0.005


# Bones of people's rigs with locked axes


def locked(puppet: Puppet, **free) -> Puppet:
    handles = [replace(h, free=free.get(h.joint, h.free)) for h in puppet.handles]
    return Puppet(puppet.figure, tuple(handles))


def test_a_knee_that_is_a_hinge_has_its_thigh_twisted():
    """The source bends its knee askew; the leg is where it should be all the same."""
    motion = wild(200, 0.4, only=("left_hip", "left_ankle"))
    rotations = motion.rotations.copy()
    bend = 0.9 + 0.3 * np.sin(np.arange(200) / 9)
    askew = np.array([0.9, 0.25, 0.1]) / np.linalg.norm([0.9, 0.25, 0.1])
    rotations[:, INDEX["left_knee"]] = about(askew, bend).T
    own = plain(figure())
    fitted = fit(replace(motion, rotations=rotations), own.figure)
    made = channels(fitted, locked(own, left_knee=(True, False, False)))
    knee = chain(own, "left_knee")[0]
    assert np.abs(made[knee].rotation[:, 2:]).max() < 1e-6
    turned, heads = evaluated(own, made)
    turns, places = wanted(fitted, own)
    for joint, off in (("left_knee", 0.02), ("left_ankle", 0.02)):
        gone = heads[chain(own, joint)[0]] - places[:, INDEX[joint]]
        assert np.linalg.norm(gone, axis=-1).mean() < off, joint
    ankle = INDEX["left_ankle"]
    assert between(turned[chain(own, "left_ankle")[0]], turns[:, ankle]).max() < 2.0


def test_what_hangs_on_a_locked_bone_makes_up_for_it():
    own = plain(figure(rolled=True))
    motion = wild(60, 0.4)
    fitted = fit(motion, own.figure)
    made = channels(fitted, locked(own, neck=(False,) * 3, spine2=(False, True, False)))
    still_neck = made[chain(own, "neck")[0]].rotation
    assert np.allclose(still_neck, [1, 0, 0, 0], atol=1e-6)
    turned, _ = evaluated(own, made)
    turns, _ = wanted(fitted, own)
    for joint in ("spine1", "spine3", "head", "left_collar", "right_wrist", "left_foot"):
        assert between(turned[chain(own, joint)[0]], turns[:, INDEX[joint]]).max() < 0.1, joint


def test_a_straight_limb_keeps_its_own_twist():
    motion = wild(120, 0.4, only=("left_shoulder",))
    own = plain(figure())
    fitted = fit(motion, own.figure)
    made = channels(fitted, locked(own, left_elbow=(False, False, True)))
    turned, _ = evaluated(own, made)
    turns, _ = wanted(fitted, own)
    shoulder = chain(own, "left_shoulder")[0]
    assert between(turned[shoulder], turns[:, INDEX["left_shoulder"]]).max() < 0.1


def test_figures_without_hinges_pay_nothing():
    own = plain(figure(rolled=True))
    assert quickest(fit(wild(1800), own.figure), own) < 0.15


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("frames", [1, 2, 40])
def test_any_axes_may_be_locked(seed, frames):
    """Whatever is locked, poses are poses, and a bone turns about its free axes only."""
    random = np.random.default_rng(seed)
    skip = ("spine2", "left_collar", "left_hand", "right_hand", "neck")[: random.integers(6)]
    own = plain(figure(rolled=True, skip=skip))
    axes = random.random((len(own.handles), 3)) < random.choice([0.3, 0.6, 0.9])
    handles = [
        replace(each, free=(bool(x), bool(y), bool(z)))
        for each, (x, y, z) in zip(own.handles, axes, strict=True)
    ]
    puppet = Puppet(own.figure, tuple(handles))
    made = channels(fit(wild(frames, 0.5 * (frames > 1), seed), own.figure), puppet)
    for handle, channel in zip(puppet.handles, made, strict=True):
        assert np.isfinite(channel.rotation).all()
        may = np.flatnonzero(handle.free)
        if len(may) < 2:
            others = [1 + axis for axis in range(3) if axis not in may]
            assert np.abs(channel.rotation[:, others]).max() < 1e-5
        elif len(may) == 2:  # about the second one, then about the first: its own axis stays level
            turned = Rotation.from_quat(channel.rotation, scalar_first=True).as_matrix()
            assert np.abs(turned[:, may[1], may[0]]).max() < 1e-5
    assert np.isfinite(made[0].location).all()
