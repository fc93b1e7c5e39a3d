# SPDX-License-Identifier: GPL-3.0-or-later
"""Dances that close."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from twostep.inference import travel
from twostep.inference.footlock import locked
from twostep.inference.loop import around, closed, whole_bars
from twostep.inference.motion import FPS, Motion
from twostep.inference.pose_features import continuous
from twostep.inference.skeleton import JOINT_COUNT

from .walking import slides, walk


def wandering(seconds=8.0, turned=0.0, way=(0.0, 0.0), seed=0) -> Motion:
    """Every joint wanders smoothly; it turns so far, rad, and gets so far, metres."""
    random = np.random.default_rng(seed)
    frames = round(seconds * FPS)
    vectors = gaussian_filter1d(random.normal(size=(frames, JOINT_COUNT, 3)), 8, axis=0)
    turns = Rotation.from_rotvec((0.4 * vectors / vectors.std()).reshape(-1, 3))
    rotations = turns.as_quat(scalar_first=True).reshape(frames, JOINT_COUNT, 4)
    share = np.linspace(0, 1, frames)
    upright = Rotation.from_euler("z", turned * share)
    pelvis = upright * Rotation.from_quat(rotations[:, 0], scalar_first=True)
    rotations[:, 0] = pelvis.as_quat(scalar_first=True)
    sway = gaussian_filter1d(random.normal(size=(frames, 3)), 8, axis=0)
    root = 0.05 * sway / sway.std() + (0, 0, 0.9)
    root[:, :2] += share[:, None] * way
    return Motion(FPS, root, continuous(rotations), np.zeros((frames, 4)))


def over_the_seam(motion: Motion) -> Motion:
    """A second on either side of the seam, which is in the middle."""
    frames = np.r_[len(motion) - 31 : len(motion) - 1, 0:31]
    return replace(
        motion,
        root=motion.root[frames],
        rotations=continuous(motion.rotations[frames]),
        contacts=motion.contacts[frames],
    )


def accelerations(motion: Motion) -> np.ndarray:
    """The greatest of any joint, (T - 2,), m/s²."""
    return np.linalg.norm(np.diff(motion.positions(), n=2, axis=0), axis=-1).max(axis=1) * FPS**2


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("turned", [0.0, 1.0, -2.5])
def test_the_last_frame_is_the_first_and_nothing_jerks(turned, seed):
    dance = wandering(turned=turned, way=(1.5, -2.0), seed=seed)
    loop = closed(dance)
    assert len(loop) == len(dance)
    np.testing.assert_array_equal(loop.root[0], loop.root[-1])
    np.testing.assert_allclose(loop.positions()[0], loop.positions()[-1], atol=1e-6)
    np.testing.assert_array_equal(loop.contacts[0], loop.contacts[-1])
    assert accelerations(over_the_seam(loop)).max() < 1.3 * accelerations(dance).max()
    assert (loop.rotations[1:] * loop.rotations[:-1]).sum(-1).min() > 0.9


def test_far_from_the_seam_only_drift_and_turn_are_taken():
    dance = wandering(way=(1.0, 0.0))
    loop = closed(dance, 0.5)
    middle = slice(20, -20)
    np.testing.assert_array_equal(loop.rotations[middle, 1:], dance.rotations[middle, 1:])
    np.testing.assert_array_equal(loop.root[middle, 2], dance.root[middle, 2])
    speed = np.diff(dance.root[middle, 0] - loop.root[middle, 0]) * (len(dance) - 1)
    np.testing.assert_allclose(speed, 1.0, atol=0.35)  # spread evenly, but for what it turns


def test_a_dance_that_spins_goes_on_spinning():
    for turned, whole in ((2 * np.pi, 1), (-4 * np.pi + 0.8, -2), (5.0, 1), (3.0, 0)):
        loop = closed(wandering(turned=turned))
        spun = np.diff(travel.heading(loop, loop=True)[[0, -1]])[0]
        assert spun == pytest.approx(2 * np.pi * whole, abs=1e-3)


def test_what_closes_already_is_left_alone():
    walked = walk(8.0)
    steps = Motion(FPS, walked.root * np.float32([1, 0, 1]), walked.rotations, walked.contacts)
    rounds = steps[16 * 2 : 16 * 2 + 4 * 32 + 1]  # four pairs of steps
    np.testing.assert_allclose(closed(rounds).positions(), rounds.positions(), atol=0.004)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 10])
def test_the_shortest_motions_pass(frames):
    short = closed(wandering(1.0)[:frames])
    assert len(short) == frames and np.isfinite(short.rotations).all()
    assert len(around(short, locked)) == frames


def test_feet_are_locked_over_the_seam():
    """It stands and sways; the feet stand in one place all along, round after round."""
    swaying = wandering()
    rotations = np.zeros_like(swaying.rotations)
    rotations[..., 0] = 1
    root = swaying.root * np.float32([0.4, 0.4, 0]) + np.float32([0, 0, 0.9])
    done = around(closed(Motion(FPS, root, rotations, np.ones((len(root), 4)))), locked)
    assert done.contacts.all()
    assert max(slides(done, done.contacts)) < 0.001
    np.testing.assert_array_equal(done.root[0], done.root[-1])
    assert accelerations(over_the_seam(done)).max() < 1.2 * accelerations(done).max()


def test_what_is_done_around_knows_both_sides_of_the_seam():
    """A blur of the root: around, the seam is like any other place."""

    def blurred(motion):
        root = gaussian_filter1d(motion.root, 10, axis=0)
        return replace(motion, root=root)

    loop = closed(wandering())
    done = around(loop, blurred)
    expected = gaussian_filter1d(loop.root[:-1], 10, axis=0, mode="wrap")
    np.testing.assert_allclose(done.root[:-1], expected, atol=1e-5)


def test_what_gets_farther_every_round_is_taken_back_evenly():
    loop = closed(wandering())

    def going(motion):
        away = np.linspace(0, 1, len(motion))[:, None] * (3.0, 0.0, 0.0)
        return replace(motion, root=motion.root + away)

    done = around(loop, going)
    np.testing.assert_array_equal(done.root[0], done.root[-1])
    steps = np.diff(done.root - loop.root, axis=0)
    assert np.abs(steps).max() < 1e-5


BEATS = np.arange(0.25, 20.0, 0.5)  # 120 bpm, the first beat after a quarter second


@pytest.mark.parametrize(
    ("seconds", "every", "expected"),
    [
        (20.0, 4, 20.0), (19.8, 4, 18.0), (19.9, 4, 20.0), (7.9, 3, 7.5), (2.1, 4, 2.0),
        (1.5, 4, None),
    ],
)  # fmt: skip
def test_whole_bars_of_a_steady_song(seconds, every, expected):
    downbeats = np.arange(len(BEATS)) % every == 1
    assert whole_bars(BEATS, downbeats, seconds) == (expected and pytest.approx(expected))


def test_bars_follow_a_song_that_slows_down():
    beats = np.cumsum(np.r_[0.0, np.linspace(0.4, 0.6, 20)])
    assert whole_bars(beats, np.zeros(21, bool), beats[18]) == pytest.approx(beats[16])
    assert whole_bars(beats, np.zeros(21, bool), beats[20]) == pytest.approx(beats[20])


def test_a_bar_is_four_beats_where_none_is_told():
    assert whole_bars(np.array([0.0, 0.5]), np.array([True, False]), 9.0) == pytest.approx(8.0)
