# SPDX-License-Identifier: GPL-3.0-or-later
"""Feet, jerk, stage, freezing and variety, each on a case worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twostep.inference.motion import Motion
from twostep.models.judge import body, signals

from .figures import FPS, SHOULDERS, standing, swinging, turned, wandering

BEATS = np.arange(0.0, 21.0, 0.5)


def moved(motion: Motion, velocity=(0.0, 0.0, 0.0), lift: float = 0.0) -> Motion:
    times = np.arange(len(motion))[:, None] / FPS
    return replace(motion, root=motion.root + times * np.array(velocity) + np.array([0, 0, lift]))


def test_a_pinned_foot_does_not_slide_and_a_skating_one_does():
    pinned = body.feet(swinging(BEATS).positions(), FPS)
    assert pinned["slide_rate"] == 0
    assert pinned["skate_ratio"] == 0
    skating = body.feet(moved(standing(), (0.8, 0.0, 0.0)).positions(), FPS)
    assert skating["slide_rate"] == 1
    assert skating["skate_ratio"] == 1
    assert skating["plant_speed"] == pytest.approx(0.8, abs=1e-3)


def test_a_foot_high_in_the_air_cannot_slide():
    times = np.arange(600) / FPS
    swing = np.where((times % 2) < 1, 0.0, 1.2 * np.sin(2 * np.pi * times) ** 2)
    kick = turned(standing(), -swing, ("left_hip",), "x")
    figures = body.feet(kick.positions(), FPS)
    # What is left is the foot's first and last centimetres off the floor.
    assert figures["slide_rate"] < 0.2
    assert figures["skate_ratio"] < 0.2


def test_depth_under_the_floor_and_height_over_it():
    level = body.feet(standing().positions(), FPS)
    assert level["penetration"] == pytest.approx(0, abs=1e-5)
    assert level["hover"] == pytest.approx(0, abs=1e-5)
    sunk = body.feet(moved(standing(), lift=-0.05).positions(), FPS)
    assert sunk["penetration"] == pytest.approx(0.05, abs=1e-5)
    assert sunk["sunk"] == 1
    assert body.feet(moved(standing(), lift=0.1).positions(), FPS)["hover"] == pytest.approx(0.1)


def test_jerk_of_a_cubic():
    positions = np.zeros((90, 24, 3))
    positions[..., 0] = (np.arange(90)[:, None] / FPS) ** 3
    assert body.joint_jerk(positions, FPS) == pytest.approx(6.0)
    assert len(body.joint_jerk(positions[:3], FPS)) == 0


def test_seams_are_felt_only_where_they_are():
    smooth = wandering(20)
    assert body.smoothness(smooth.positions(), FPS, 60)["seam_ratio"] == pytest.approx(1, abs=0.25)
    hops = np.repeat(np.random.default_rng(0).normal(0, 0.1, (10, 3)), 60, axis=0)
    torn = replace(smooth, root=smooth.root + hops)
    assert body.smoothness(torn.positions(), FPS, 60)["seam_ratio"] > 5
    elsewhere = replace(smooth, root=smooth.root + np.roll(hops, 30, axis=0))
    assert body.smoothness(elsewhere.positions(), FPS, 60)["seam_ratio"] < 0.5


def test_seam_jerk_is_that_of_the_spans_that_cross_a_join():
    positions = np.zeros((180, 24, 3))
    positions[60:, :, 0] = 0.01  # a hop of 1 cm between the frames 59 and 60, none at 120
    third = 0.01 * FPS**3
    assert body.seam_jerk(positions, FPS, 60) == pytest.approx([third * (1 + 2 + 1) / 3, 0.0])
    assert len(body.span_jerk(positions, FPS)) == 175
    assert len(body.seam_jerk(positions[:62], FPS, 60)) == 0


def test_seams_against_the_jerk_of_real_spans():
    real = [wandering(20, seed).positions() for seed in range(3)]
    usual = body.usual_jerk(real, FPS)
    spans = np.concatenate([body.span_jerk(positions, FPS) for positions in real])
    assert (spans <= usual).mean() == pytest.approx(0.95, abs=0.01)
    smooth = wandering(40, seed=8)
    told = body.seams(smooth.positions(), FPS, 60, usual)
    assert told["seam_jerk"] < 1
    assert told["seams_within"] > 0.8
    hops = np.repeat(np.random.default_rng(0).normal(0, 0.1, (20, 3)), 60, axis=0)
    torn = body.seams(replace(smooth, root=smooth.root + hops).positions(), FPS, 60, usual)
    assert torn["seam_jerk"] > 3
    assert torn["seams_within"] < 0.2
    assert body.seams(smooth.positions()[:60], FPS, 60, usual)["seams_within"] == 1
    with pytest.raises(ValueError, match="long enough"):
        body.usual_jerk([real[0][:5]], FPS)


def test_stage():
    away = body.stage(moved(standing(20), (0.3, 0.4, 0.0)).root)
    assert away["drift_max"] == pytest.approx(0.5 * 599 / 30, rel=1e-4)
    assert away["drift_p95"] == pytest.approx(0.95 * away["drift_max"], rel=1e-3)


def test_freezing_and_blocks():
    speed = np.full(1800, 0.5)
    assert body.longest_freeze(speed, FPS, 0.5) == 0
    speed[300:390] = 0.1
    speed[600:630] = 0.0
    assert body.longest_freeze(speed, FPS, 0.5) == pytest.approx(3.0)
    assert body.longest_freeze(np.zeros(600), FPS, 0.5) == pytest.approx(20.0)
    assert body.blocks(np.arange(10.0), 1.0, 4.0) == pytest.approx([1.5, 5.5, 8.5])
    assert body.blocks(np.arange(9.0), 1.0, 4.0) == pytest.approx([1.5, 5.5])


def test_difference_ignores_place_and_heading():
    dance = swinging(BEATS)
    elsewhere = moved(dance, lift=0.0)
    root = elsewhere.root + np.array([3.0, -1.0, 0.0])
    yaw = np.zeros(len(dance)) + 1.1
    turn = turned(replace(elsewhere, root=root), yaw, ("pelvis",), "z")
    same, still = signals.centred(dance), signals.centred(standing())
    assert body.difference(same, signals.centred(turn)) == pytest.approx(0, abs=1e-5)
    arms_up = turned(standing(), np.full(600, -1.0), SHOULDERS[:1], "y")
    assert body.difference(still, signals.centred(arms_up)) > 0.02


def test_spread_and_repetition():
    assert body.pose_spread(signals.centred(standing())) == pytest.approx(0, abs=1e-6)
    free = signals.centred(wandering(30))
    loop = np.tile(free[:90], (10, 1, 1))
    assert body.pose_spread(free) > 0.05
    assert body.repetition(loop, FPS) < 0.05
    assert body.repetition(free, FPS) > 0.6
    assert body.repetition(free[:50], FPS) == 1
