# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs are cut, repeated and moved without a break in the beat."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twostep.inference.audio import Song, beat_channels
from twostep.inference.errors import TwostepError
from twostep.models.judge.performances import (
    Heard,
    cut,
    half_a_beat_late,
    hear_all,
    lasting,
    on_beats,
    repeated,
)

from .figures import swinging


def song(seconds: float = 20.0, period: float = 0.5, downbeats: bool = True) -> Song:
    """A made-up song whose first channel tells the frame."""
    beats = np.arange(0.3, seconds, period)
    bars = (np.arange(len(beats)) % 4 == 2) & downbeats
    times = np.arange(round(seconds * 30)) / 30
    features = np.random.default_rng(0).random((len(times), 48), dtype=np.float32)
    features[:, 0] = np.arange(len(times))
    features[:, 37:46] = beat_channels(times, beats, bars)
    return Song(seconds, features, beats, bars, 60 / period, {}, ())


@pytest.mark.parametrize("downbeats", [True, False])
def test_a_repeated_song_keeps_its_beat_and_its_bars(downbeats):
    short = song(downbeats=downbeats)
    long = repeated(short, 63.0)
    assert long.seconds == 63
    assert len(long.features) >= 63 * 30
    assert np.diff(long.beats) == pytest.approx(0.5)
    assert long.beats[-1] > 63
    bars = np.flatnonzero(long.downbeats)
    assert set(np.diff(bars)) == ({4} if downbeats else set())
    # What is heard on a beat of the second round was heard on that of the first.
    rounds = long.features[:, 0]
    again = np.flatnonzero(np.diff(rounds) < 0)
    assert len(again) >= 3
    later = again[0] + 10
    same = int(rounds[later])
    assert long.features[later, 37:39] == pytest.approx(short.features[same, 37:39], abs=0.25)
    assert np.array_equal(long.features[later, 1:37], short.features[same, 1:37])


def test_a_song_that_is_long_enough_is_only_cut():
    whole = Heard(Path("a.wav"), song(20.0))
    brief = lasting(whole, 8.0)
    assert brief.song.seconds == 8
    assert brief.song.beats[-1] < 8
    assert np.array_equal(brief.song.features, whole.song.features[: 9 * 30])
    assert lasting(whole, 45.0).song.seconds == 45
    assert len(cut(song(20.0), 0.1).beats) == 2


def test_held_songs_share_their_noise_and_differ_in_all_else():
    one, other = Heard(Path("a.wav"), song()), Heard(Path("b.wav"), song(period=0.6))
    assert one.fingerprint != other.fingerprint
    held = [replace(heard, held=True) for heard in (one, other)]
    assert held[0].fingerprint == held[1].fingerprint
    assert len({heard.digest for heard in (one, other, *held)}) == 4
    assert one.digest == Heard(Path("folder/a.wav"), song()).digest


def test_half_a_beat_late_moves_all_that_is_heard():
    early = song()
    late = half_a_beat_late(early)
    frames = round((late.beats[0] - early.beats[0]) * 30)
    assert frames == round(0.25 * 30)
    assert late.features.shape == early.features.shape
    assert np.array_equal(late.features[frames:], early.features[:-frames])


def test_dances_at_two_tempi_are_read_off_step_by_step():
    slow, quick = np.arange(0, 20, 0.7), np.arange(0, 20, 0.5)
    a, b = (on_beats(swinging(beats, 19.0), beats) for beats in (slow, quick))
    frames = min(len(a), len(b))
    assert np.abs(a.positions()[:frames] - b.positions()[:frames]).max() < 0.02


def test_a_folder_without_songs_says_so(tmp_path):
    with pytest.raises(TwostepError, match="no song"):
        hear_all(tmp_path)
