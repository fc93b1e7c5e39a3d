# SPDX-License-Identifier: GPL-3.0-or-later
"""Splines through few keys, found by hand where they can be."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from twostep.inference.keys import Spline
from twostep.inference.keys.curve import Curve, guess
from twostep.inference.keys.hermite import fitted, slopes

FRAMES = np.arange(61.0)


def line(values, tolerance=0.01, seam=False) -> Curve:
    """The curve of a bone that is only moved, along x."""
    location = np.zeros((len(values), 3))
    location[:, 0] = values
    made = Curve("QUATERNION", None, location, 1.0, tolerance, seam)
    guess([made])
    made.refine()
    return made


def test_samples_are_those_of_a_hermite_spline():
    random = np.random.default_rng(1)
    keys = np.array([0, 3, 4, 17, 30])
    values, slope = random.normal(size=(5, 2)), random.normal(size=(5, 2))
    found = Spline(keys, values, slope, slope).sampled()
    true = CubicHermiteSpline(keys, values, slope)(np.arange(31))
    assert np.allclose(found, true, atol=1e-12)


def test_a_cubic_needs_two_keys():
    values = (FRAMES / 60) ** 3 - FRAMES / 60
    curve = line(values)
    assert list(curve.spline.keys) == [0, 60]
    assert np.allclose(curve.spline.out[:, 0] * 60, [-1, 2], atol=0.01)
    assert np.allclose(curve.fit[:, 0], values, atol=1e-3)


def test_nothing_needs_two_keys():
    assert list(line(np.full(61, 0.3)).spline.keys) == [0, 60]


def test_a_step_needs_its_corner():
    """And nothing more: level, one frame of a rise, level."""
    curve = line(np.where(FRAMES < 30, 0.0, 1.0))
    assert {29, 30} <= set(curve.spline.keys)
    assert len(curve.spline.keys) <= 6
    assert np.abs(curve.fit[:, 0] - (FRAMES >= 30)).max() <= 0.01


def test_a_corner_is_one_key_with_two_slopes():
    curve = line(np.abs(FRAMES - 30))
    assert list(curve.spline.keys) == [0, 30, 60]
    assert np.allclose(curve.spline.into[1], [-1, 0, 0], atol=1e-4)
    assert np.allclose(curve.spline.out[1], [1, 0, 0], atol=1e-4)
    assert np.array_equal(curve.spline.into[[0, 2]], curve.spline.out[[0, 2]])


def test_what_is_round_has_no_corners():
    curve = line(np.sin(FRAMES / 5))
    assert not curve.corners.any()
    assert np.array_equal(curve.spline.into, curve.spline.out)


def test_ends_are_kept():
    values = np.cumsum(np.random.default_rng(0).normal(size=61))
    curve = line(values, tolerance=2.0)
    assert np.allclose(curve.fit[[0, -1], 0], values[[0, -1]], atol=1e-5)


def test_a_seam_has_one_slope():
    turns = 2 * np.pi * FRAMES / 60
    curve = line(np.sin(turns) + 0.3 * np.cos(2 * turns), seam=True)
    assert np.allclose(curve.fit[0], curve.fit[-1], atol=1e-6)
    assert np.allclose(curve.spline.out[0], curve.spline.into[-1], atol=1e-6)


def test_a_seam_of_what_leads_on_has_one_slope_too():
    """As a way that goes on in every round."""
    curve = line(0.1 * FRAMES + np.sin(2 * np.pi * FRAMES / 60), seam=True)
    assert np.allclose(curve.spline.out[0, 0], 0.1 + np.pi / 30, atol=0.01)
    assert np.allclose(curve.spline.out[0], curve.spline.into[-1], atol=1e-6)


def test_least_squares_are_no_worse_than_the_datas_own_slopes():
    values = np.cumsum(np.random.default_rng(4).normal(size=(61, 2)), axis=0)
    none = np.zeros(61, dtype=bool)
    into, out = slopes(values, none, None)
    keys = np.array([0, 9, 20, 41, 60])
    ours = fitted(values, keys, into, out, none, none).sampled()
    theirs = Spline(keys, values[keys], into[keys], out[keys]).sampled()
    assert ((ours - values) ** 2).sum() < ((theirs - values) ** 2).sum()


def test_neighbouring_keys_have_slopes():
    """Between them nothing tells the slope but the data's own."""
    values = np.random.default_rng(2).normal(size=(5, 1))
    none = np.zeros(5, dtype=bool)
    into, out = slopes(values, none, None)
    spline = fitted(values, np.arange(5), into, out, none, none)
    assert np.allclose(spline.values, values, atol=1e-3)
    assert np.allclose(spline.out, out, atol=1e-2)
