# SPDX-License-Identifier: GPL-3.0-or-later
"""How full the music is, and where it changes: intro, build, chorus, break."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.signal import find_peaks
from scipy.stats import rankdata

from .spectrum import FPS

_LEVEL_SECONDS = 8.0
_SIDE_SECONDS = 6.0
_APART_SECONDS = 6.0
_NEARNESS = 2.0  # s

Floats = NDArray[np.float32]
Times = NDArray[np.float64]


def section_level(sound: Floats) -> Floats:
    """Loudness and onset density over about 8 s as a rank within the track, (F,), 0..1.

    sound: channels 0:37, (F, 37).
    """
    fullness = _fullness(sound)
    if np.ptp(fullness) < 1e-4:
        return np.full(len(sound), 0.5, np.float32)
    return ((rankdata(fullness) - 0.5) / len(fullness)).astype(np.float32)


def _fullness(sound: Floats) -> Floats:
    width = _LEVEL_SECONDS / 4 * FPS
    loud = gaussian_filter1d(sound[:, 4], width, mode="nearest")
    dense = gaussian_filter1d(sound[:, 0], width, mode="nearest")
    return loud + 0.5 * dense


def boundaries(sound: Floats) -> Times:
    """Times at which the sound of the next seconds differs from the last, (S,), seconds.

    The distance between the mean of timbre, harmony, loudness and density over 6 s before and
    after each frame; its clear peaks are section changes.
    """
    side = int(_SIDE_SECONDS * FPS)
    if len(sound) < 3 * side:
        return np.zeros(0)
    seen = np.concatenate(
        [sound[:, :5] * (1.5, 1, 1, 1, 3), sound[:, 5:17], sound[:, 17:29] / 2], 1
    )
    mean = uniform_filter1d(seen, side, axis=0, mode="nearest")
    after = np.roll(mean, -(side // 2), axis=0)
    before = np.roll(mean, side // 2, axis=0)
    novelty = np.linalg.norm(after - before, axis=1)
    novelty[: side // 2] = novelty[-(side // 2) :] = 0
    novelty = gaussian_filter1d(novelty, FPS / 2)
    height = np.median(novelty) + 1.5 * novelty.std()
    peaks, _ = find_peaks(novelty, height=height, distance=int(_APART_SECONDS * FPS))
    return peaks / FPS


def nearness(times: Times, changes: Times) -> Floats:
    """exp(-|dt| / 2 s) to the nearest change, (T,); 0 when there is none."""
    if not len(changes):
        return np.zeros(len(times), np.float32)
    after = np.clip(np.searchsorted(changes, times), 0, len(changes) - 1)
    before = np.maximum(after - 1, 0)
    away = np.minimum(np.abs(times - changes[after]), np.abs(times - changes[before]))
    return np.exp(-away / _NEARNESS).astype(np.float32)
