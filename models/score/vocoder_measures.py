# SPDX-License-Identifier: GPL-3.0-or-later
"""How near a vocoder's sound comes to the true one: spectrum, highs, attacks."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.ndimage import gaussian_filter1d
from scipy.signal import fftconvolve, find_peaks, resample_poly
from scipy.signal.windows import hann

from ...inference.score.griffin_lim import RATE
from ...inference.score.mel import log_mel

#: What is quieter counts as silence, dB re full scale (of a sine in its bin).
QUIET_DB = -85.0
HIGH_HZ, AIR_HZ = 8_000, 11_025
#: Envelopes: mean over 5 ms, one value a millisecond.
_MEAN, _STEP = RATE // 200, RATE // 1000
#: An attack rises by so many dB within 10 ms, 60 ms or more from the next one.
_RISE_DB, _APART = 9.0, 60

Floats = NDArray[np.float32]


def measure(truth: Floats, found: Floats) -> dict[str, float]:
    """Of two sounds (N,) at 44,100 Hz.

    mel_db: mean difference of the mels. lsd_db: log-spectral distance (root mean square over bins,
    mean over frames of 2048 at 512); lsd_low_db: up to 3 kHz by frames of 4096. bright_db: mean
    level of all bins against the truth's. high_db, air_db: energy above 8 and 11 kHz against the
    truth's. onset: correlation of the growth of the envelope. attack_ms, true_attack_ms: median
    time of a rise from 10 to 90 %. offset: mean of the samples.
    """
    mels = [np.maximum(log_mel(_halved(sound)), QUIET_DB) for sound in (truth, found)]
    real, made = (_decibels(sound, 2048, 512) for sound in (truth, found))
    low = slice(0, 3000 * 4096 // RATE)
    deep = [_decibels(sound, 4096, 1024)[:, low] for sound in (truth, found)]
    envelopes = [envelope(sound) for sound in (truth, found)]
    real_growth, made_growth = (_growth(one) for one in envelopes)
    at = attacks(envelopes[0])
    return {
        "mel_db": float(np.abs(mels[0] - mels[1]).mean()),
        "lsd_db": _distance(real, made),
        "lsd_low_db": _distance(*deep),
        "bright_db": float((made - real).mean()),
        "high_db": _energy(found, HIGH_HZ) - _energy(truth, HIGH_HZ),
        "air_db": _energy(found, AIR_HZ) - _energy(truth, AIR_HZ),
        "onset": float(np.corrcoef(real_growth, made_growth)[0, 1]),
        "attack_ms": rise(envelopes[1], at),
        "true_attack_ms": rise(envelopes[0], at),
        "offset": float(found.mean()),
    }


def envelope(sound: Floats) -> Floats:
    """Amplitude of the sound's slope (so that basses don't cover clicks), one value a ms."""
    power = np.square(np.diff(sound, prepend=sound[:1]))
    smooth = fftconvolve(power, hann(_MEAN) / hann(_MEAN).sum(), mode="same")
    return np.asarray(np.sqrt(np.maximum(smooth[::_STEP], 0)), np.float32)


def attacks(amplitude: Floats) -> NDArray[np.intp]:
    """Milliseconds at which an envelope rises most steeply."""
    level = 20 * np.log10(amplitude + 1e-4)
    rising = np.zeros(len(level))
    rising[5:-5] = level[10:] - level[:-10]
    return find_peaks(rising, height=_RISE_DB, distance=_APART)[0]


def rise(amplitude: Floats, at: NDArray[np.intp]) -> float:
    """Median milliseconds from 10 to 90 % of the way up at some attacks; NaN without any."""
    times = []
    for middle in at:
        if middle < 40 or middle > len(amplitude) - 40:
            continue
        around = amplitude[middle - 40 : middle + 30]
        top = 30 + int(around[30:].argmax())
        low = float(around[:top].min())
        share = (around[: top + 1] - low) / max(float(around[top]) - low, 1e-9)
        times.append(_crossing(share, 0.9) - _crossing(share, 0.1))
    return float(np.median(times)) if times else float("nan")


def _crossing(share: Floats, level: float) -> float:
    """Where a rise last crosses a level before its end."""
    last = int(np.flatnonzero(share[:-1] < level)[-1])
    return last + float((level - share[last]) / max(share[last + 1] - share[last], 1e-9))


def _growth(amplitude: Floats) -> Floats:
    level = gaussian_filter1d(20 * np.log10(amplitude + 1e-3), 3.0)
    return np.maximum(np.diff(level), 0)


def _distance(real: Floats, made: Floats) -> float:
    return float(np.sqrt(np.square(real - made).mean(axis=1)).mean())


def _decibels(sound: Floats, size: int, hop: int) -> Floats:
    window = (hann(size, sym=False) * (4 / size)).astype(np.float32)
    frames = sliding_window_view(np.pad(sound, size // 2), size)[::hop]
    amplitude = np.abs(rfft(frames * window, axis=1))
    return np.asarray(20 * np.log10(amplitude + 10 ** (QUIET_DB / 20)), np.float32)


def _energy(sound: Floats, above: float) -> float:
    """dB of all that lies above some Hz."""
    power = np.square(np.abs(rfft(sound)))
    return 10 * float(np.log10(power[int(above / RATE * len(sound)) :].sum() / len(sound) + 1e-9))


def _halved(sound: Floats) -> Floats:
    return np.asarray(resample_poly(sound, 1, 2), np.float32)
