# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twostep.inference import limbs
from twostep.inference.contacts import contact_runs
from twostep.inference.dance import dance
from twostep.inference.footlock import locked
from twostep.inference.jobs import DanceJob
from twostep.inference.motion import Motion
from twostep.inference.skeleton import ANKLE_HEIGHT, CONTACT_JOINTS, INDEX, TOE_HEIGHT

from .walking import jerk, slides, spoiled, walk


@pytest.mark.parametrize("slide", [0.01, 0.02, 0.03])
def test_spoiled_feet_stand_still_again(slide):
    good = walk()
    bad = spoiled(good, slide)
    mended = locked(bad)
    assert max(slides(mended, good.contacts)) < 0.002
    assert jerk(mended) < 1.1 * max(jerk(bad), jerk(good))


@pytest.mark.parametrize("slide", [0.06, 0.1])
def test_feet_that_stray_far_step_instead_of_sliding(slide):
    bad = spoiled(walk(), slide)
    mended = locked(bad)
    assert np.mean(slides(mended, mended.contacts)) < 0.005
    assert mended.contacts.mean() > 0.3
    moved = np.linalg.norm(mended.positions() - bad.positions(), axis=-1)[:, CONTACT_JOINTS]
    assert np.quantile(moved, 0.95) < 0.15, "feet stay near where the network had them"


def test_a_network_that_never_lets_go_still_steps():
    """All contacts on, although the figure walks: the labels must not hold it back."""
    good = walk()
    stuck = Motion(30.0, good.root, good.rotations, np.ones((len(good), 4)))
    mended = locked(stuck)
    assert np.linalg.norm(mended.positions() - good.positions(), axis=-1).mean() < 0.02
    np.testing.assert_allclose(mended.contacts.mean(), good.contacts.mean(), atol=0.15)


def test_a_good_walk_is_left_alone():
    good = walk()
    moved = np.linalg.norm(locked(good).positions() - good.positions(), axis=-1)
    assert np.quantile(moved, 0.99) < 0.02 and moved.mean() < 0.004


@pytest.mark.parametrize("height", [-0.08, 0.08])
def test_feet_are_brought_to_the_floor(height):
    good = walk()
    root = good.root + np.float32([0, 0, height])
    mended = locked(Motion(30.0, root, good.rotations, good.contacts)).positions()
    standing = good.contacts[:, 0] > 0.5
    ankle, toe = CONTACT_JOINTS[:2]
    np.testing.assert_allclose(mended[standing, ankle, 2], ANKLE_HEIGHT, atol=0.004)
    np.testing.assert_allclose(mended[standing, toe, 2], TOE_HEIGHT, atol=0.004)
    assert mended[:, CONTACT_JOINTS[1::2], 2].min() > TOE_HEIGHT - 0.008


def test_a_heel_rises_over_a_standing_toe():
    """With the toe alone in contact the toe stands and the ankle may go where it likes."""
    good = walk(4.0)
    contacts = good.contacts.copy()
    contacts[:, [0, 2]] = 0
    mended = locked(spoiled(Motion(30.0, good.root, good.rotations, contacts), 0.03))
    toes = contacts.copy()
    assert max(slides(mended, toes)) < 0.003


def test_knees_do_not_pop_when_the_floor_is_out_of_reach():
    good = walk()
    root = good.root + np.float32([0, 0, 0.05]) * np.sin(np.arange(len(good)) / 5)[:, None]
    mended = locked(Motion(30.0, root.astype(np.float32), good.rotations, good.contacts))

    def knee_speed(motion):
        knees = motion.rotations[:, [INDEX["left_knee"], INDEX["right_knee"]]]
        cosine = np.abs((knees[1:] * knees[:-1]).sum(-1)).clip(0, 1)
        return np.degrees(2 * np.arccos(cosine)).max()

    assert knee_speed(mended) < knee_speed(good) + 12
    assert max(slides(mended, good.contacts)) < 0.01


def test_knees_only_bend_as_knees_do():
    mended = locked(spoiled(walk(), 0.06))
    for knee in (INDEX["left_knee"], INDEX["right_knee"]):
        vector = Rotation.from_quat(mended.rotations[:, knee], scalar_first=True).as_rotvec()
        assert vector[:, 0].min() > -0.02, "a knee bends backwards"
        assert np.abs(vector[:, 1:]).max() < 0.05, "a knee twists"


def test_quaternions_stay_continuous_and_unit():
    mended = locked(spoiled(walk(), 0.08))
    assert (mended.rotations[1:] * mended.rotations[:-1]).sum(-1).min() > 0.9
    np.testing.assert_allclose(np.linalg.norm(mended.rotations, axis=-1), 1, atol=1e-5)


def test_contacts_need_certainty_and_last():
    certainty = np.array([0, 0.5, 0.5, 0, 0.5, 0.9, 0.4, 0.2, 0.9, 0, 0.9, 0.9, 0.9])
    assert contact_runs(certainty, 2) == [(4, 7), (10, 13)]


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
def test_the_shortest_motions_pass(frames):
    assert len(locked(walk(1.0)[:frames])) == frames


def test_a_dance_that_never_stands_is_only_grounded():
    good = walk(3.0)
    mended = locked(Motion(30.0, good.root, good.rotations, np.zeros((len(good), 4))))
    np.testing.assert_allclose(mended.rotations, good.rotations, atol=2e-3)


def test_a_minute_takes_a_moment():
    minute = spoiled(walk(60.0))
    started = time.process_time()
    locked(minute)
    assert time.process_time() - started < 0.6


def test_no_foot_of_a_real_dance_slides():
    """By the networks that ship, to the song that ships."""
    song = Path(__file__).resolve().parents[2] / "assets" / "first_steps.ogg"
    danced = dance(DanceJob(song, length=12.0, seed=3)).motion
    assert danced.contacts.mean() > 0.5
    assert max(slides(danced, danced.contacts)) < 0.003
    over = danced.positions()[:, CONTACT_JOINTS, 2] - [ANKLE_HEIGHT, TOE_HEIGHT] * 2
    assert over[danced.contacts > 0.5].min() > -0.003
    assert over[:, 1::2].min() > -0.01, "a toe sinks into the floor"


def test_a_knee_that_bends_backwards_bends_forwards_for_a_shorter_way():
    """From a little overstretched to bent, the knee moves on without a jump."""
    angles = np.radians(np.linspace(-8.0, 8.0, 33))
    local = np.tile(np.eye(3), (33, 3, 1, 1))
    local[:, 1] = Rotation.from_euler("x", angles).as_matrix()
    still = np.tile(np.eye(3), (33, 1, 1))
    leg = limbs.limb(limbs.LEGS[0], np.zeros((33, 3)), still, local)
    turned = limbs.reach(leg, leg.start, leg.start + 0.95 * (leg.end - leg.start), leg.tip)
    bends = Rotation.from_matrix(turned[:, 1]).as_rotvec()[:, 0]
    assert np.abs(np.diff(bends)).max() < 0.005
    assert bends[0] > 0.5


def test_a_nearly_straight_knee_bends_forwards_whatever_its_plane():
    random = np.random.default_rng(1)
    local = np.tile(np.eye(3), (50, 3, 1, 1))
    local[:, 1] = Rotation.from_rotvec(random.normal(0, 0.03, (50, 3))).as_matrix()
    leg = limbs.limb(limbs.LEGS[0], np.zeros((50, 3)), np.tile(np.eye(3), (50, 1, 1)), local)
    turned = limbs.reach(leg, leg.start, leg.start + 0.9 * (leg.end - leg.start), leg.tip)
    posed = limbs.limb(limbs.LEGS[0], leg.start - leg.start, leg.base_turn, turned)
    forward = posed.middle - (posed.start + posed.end) / 2
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    assert (-forward[:, 1] > np.cos(np.radians(35))).all()


def test_legs_reach_what_is_in_reach():
    random = np.random.default_rng(0)
    count = 50
    root, pelvis = np.zeros((count, 3)), np.tile(np.eye(3), (count, 1, 1))
    bends = Rotation.from_rotvec(random.normal(0, 0.3, (count * 3, 3))).as_matrix()
    leg = limbs.limb(limbs.LEGS[0], root, pelvis, bends.reshape(count, 3, 3, 3))
    ankle = leg.start + random.uniform([-0.3, -0.3, -0.65], [0.3, 0.3, -0.45], (count, 3))
    toe = ankle + random.normal(size=(count, 3)) * 0.05 + [0, -0.13, -0.04]
    posed = limbs.limb(limbs.LEGS[0], root, pelvis, limbs.reach(leg, leg.start, ankle, toe))
    np.testing.assert_allclose(posed.end, ankle, atol=5e-4)
    aimed = (posed.tip - posed.end) / leg.hand
    wanted = (toe - ankle) / np.linalg.norm(toe - ankle, axis=-1, keepdims=True)
    np.testing.assert_allclose(aimed, wanted, atol=5e-3)
