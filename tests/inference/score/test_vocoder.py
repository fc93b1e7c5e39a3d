# SPDX-License-Identifier: GPL-3.0-or-later
"""The vocoder as it ships, and its signal path with plain gains."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import resample_poly

from twostep.inference.errors import TwostepError
from twostep.inference.score import griffin_lim, mel
from twostep.inference.score.griffin_lim import ROUGH_ITERATIONS, SAMPLES
from twostep.inference.score.vocoder import FILE, REACH, Vocoder, open_vocoder
from twostep.inference.weights import ALL_SHIPPED, Bundle, read_bundle

from .test_griffin_lim import strongest, tone


@pytest.fixture(scope="module")
def vocoder() -> Vocoder:
    return open_vocoder(read_bundle(ALL_SHIPPED / "score", "score"), "cpu")


def plain(loudness: float) -> Vocoder:
    """Passes the rough sound on, and white noise of some loudness beside it."""

    def shape(_mel: np.ndarray, rough: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.ones_like(rough), np.full((4 * len(rough), 129), loudness, np.float32)

    return Vocoder(shape)


def test_gains_of_one_leave_the_rough_sound_as_it_is() -> None:
    wanted = tone(440.0, 0.3)
    found = plain(0.0).samples(wanted)
    (part,) = griffin_lim.rough([wanted], REACH, ROUGH_ITERATIONS)
    inside = slice(REACH * SAMPLES, (REACH + len(wanted)) * SAMPLES)
    np.testing.assert_allclose(found, resample_poly(part.samples, 2, 1)[inside], atol=0.01)


def test_noise_has_the_level_it_is_given() -> None:
    quiet = np.full((100, mel.BINS), mel.FLOOR_DB + 0.1, np.float32)
    assert plain(0.25).samples(quiet).std() == pytest.approx(0.25, rel=0.05)


@pytest.mark.parametrize(("hertz", "amplitude"), [(110.0, 0.4), (440.0, 0.1), (1500.0, 0.2)])
def test_sine_comes_back_at_its_frequency_and_level(
    vocoder: Vocoder, hertz: float, amplitude: float
) -> None:
    heard, level = strongest(vocoder.samples(tone(hertz, amplitude)))
    assert heard == pytest.approx(hertz, rel=0.005)
    # See Griffin-Lim's test; a lone sine is nothing that the network was trained on.
    assert 20 * np.log10(level / amplitude) == pytest.approx(0, abs=2 if hertz < 1000 else 4)


def test_noise_comes_back_at_its_level_without_an_offset(vocoder: Vocoder) -> None:
    samples = 0.1 * np.random.default_rng(0).standard_normal(150 * mel.HOP).astype(np.float32)
    found = vocoder.samples(mel.log_mel(samples)[:150])
    again = mel.log_mel(found[::2].copy())[20:130, 20:200]
    assert again.mean() == pytest.approx(mel.log_mel(samples)[20:130, 20:200].mean(), abs=3)
    assert abs(found.mean()) < 1e-3


def test_chunks_and_pieces_equal_the_whole(
    vocoder: Vocoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = np.random.default_rng(1).uniform(-80, -30, (300, mel.BINS)).astype(np.float32)
    whole = vocoder.samples(wanted)
    assert len(whole) == 300 * SAMPLES
    monkeypatch.setattr(griffin_lim, "CHUNK", 70)
    blocks = list(vocoder.blocks(np.split(wanted, [1, 70, 75, 200])))
    assert len(blocks) == 5
    np.testing.assert_allclose(np.concatenate(blocks), whole, atol=1e-4)


@pytest.mark.parametrize("frames", [0, 1, 5, 64])
def test_silence_is_silent_and_as_long_as_asked(vocoder: Vocoder, frames: int) -> None:
    found = vocoder.samples(np.full((frames, mel.BINS), mel.FLOOR_DB, np.float32))
    assert found.shape == (frames * SAMPLES,)
    assert np.abs(found).max(initial=0) < 1e-6


def test_lacking_network_is_told(tmp_path) -> None:
    with pytest.raises(TwostepError, match="missing"):
        open_vocoder(Bundle(tmp_path, "1", {FILE: ""}), "cpu")
