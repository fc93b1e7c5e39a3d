# SPDX-License-Identifier: GPL-3.0-or-later
"""Level, peaks, ends and loops of finished music, and the file that it is written to."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest
from scipy.io import wavfile

from twostep.inference.errors import TwostepError
from twostep.inference.score import finish, wav
from twostep.inference.score.finish import PEAK, Ends, Take, finished
from twostep.inference.score.loudness import Meter

RATE = 44_100


def tone(seconds: float, frequency: float = 997.0, level: float = 1.0) -> np.ndarray:
    at = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * frequency * at)).astype(np.float32)


def noise(seconds: float, level: float = 0.1, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return (level * random.standard_normal(round(seconds * RATE))).astype(np.float32)


def take_of(samples: np.ndarray, piece: int = 10_007) -> Take:
    take = Take(io.BytesIO())
    for start in range(0, len(samples), piece):
        take.add(samples[start : start + piece])
    return take


def made(samples: np.ndarray, ends: Ends, loudness: float = -16.0) -> np.ndarray:
    return np.concatenate(list(finished(take_of(samples), ends, loudness)))


def lufs(samples: np.ndarray) -> float:
    meter = Meter()
    meter.add(samples)
    return meter.loudness()


@pytest.mark.parametrize(("level", "expected"), [(1.0, -3.01), (0.1, -23.01)])
def test_a_sine_is_as_loud_as_the_standard_says(level, expected):
    """ITU-R BS.1770: a full-scale sine of 997 Hz in one channel reads -3.01 LKFS."""
    assert lufs(tone(5.0, 997.0, level)) == pytest.approx(expected, abs=0.05)


def test_pauses_do_not_count():
    sounding = noise(6.0)
    assert lufs(np.concatenate([sounding, np.zeros(20 * RATE, np.float32)])) == pytest.approx(
        lufs(sounding), abs=0.2
    )
    assert lufs(np.zeros(RATE, np.float32)) == -np.inf
    assert np.isfinite(lufs(noise(0.05)))


def test_the_meter_does_not_care_for_pieces():
    samples, meter = noise(3.0), Meter()
    for start in range(0, len(samples), 777):
        meter.add(samples[start : start + 777])
    assert meter.loudness() == pytest.approx(lufs(samples), abs=1e-9)


@pytest.mark.parametrize("level", [0.003, 0.05, 0.6])
def test_the_music_is_as_loud_as_it_should_be(level):
    samples = noise(8.0, level)
    found = made(samples, Ends(len(samples)), -20.0)
    assert lufs(found) == pytest.approx(-20.0, abs=0.3)
    assert len(found) == len(samples) and found.dtype == np.float32


def test_loud_peaks_are_held_down_without_clipping():
    samples = noise(6.0, 0.02)
    samples[RATE::RATE] = 0.9
    found = made(samples, Ends(len(samples)), -16.0)
    assert np.abs(found).max() <= PEAK + 1e-6
    assert np.abs(found).max() > 0.8 * PEAK
    flat = np.diff(np.flatnonzero(np.abs(found) > 0.999 * PEAK))
    assert not (flat == 1).any(), "a clipped wave stays at its top"
    assert lufs(found) == pytest.approx(-16.0, abs=1.0)


def test_loud_bass_is_held_down_without_bending_it():
    samples = tone(4.0, 60.0, 0.3)
    found = made(samples, Ends(len(samples)), -5.0)[RATE : 3 * RATE]
    assert 0.9 * PEAK < np.abs(found).max() <= PEAK + 1e-6
    spectrum = np.abs(np.fft.rfft(found * np.hanning(len(found))))
    at = 60 * len(found) // RATE
    assert spectrum[[3 * at, 5 * at]].max() < 0.02 * spectrum[at]


def test_the_limiter_does_not_care_for_blocks(monkeypatch):
    samples = noise(3.0, 0.4)
    whole = made(samples, Ends(len(samples), 5000), -6.0)
    monkeypatch.setattr(finish, "_BLOCK", 3001)
    np.testing.assert_allclose(made(samples, Ends(len(samples), 5000), -6.0), whole, atol=1e-6)


def test_silence_stays_silence():
    found = made(np.zeros(RATE, np.float32), Ends(RATE))
    assert not found.any()


def test_an_offset_is_removed():
    samples = noise(6.0) + np.float32(0.3)
    assert abs(made(samples, Ends(len(samples)))[RATE:].mean()) < 1e-3


def test_both_ends_fade():
    samples = noise(6.0)
    fade = 2 * RATE
    found = np.abs(made(samples, Ends(len(samples), fade)))
    assert found[0] < 1e-3 and found[-1] < 1e-3
    assert found[:100].mean() < 0.2 * found[1000:20_000].mean()
    left = [
        found[len(found) - part : len(found) - part + 4000].mean() for part in (fade, RATE, 4000)
    ]
    assert left[0] > 1.8 * left[1] > 10 * left[2]


def test_a_shorter_take_ends_in_silence_and_a_longer_one_is_cut():
    assert len(made(noise(1.0), Ends(2 * RATE))) == 2 * RATE
    assert len(made(noise(3.0), Ends(2 * RATE))) == 2 * RATE


def test_a_loop_goes_on_at_its_beginning_without_a_click():
    """Two rounds of a loop: no step is larger at the seam than elsewhere, and no gap is there."""
    count = 3 * RATE + 1234
    at = np.arange(count + finish.RETURN) / RATE
    samples = (0.2 * np.sin(2 * np.pi * 220 * at) + 0.1 * np.sin(2 * np.pi * 331 * at)).astype("f4")
    found = made(samples, Ends(count, loops=True))
    assert len(found) == count
    twice = np.concatenate([found, found])
    steps = np.abs(np.diff(twice, n=2))
    seam = steps[count - 100 : count + finish.RETURN + 100]
    assert seam.max() < 1.5 * steps[RATE : 2 * RATE].max()
    loud = np.sqrt(np.convolve(twice**2, np.full(1000, 1e-3), "valid"))
    assert loud.min() > 0.5 * np.median(loud)


def test_a_loops_first_samples_are_those_after_its_end():
    count = RATE
    samples = noise(1.2)
    take = take_of(samples)
    raw = take.read(0, len(samples))
    found = np.concatenate(list(finished(take, Ends(count, loops=True), -60.0)))
    gain = found[count // 2] / raw[count // 2]
    np.testing.assert_allclose(found[:5], gain * raw[count : count + 5], atol=0.02 * gain)
    np.testing.assert_allclose(found[finish.RETURN : count], gain * raw[finish.RETURN : count],
                               rtol=1e-4, atol=1e-7)  # fmt: skip


def test_a_loops_limiter_goes_round(monkeypatch):
    """A peak right at the beginning lowers the end before it."""
    samples = noise(1.5, 0.02)
    samples[:200] = samples[RATE : RATE + 200] = 0.9
    found = made(samples, Ends(RATE, loops=True), -16.0)
    plain = made(noise(1.5, 0.02), Ends(RATE, loops=True), -16.0)
    assert np.abs(found).max() <= PEAK + 1e-6
    loud = [
        np.abs(each[-150:]).mean() / np.abs(each[-9000:-5000]).mean() for each in (found, plain)
    ]
    assert loud[0] < 0.8 * loud[1]


def test_the_file_is_what_was_made(tmp_path):
    samples = np.clip(noise(2.0), -1, 1)
    path = tmp_path / "a.wav"
    wav.write(path, [samples[:50_000], samples[50_000:]], len(samples))
    rate, read = wavfile.read(path)
    assert rate == 44_100 and read.dtype == np.int16 and read.shape == (len(samples),)
    assert np.abs(read / 32_767 - samples).max() < 2.1 / 32_767
    with wave.open(str(path)) as told:
        assert told.getnframes() == len(samples) and told.getnchannels() == 1


def test_dither_keeps_what_is_below_a_step(tmp_path):
    """A tone of a third of a 16-bit step would vanish; with dither it is in the noise."""
    quiet = tone(4.0, 441.0, 0.33 / 32_767)
    wav.write(tmp_path / "a.wav", [quiet], len(quiet), seed=1)
    read = wavfile.read(tmp_path / "a.wav")[1].astype(np.float64)
    assert (read @ np.sin(2 * np.pi * 441 * np.arange(len(read)) / RATE)) / len(read) * 2 == (
        pytest.approx(0.33, abs=0.05)
    )
    wav.write(tmp_path / "b.wav", [quiet], len(quiet), seed=1)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_what_no_wav_file_can_hold_is_told(tmp_path):
    with pytest.raises(TwostepError, match="too long for a WAV file"):
        wav.write(tmp_path / "a.wav", [], 2**31)
