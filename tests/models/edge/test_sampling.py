# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from twostep.models.edge.sampling import EVALUATIONS, guided, joined, sample, tied
from twostep.models.edge.schedule import STEPS, kept_variance, walk

FREE = (np.full(3, -9.0, np.float32), np.full(3, 9.0, np.float32))


def noise(windows: int, seed: int = 0, frames: int = 8) -> np.ndarray:
    shape = (windows, frames, 3)
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def draw(guess, windows: int, seed: int = 0, bounds=FREE, **options) -> np.ndarray:
    return sample(guess, noise(windows, seed), np.random.default_rng(seed), bounds, **options)


def test_the_data_goes_from_all_to_nothing() -> None:
    kept = kept_variance()
    assert len(kept) == STEPS and np.all(np.diff(kept) < 0)
    assert kept[0] > 0.9999 and kept[499] == pytest.approx(0.49, abs=0.02) and kept[-1] < 1e-6


def test_a_walk_begins_at_the_noise_and_ends_at_the_data() -> None:
    steps = walk(50)
    assert (len(steps), steps[0], steps[-1]) == (51, 999, -1)
    assert set(np.diff(steps)) == {-20}


def test_a_guess_that_never_changes_is_what_comes_out() -> None:
    truth = tied(noise(4, seed=5))
    assert np.array_equal(draw(lambda _x, _step: (truth, truth), 4), truth)


def test_values_beyond_the_data_are_clipped() -> None:
    far = np.full((2, 8, 3), 5.0, np.float32)
    bounds = (np.full(3, -1.0, np.float32), np.array([1, 2, 9], np.float32))
    assert np.all(draw(lambda _x, _step: (far, far), 2, bounds=bounds) == [1, 2, 5])


def test_the_best_guess_about_a_normal_distribution_draws_from_it() -> None:
    kept, mean, variance = kept_variance(), 2.0, 0.25

    def guess(x: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
        k = kept[step]
        gain = variance * np.sqrt(k) / (variance * k + 1 - k)
        best = (mean + gain * (x - np.sqrt(k) * mean)).astype(np.float32)
        return best, best

    made = draw(guess, 2000)
    assert made.mean() == pytest.approx(mean, abs=0.02)
    assert made.std() == pytest.approx(np.sqrt(variance), rel=0.08)
    halves = np.corrcoef(made[1:, :4].ravel(), made[:-1, 4:].ravel())[0, 1]
    assert halves > 0.99, "what two windows share is the same"


def test_at_every_step_a_window_begins_as_the_one_before_ends() -> None:
    seen = []

    def guess(x: np.ndarray, _step: int) -> tuple[np.ndarray, np.ndarray]:
        seen.append(x)
        return np.tanh(x * 3), np.sin(x)

    draw(guess, 3)
    assert len(seen) == EVALUATIONS
    assert all(np.array_equal(x[1:, :4], x[:-1, 4:]) for x in seen)


def test_joining_goes_from_one_window_to_the_next() -> None:
    windows = np.stack([np.full((6, 1), value, np.float32) for value in (0, 4, 2)])
    row = joined(windows)[:, 0]
    assert list(row) == [0, 0, 0, 0, 2, 4, 4, 3, 2, 2, 2, 2]
    agreeing = tied(noise(5))
    assert np.array_equal(joined(agreeing)[4:12], agreeing[1]), "what agrees stays as it is"


def test_guidance() -> None:
    told, untold = noise(2, 1), noise(2, 2)
    assert np.allclose(guided(told, untold, 1.0), told, atol=1e-6)
    assert np.array_equal(guided(told, untold, 0.0), untold)
    assert np.allclose(guided(told, untold, 2.0), 2 * told - untold, atol=1e-6)


def test_guidance_of_one_ends_at_what_the_music_says() -> None:
    told, untold = tied(noise(2, 1)), tied(noise(2, 2))
    assert np.allclose(draw(lambda _x, _s: (told, untold), 2, guidance=1.0), told, atol=1e-6)
    beyond = 2 * told - untold
    assert np.allclose(draw(lambda _x, _s: (told, untold), 2), beyond, atol=1e-6)


def test_a_seed_is_a_dance() -> None:
    def guess(x: np.ndarray, _step: int) -> tuple[np.ndarray, np.ndarray]:
        return np.tanh(x), np.tanh(x)

    assert np.array_equal(draw(guess, 3, seed=1), draw(guess, 3, seed=1))
    assert not np.allclose(draw(guess, 3, seed=1), draw(guess, 3, seed=2), atol=0.1)
