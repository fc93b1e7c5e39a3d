# SPDX-License-Identifier: GPL-3.0-or-later
"""Beats, bars and the channels that follow from them."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.audio import beat_channels, rhythm
from twostep.inference.audio.spectrum import hear

from .sounds import clicks

RATE = 22_050


@pytest.mark.parametrize("bpm", [74, 87.3, 100, 112.5, 126])
def test_beats_of_a_click_track(bpm: float) -> None:
    pulse = rhythm(hear([clicks(30, bpm=bpm)]))
    assert pulse.clear
    assert pulse.bpm == pytest.approx(bpm, rel=0.01)
    true = np.arange(0.3, 29, 60 / bpm)
    away = np.abs(pulse.beats[:, None] - true).min(axis=0)
    assert away.max() < 0.03


@pytest.mark.parametrize(("bpm", "danced"), [(60, 120), (160, 80), (200, 100)])
def test_tempi_fold_to_what_feet_do(bpm: float, danced: float) -> None:
    assert rhythm(hear([clicks(30, bpm=bpm)])).bpm == pytest.approx(danced, rel=0.01)


def test_a_tempo_that_drifts_is_followed() -> None:
    periods = np.linspace(60 / 90, 60 / 104, 90)
    true = 0.3 + np.cumsum(periods)
    sound = np.random.default_rng(0).normal(0, 1e-3, int((true[-1] + 1) * RATE)).astype(np.float32)
    burst = np.random.default_rng(1).normal(0, 0.3, 800) * np.exp(-np.arange(800) / 150)
    for time in true:
        sound[round(time * RATE) : round(time * RATE) + 800] += burst.astype(np.float32)
    beats = rhythm(hear([sound])).beats
    assert np.median(np.abs(beats[:, None] - true).min(axis=0)) < 0.03


def test_music_without_a_pulse_gets_a_steady_grid() -> None:
    rng = np.random.default_rng(4)
    slow = np.interp(np.arange(20 * RATE), np.arange(21) * RATE, rng.uniform(0.05, 0.1, 21))
    pulse = rhythm(hear([(slow * rng.normal(size=20 * RATE)).astype(np.float32)]))
    assert not pulse.clear
    assert not pulse.downbeats.any()
    assert np.ptp(np.diff(pulse.beats)) < 1e-9
    assert 60 <= pulse.bpm <= 140


@pytest.mark.parametrize("seconds", [0.5, 1.0, 1.7, 3.0])
def test_very_short_sounds_have_two_beats_at_least(seconds: float) -> None:
    pulse = rhythm(hear([clicks(seconds, first=0.1)]))
    assert len(pulse.beats) >= 2
    assert (np.diff(pulse.beats) > 0.3).all()


def test_beat_channels_by_hand() -> None:
    beats = np.array([1.0, 1.5, 2.0, 2.5, 3.0])
    downbeats = np.array([False, True, False, False, False])
    times = np.array([1.0, 1.25, 1.5, 1.75, 2.5, 3.5, 0.5])
    channels = beat_channels(times, beats, downbeats)
    assert channels.shape == (7, 9)
    # phase of the beat: 0, 1/2, 0, 1/2, 0, 0, 0
    np.testing.assert_allclose(channels[:, 0], 0, atol=1e-6)
    np.testing.assert_allclose(channels[:, 1], [1, -1, 1, -1, 1, 1, 1], atol=1e-6)
    # two-beat phase: the first beat is even
    np.testing.assert_allclose(channels[:, 2], [0, 1, 0, -1, 0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(channels[:, 3], [1, 0, -1, 0, -1, -1, -1], atol=1e-6)
    # bar phase: the second beat starts the bar, so the sixth does too
    np.testing.assert_allclose(
        channels[:, 4], [-1, -np.sqrt(0.5), 0, np.sqrt(0.5), 0, 0, 0], atol=1e-5
    )
    np.testing.assert_allclose(
        channels[:, 5], [0, np.sqrt(0.5), 1, np.sqrt(0.5), -1, 1, -1], atol=1e-5
    )
    np.testing.assert_allclose(channels[:, 6], np.log2(1.2), rtol=1e-5)
    np.testing.assert_allclose(channels[:, 7], [1, 0, 1, 0, 1, 1, 1], atol=1e-4)
    np.testing.assert_allclose(channels[:, 8], [0, 0, 1, 0, 0, 1, 0], atol=1e-4)


def test_unknown_bars_are_zero() -> None:
    beats = np.arange(10) * 0.6
    channels = beat_channels(np.arange(60) / 30, beats, np.zeros(10, bool))
    assert not channels[:, [4, 5, 8]].any()
    assert channels[:, 7].max() == pytest.approx(1)


def test_one_beat_is_no_grid() -> None:
    with pytest.raises(ValueError, match="two beats"):
        beat_channels(np.zeros(3), np.array([1.0]), np.array([False]))
