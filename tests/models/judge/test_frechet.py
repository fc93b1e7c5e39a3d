# SPDX-License-Identifier: GPL-3.0-or-later
"""Distances of Gaussians that are known in closed form, floors, and diversity by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from twostep.models.judge.features import features
from twostep.models.judge.frechet import (
    Scale,
    diversity,
    diversity_by_song,
    fair,
    gaussian_distance,
    split_floor,
)

from .figures import swinging, trembling, wandering


def whole(made, truth, pool=None):
    """Of as many as there are on both sides, in one draw."""
    return fair(made, truth, len(made), draws=1, pool=pool)


def exactly(mean: np.ndarray, spread: np.ndarray, count: int = 400, seed: int = 0) -> np.ndarray:
    """Samples whose mean is exactly `mean` and whose covariance is exactly spread @ spread.T."""
    noise = np.random.default_rng(seed).normal(size=(count, len(mean)))
    noise -= noise.mean(0)
    white = noise @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(noise, rowvar=False)))).T
    return white @ spread.T + mean


def test_one_dimension_is_the_difference_of_means_and_spreads():
    a = exactly(np.array([1.0]), np.array([[2.0]]), seed=1)
    b = exactly(np.array([4.0]), np.array([[0.5]]), seed=2)
    assert gaussian_distance(a, b) == pytest.approx(3.0**2 + 1.5**2)


def test_spreads_along_the_axes():
    a = exactly(np.zeros(3), np.diag([1.0, 2.0, 3.0]), seed=1)
    b = exactly(np.array([0.0, 1.0, 2.0]), np.diag([2.0, 2.0, 1.0]), seed=2)
    assert gaussian_distance(a, b) == pytest.approx(0 + 1 + 4 + 1 + 0 + 4)
    assert gaussian_distance(b, a) == pytest.approx(10)
    assert gaussian_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_spreads_in_any_direction_agree_with_the_matrix_root():
    rng = np.random.default_rng(3)
    a, b = (rng.normal(size=(n, 6)) @ rng.normal(size=(6, 6)) for n in (50, 80))
    one, two = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.trace(sqrtm(one @ two).real)
    apart = a.mean(0) - b.mean(0)
    wanted = apart @ apart + np.trace(one) + np.trace(two) - 2 * root
    assert gaussian_distance(a, b) == pytest.approx(wanted, rel=1e-6)


def test_fewer_samples_than_features():
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(5, 40)), rng.normal(size=(7, 40))
    assert gaussian_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert np.isfinite(gaussian_distance(a, b)) and gaussian_distance(a, b) > 0
    with pytest.raises(ValueError, match="two samples"):
        gaussian_distance(a[:1], b)


def test_the_truths_pool_is_the_scale():
    truth = exactly(np.array([10.0, 0.0]), np.diag([5.0, 0.1]), seed=5)
    made = truth + np.array([5.0, 0.1])
    spread = truth.std(0) / np.array([5.0, 0.1])  # of N, where the covariance is of N - 1
    assert whole(made, truth) == pytest.approx((1 / spread**2).sum())
    assert whole(10 * made, 10 * truth) == pytest.approx(whole(made, truth))
    wider = exactly(np.array([10.0, 0.0]), np.diag([50.0, 1.0]), seed=6)
    assert whole(made, truth, pool=wider) == pytest.approx(whole(made, truth) / 100)


def test_a_feature_that_never_varies_keeps_its_unit():
    truth = np.column_stack([exactly(np.zeros(1), np.eye(1)), np.full(400, 3.0)])
    made = truth + np.array([0.0, 2.0])
    assert whole(made, truth) == pytest.approx(4.0)
    blown = Scale.of(truth, published=True)
    assert blown(made)[0, 1] == pytest.approx(2e10)


def test_equal_counts_leave_no_advantage_to_the_many():
    rng = np.random.default_rng(7)
    truth, few, many = (rng.normal(size=(n, 12)) for n in (300, 30, 300))
    assert whole(few, truth) > 3 * whole(many, truth)
    assert fair(few, truth, 30) == pytest.approx(fair(many, truth, 30), rel=0.15)
    assert fair(many, truth, 30, seed=1) == fair(many, truth, 30, seed=1)
    assert fair(few, truth, 1000) == fair(few, truth, 30)


def test_the_floor_falls_with_the_number_of_clips_and_takes_stay_together():
    rng = np.random.default_rng(8)
    takes = [f"take {n}" for n in range(20) for _ in range(20)]
    own = np.repeat(rng.normal(size=(20, 5)), 20, axis=0)
    truth = own + rng.normal(size=(400, 5))
    floors = [split_floor(truth, takes, count) for count in (10, 40, 160)]
    assert floors[0] > floors[1] > floors[2] > 0
    by_clip = split_floor(truth, [str(n) for n in range(400)], 160)
    assert floors[2] > 2 * by_clip, "clips of one take are alike and must not vouch for each other"
    assert split_floor(truth, takes, 40, seed=3) == split_floor(truth, takes, 40, seed=3)
    with pytest.raises(ValueError, match="two takes"):
        split_floor(truth, ["one"] * 400)
    with pytest.raises(ValueError, match="two clips"):
        split_floor(truth[:2], ["one", "two"])


def test_halves_of_the_truth_have_the_same_mixture_of_styles():
    rng = np.random.default_rng(9)
    styles = ["salsa"] * 300 + ["pop"] * 40
    takes = [f"{style} {n % 10}" for n, style in enumerate(styles)]
    truth = rng.normal(size=(340, 4)) + 8 * (np.array(styles) == "pop")[:, None]
    level = split_floor(truth, takes, 15, styles=styles)
    assert 0 < level < 0.5
    # 30 clips as they come are now of one mixture and now of another.
    assert split_floor(truth, takes, 30) > level
    with pytest.raises(ValueError, match="two takes"):
        split_floor(truth, styles, 15, styles=styles)


def test_diversity_is_the_mean_distance_of_pairs():
    points = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 0.0]])
    assert diversity(points) == pytest.approx((5 + 3 + 4) / 3)
    assert diversity(points[:1]) == 0
    found = diversity_by_song(points, ["a", "a", "b"])
    assert found == {"within": pytest.approx(5.0), "between": pytest.approx(3.5)}
    assert np.isnan(diversity_by_song(points, ["a", "a", "a"])["between"])
    assert np.isnan(diversity_by_song(points[:1], ["a"])["within"])


def test_known_dances_lie_where_they_should():
    """Real against real is near, against noise and a statue far, and a loop has no diversity."""
    beats = np.arange(0.0, 61.0, 0.5)
    truth = features((f"take {n}", wandering(60.0, seed=n).positions()) for n in range(4))
    more = features((f"more {n}", wandering(60.0, seed=9 + n).positions()) for n in range(2))
    noise = features([("noise", trembling(60.0, size=0.05).positions())])
    loop = features([("loop", swinging(beats, 60.0).positions())])
    for kind, farther in (("kinetic", 100), ("geometric", 4)):
        real, made, shaken, dull = (getattr(each, kind) for each in (truth, more, noise, loop))
        assert fair(shaken, real, 12) > farther * fair(made, real, 12)
        scale = Scale.of(real)
        assert diversity(scale(dull)) < 0.2 * diversity(scale(made))
