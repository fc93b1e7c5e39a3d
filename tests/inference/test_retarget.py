# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying a motion to other figures; in Blender, tests/blender/test_keys.py checks the bones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twostep.inference.motion import FPS, Motion, forward_kinematics
from twostep.inference.retarget import Figure, channels, missing, poses, smallest_turn
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

Y_UP = Rotation.from_euler("x", -90, degrees=True).as_matrix()


def figure(turn=None, scale=1.0, rolled=False, skip=()):
    """Our own proportions, turned and scaled, its bones rolled anyhow."""
    turn = np.eye(3) if turn is None else turn
    heads = (rest_positions() + np.array([0, 0, STANDING_HEIGHT])) @ turn.T * scale
    rest = np.tile(np.eye(3), (JOINT_COUNT, 1, 1))
    if rolled:
        rest = Rotation.random(JOINT_COUNT, random_state=4).as_matrix()
    present = np.array([joint not in skip for joint in JOINTS])
    return Figure(rest, heads, present, np.ones(JOINT_COUNT, dtype=bool))


def motion(frames=20):
    turns = Rotation.from_rotvec(np.random.default_rng(2).normal(0, 0.5, (frames * JOINT_COUNT, 3)))
    rotations = turns.as_quat(scalar_first=True).reshape(frames, JOINT_COUNT, 4)
    root = np.random.default_rng(3).normal((0, 0, 0.9), 0.3, (frames, 3))
    return Motion(FPS, root, rotations, np.zeros((frames, 4)))


def same(first, second):
    """Whether quaternions turn alike; q and -q do."""
    return np.allclose(np.abs((first * second).sum(-1)), 1.0, atol=1e-5)


def test_our_own_figure_needs_no_change():
    own, wild = figure(), motion()
    made = channels(wild, own)
    assert own.scale == pytest.approx(1.0) and np.allclose(own.basis, np.eye(3))
    assert np.allclose(own.alignment, np.eye(3), atol=1e-6)
    assert same(made.rotations, wild.rotations)
    assert np.allclose(made.location, wild.root - [0, 0, STANDING_HEIGHT], atol=1e-5)


def test_y_up_in_centimetres():
    """A figure whose data lies y-up is read as standing, not as lying."""
    there = figure(Y_UP, scale=100)
    assert np.allclose(there.basis, Y_UP, atol=1e-9)
    assert there.scale == pytest.approx(100)
    made = channels(motion(), there)
    assert np.allclose(
        made.head, 100 * (motion().root - [0, 0, STANDING_HEIGHT]) @ Y_UP.T, atol=1e-3
    )


@pytest.mark.parametrize("turn", [np.eye(3), Y_UP])
def read_back(there, wild):
    """What `poses` makes of the figure doing a motion, its bones' matrices worked out here."""
    world = forward_kinematics(wild.matrices(), wild.root)[1]
    rotations = there.basis @ world @ there.basis.T @ there.alignment @ there.rest
    return poses(rotations, there.heads[0] + channels(wild, there).head, there)


@pytest.mark.parametrize("turn", [np.eye(3), Y_UP])
@pytest.mark.parametrize("frames", [1, 20])
def test_poses_come_back_as_the_motion_they_were(turn, frames):
    there, wild = figure(turn, scale=3, rolled=True), motion(frames)
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


def test_bones_that_are_not_there_pass_their_turn_on():
    wild = motion()
    made = channels(wild, figure(skip=("spine2", "spine3")))
    local = wild.matrices()
    together = local[:, INDEX["spine2"]] @ local[:, INDEX["spine3"]] @ local[:, INDEX["neck"]]
    expected = Rotation.from_matrix(together).as_quat(scalar_first=True)
    assert same(made.rotations[:, INDEX["neck"]], expected)


def test_what_a_person_needs():
    present = np.array([joint not in ("left_knee", "left_hand", "spine2") for joint in JOINTS])
    assert missing(present) == ("left_knee",)


def test_the_smallest_turn():
    for start, end in (([1, 0, 0], [0, 2, 0]), ([0, 0, 1], [0, 0, -3]), ([1, 2, 3], [1, 2, 3])):
        turn = smallest_turn(np.array(start, float), np.array(end, float))
        unit = np.array(end) / np.linalg.norm(end)
        assert np.allclose(turn @ start / np.linalg.norm(start), unit)
        assert np.isclose(np.linalg.det(turn), 1.0)
