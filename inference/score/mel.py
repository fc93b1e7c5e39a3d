# SPDX-License-Identifier: GPL-3.0-or-later
"""The log-mel spectrogram that every network of the score speaks.

22,050 Hz, Hann window of 2048, hop 512, 256 bands of Slaney's scale up to 11,025 Hz (Tan et al.,
SIGGRAPH Asia TC 2023), but in decibels against a fixed reference and as floats: loudness is kept.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.signal.windows import hann

from ..audio.spectrum import mel_filters

RATE = 22_050
FFT = 2048
HOP = 512
BINS = 256
#: Mel frames a second, about 43.07.
FPS = RATE / HOP
#: Quietest level that is told apart from silence, dB.
FLOOR_DB = -100.0
#: Mean and spread of music in dB, for the networks: (dB - MEAN_DB) / SPREAD_DB.
MEAN_DB, SPREAD_DB = -65.0, 18.0

_CHUNK = 2048

Floats = NDArray[np.float32]


def frame_times(count: int) -> NDArray[np.float64]:
    """Seconds of the middle of each mel frame, (T,)."""
    return np.arange(count) / FPS


def magnitudes(samples: Floats) -> Floats:
    """|STFT| of mono samples at 22,050 Hz, (T, 1025), T = len // 512 + 1, frame i around 512 i.

    Scaled so that a full-scale sine reads 1 in its bin.
    """
    count = len(samples) // HOP + 1
    padded = np.pad(np.asarray(samples, np.float32), FFT // 2)
    window = hann(FFT, sym=False).astype(np.float32)
    window *= np.float32(2 / window.sum())
    frames = sliding_window_view(padded, FFT)[::HOP][:count]
    parts = [
        np.abs(rfft(frames[start : start + _CHUNK] * window, axis=1)).astype(np.float32)
        for start in range(0, count, _CHUNK)
    ]
    return np.concatenate(parts)


def log_mel(samples: Floats) -> Floats:
    """The log-mel spectrogram of mono samples at 22,050 Hz, (T, 256), dB re full scale."""
    return to_db(magnitudes(samples) @ filters().T)


def to_db(mel: Floats) -> Floats:
    """Mel amplitudes as decibels, at least FLOOR_DB."""
    return np.asarray(20 * np.log10(np.maximum(mel, 10 ** (FLOOR_DB / 20))), np.float32)


def normalised(decibels: Floats) -> Floats:
    """What the networks read: about mean 0, spread 1."""
    return np.asarray((decibels - MEAN_DB) / SPREAD_DB, np.float32)


def decibels(normal: Floats) -> Floats:
    """Undoes `normalised`."""
    return np.asarray(normal * SPREAD_DB + MEAN_DB, np.float32)


@lru_cache(maxsize=1)
def filters() -> Floats:
    """The filter bank on amplitudes, (256, 1025), every band's weights summing to about 1."""
    bank = mel_filters(FFT, BINS)
    return np.asarray(bank / np.maximum(bank.sum(axis=1, keepdims=True), 1e-9), np.float32)
