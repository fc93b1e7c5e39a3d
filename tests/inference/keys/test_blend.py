# SPDX-License-Identifier: GPL-3.0-or-later
"""One movement goes over into another, smoothly and the shorter way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twostep.inference.keys.blend import between, shares
from twostep.inference.keys.turns import apart


def about_z(degrees):
    angles = np.atleast_1d(np.asarray(degrees, float))[:, None]
    return Rotation.from_euler("z", angles, degrees=True).as_quat(scalar_first=True)


def test_shares_rise_from_nothing_and_fall_back():
    frames = np.arange(101.0, 202.0)
    share = shares(frames, 10, 20)
    assert share[0] == share[-1] == 0
    assert share[5] == pytest.approx(0.5) and share[-11] == pytest.approx(0.5)
    assert (share[10:-20] == 1).all()
    assert (np.diff(share[:11]) > 0).all()


def test_without_a_blend_all_shows():
    assert (shares(np.arange(5.0), 0, 0) == 1).all()
    assert (shares(np.arange(1.0), 0, 0) == 1).all()


def test_a_dance_that_is_too_short_for_both_blends_over_less():
    share = shares(np.arange(11.0), 20, 20)
    assert share[5] == 1 and share[0] == share[-1] == 0


def test_half_way_between():
    found = between(about_z([10]), about_z([50]), np.array([0.25]))
    assert apart(found, about_z([20]))[0] < 1e-9


def test_the_shorter_way_whatever_the_signs():
    found = between(about_z([170]), -about_z([-170]), np.array([0.5]))
    assert apart(found, about_z([180]))[0] < 1e-9


def test_no_leap_where_they_come_to_be_half_a_turn_apart():
    second = about_z(np.linspace(120, 240, 60))
    found = between(about_z(np.zeros(60)), second, np.full(60, 0.5))
    assert np.degrees(apart(found[1:], found[:-1])).max() < 3
