# SPDX-License-Identifier: GPL-3.0-or-later
"""Griffin-Lim: the right note at the right level, in chunks as in the whole."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.score import griffin_lim, mel
from twostep.inference.score.griffin_lim import RATE, SAMPLES, GriffinLim


def tone(hertz: float, amplitude: float, frames: int = 120) -> np.ndarray:
    """A sine's mel spectrogram."""
    times = np.arange(frames * mel.HOP) / mel.RATE
    return mel.log_mel((amplitude * np.sin(2 * np.pi * hertz * times)).astype(np.float32))[:frames]


def strongest(samples: np.ndarray) -> tuple[float, float]:
    """Frequency (Hz) and amplitude of the strongest partial away from the ends."""
    inside = samples[RATE // 2 : -RATE // 2]
    window = np.hanning(len(inside))
    spectrum = np.abs(np.fft.rfft(inside * window, 4 * len(inside))) * 2 / window.sum()
    peak = int(spectrum.argmax())
    return peak * RATE / (4 * len(inside)), float(spectrum[peak])


@pytest.mark.parametrize(("hertz", "amplitude"), [(110.0, 0.5), (440.0, 0.1), (1500.0, 0.3)])
def test_sine_comes_back_at_its_frequency_and_level(hertz: float, amplitude: float) -> None:
    heard, level = strongest(GriffinLim().samples(tone(hertz, amplitude)))
    assert heard == pytest.approx(hertz, rel=0.005)
    # Above 1 kHz a mel band is wider than a partial, whose level is then spread over its bins.
    assert 20 * np.log10(level / amplitude) == pytest.approx(0, abs=1 if hertz < 1000 else 3)


def test_hit_stays_where_it_was() -> None:
    samples = np.zeros(80 * mel.HOP, np.float32)
    samples[20_000:20_400] = np.random.default_rng(0).normal(size=400) * 0.3
    found = GriffinLim().samples(mel.log_mel(samples)[:80])
    middle = np.average(np.arange(len(found)), weights=np.square(found))
    assert middle == pytest.approx(2 * 20_200, abs=0.01 * RATE)


def test_more_iterations_come_nearer_to_the_mel() -> None:
    wanted = tone(330.0, 0.2) + 0.0
    wanted[40:80] = tone(523.0, 0.2)[40:80]

    def wrong(iterations: int) -> float:
        found = GriffinLim(iterations).samples(wanted)[::2]
        return float(np.abs(mel.log_mel(found)[: len(wanted)] - wanted)[4:-4].mean())

    assert wrong(32) < 0.8 * wrong(0)


def test_chunks_and_pieces_equal_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = np.random.default_rng(1).uniform(-80, -30, (300, mel.BINS)).astype(np.float32)
    whole = GriffinLim(4).samples(wanted)
    assert len(whole) == 300 * SAMPLES
    monkeypatch.setattr(griffin_lim, "CHUNK", 50)
    blocks = list(GriffinLim(4).blocks(np.split(wanted, [1, 70, 75, 200])))
    assert len(blocks) == 6
    np.testing.assert_allclose(np.concatenate(blocks), whole, atol=1e-5)


@pytest.mark.parametrize("frames", [0, 1, 5, 64])
def test_silence_is_silent_and_as_long_as_asked(frames: int) -> None:
    found = GriffinLim(4).samples(np.full((frames, mel.BINS), mel.FLOOR_DB, np.float32))
    assert found.shape == (frames * SAMPLES,)
    assert not found.any()
