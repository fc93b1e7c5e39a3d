# SPDX-License-Identifier: GPL-3.0-or-later
"""The 48 music channels at 30 fps: the one definition that trains and serves.

 0      onset strength over the track's 95th percentile, 0..2
 1:4    the same for low (<150 Hz), mid (150-2000) and high (>2000) onsets
 4      loudness: dB under the track's 95th percentile, -40..0 dB mapped to 0..1
 5:17   chroma, max 1 per frame
17:37   20 MFCC, standardised by the constants below
37:39   sin, cos of the beat's phase; 0 at a beat
39:41   sin, cos of the two-beat phase; 0 at even beats
41:43   sin, cos of the bar's phase (four beats); 0, 0 where downbeats are not known
43      log2(bpm / 100) of the local beat
44      beat bump exp(-(dt / 0.05 s)^2 / 2)
45      the same for downbeats, 0 where unknown
46      section level 0..1
47      nearness of a section change, exp(-|dt| / 2 s)

Frame i is at i / 30 s.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .spectrum import FPS, HOPS_PER_FRAME, Heard

CHANNELS = 48
#: The channels that follow from beat and downbeat times alone.
BEAT_CHANNELS = slice(37, 46)

_BUMP = 0.05  # s
_RANGE_DB = 40.0

# Mean and spread of the 20 coefficients over the music library; the first is taken relative to the
# track's loudness, so that a quiet master sounds like a loud one.
_MFCC_MEAN = np.array(
    [-466.3, 56.7, 14.2, 16.0, 9.1, 5.4, 3.2, 3.9, 1.3, 1.3,
     1.1, 1.3, 0.8, 0.8, 0.6, 0.8, 0.7, 0.8, 1.1, 1.7], np.float32,
)  # fmt: skip
_MFCC_STD = np.array(
    [49.4, 24.5, 17.0, 11.4, 9.4, 9.7, 8.1, 7.5, 7.6, 7.1,
     6.3, 5.8, 5.6, 5.8, 5.6, 5.5, 5.2, 5.4, 5.5, 5.7], np.float32,
)  # fmt: skip

Floats = NDArray[np.float32]
Times = NDArray[np.float64]


def frame_times(count: int) -> Times:
    """Times of `count` frames, (count,), seconds."""
    return np.arange(count) / FPS


def sound_channels(heard: Heard) -> Floats:
    """Channels 0:37 of a whole track, (F, 37)."""
    onsets = _per_frame(heard.flux)
    loudest = np.maximum(np.percentile(heard.flux, 95, axis=0), 0.3)
    decibels, reference = loudness(heard)
    level = np.clip(1 + (decibels - reference) / _RANGE_DB, 0, 1)
    mfcc = heard.mfcc.copy()
    mfcc[:, 0] -= reference * 8  # the first ortho coefficient of 64 bands grows 8 for each dB
    mfcc = np.clip((mfcc - _MFCC_MEAN) / _MFCC_STD, -4, 4)
    return np.concatenate(
        [np.clip(onsets / loudest, 0, 2), level[:, None], heard.chroma, mfcc], axis=1
    ).astype(np.float32)


def loudness(heard: Heard) -> tuple[Floats, float]:
    """Loudness of each frame in dB of full scale, (F,), and the track's 95th percentile."""
    decibels = 10 * np.log10(np.maximum(heard.power, 1e-12))
    return decibels.astype(np.float32), float(np.percentile(decibels, 95))


def _per_frame(flux: Floats) -> Floats:
    """The strongest of the three hops around each frame, (F, 4)."""
    shifted = np.concatenate([flux[:1], flux])[: len(flux)]
    return shifted.reshape(-1, HOPS_PER_FRAME, flux.shape[1]).max(axis=1)


def beat_channels(times: Times, beats: Times, downbeats: NDArray[np.bool_]) -> Floats:
    """Channels 37:46 at the given times, (T, 9).

    times: (T,) seconds. beats: (B,) ascending seconds, at least two; before the first and after
    the last the grid runs on at its local tempo. downbeats: (B,) which beats start a bar; all
    False when that is not known.
    """
    if len(beats) < 2:
        raise ValueError("beat_channels needs at least two beats")
    grid, index = _extended(np.asarray(beats, np.float64), times)
    position = np.interp(times, grid, index)
    channels = np.zeros((len(times), 9), np.float32)
    channels[:, 0], channels[:, 1] = _circle(position)
    channels[:, 2], channels[:, 3] = _circle(position / 2)
    channels[:, 7] = _bump(times, grid)
    periods = _smoothed(np.diff(grid))
    beat = np.clip(np.searchsorted(grid, times, side="right") - 1, 0, len(periods) - 1)
    channels[:, 6] = np.log2(60 / periods[beat] / 100)
    bars = np.flatnonzero(downbeats)
    if len(bars):
        bar = _bar_position(position, bars)
        channels[:, 4], channels[:, 5] = _circle(bar)
        starts = np.interp(_bar_starts(index, bars), index, grid)
        channels[:, 8] = _bump(times, starts)
    return channels


def _extended(beats: Times, times: Times) -> tuple[Times, Times]:
    """The beats and their numbers, run on at both ends so that they span all times."""
    first, last = beats[1] - beats[0], beats[-1] - beats[-2]
    low, high = (times.min(), times.max()) if len(times) else (beats[0], beats[-1])
    before = max(1, int(np.ceil((beats[0] - low) / first)) + 1)
    after = max(1, int(np.ceil((high - beats[-1]) / last)) + 1)
    grid = np.concatenate(
        [
            beats[0] - first * np.arange(before, 0, -1),
            beats,
            beats[-1] + last * np.arange(1, after + 1),
        ]
    )
    return grid, np.arange(-before, len(beats) + after, dtype=np.float64)


def _circle(cycles: Times) -> tuple[Times, Times]:
    return np.sin(2 * np.pi * cycles), np.cos(2 * np.pi * cycles)


def _bump(times: Times, marks: Times) -> Times:
    after = np.clip(np.searchsorted(marks, times), 1, len(marks) - 1) if len(marks) > 1 else 0
    near = np.abs(times - marks[after])
    if len(marks) > 1:
        near = np.minimum(near, np.abs(times - marks[after - 1]))
    return np.exp(-0.5 * (near / _BUMP) ** 2)


def _smoothed(periods: Times) -> Times:
    """Median of three, so that one early beat is no change of tempo."""
    padded = np.concatenate([periods[:1], periods, periods[-1:]])
    return np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)


def _bar_position(position: Times, bars: NDArray[np.int64]) -> Times:
    """Cycles of the bar: each known downbeat is a whole number; four beats beyond the ends."""
    marks = np.concatenate([[bars[0] - 4 * 4096], bars, [bars[-1] + 4 * 4096]]).astype(float)
    cycles = np.concatenate([[-4096], np.arange(len(bars)), [len(bars) - 1 + 4096]]).astype(float)
    return np.interp(position, marks, cycles)


def _bar_starts(index: Times, bars: NDArray[np.int64]) -> Times:
    """Beat numbers that start a bar, known ones and those that run on at both ends."""
    before = np.arange(bars[0] - 4, index[0] - 1, -4)[::-1]
    after = np.arange(bars[-1] + 4, index[-1] + 1, 4)
    return np.concatenate([before, bars, after]).astype(np.float64)
