# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands that keep their places on arms of other lengths."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from twostep.inference import limbs
from twostep.inference.motion import FPS, Motion, forward_kinematics
from twostep.inference.retarget import fit, reached
from twostep.inference.skeleton import INDEX, JOINT_COUNT, STANDING_HEIGHT

from .bodies import body

WRISTS = [INDEX["left_wrist"], INDEX["right_wrist"]]
HIPS = [INDEX["left_hip"], INDEX["right_hip"]]
ARM = [INDEX[f"{side}_{part}"] for side in ("left", "right") for part in ("shoulder", "elbow")]


def waving(seconds=6.0, seed=0) -> Motion:
    """Stands while its arms wander smoothly before its chest, elbows bent."""
    random = np.random.default_rng(seed)
    frames = round(seconds * FPS)
    rotations = np.zeros((frames, JOINT_COUNT, 4))
    rotations[..., 0] = 1
    for side, sign in (("left", 1), ("right", -1)):
        for part, middle in (("shoulder", (0, 0.5, -0.7)), ("elbow", (0, 0, -1.2))):
            wander = gaussian_filter1d(random.normal(size=(frames, 3)), 12, axis=0)
            turn = np.array(middle) * (1, sign, sign) + 0.5 * wander / wander.std() * (
                part == "shoulder"
            )
            quaternions = Rotation.from_rotvec(turn).as_quat(scalar_first=True)
            rotations[:, INDEX[f"{side}_{part}"]] = quaternions
    root = np.tile([0.0, 0.0, STANDING_HEIGHT], (frames, 1))
    return Motion(FPS, root, rotations, np.ones((frames, 4)))


def wrists(motion, there):
    """Where the wrists are, seen from the hips, (T, 2, 3)."""
    places = motion.positions(there.proportions.offsets)
    return places[:, WRISTS] - places[:, HIPS].mean(axis=1, keepdims=True)


@pytest.mark.parametrize("arms", [0.85, 1.0, 1.3])
@pytest.mark.parametrize("torso", [0.9, 1.15])
def test_wrists_are_where_the_source_has_them(arms, torso):
    source, there = waving(), body(arms=arms, torso=torso)
    done = reached(fit(source, there), source, there, 1.0)
    away = np.linalg.norm(wrists(done, there) - wrists(source, body()), axis=-1)
    assert np.median(away) < 0.015  # an arm that must stretch gives way softly
    before = np.linalg.norm(wrists(fit(source, there), there) - wrists(source, body()), axis=-1)
    assert away.mean() < 0.4 * before.mean()


def test_the_share_leads_from_one_to_the_other():
    source, there = waving(), body(arms=1.3)
    fitted = fit(source, there)
    assert reached(fitted, source, there, 0.0) is fitted
    goal = wrists(source, body())
    away = [
        np.linalg.norm(wrists(reached(fitted, source, there, share), there) - goal, axis=-1).mean()
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    np.testing.assert_allclose(away / away[0], [1, 0.75, 0.5, 0.25, 0], atol=0.06)


def test_our_own_body_is_left_as_it_is():
    source = waving()
    done = reached(source, source, body(), 1.0)
    np.testing.assert_allclose(done.positions(), source.positions(), atol=2e-3)


def test_only_the_arms_move_and_hands_keep_their_rotation():
    source, there = waving(), body(arms=1.3)
    fitted = fit(source, there)
    done = reached(fitted, source, there, 1.0)
    before, after = (
        forward_kinematics(motion.matrices(), motion.root)[1] for motion in (fitted, done)
    )
    others = [joint for joint in range(JOINT_COUNT) if joint not in ARM]
    np.testing.assert_allclose(after[:, others], before[:, others], atol=1e-5)
    np.testing.assert_array_equal(done.root, fitted.root)


def test_a_hand_at_the_floor_stays_at_the_floor():
    """On high heels the hips are higher, the floor is not."""
    there = body(heel=0.08)
    rotations = np.zeros((3, JOINT_COUNT, 4))
    rotations[..., 0] = 1
    turns = {"pelvis": (2.6, 0, 0), "left_shoulder": (0, -1.5, 0), "right_shoulder": (0, 1.5, 0),
             "left_elbow": (0, 0, -1.6), "right_elbow": (0, 0, 1.6)}  # fmt: skip
    for joint, turn in turns.items():
        rotations[:, INDEX[joint]] = Rotation.from_rotvec(turn).as_quat(scalar_first=True)
    bowed = Motion(FPS, np.tile([0, 0, 0.78], (3, 1)), rotations, np.zeros((3, 4)))
    height = bowed.positions()[0, WRISTS, 2]
    assert (height > 0.0).all() and (height < 0.1).all()
    fitted = fit(bowed, there)
    kept = reached(fitted, bowed, there, 1.0)
    before, after = (m.positions(there.proportions.offsets)[0, WRISTS, 2] for m in (fitted, kept))
    np.testing.assert_allclose(before, height + 0.08, atol=1e-3)
    np.testing.assert_allclose(after, height, atol=0.015)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("arms", [0.4, 0.7, 1.5, 2.2])
def test_no_arm_pops(arms, seed):
    """Whatever is asked of it: arms too short, or so long that they must fold."""
    source, there = waving(seed=seed), body(arms=arms, torso=1.4)
    fitted = fit(source, there)
    done = reached(fitted, source, there, 1.0)
    assert np.isfinite(done.rotations).all()

    def fastest(motion):
        quick = (motion.rotations[1:, ARM] * motion.rotations[:-1, ARM]).sum(-1)
        return np.degrees(2 * np.arccos(np.clip(np.abs(quick), 0, 1))).max() * FPS

    assert fastest(done) < max(2.0 * fastest(fitted), 200.0)


def test_elbows_bend_as_elbows_do():
    """A straight arm that must shorten bends forward, its elbow down or out, not back."""
    frames = 10
    rotations = np.zeros((frames, JOINT_COUNT, 4))
    rotations[..., 0] = 1
    straight = Motion(FPS, np.tile([0, 0, 0.975], (frames, 1)), rotations, np.zeros((frames, 4)))
    for side, chain in enumerate(limbs.ARMS):
        collar = np.tile(straight.positions()[0, chain[0] - 3], (frames, 1)).astype(float)
        still = np.tile(np.eye(3), (frames, 3, 1, 1))
        arm = limbs.limb(chain, collar, still[:, 0], still)
        near = arm.start + 0.7 * (arm.end - arm.start)
        turned = limbs.reach(arm, arm.start, near)
        posed = limbs.limb(chain, collar, still[:, 0], turned)
        np.testing.assert_allclose(posed.end, near, atol=1e-6)
        assert (posed.middle[:, 1] > arm.middle[:, 1] + 0.05).all(), ("left", "right")[side]


def test_a_figure_without_arms_is_left_alone():
    arms = [f"{s}_{p}" for s in ("left", "right") for p in ("shoulder", "elbow", "wrist", "hand")]
    there = body(skip=tuple(arms))
    source = waving(1.0)
    fitted = fit(source, there)
    assert reached(fitted, source, there, 1.0) is fitted
