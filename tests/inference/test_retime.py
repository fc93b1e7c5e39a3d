# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twostep.inference import kinematics, retime
from twostep.inference.motion import Motion


def swaying(rests: np.ndarray, frames: int) -> Motion:
    """Arms that swing and turn round at each of `rests`, in frames."""
    phase = np.interp(np.arange(frames), rests, np.arange(len(rests)), period=None)
    rotations = np.zeros((frames, 24, 4))
    rotations[..., 0] = 1
    swing = Rotation.from_euler("y", 0.8 * np.cos(np.pi * phase)).as_quat(scalar_first=True)
    rotations[:, 16] = rotations[:, 17] = swing
    root = np.tile([0.0, 0.0, 0.975], (frames, 1))
    return Motion(30.0, root, rotations, np.zeros((frames, 4)))


def apart(motion: Motion, beats: np.ndarray) -> np.ndarray:
    """How far, in seconds, each beat is from the nearest rest."""
    found = kinematics.rests(kinematics.motion_speed(motion)) / motion.fps
    return np.abs(found[:, None] - beats[None]).min(0)


BEATS = np.arange(0.5, 19.5, 0.5)


def late(seed: int = 0) -> Motion:
    off = np.random.default_rng(seed).uniform(-0.1, 0.1, len(BEATS))
    return swaying(np.r_[0, (BEATS + off) * 30, 599], 600)


def test_rests_land_on_the_beat():
    before, after = late(), retime.retimed(late(), BEATS)
    assert apart(after, BEATS[:-1]).mean() < 0.5 * apart(before, BEATS[:-1]).mean()
    assert len(after) == len(before)


def test_a_dance_that_lands_better_unbent_is_left_alone(monkeypatch):
    """A map that throws every rest off its beat must not be used."""
    spoil = np.arange(600) + 6 * np.sin(np.arange(600) / 40)
    monkeypatch.setattr(retime, "warp", lambda *_: spoil)
    on_the_beat = swaying(np.r_[0, BEATS * 30, 599], 600)
    assert retime.retimed(on_the_beat, BEATS) is on_the_beat


def test_landing_is_one_on_every_beat_and_falls_with_distance():
    beats = np.arange(0.0, 300.0, 15.0)
    assert kinematics.landing(beats, beats, 30.0) == pytest.approx(1)
    near, far = (kinematics.landing(beats + off, beats, 30.0) for off in (1.0, 4.0))
    assert 1 > near > 0.8 > 0.2 > far
    assert kinematics.landing(beats[::2], beats, 30.0) < 0.75
    assert kinematics.landing(np.zeros(0), beats, 30.0) == 0


@pytest.mark.parametrize("seed", range(5))
def test_time_is_bent_gently_and_never_back(seed):
    bent = retime.warp(late(seed), BEATS)
    slope = np.diff(bent)
    assert slope.min() >= retime.SLOWEST and slope.max() <= retime.FASTEST
    assert bent[0] == 0 and bent[-1] == pytest.approx(599)
    assert not np.allclose(bent, np.arange(600))


def test_beats_that_crowd_are_still_gentle():
    beats = np.sort(np.random.default_rng(1).uniform(0, 20, 120))
    slope = np.diff(retime.warp(late(), beats, reach=0.4))
    assert slope.min() >= retime.SLOWEST and slope.max() <= retime.FASTEST


def test_a_statue_keeps_its_time():
    still = swaying(np.array([0.0, 1e9]), 600)
    np.testing.assert_array_equal(retime.warp(still, BEATS), np.arange(600))


@pytest.mark.parametrize("beats", [np.zeros(0), np.array([0.0]), np.array([100.0])])
def test_no_beats_no_change(beats):
    np.testing.assert_array_equal(retime.warp(late(), beats), np.arange(600))


@pytest.mark.parametrize("frames", [1, 2, 5, 20])
def test_short_motions_pass(frames):
    assert len(retime.retimed(late()[:frames], BEATS)) == frames


def test_root_contacts_and_joints_stay_together():
    moving = late()
    frames = np.arange(600, dtype=np.float32)
    root = np.stack([frames / 600, 0 * frames, 0 * frames + 1], 1)
    contacts = np.repeat(frames[:, None] / 600, 4, 1)
    whole = Motion(30.0, root, moving.rotations, contacts)
    bent = whole.sampled(retime.warp(whole, BEATS))
    np.testing.assert_allclose(bent.root[:, 0], bent.contacts[:, 0], atol=1e-5)
    np.testing.assert_allclose(bent.root[:, 0] * 600, retime.warp(whole, BEATS), atol=1e-3)


def test_speed_block_by_block_is_speed_at_once(monkeypatch):
    whole = kinematics.motion_speed(late())
    monkeypatch.setattr(kinematics, "BLOCK", 100)
    np.testing.assert_allclose(kinematics.motion_speed(late()), whole, atol=1e-5)
