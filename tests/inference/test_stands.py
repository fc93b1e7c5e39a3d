# SPDX-License-Identifier: GPL-3.0-or-later
"""Where feet are pinned."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.limbs import LEGS, Limb, limb
from twostep.inference.stands import Stand, over_toes, pins, stepped

FRAMES = 60
STILL = np.tile(np.eye(3), (FRAMES, 3, 1, 1))
FOOT = (0.02, -0.13, -0.055)  # from ankle to toe, flat


def leg(ankle: np.ndarray, foot: np.ndarray | None = None) -> Limb:
    """The left leg of a figure whose ankle is there, (T, 3), its toe `foot` away."""
    made = limb(LEGS[0], np.zeros((FRAMES, 3)), STILL[:, 0], STILL)
    made.end = np.broadcast_to(np.asarray(ankle, float), (FRAMES, 3))
    made.tip = made.end + (FOOT if foot is None else foot)
    return made


def pinned(there: Limb, stands: list[Stand]) -> tuple[np.ndarray, np.ndarray]:
    """Where ankle and toe are pinned, (T, 3); nan where they are not."""
    ankle, toe = pins(there, stands)
    places = []
    for own, contact in ((there.end, ankle), (there.tip, toe)):
        where = np.full((FRAMES, 3), np.nan)
        for start, stop in contact.runs:
            where[start:stop] = (own + contact.offset)[start:stop]
        places.append(where)
    return places[0], places[1]


def test_a_flat_foot_is_pinned_where_it_mostly_is():
    drift = np.zeros((FRAMES, 3)) + (0.1, 0.2, 0.075)
    drift[:, 0] += np.linspace(-0.03, 0.03, FRAMES)
    ankle, toe = pinned(leg(drift), [Stand(0, 5, 50, 0.075), Stand(1, 5, 50, 0.02)])
    assert np.isnan(ankle[:5]).all() and np.isnan(ankle[50:]).all()
    middle = np.median(drift[5:50], axis=0)
    np.testing.assert_allclose(ankle[5:50], np.tile(middle, (45, 1)), atol=1e-6)
    np.testing.assert_allclose(toe[5:50], np.tile(middle + FOOT, (45, 1)), atol=1e-6)


def test_feet_are_a_foot_long_through_a_turn_on_the_heel():
    """The toe stands, then the heel alone, then the toe elsewhere: one foot, no slide."""
    angles = np.interp(np.arange(FRAMES), [20, 40], [0.0, 0.8])
    x, y, z = FOOT
    foot = np.stack([
        np.cos(angles) * x - np.sin(angles) * y, np.sin(angles) * x + np.cos(angles) * y,
        np.full(FRAMES, z),
    ], axis=1)  # fmt: skip
    wander = np.zeros((FRAMES, 3)) + (0, 0, 0.075)
    wander[:, 1] = np.linspace(0, 0.03, FRAMES)  # it slides a little all along
    there = leg(wander, foot)
    stands = [Stand(1, 0, 20, 0.02), Stand(0, 0, FRAMES, 0.075), Stand(1, 40, FRAMES, 0.02)]
    ankle, toe = pinned(there, stepped(there, stands))
    np.testing.assert_allclose(ankle, np.tile(ankle[0], (FRAMES, 1)), atol=1e-6)
    both = np.isfinite(toe[:, 0])
    assert both.sum() == 40
    np.testing.assert_allclose(np.linalg.norm((toe - ankle)[both], axis=1), there.hand, atol=1e-6)
    np.testing.assert_allclose((toe - ankle)[-1], foot[-1], atol=1e-6)


def test_an_ankle_is_cut_where_the_toes_make_a_step():
    places = np.zeros((FRAMES, 3)) + (0, 0, 0.075)
    places[:, 0] = np.interp(np.arange(FRAMES), [25, 35], [0.0, 0.1])
    there = leg(places)
    stands = [Stand(1, 0, 25, 0.02), Stand(1, 35, FRAMES, 0.02), Stand(0, 0, FRAMES, 0.075)]
    ankle, _ = pinned(there, stepped(there, stands))
    assert np.isnan(ankle[25:35]).all()
    np.testing.assert_allclose(ankle[:25], np.tile([0, 0, 0.075], (25, 1)), atol=1e-6)
    np.testing.assert_allclose(ankle[35:], np.tile([0.1, 0, 0.075], (25, 1)), atol=1e-6)


def test_an_ankle_is_no_higher_than_its_foot_is_long():
    there = leg(np.zeros(3))
    ankle = over_toes(there, [Stand(1, 0, 9, 0.02), Stand(0, 0, 9, 0.5)], turned=False)[1]
    assert ankle.height == pytest.approx(0.02 + 0.95 * there.hand)
    ankle = over_toes(there, [Stand(1, 0, 9, 0.02), Stand(0, 0, 9, 0.5)], turned=True)[1]
    assert ankle.height == pytest.approx(0.02 + 0.055)
    alone = over_toes(there, [Stand(1, 0, 9, 0.02), Stand(0, 12, 20, 0.5)], turned=True)[1]
    assert alone.height == 0.5
