# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twostep.inference.contact_labels import contact_labels
from twostep.inference.readers.figures import grounded, sole_heights
from twostep.inference.skeleton import ANKLE_HEIGHT, INDEX
from twostep.models.data import cleaning
from twostep.models.data.cleaning import joint_speeds, judge, lead_in, runs
from twostep.models.data.repair import bridge_glitches, freed_head


def rules(motion) -> set[str]:
    return {rejection.rule for rejection in judge(motion).rejections}


def test_a_clean_dance_loses_nothing(make_dancer):
    verdict = judge(make_dancer(100))
    assert verdict.valid.all() and not verdict.rejections


def test_a_jump_is_a_glitch(make_dancer):
    motion = make_dancer(100)
    root = motion.root.copy()
    root[300:303, 0] += 0.6
    verdict = judge(replace(motion, root=root))
    glitches = [r for r in verdict.rejections if r.rule == "glitch"]
    assert len(glitches) == 1 and glitches[0].start <= 299 and glitches[0].stop >= 304
    assert not verdict.valid[299:304].any() and verdict.valid[:290].all()


def test_a_fast_but_human_move_is_no_glitch(make_dancer):
    motion = make_dancer(100)
    root = motion.root.copy()
    root[300:, 0] += np.minimum(np.arange(len(root) - 300), 12) * 0.2  # 6 m/s
    assert "glitch" not in rules(replace(motion, root=root))


def test_standing_still_is_found_and_a_short_rest_is_not(make_dancer, make_still):
    def with_pause(seconds: float):
        motion, frames = make_dancer(100), round(seconds * 30)
        rotations = motion.rotations.copy()
        rotations[198 : 198 + frames] = rotations[198]  # from one rest on a beat to another
        return replace(motion, rotations=rotations)

    verdict = judge(with_pause(3.6))
    assert [r.rule for r in verdict.rejections] == ["still"]
    assert not verdict.valid[215:300].any() and verdict.valid[:180].all()
    assert not judge(with_pause(1.2)).rejections
    assert not judge(make_still(6)).valid.any()


def test_trembling_is_found_and_a_fast_dance_is_not(make_dancer):
    motion = make_dancer(100)
    root = motion.root.copy()
    root[200:260, 2] += 0.012 * (-1.0) ** np.arange(60)
    found = [r for r in judge(replace(motion, root=root)).rejections if r.rule == "trembling"]
    assert found and found[0].start > 180 and found[-1].stop < 280
    assert "trembling" not in rules(make_dancer(170))


def test_a_wrong_head_is_found_and_a_turned_one_is_not(make_dancer, turn):
    def looking(degrees: float):
        motion = make_dancer(100)
        return turn(motion, "head", np.full(len(motion), np.radians(degrees)), axis="z")

    assert "wrong head" in rules(looking(130))
    assert "wrong head" not in rules(looking(80))


def test_sinking_feet_are_found_and_a_jump_is_not(make_dancer):
    motion = make_dancer(100)
    root = motion.root.copy()
    root[200:230, 2] -= 0.2 * np.hanning(30)
    assert "off the floor" in rules(replace(motion, root=root))
    root[200:230, 2] = motion.root[200:230, 2] + 0.4 * np.hanning(30)
    assert "off the floor" not in rules(replace(motion, root=root))


def test_scraps_between_marks_are_too_short(make_dancer):
    motion = make_dancer(100)
    root = motion.root.copy()
    for frame in (200, 220):
        root[frame:, 0] += 0.7
    verdict = judge(replace(motion, root=root))
    assert {r.rule for r in verdict.rejections} == {"glitch", "too short"}
    assert not verdict.valid[200:220].any()


def test_an_added_t_pose_is_cut_and_a_real_start_is_not(make_dancer, make_still, turn):
    motion = make_dancer(100, fps=60)
    # A dancer whose arms never come up to the T-pose.
    for joint, sign in (("left_shoulder", 1), ("right_shoulder", -1)):
        swing = 1.1 + 0.3 * np.sin(np.arange(len(motion)) / 10)
        motion = turn(motion, joint, sign * swing)
    assert lead_in(motion) == 0
    rotations = motion.rotations.copy()
    rest = np.array([1, 0, 0, 0], dtype=np.float32)
    for frame in range(7):
        rotations[frame] = rest * (1 - frame / 7) + rotations[frame] * frame / 7
    rotations /= np.linalg.norm(rotations, axis=-1, keepdims=True)
    assert lead_in(replace(motion, rotations=rotations)) == cleaning.LEAD_IN_FRAMES
    assert lead_in(make_still(0.2)) == 0


def test_short_flips_are_bridged_and_long_ones_left(make_dancer):
    motion = make_dancer(100, fps=60)
    flip = np.array([0, 0, 0, 1], dtype=np.float32)

    def flipped(frames: int):
        rotations = motion.rotations.copy()
        rotations[400 : 400 + frames, INDEX["pelvis"]] = flip
        return replace(motion, rotations=rotations)

    mended, count = bridge_glitches(flipped(5))
    assert count == 1
    assert joint_speeds(mended.positions(), 60).max() < 6
    np.testing.assert_allclose(mended.positions()[:390], motion.positions()[:390], atol=1e-6)
    turned_round = flipped(60)  # there and back are too far apart to bridge
    assert bridge_glitches(turned_round)[1] == 0
    assert "glitch" in rules(turned_round.resampled(30))
    assert bridge_glitches(motion) == (motion, 0)


def test_a_stuck_head_shares_the_neck(make_dancer, turn):
    motion = make_dancer(100)
    nods = 0.5 * np.sin(np.arange(len(motion)) / 9)
    mended = freed_head(turn(motion, "neck", nods, axis="x"))
    for joint in ("neck", "head"):
        quaternions = mended.rotations[:, INDEX[joint]]
        angle = 2 * np.arctan2(quaternions[:, 1], quaternions[:, 0])
        np.testing.assert_allclose(angle, nods / 2, atol=1e-4)
    whole = turn(turn(motion, "neck", nods, axis="x"), "head", nods / 2, axis="z")
    assert freed_head(whole) is whole
    assert freed_head(motion) is motion, "a figure without a neck stays as it is"


def test_runs():
    marks = np.array([1, 1, 0, 1, 0, 0, 1], dtype=bool)
    assert runs(marks) == [(0, 2), (3, 4), (6, 7)]
    assert runs(np.zeros(3, dtype=bool)) == []


def test_planted_lifted_and_sliding_feet(make_still):
    motion = grounded(make_still(4))
    points = motion.positions()
    assert points[0, INDEX["left_ankle"], 2] == pytest.approx(ANKLE_HEIGHT, abs=1e-4)
    points[40:80, [INDEX["left_ankle"], INDEX["left_foot"]], 2] += 0.2
    right = [INDEX["right_ankle"], INDEX["right_foot"]]
    points[80:110, right, 0] += (np.arange(30) * 0.04)[:, None]  # 1.2 m/s
    points[110:, right, 0] += 29 * 0.04
    contacts = contact_labels(points, 30)
    assert contacts[:38].all() and contacts[112:].all()
    assert not contacts[42:78, :2].any() and contacts[42:78, 2:].all()
    assert not contacts[82:108, 2:].any() and contacts[82:108, :2].all()


def test_a_foot_held_up_all_through_does_not_touch(make_still, turn):
    motion = turn(make_still(4), "left_knee", np.full(120, 1.0), axis="x")
    contacts = contact_labels(grounded(motion).positions(), 30)
    assert contacts[:, 2:].all() and not contacts[:, :2].any()


def test_a_few_sunk_frames_do_not_lift_the_take(make_still):
    motion = make_still(4)
    root = motion.root.copy()
    root[:4, 2] -= 0.5
    root[:, 2] += 3
    heights = sole_heights(grounded(replace(motion, root=root)).positions())
    np.testing.assert_allclose(heights[10:], 0, atol=1e-4)
