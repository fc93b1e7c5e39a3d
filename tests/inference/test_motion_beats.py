# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.kinematics import motion_speed
from twostep.inference.motion_beats import (
    SNAP,
    accents,
    beat_grid,
    estimate_tempo,
    grid_of_speed,
    snap,
    strength_curve,
)


@pytest.mark.parametrize(("bpm", "first"), [(76.0, 0.0), (92.0, 0.3), (110.0, 0.1), (124.0, 0.2)])
def test_the_grid_of_a_dancer_is_found(make_dancer, bpm, first):
    motion = make_dancer(bpm, first=first)
    grid = beat_grid(motion)
    assert grid.bpm == pytest.approx(bpm, rel=0.02)
    truth = np.arange(first, motion.seconds, 60 / bpm)
    inner = grid.beats[(grid.beats > 1) & (grid.beats < motion.seconds - 1)]
    away = np.abs(inner[:, None] - truth[None]).min(axis=1)
    assert np.median(away) < 0.025 and (away < 0.07).mean() > 0.95
    assert grid.snapped > 0.9
    assert grid.beats[0] < 60 / bpm * 1.1 and grid.beats[-1] > motion.seconds - 60 / bpm * 1.1


def test_noise_does_not_hide_the_beat(make_dancer):
    motion = make_dancer(96, seconds=30)
    rng = np.random.default_rng(1)
    speed = motion_speed(motion) + 0.05 * rng.random(len(motion))
    assert grid_of_speed(speed, 30).bpm == pytest.approx(96, rel=0.02)


def test_two_dancers_are_heard_together():
    """Each alone steps on every other beat only; together they tell the tempo."""
    beats = np.arange(0.4, 30, 60 / 84)
    lead = strength_curve(beats[::2], np.ones(len(beats[::2])), 30)
    follow = strength_curve(beats[1::2], np.ones(len(beats[1::2])), 30)
    rng = np.random.default_rng(0)
    noise = strength_curve(np.sort(rng.uniform(0, 30, 30)), np.full(30, 0.5), 30)
    assert estimate_tempo(lead + noise, follow) == pytest.approx(84, rel=0.02)


def test_beats_snap_only_to_near_accents():
    beats = np.array([1.0, 2.0, 3.0])
    moved, share = snap(beats, np.array([1.1, 2.3, 2.95]))
    np.testing.assert_allclose(moved, [1.1, 2.0, 2.95])
    assert share == pytest.approx(2 / 3)
    assert abs(2.3 - 2.0) > SNAP


def test_two_beats_never_fall_on_one_accent():
    moved, _ = snap(np.array([1.0, 1.25, 1.5]), np.array([1.12, 1.13]))
    assert (np.diff(moved) > 0.1).all()


def test_a_figure_at_rest_gets_an_even_grid(make_still):
    grid = beat_grid(make_still(10))
    assert grid.snapped == 0 and len(grid.beats) > 10
    np.testing.assert_allclose(np.diff(grid.beats), 60 / grid.bpm)
    assert beat_grid(make_still(10), bpm=80).bpm == pytest.approx(80)


def test_prominent_stops_weigh_more():
    times = np.arange(300) / 30
    speed = 1 + 0.3 * np.cos(2 * np.pi * times) - 0.5 * np.exp(-(((times - 5.5) / 0.1) ** 2))
    found, weights = accents(speed, 30)
    np.testing.assert_allclose(found, np.arange(0.5, 10), atol=0.02)
    assert weights.argmax() == 5 and weights.max() <= 2
