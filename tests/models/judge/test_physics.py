# SPDX-License-Identifier: GPL-3.0-or-later
"""EDGE's foot contact score by hand, and its two traps."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.skeleton import CONTACT_JOINTS
from twostep.models.judge.physics import pfc, resampled

from .figures import FPS, standing, swinging

STILL = standing(5.0).positions().astype(np.float64)
FRAMES = np.arange(len(STILL))


def bobbing(skate: float = 0.0, fps: float = FPS) -> np.ndarray:
    """A figure that bobs with the acceleration of a swing and skates, metres a frame at 30 fps."""
    times = np.arange(round(5 * fps)) / fps
    places = np.repeat(STILL[:1], len(times), axis=0)
    places[:, :, 2] += 0.05 * np.cos(2 * np.pi * times)[:, None]
    places[:, list(CONTACT_JOINTS), 2] = STILL[0, list(CONTACT_JOINTS), 2]
    places[:, :, 0] += skate * FPS * times[:, None]
    return places


def test_a_frozen_figure_scores_nothing_where_the_public_code_has_no_number():
    assert pfc(STILL) == 0
    assert np.isnan(pfc(STILL, published=True))


def test_planted_feet_score_nothing_and_skating_ones_much():
    assert pfc(bobbing()) == pytest.approx(0, abs=1e-12)
    assert pfc(bobbing(0.02)) > 1
    assert pfc(swinging(np.arange(0, 21, 0.5)).positions()) == pytest.approx(0, abs=1e-9)


def test_by_hand():
    """A body that pushes upwards on every other frame while both feet go 1 cm a frame."""
    places = np.repeat(STILL[:1], 150, axis=0)
    places[:, list(CONTACT_JOINTS), 0] += 0.01 * FRAMES[:, None]
    places[:, 0, 2] += 0.001 * (FRAMES % 2)
    # Half the pushes are up and all are the largest; the others are falls and count as none.
    for published in (False, True):
        assert pfc(places, published=published) == pytest.approx(1e4 * 0.01 * 0.01 * 0.5)


def test_one_foot_that_stands_is_enough():
    places = bobbing(0.02)
    places[:, list(CONTACT_JOINTS[:1]), :2] = STILL[0, list(CONTACT_JOINTS[:1]), :2]
    assert pfc(places) == pytest.approx(0, abs=1e-12)


def test_one_glitch_does_not_hide_a_skating_dance():
    skating, glitch = bobbing(0.02), bobbing(0.02)
    glitch[70, 0, 2] += 1.0
    assert pfc(glitch, published=True) < 0.1 * pfc(skating, published=True)
    assert pfc(glitch) > 0.6 * pfc(skating)


def test_trembling_is_no_push():
    places = STILL + 1e-5 * np.random.default_rng(0).normal(size=STILL.shape)
    places[:, :, 0] += 0.02 * FRAMES[:, None]
    assert pfc(places) < 0.1 * pfc(places, published=True)


def test_the_rate_does_not_matter():
    assert pfc(bobbing(0.02, 60.0), 60.0) == pytest.approx(pfc(bobbing(0.02)), rel=0.01)
    np.testing.assert_allclose(resampled(bobbing(0.01, 60.0), 60.0, 30.0), bobbing(0.01), atol=1e-9)


def test_windows_of_five_seconds_and_what_is_shorter():
    twice = np.concatenate([bobbing(0.02), STILL])
    assert pfc(twice) == pytest.approx(pfc(bobbing(0.02)) / 2)
    assert pfc(bobbing(0.02)[:60]) > 1
    assert np.isnan(pfc(STILL[:2]))
