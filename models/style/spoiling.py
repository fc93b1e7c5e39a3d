# SPDX-License-Identifier: GPL-3.0-or-later
"""What production does to a spectrogram, at random: composed music must not be told by its sound.

All arrays are rows of 64 bands in dB at 21.5 fps (T, 64).
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import lfilter

#: Everything quieter than so much under the loudest is lost, dB.
_FLOOR = 90.0

Floats = NDArray[np.float32]


def spoilt(rows: Floats, random: Generator, amount: float = 1.0) -> Floats:
    """Rows with a random selection of what a producer, a room or a codec may do to them.

    amount: 0..1, how often each of it happens.
    """
    for chance, effect in (
        (0.4, _shifted),
        (0.3, _echoing),
        (0.5, _compressed),
        (0.8, _equalised),
        (0.3, _band_limited),
        (0.5, _noisy),
        (0.5, _with_gaps),
    ):
        if random.random() < amount * chance:
            rows = effect(rows, random)
    return np.maximum(rows, rows.max() - _FLOOR).astype(np.float32)


def stretched(rows: Floats, frames: int, pace: float) -> Floats:
    """`frames` rows read off at a pace, linear in between."""
    at = np.arange(frames) * pace
    low = np.minimum(at.astype(int), len(rows) - 2)
    share = np.clip(at - low, 0, 1)[:, None].astype(np.float32)
    return rows[low] * (1 - share) + rows[low + 1] * share


def mixed(rows: Floats, other: Floats, random: Generator) -> Floats:
    """Rows with others as long played along, 4 to 18 dB softer."""
    gap = np.percentile(rows, 90) - np.percentile(other, 90) - random.uniform(4, 18)
    return _sum(rows, other + gap)


def _sum(rows: Floats, other: Floats) -> Floats:
    """Two sounds at once: their powers add."""
    return (10 * np.log10(10 ** (rows / 10) + 10 ** (other / 10))).astype(np.float32)


def _shifted(rows: Floats, random: Generator) -> Floats:
    """All bands up or down by at most two."""
    shift = random.uniform(-2, 2)
    at = np.clip(np.arange(rows.shape[1]) + shift, 0, rows.shape[1] - 1)
    low = np.minimum(at.astype(int), rows.shape[1] - 2)
    share = (at - low).astype(np.float32)
    return rows[:, low] * (1 - share) + rows[:, low + 1] * share


def _echoing(rows: Floats, random: Generator) -> Floats:
    """A room that rings for .2 to .8 s."""
    fall = 10 ** (-6 / (21.5 * random.uniform(0.2, 0.8)))
    wet = 10 ** (-random.uniform(3, 15) / 10)
    power = 10 ** (rows / 10)
    tail = lfilter([wet * (1 - fall)], [1, -fall], power, axis=0)
    return (10 * np.log10(power + tail)).astype(np.float32)


def _compressed(rows: Floats, random: Generator) -> Floats:
    """Loud moments turned down by a ratio, over one to ten frames."""
    level = 10 * np.log10(np.mean(10 ** (rows / 10), axis=1))
    level = uniform_filter1d(level, int(random.integers(1, 11)), mode="nearest")
    over = np.maximum(level - np.percentile(level, random.uniform(5, 70)), 0)
    return (rows - (random.uniform(0.2, 0.8) * over)[:, None]).astype(np.float32)


def _equalised(rows: Floats, random: Generator) -> Floats:
    """A tilt and a smooth curve over the bands."""
    place = np.linspace(0, 1, rows.shape[1])
    curve = random.normal(0, 5) * (2 * place - 1)
    for wave in range(1, 5):
        turn = random.uniform(0, 2 * np.pi)
        curve = curve + random.normal(0, 4 / wave**0.5) * np.cos(np.pi * wave * place + turn)
    return (rows + curve).astype(np.float32)


def _band_limited(rows: Floats, random: Generator) -> Floats:
    """No highs, or no lows: 3 dB a band beyond a corner."""
    band = np.arange(rows.shape[1])
    if random.random() < 0.7:
        beyond = np.maximum(band - random.uniform(30, 60), 0)
    else:
        beyond = np.maximum(random.uniform(1, 5) - band, 0) * 3
    return (rows - 3 * beyond).astype(np.float32)


def _noisy(rows: Floats, random: Generator) -> Floats:
    """Tilted hiss or hum, 15 to 60 dB under the loud bands."""
    place = np.linspace(-1, 1, rows.shape[1])
    level = np.percentile(rows, 90) - random.uniform(15, 60) + random.normal(0, 6) * place
    return _sum(rows, (level + random.normal(0, 2, rows.shape)).astype(np.float32))


def _with_gaps(rows: Floats, random: Generator) -> Floats:
    """Some bands or moments gone (SpecAugment, Park et al. 2019)."""
    rows, quiet = rows.copy(), np.percentile(rows, 10)
    for _ in range(random.integers(1, 3)):
        width = int(random.integers(2, 13))
        first = int(random.integers(0, rows.shape[1] - width))
        rows[:, first : first + width] = quiet
    if random.random() < 0.5 and len(rows) > 40:
        width = int(random.integers(5, 30))
        first = int(random.integers(0, len(rows) - width))
        rows[first : first + width] = quiet
    return rows
