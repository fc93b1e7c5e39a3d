# SPDX-License-Identifier: GPL-3.0-or-later
"""Onsets, bands, chroma, MFCC, sections: against librosa and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.audio.features import sound_channels
from twostep.inference.audio.sections import boundaries, nearness, section_level
from twostep.inference.audio.spectrum import chroma_filters, hear, mel_filters

from .sounds import clicks

RATE = 22_050


def test_mel_filters_are_librosas() -> None:
    filters = pytest.importorskip("librosa.filters")
    theirs = filters.mel(sr=RATE, n_fft=1024, n_mels=64)
    np.testing.assert_allclose(mel_filters(1024, 64), theirs, atol=2e-5)


def test_chroma_names_the_note() -> None:
    time = np.arange(4 * RATE) / RATE
    for pitch, name in ((69, 9), (60, 0), (64, 4)):
        tone = 0.3 * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time)
        heard = hear([tone.astype(np.float32)])
        assert heard.chroma[60].argmax() == name
        assert heard.chroma[60].max() == pytest.approx(1)
    assert chroma_filters(4096).shape == (12, 2049)


def test_where_blocks_are_cut_leaves_no_trace() -> None:
    sound = clicks(45)
    whole = hear([sound])
    pieces = hear([sound[:7], sound[7:301_234], sound[301_234:900_001], sound[900_001:]])
    assert whole.seconds == pytest.approx(pieces.seconds)
    for name in ("flux", "power", "chroma", "mfcc"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(pieces, name))


def test_there_is_a_frame_for_every_thirtieth_of_a_second() -> None:
    for seconds in (0.5, 1.0, 20.0, 20.01, 41.7):
        heard = hear([np.zeros(int(seconds * RATE), np.float32)])
        assert len(heard.power) == int(np.ceil(int(seconds * RATE) / 735))
        assert len(heard.flux) == 3 * len(heard.power)


def test_an_onset_is_where_the_click_is() -> None:
    heard = hear([clicks(10, bpm=60, first=0.5)])
    for time in np.arange(0.5, 9.5, 1.0):
        hop = round(time * 90)
        assert abs(int(heard.flux[hop - 9 : hop + 10, 0].argmax()) - 9) <= 2


def test_bands_tell_kick_from_hat() -> None:
    time = np.arange(2 * RATE) / RATE
    decay = np.exp(-np.maximum(time - 1, 0) * 30) * (time > 1)
    kick = (0.5 * decay * np.sin(2 * np.pi * 60 * time)).astype(np.float32)
    hiss = np.random.default_rng(0).normal(0, 0.2, len(time))
    hat = (decay * (hiss - np.convolve(hiss, np.ones(8) / 8, "same"))).astype(np.float32)
    low, high = hear([kick]).flux[80:100].max(axis=0), hear([hat]).flux[80:100].max(axis=0)
    assert low[1] > 2 * low[3]
    assert high[3] > 2 * high[1]


def test_a_quieter_master_sounds_alike() -> None:
    rng = np.random.default_rng(3)
    sound = clicks(12) + 0.05 * rng.normal(size=12 * RATE).astype(np.float32)
    loud, quiet = sound_channels(hear([sound])), sound_channels(hear([0.4 * sound]))
    np.testing.assert_allclose(loud[:, 4], quiet[:, 4], atol=1e-3)
    assert np.abs(loud[:, :4] - quiet[:, :4]).mean() < 0.05
    # the floor under the mel bands does not move with the master: an eighth of a deviation
    assert np.abs(loud[:, 17:] - quiet[:, 17:]).mean() < 0.125


def test_sections_rise_and_turn_with_the_music() -> None:
    rng = np.random.default_rng(2)
    loudness = np.repeat([0.05, 0.5, 0.1, 0.6], 15 * RATE)
    sound = (rng.normal(size=len(loudness)) * loudness * 0.3).astype(np.float32)
    sound += clicks(60) * loudness
    channels = sound_channels(hear([sound]))
    level = section_level(channels)
    quiet, full, gone, top = (level[30 * second] for second in (6, 22, 37, 53))
    assert quiet < gone < full < top
    assert 0 <= level.min() < 0.05
    assert 0.95 < level.max() <= 1
    found = boundaries(channels)
    for change in (15, 30, 45):
        assert np.abs(found - change).min() < 1.5


def test_nearness_by_hand() -> None:
    near = nearness(np.array([0.0, 9.0, 10.0, 12.0, 19.0]), np.array([10.0, 20.0]))
    np.testing.assert_allclose(near, np.exp(-np.array([10, 1, 0, 2, 1]) / 2), rtol=1e-5)
    assert not nearness(np.array([1.0]), np.zeros(0)).any()
