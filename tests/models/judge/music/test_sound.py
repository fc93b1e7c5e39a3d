# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of sound, put in on purpose."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.score import mel
from twostep.models.judge.music import sound
from twostep.models.judge.music.heard import STEP

from .sounds import RATE, SECONDS, hiss, on_grid, piece


def test_clean_music_has_no_faults():
    found = sound.faults(on_grid())
    assert found["clipped"] == found["silent"] == 0
    assert found["dc"] < 0.05
    assert 0.4 < found["peak"] < 1


def test_clipping_direct_current_and_silence_are_heard():
    samples = on_grid().samples
    loud = sound.faults(piece(np.clip(4 * samples, -1, 1)))
    assert loud["clipped"] > 0.001
    assert sound.faults(piece(samples + 0.1))["dc"] > 0.3
    gone = samples.copy()
    gone[: len(gone) // 4] = 0
    judged = 1 - 4 * 60 / 112 / SECONDS  # all but the last bar
    assert sound.faults(piece(gone))["silent"] == pytest.approx(0.25 / judged, abs=0.02)
    faded = samples.copy()
    faded[-RATE:] = 0
    assert sound.faults(piece(faded))["silent"] == 0
    nothing = sound.faults(piece(np.zeros(RATE)))
    assert nothing["silent"] == 1
    assert nothing["clipped"] == nothing["dc"] == 0


def test_loudness_is_that_of_the_standard():
    t = np.arange(round(SECONDS * RATE)) / RATE
    tone = np.sin(2 * np.pi * 997 * t)  # a full sine at 997 Hz is -3.01 LUFS
    found = sound.faults(piece(0.1 * tone))
    assert found["lufs"] == pytest.approx(-23.01, abs=0.05)


def test_spectrum_of_a_tone_of_noise_and_of_nothing():
    t = np.arange(round(SECONDS * RATE)) / RATE
    tone = sound.spectrum(piece(0.5 * np.sin(2 * np.pi * 2000 * t)))
    assert tone["centroid"] == pytest.approx(2000, rel=0.03)
    assert tone["rolloff"] == pytest.approx(2000, rel=0.05)
    noise = sound.spectrum(piece(hiss(SECONDS, 0.1)))
    assert tone["flatness"] < 0.05 < 0.5 < noise["flatness"]
    # White noise is as strong in every band of the mel.
    assert noise["centroid"] == pytest.approx(mel_centres().mean(), rel=0.1)
    assert noise["rolloff"] == pytest.approx(np.percentile(mel_centres(), 85), rel=0.1)
    assert noise["range_db"] < 1
    nothing = sound.spectrum(piece(np.zeros(round(SECONDS * RATE))))
    assert set(nothing) == {"range_db"}


def test_range_is_that_of_loud_and_soft_parts():
    samples = hiss(SECONDS, 0.1)
    samples[: len(samples) // 2] *= 0.1
    assert sound.spectrum(piece(samples))["range_db"] == pytest.approx(20, abs=1)


def test_single_peaks_at_full_scale_are_no_clipping():
    samples = np.zeros(RATE, np.float32)
    samples[::100] = 1.0
    assert sound.clipped(samples) == 0
    assert sound.clipped(samples[:2]) == 0


def test_dead_bands_are_counted():
    heard = piece(hiss(SECONDS, 0.1))
    true = sound.loud_moments([heard])
    assert sound.dead_bands([heard], true) == 0
    spectrum = np.fft.rfft(heard.samples)
    spectrum[round(5000 * SECONDS) :] = 0  # all above 5 kHz
    dull = piece(np.fft.irfft(spectrum).astype(np.float32))
    above = float((mel_centres() > 5200).mean())
    assert sound.dead_bands([dull], true) == pytest.approx(above, abs=0.03)


def mel_centres():
    from twostep.inference.audio.spectrum import mel_centres

    return mel_centres(mel.BINS)


def test_a_seam_is_heard_at_its_place():
    samples = on_grid().samples.copy()
    joins = [4.0, 8.0, 12.0, 16.0]
    assert 0.5 < sound.seam_ratio(piece(samples), joins) < 1.5
    for i, join in enumerate(joins):
        at = round(join * RATE)
        samples[at:] = np.roll(samples, 7777 * (i + 1))[at:]
        samples[at - 20 : at + 20] += 0.5
    assert sound.seam_ratio(piece(samples), joins) > 1.8
    assert np.isnan(sound.seam_ratio(piece(samples), []))


def test_a_loop_that_jumps_clicks():
    t = np.arange(2 * RATE) / RATE
    whole, broken = np.sin(2 * np.pi * 50 * t), np.sin(2 * np.pi * 50.2 * t + 0.3)
    bars = np.array([0.5, 1.0, 1.5])
    assert sound.loop_scores(whole, bars)["loop_click"] < 1.1
    assert sound.loop_scores(broken, bars)["loop_click"] > 3


def test_a_loop_cut_within_a_beat_has_a_seam():
    heard = on_grid(bpm=120.0)  # beats at .31, .81, …
    samples, bars = heard.samples[: 16 * RATE], np.arange(0.31, 16, 2.0)
    good = sound.loop_scores(samples, bars)["loop_step"]
    samples = samples.copy()
    samples[: RATE // 10] += hiss(0.1, 0.5)
    assert good < 1.5
    assert sound.loop_scores(samples, bars)["loop_step"] > 2 * good


def test_differences_grow_with_the_damage():
    true = on_grid()
    same = sound.differences(true, true)
    assert same["mel_l1"] == same["lsd_db"] == 0
    assert same["attack"] == pytest.approx(1)
    rough = sound.differences(true, true.sounding(true.samples + hiss(SECONDS, 0.02)))
    late = sound.differences(true, true.sounding(np.roll(true.samples, 3 * STEP)))
    assert rough["mel_l1"] > 3
    assert rough["lsd_db"] > 3
    assert late["attack"] < 0.5
