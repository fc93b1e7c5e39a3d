# SPDX-License-Identifier: GPL-3.0-or-later
"""The beat grid of a motion that has no music.

Dancers slow down on the beat: minima of the mean joint speed, weighted by their prominence, are
the accents. A tempo is chosen from their autocorrelation, a grid laid through them by dynamic
programming (Ellis 2007), and each beat snapped to the nearest accent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from .kinematics import motion_speed
from .motion import Motion

Times = NDArray[np.float64]

SLOWEST, FASTEST = 72.0, 128.0
#: A beat moves to an accent no further away than this, seconds.
SNAP = 0.160
#: Rate of the strength curve that the dynamic programming walks on, Hz.
RATE = 60.0
#: How much an uneven interval costs.
TIGHTNESS = 90.0
#: The longer of two equally good tempi: preference centre in bpm and width in octaves.
PREFERRED, PREFERENCE_WIDTH = 96.0, 0.8


@dataclass(frozen=True)
class Pulse:
    """beats: seconds from the motion's start, (B,). bpm: median tempo. snapped: share of beats
    that lie on an accent."""

    beats: Times
    bpm: float
    snapped: float


def accents(speed: NDArray[np.floating], fps: float) -> tuple[Times, NDArray[np.float64]]:
    """Times (A,) in s and weights (A,) of the minima of a speed curve (T,).

    A weight is the square root of the prominence over the median one, at most 2: one great stop
    must not outweigh a phrase.
    """
    found, facts = find_peaks(-speed, prominence=0.02 * float(np.median(speed)) + 1e-9)
    if not len(found):
        return np.zeros(0), np.zeros(0)
    before, here, after = speed[found - 1], speed[found], speed[found + 1]
    bend = before - 2 * here + after
    shift = np.where(bend > 1e-12, 0.5 * (before - after) / np.maximum(bend, 1e-12), 0.0)
    prominence = facts["prominences"]
    weights = np.sqrt(prominence / np.median(prominence))
    return (found + np.clip(shift, -0.5, 0.5)) / fps, np.minimum(weights, 2.0)


def beat_grid(motion: Motion, bpm: float | None = None) -> Pulse:
    """The beat grid of a motion; `bpm` fixes the tempo (to ±5 %) when it is known."""
    return grid_of_speed(motion_speed(motion), motion.fps, bpm)


def grid_of_speed(speed: NDArray[np.floating], fps: float, bpm: float | None = None) -> Pulse:
    """As `beat_grid`, from a smoothed speed curve (T,)."""
    seconds = len(speed) / fps
    times, weights = accents(speed, fps)
    if len(times) < 4:
        period = 60.0 / (bpm or PREFERRED)
        return Pulse(np.arange(0.0, seconds, period), 60.0 / period, 0.0)
    strength = strength_curve(times, weights, seconds)
    period = 60.0 / (bpm or estimate_tempo(strength))
    beats = _extended(_walk(strength, period) / RATE, period, seconds)
    beats, snapped = snap(beats, times)
    return Pulse(beats, float(60.0 / np.median(np.diff(beats))), snapped)


def strength_curve(
    times: Times, weights: NDArray[np.float64], seconds: float
) -> NDArray[np.float64]:
    """Accents as bumps of about 50 ms on a curve of `RATE` Hz."""
    curve = np.zeros(int(np.ceil(seconds * RATE)) + 1)
    np.add.at(curve, np.round(times * RATE).astype(int), weights)
    return gaussian_filter1d(curve, 0.05 * RATE, mode="constant")


def estimate_tempo(*strengths: NDArray[np.float64]) -> float:
    """The bpm (72..128) at whose period, and twice and four times it, accents recur the most.

    Several curves (of dancers who dance together) are heard together.
    """
    candidates = np.arange(SLOWEST, FASTEST + 0.25, 0.5)
    return float(candidates[int(np.argmax(tempo_scores(candidates, *strengths)))])


def tempo_scores(
    candidates: NDArray[np.float64], *strengths: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How well each bpm of `candidates` (C,) explains the strength curves, (C,)."""
    total = np.zeros(len(candidates))
    for strength in strengths:
        centred = strength - strength.mean()
        size = 1 << int(np.ceil(np.log2(2 * len(centred))))
        spectrum = np.abs(np.fft.rfft(centred, size)) ** 2
        correlation = np.fft.irfft(spectrum)[: len(centred)]
        correlation /= max(correlation[0], 1e-12)
        # Long lags see fewer pairs: undo the taper, but not where hardly anything overlaps.
        overlap = np.maximum(1 - np.arange(len(centred)) / len(centred), 0.3)
        lags = np.arange(len(centred))
        for multiple, share in ((1, 1.0), (2, 1.0), (4, 0.7)):
            at = 60.0 / candidates * RATE * multiple
            total += share * np.interp(at, lags, correlation / overlap, right=0.0)
    prior = np.exp(-0.5 * (np.log2(candidates / PREFERRED) / PREFERENCE_WIDTH) ** 2)
    return (total + 0.2 * len(strengths)) * prior


def snap(beats: Times, times: Times) -> tuple[Times, float]:
    """Beats moved to the nearest accent within `SNAP`; and the share of them that moved there."""
    near = times[np.abs(times[None] - beats[:, None]).argmin(axis=1)]
    close = np.abs(near - beats) <= SNAP
    moved = np.where(close, near, beats)
    # Two beats must not fall on one accent nor swap places.
    least = 0.6 * float(np.median(np.diff(beats)))
    for i in range(1, len(moved)):
        if moved[i] - moved[i - 1] < least:
            moved[i] = max(beats[i], moved[i - 1] + least)
    return moved, float(close.mean())


def _walk(strength: NDArray[np.float64], period: float) -> NDArray[np.float64]:
    """Sample numbers of the best chain of beats about `period` seconds apart."""
    lag = period * RATE
    back = np.arange(int(round(lag * 0.8)), int(round(lag * 1.25)) + 1)
    cost = TIGHTNESS * np.log(back / lag) ** 2
    strength = strength / max(float(strength.std()), 1e-12)
    score, came = strength.copy(), np.full(len(strength), -1)
    for now in range(int(back[0]), len(strength)):
        before = now - back[back <= now]
        options = score[before] - cost[: len(before)]
        best = int(np.argmax(options))
        if options[best] > 0:
            score[now] += options[best]
            came[now] = before[best]
    tail = max(0, len(strength) - int(lag))
    beats = [tail + int(np.argmax(score[tail:]))]
    while came[beats[-1]] >= 0:
        beats.append(int(came[beats[-1]]))
    return np.array(beats[::-1], dtype=np.float64)


def _extended(beats: Times, period: float, seconds: float) -> Times:
    """The grid carried on evenly to both ends of the motion."""
    before = np.arange(beats[0] - period, -1e-9, -period)[::-1]
    after = np.arange(beats[-1] + period, seconds, period)
    return np.concatenate([before, beats, after])
