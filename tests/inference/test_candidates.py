# SPDX-License-Identifier: GPL-3.0-or-later
"""Each cost must prefer the candidate that is better in its one respect."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference import candidates
from twostep.inference.candidates import Wish, costs
from twostep.inference.skeleton import rest_positions

FRAMES, FIRST = 93, 33


def swaying(period: float, phase: float = 0.0, size: float = 0.15) -> np.ndarray:
    """A figure (T, 24, 3) that rests whenever (t - FIRST) / period + phase is whole."""
    t = (np.arange(FRAMES) - FIRST) / period + phase
    moved = np.tile(rest_positions() + [0, 0, 0.975], (FRAMES, 1, 1))
    moved[..., 0] += size * np.cos(np.pi * t)[:, None]  # turns round, and rests, at whole t
    return moved.astype(np.float32)


def wish(period: float = 15.0, speed: float = 0.6, centre=(0.0, 0.0)) -> Wish:
    return Wish(FIRST, FIRST + np.arange(0.0, 60.0, period), speed, np.array(centre))


def judged(*figures, asked=None, standing=0.0):
    contacts = np.full((len(figures), FRAMES, 4), standing, np.float32)
    return costs(np.stack(figures), contacts, asked or wish())


def test_resting_on_the_beat_is_better_than_between():
    on, off = judged(swaying(15), swaying(15, 0.5))
    assert on < off - 0.4


def test_a_statue_does_not_win():
    on, off, statue = judged(swaying(15), swaying(15, 0.5), swaying(15, size=0.0))
    assert on < off < statue


def test_the_wished_speed_is_better_than_twice_or_half():
    right, half, twice = judged(swaying(15), swaying(15, size=0.075), swaying(15, size=0.3))
    assert right < min(half, twice) - 0.3


def test_a_pelvis_that_bounces_more_and_travels_less_than_real_ones_costs():
    usual = (0.1, 0.3)
    wave = 0.05 * np.sin(2 * np.pi * np.arange(FRAMES) / 15)
    steps = 0.01 * np.arange(FRAMES)  # .3 m/s

    def moving(bounce: float, travel: float) -> np.ndarray:
        pelvis = np.zeros((1, FRAMES, 3), np.float32)
        pelvis[..., 0], pelvis[..., 2] = travel * steps, bounce * wave
        return pelvis

    def cost(bounce: float, travel: float, pace=usual) -> float:
        asked = Wish(FIRST, np.zeros(0), 0.6, np.zeros(2), pace)
        return float(candidates._pace(moving(bounce, travel), asked)[0])

    assert cost(0.0, 1.0) == pytest.approx(0, abs=1e-3)  # as far as real ones, and no bounce
    assert cost(0.0, 3.0) == 0.0  # more of the way costs nothing
    assert cost(0.0, 0.0) == pytest.approx(np.log(0.34 / 0.04))
    assert cost(3.0, 1.0) > cost(1.5, 1.0) + 0.5 > 0.5
    assert cost(3.0, 0.0, pace=None) == 0.0


def test_standing_feet_that_slide_cost():
    slow = swaying(15)
    fixed = slow.copy()
    fixed[:, candidates.CONTACT_JOINTS] = rest_positions()[list(candidates.CONTACT_JOINTS)]
    fixed_cost, sliding_cost = judged(fixed, slow, standing=1.0)
    free_cost, free_sliding = judged(fixed, slow, standing=0.0)
    assert sliding_cost - fixed_cost > free_sliding - free_cost + 0.3


def test_outside_the_stage_the_way_back_is_better():
    out, back = swaying(15), swaying(15)
    walk = np.linspace(0, 0.6, FRAMES)[:, None]
    out[..., 0] += 1.5 + walk
    back[..., 0] += 1.5 - walk
    further, nearer = judged(out, back)
    assert nearer < further - 0.8
    # The stage is where the dance began.
    further, nearer = judged(out, back, asked=wish(centre=(3.5, 0.0)))
    assert further < nearer


def test_inside_the_stage_nobody_is_pulled():
    left, right = swaying(15), swaying(15)
    right[..., 0] += 0.4
    same, moved = judged(left, right)
    assert same == pytest.approx(moved, abs=1e-5)


def test_a_jump_at_the_seam_costs():
    smooth, jumping = swaying(15), swaying(15)
    jumping[FIRST:, :, 2] += 0.1
    fine, popped = judged(smooth, jumping)
    assert fine < popped - 0.1


def test_bouncing_on_the_spot_is_worse_than_travelling_as_the_style_does():
    bouncing, travelling = swaying(15, size=0.0), swaying(15, size=0.0)
    t = np.arange(FRAMES) / 30
    bouncing[..., 2] += 0.05 * np.abs(np.sin(2 * np.pi * 2 * t))[:, None]
    travelling[..., 1] += 0.3 * np.sin(np.pi * t)[:, None]
    asked = Wish(FIRST, np.zeros(0), 0.6, np.zeros(2), pace=(0.1, 0.5))
    bounced, travelled = judged(bouncing, travelling, asked=asked)
    plain = judged(bouncing, travelling, asked=Wish(FIRST, np.zeros(0), 0.6, np.zeros(2)))
    assert (bounced - travelled) - (plain[0] - plain[1]) > 0.5


def test_who_bounces_and_travels_no_more_and_no_less_than_real_dancers_pays_nothing():
    figure = swaying(15)
    pelvis = np.diff(figure[FIRST:, 0].astype(np.float64), axis=0) * 30
    real = (float(np.abs(pelvis[:, 2]).mean()), float(np.linalg.norm(pelvis[:, :2], axis=1).mean()))
    with_pace = judged(figure, asked=Wish(FIRST, np.zeros(0), 0.6, np.zeros(2), pace=real))
    without = judged(figure, asked=Wish(FIRST, np.zeros(0), 0.6, np.zeros(2)))
    assert with_pace[0] == pytest.approx(without[0], abs=1e-6)
