# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the music strikes and rests, and how the network is told."""

from __future__ import annotations

import numpy as np

from twostep.inference.score.answers import Answers, answers
from twostep.inference.score.conditions import ANSWERS, BUMP, CHANNELS, ENERGY, conditions
from twostep.inference.score.grid import steady

GRID = steady(120.0, 10.0)  # a beat every half second


def test_strong_accents_are_struck_on_the_nearest_half_beat():
    found = answers(GRID, [1.04, 2.2, 3.0, 5.02], [0.9, 0.3, 0.5, 1.0], np.zeros((0, 2)))
    assert found.strikes == ((2.0, 0.9), (6.0, 0.5), (10.0, 1.0))
    assert found.rests == ()


def test_of_two_accents_close_together_the_stronger_is_struck():
    found = answers(GRID, [2.0, 2.25, 4.0], [0.6, 0.8, 0.6], [])
    assert [beat for beat, _ in found.strikes] == [4.5, 8.0]


def test_nothing_is_struck_in_a_rest_but_right_after_it():
    found = answers(GRID, [2.0, 4.0], [1.0, 1.0], [[1.9, 4.05], [6.0, 6.1]])
    assert found.rests == ((4.0, 8.0),)
    assert [beat for beat, _ in found.strikes] == [8.0]


def test_the_network_is_told_when():
    times = np.arange(0, 8, 0.01)
    told = conditions(times, GRID, None, None, Answers(((4.0, 1.0),), ((8.0, 10.0),)))
    strike, rest, known = told[:, ANSWERS].T
    assert times[strike > 0.5].min() > 1.96 and times[strike > 0.5].max() < 2.04
    assert strike.max() > 0.99
    np.testing.assert_allclose(
        [times[rest > 0].min(), times[rest > 0].max()], [4.0, 4.99], atol=0.011
    )
    assert (known == 1).all() and told.shape == (800, CHANNELS)


def test_what_is_not_known_is_not_told():
    told = conditions(np.arange(0, 4, 0.02), GRID, None, None, None)
    assert not told[:, ANSWERS].any() and not told[:, ENERGY].any()
    assert told[:, BUMP].max() > 0.99
