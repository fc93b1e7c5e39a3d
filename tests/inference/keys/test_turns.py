# SPDX-License-Identifier: GPL-3.0-or-later
"""Every rotation mode says the same turn, goes on without jumps, and knows how fast it turns."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from twostep.inference.keys import as_mode, as_quaternions, path_of
from twostep.inference.keys.turns import apart, rates, signs

ORDERS = ["".join(order) for order in permutations("XYZ")]
MODES = ["QUATERNION", "AXIS_ANGLE", *ORDERS]


def wandering(frames=400, seed=0, strength=1.2):
    """Turns (T, 4) all over the place, smoothly; poles and half turns are passed."""
    steps = gaussian_filter1d(np.random.default_rng(seed).normal(size=(frames, 3)), 8, axis=0)
    steps *= 0.06 * strength / steps.std()
    turn, made = Rotation.identity(), []
    for step in steps:
        turn = turn * Rotation.from_rotvec(step)
        made.append(turn.as_quat(scalar_first=True))
    return np.array(made)


@pytest.mark.parametrize("mode", MODES)
def test_the_same_turn(mode):
    turns = wandering()
    assert apart(as_quaternions(mode, as_mode(mode, turns)), turns).max() < 1e-6


@pytest.mark.parametrize("mode", MODES)
def test_without_jumps(mode):
    """However it turns: a step of a few degrees never changes a channel by half a turn."""
    steps = np.abs(np.diff(as_mode(mode, wandering(seed=3)), axis=0)).max()
    assert steps < (0.1 if mode == "QUATERNION" else 1.6)


def test_a_full_turn_counts_on():
    angles = np.linspace(0, 4 * np.pi, 200)
    turns = Rotation.from_euler("z", angles[:, None]).as_quat(scalar_first=True)
    assert np.allclose(as_mode("XYZ", turns)[:, 2], angles, atol=1e-6)
    keyed = as_mode("AXIS_ANGLE", turns)
    assert np.allclose(keyed[:, 0] * keyed[:, 3], angles, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_rates_are_those_of_small_changes(mode):
    values = as_mode(mode, wandering(60, seed=2))
    change = np.random.default_rng(5).normal(0, 1e-5, values.shape)
    told = np.linalg.norm(np.einsum("ted,td->te", rates(mode, values), change), axis=1)
    found = apart(as_quaternions(mode, values), as_quaternions(mode, values + change))
    assert np.abs(told - found).max() < 1e-8


def test_no_turn_has_some_axis():
    still = np.tile([1.0, 0, 0, 0], (5, 1))
    assert np.array_equal(as_mode("AXIS_ANGLE", still), np.tile([0.0, 0, 1, 0], (5, 1)))


def test_small_angles_are_told_apart():
    first, second = (
        Rotation.from_euler("x", [[angle]]).as_quat(scalar_first=True)
        for angle in (0.3, 0.3 + 1e-7)
    )
    assert apart(first, second)[0] == pytest.approx(1e-7, rel=1e-3)


def test_paths():
    assert [path_of(mode) for mode in ("QUATERNION", "AXIS_ANGLE", "ZXY")] == [
        "rotation_quaternion",
        "rotation_axis_angle",
        "rotation_euler",
    ]


@pytest.mark.parametrize(
    ("mode", "first", "second", "expected"),
    [
        ("QUATERNION", [0.6, 0.8, 0, 0], [0.6, 0.8, 0, 0], [1, 1, 1, 1]),
        ("QUATERNION", [0.6, 0.8, 0, 0], [-0.6, -0.8, 0, 0], [-1, -1, -1, -1]),
        ("AXIS_ANGLE", [0.5, 0, 0, 1], [0.5 + 2 * np.pi, 0, 0, 1], [1, 1, 1, 1]),
        ("AXIS_ANGLE", [0.5, 0, 0, 1], [-0.5, 0, 0, -1], [-1, -1, -1, -1]),
        ("XYZ", [0.1, 0.2, 0.3], [0.1, 0.2, 0.3 - 2 * np.pi], [1, 1, 1]),
        ("ZXY", [0.2, 0.3, 0.1], [np.pi - 0.2, 0.3 + np.pi, 0.1 + np.pi], [-1, 1, 1]),
    ],
)
def test_the_same_turn_keyed_in_two_ways(mode, first, second, expected):
    first, second = np.array(first, float), np.array(second, float)
    assert list(signs(mode, first, second)) == expected
    change = 1e-6 * np.array([0.3, -1, 0.7, 0.2])[: len(first)]
    there, same = (
        as_quaternions(mode, np.array([each]))
        for each in (first + change, second + signs(mode, first, second) * change)
    )
    assert apart(there, same)[0] < 1e-9
