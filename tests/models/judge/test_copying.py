# SPDX-License-Identifier: GPL-3.0-or-later
"""What is copied is at no distance from training, what is new as far as held-out truth."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.motion import Motion
from twostep.models.judge import copying as c
from twostep.models.judge.signals import centred

from .figures import standing, turned, wandering


@pytest.fixture(scope="module")
def training() -> c.Bank:
    return c.bank((f"take {n}", centred(wandering(20.0, seed=n))) for n in range(4))


@pytest.fixture(scope="module")
def held_out(training) -> np.ndarray:
    return c.distances([centred(wandering(20.0, seed=90 + n)) for n in range(2)], training)


def test_the_bank_has_every_window_of_every_take(training):
    assert len(training) == 4 * (200 - 20 + 1)
    assert set(training.names) == {f"take {n}" for n in range(4)}
    assert training.windows(slice(None)).shape == (724, 20 * 72)
    rows = training.windows(slice(None)).astype(np.float64)
    np.testing.assert_allclose(training.sizes, (rows**2).sum(1), rtol=1e-5)
    with pytest.raises(ValueError, match="two seconds"):
        c.bank([("short", centred(wandering(1.0)))])


@pytest.mark.parametrize("start", [0, 31, 101, 200])
def test_a_copy_is_at_no_distance_whatever_frame_it_begins_at(training, held_out, start):
    dance = centred(wandering(20.0, seed=2)[start : start + 300])
    found = c.nearest(dance, training)
    # A window that has no later twin may begin between the frames that are looked at.
    np.testing.assert_allclose(found[:-1], 0, atol=1e-6)
    told = c.copying(dance, training, held_out)
    assert told["nearest"] == pytest.approx(0, abs=1e-6)
    assert told["nearest_share"] == pytest.approx(0, abs=1e-5)
    assert told["copied"] == pytest.approx(1, abs=1 / len(found))


def test_a_mirrored_copy_is_a_copy(training):
    found = c.nearest(centred(wandering(20.0, seed=1).mirrored()), training)
    np.testing.assert_allclose(found[:-1], 0, atol=1e-6)


def test_where_the_dancer_stands_and_faces_is_no_difference(training):
    copy = wandering(20.0, seed=3)
    place = np.array([4.0, -2.0, 0.0], dtype=np.float32)
    moved = Motion(copy.fps, copy.root + place, copy.rotations, copy.contacts)
    np.testing.assert_allclose(c.nearest(centred(moved), training)[:-1], 0, atol=1e-5)


def test_what_is_new_is_as_far_as_held_out_truth(training, held_out):
    told = c.copying(centred(wandering(20.0, seed=55)), training, held_out)
    assert told["nearest_share"] == pytest.approx(1, abs=0.1)
    assert told["copied"] < 0.2
    assert held_out.min() > 0.05
    half = np.concatenate(
        [centred(wandering(20.0, seed=0))[:300], centred(wandering(20.0, seed=56))[:300]]
    )
    assert 0.4 < c.copying(half, training, held_out)["copied"] < 0.6


def test_a_distance_by_hand():
    """Against a figure that stands: the arms' way from the T-pose, over all joints."""
    still, raised = standing(4.0), standing(4.0)
    raised = turned(raised, np.full(len(raised), 0.5), ("left_shoulder", "right_shoulder"), "x")
    raised = turned(raised, np.full(len(raised), 0.3), ("head",), "x")
    bent = turned(still, np.full(len(still), 0.5), ("left_shoulder",), "y")
    gap = centred(bent)[0] - centred(still)[0]
    wanted = np.sqrt((gap**2).sum() / 24)
    found = c.nearest(centred(bent), c.bank([("still", centred(still))]))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert wanted > 0.01


def test_a_dance_in_training_is_compared_with_the_others(training):
    own = centred(wandering(20.0, seed=2))
    assert c.nearest(own, training, without="take 2").min() > 0.05
    only = c.bank([("take 2", own)])
    assert np.isinf(c.nearest(own, only, without="take 2")).all()


def test_a_dance_under_two_seconds_has_no_distance(training, held_out):
    short = centred(wandering(1.9))
    assert len(c.nearest(short, training)) == 0
    assert c.copying(short, training, held_out) == {}
    assert len(c.nearest(centred(wandering(2.0)), training)) == 1
