# SPDX-License-Identifier: GPL-3.0-or-later
"""The way over the floor, told apart from the dancing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twostep.inference.motion import FPS, Motion
from twostep.inference.skeleton import JOINT_COUNT
from twostep.inference.travel import heading, in_place, path, track

from .walking import walk


def going(root, pelvis) -> Motion:
    """A motion with that root (T, 3) and pelvis Rotation."""
    rotations = np.zeros((len(root), JOINT_COUNT, 4))
    rotations[..., 0] = 1
    rotations[:, 0] = pelvis.as_quat(scalar_first=True)
    return Motion(FPS, root, rotations, np.zeros((len(root), 4)))


def straight(seconds=6.0, sway=0.0) -> Motion:
    """A metre a second towards +x, facing it, swaying across twice a second."""
    t = np.arange(round(seconds * FPS)) / FPS
    root = np.stack([t, sway * np.sin(4 * np.pi * t), np.ones_like(t)], axis=1)
    return going(root, Rotation.from_euler("z", np.full(len(t), np.pi / 2)))


def test_a_straight_way_is_found_to_its_very_ends():
    found = track(straight())
    np.testing.assert_allclose(found.places[:, 0], np.arange(180) / 30, atol=1e-5)
    np.testing.assert_allclose(found.yaw, np.pi / 2, atol=1e-6)


def test_sway_stays_with_the_pelvis():
    way = path(straight(sway=0.05))
    assert np.abs(way[30:-30, 1]).max() < 1e-3
    assert np.abs(way[:, 1]).max() < 0.02, "no more than a bit at the ends"


def test_a_dance_in_place_keeps_heading_height_and_sway():
    swaying = straight(sway=0.05)
    still = in_place(swaying)
    np.testing.assert_allclose(still.root[:, 0], 0, atol=1e-5)
    np.testing.assert_allclose(still.root[30:-30, 1], swaying.root[30:-30, 1], atol=0.02)
    np.testing.assert_array_equal(still.root[:, 2], swaying.root[:, 2])
    np.testing.assert_array_equal(still.rotations, swaying.rotations)


def test_a_way_that_begins_elsewhere_goes_on_there_in_place():
    far = walk()
    far = replace(far, root=far.root + np.float32([5, -3, 0]))
    still = in_place(far)
    assert np.abs(still.root[:, :2] - [5, -3]).max() < 0.15


def test_in_place_and_track_share_one_way():
    walked = walk()
    whole = in_place(walked).root[:, :2] + track(walked).places - track(walked).places[0]
    np.testing.assert_allclose(whole, walked.root[:, :2], atol=1e-5)


@pytest.mark.parametrize("turns", [-3, 1, 2.5])
def test_spins_are_not_wound_back(turns):
    t = np.linspace(0, 1, 200)
    spin = going(np.zeros((200, 3)), Rotation.from_euler("z", 2 * np.pi * turns * t))
    np.testing.assert_allclose(heading(spin), 2 * np.pi * turns * t, atol=1e-5)


def test_a_pelvis_that_bows_or_lies_still_has_its_heading():
    t = np.linspace(0, 2 * np.pi, 200)
    bows = Rotation.from_euler("z", np.full(200, 1.0)) * Rotation.from_euler("x", 1.7 * np.sin(t))
    np.testing.assert_allclose(heading(going(np.zeros((200, 3)), bows)), 1.0, atol=1e-5)


def test_a_somersault_does_not_turn_it():
    rolls = Rotation.from_euler("z", np.full(200, 1.0)) * Rotation.from_euler(
        "x", np.linspace(0, 2 * np.pi, 200)
    )
    np.testing.assert_allclose(heading(going(np.zeros((200, 3)), rolls)), 1.0, atol=1e-5)


def test_upside_down_all_along_it_has_none():
    down = Rotation.from_euler("x", np.full(50, np.pi))
    np.testing.assert_array_equal(heading(going(np.zeros((50, 3)), down)), 0.0)


def test_the_way_of_a_loop_is_smooth_over_its_seam():
    """A circle that is danced once, heading along it."""
    a = np.linspace(0, 2 * np.pi, 151)
    root = np.stack([np.cos(a), np.sin(a), np.ones_like(a)], axis=1)
    way = track(going(root, Rotation.from_euler("z", a + np.pi)), loop=True)
    np.testing.assert_allclose(way.places[0], way.places[-1], atol=1e-12)
    assert way.yaw[-1] - way.yaw[0] == pytest.approx(2 * np.pi)
    steps = np.diff(np.concatenate([way.places[-3:], way.places[1:3]]), axis=0)
    radius = np.linalg.norm(way.places, axis=1)
    np.testing.assert_allclose(radius, radius[75], atol=1e-6)
    np.testing.assert_allclose(
        np.linalg.norm(steps, axis=1), 2 * np.pi / 150 * radius[0], rtol=1e-3
    )


@pytest.mark.parametrize("frames", [1, 2, 3, 4])
@pytest.mark.parametrize("loop", [False, True])
def test_the_shortest_ways(frames, loop):
    short = walk(1.0)[:frames]
    assert track(short, loop=loop).places.shape == (frames, 2)
    assert np.isfinite(in_place(short, loop=loop).root).all()
