# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np

from twostep.inference.motion import Motion
from twostep.inference.smooth import continued, fade

from .walking import jerk, walk


def test_a_fade_starts_as_asked_and_ends_at_rest():
    frames = 300
    faded = fade(np.array([2.0]), np.array([0.01]), frames)[:, 0]
    assert faded[0] == 2.0
    np.testing.assert_allclose(faded[1] - faded[0], 0.01, rtol=0.02)
    assert abs(faded[-1]) < 1e-5 and abs(faded[-1] - faded[-2]) < 1e-4


def test_a_dance_goes_on_from_another_with_no_jump():
    whole = walk(6.0)
    before, after = whole[:60], whole[100:]
    bent = continued(after, before)
    np.testing.assert_allclose(bent.positions()[0], before.positions()[-1], atol=1e-4)
    np.testing.assert_array_equal(bent.root[15:], after.root[15:])
    joined = Motion(
        30.0,
        np.concatenate([before.root, bent.root[1:]]),
        np.concatenate([before.rotations, bent.rotations[1:]]),
        np.concatenate([before.contacts, bent.contacts[1:]]),
    )
    hard = Motion(
        30.0,
        np.concatenate([before.root, after.root[1:]]),
        np.concatenate([before.rotations, after.rotations[1:]]),
        np.concatenate([before.contacts, after.contacts[1:]]),
    )
    assert jerk(joined[50:90]) < 0.2 * jerk(hard[50:90])


def test_going_on_from_itself_changes_nothing():
    whole = walk(4.0)
    bent = continued(whole[59:], whole[:60])
    moved = np.linalg.norm(bent.positions() - whole[59:].positions(), axis=-1)
    assert moved.max() < 0.05 and moved.mean() < 0.002
    np.testing.assert_allclose(bent.positions()[0], whole.positions()[59], atol=1e-5)


def test_one_still_pose_is_enough():
    whole = walk(4.0)
    bent = continued(whole[30:], whole[:1])
    np.testing.assert_allclose(bent.positions()[0], whole.positions()[0], atol=1e-4)
