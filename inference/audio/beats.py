# SPDX-License-Identifier: GPL-3.0-or-later
"""The dance beat: tempo over time, then the beats by dynamic programming.

After Ellis (2007), "Beat tracking by dynamic programming", with two changes: the tempo is a path
through a windowed autocorrelation (songs drift, mixes change), and its octave is folded into
68-136 bpm, of which 72-128 is where people step. librosa's tracker is not used: see `spectrum`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from .spectrum import HOP_RATE

#: One octave of tempi, so that every pulse has exactly one place in it, bpm.
SLOWEST, FASTEST = 68.0, 136.0
_TEMPI = SLOWEST * 2 ** (np.arange(97) / 96)
_WINDOW = 10.0  # s of music that one tempo estimate hears
_STEP = 1.0  # s between estimates
_TEMPO_CHANGE = 40.0  # cost of an octave's change within a second
_TIGHTNESS = 250.0  # how much a beat off the expected period costs
_CLEAR = 0.12  # periodicity under which there is no clear pulse

Floats = NDArray[np.float32]
Times = NDArray[np.float64]


@dataclass(frozen=True)
class Pulse:
    """beats: (B,) seconds, at least two. clear: False when the grid is only assumed.

    downbeats: (B,) which beats start a bar, all False when that is not known.
    """

    beats: Times
    clear: bool
    downbeats: NDArray[np.bool_]

    @property
    def bpm(self) -> float:
        """Median tempo."""
        return float(60 / np.median(np.diff(self.beats)))


def _pulse(beats: Times, clear: bool) -> Pulse:
    return Pulse(beats, clear, np.zeros(len(beats), bool))


def track(flux: Floats, seconds: float) -> Pulse:
    """The beats of a song from its onset flux, (H, 4) at 90 Hz."""
    novelty = _novelty(flux)
    periods, clarity = _tempo_path(novelty)
    if clarity < _CLEAR or seconds < 2.0:
        return _steady(novelty, 60 * HOP_RATE / float(np.median(periods)), seconds, clarity)
    beats = _dynamic_programming(novelty, periods)
    if len(beats) < 3:
        return _steady(novelty, 60 * HOP_RATE / float(np.median(periods)), seconds, clarity)
    return _pulse(_extended(_refined(novelty, beats) / HOP_RATE, seconds), True)


def _novelty(flux: Floats) -> Floats:
    """One onset curve, (H,): bands weighed alike, the local mean taken off, levelled over time."""
    weights = np.array([1.0, 0.6, 0.6, 0.4]) / np.maximum(flux.mean(axis=0), 0.05)
    mixed = flux @ weights.astype(np.float32)
    mixed = gaussian_filter1d(mixed, 1.0)
    above = np.maximum(mixed - uniform_filter1d(mixed, HOP_RATE // 2), 0)
    spread = np.sqrt(gaussian_filter1d(np.square(above), 4.0 * HOP_RATE, mode="nearest"))
    return (above / np.maximum(spread, 0.15 * spread.max() + 1e-6)).astype(np.float32)


def _tempo_path(novelty: Floats) -> tuple[Floats, float]:
    """Beat period in hops at each hop, (H,), and how clearly the music pulses, about 0..1."""
    window, step = int(_WINDOW * HOP_RATE), int(_STEP * HOP_RATE)
    padded = np.pad(novelty, (window // 2, window // 2 + step))
    starts = np.arange(0, len(novelty), step)
    scores = np.stack([_tempo_scores(padded[at : at + window]) for at in starts])
    away = np.abs(np.arange(len(_TEMPI))[:, None] - np.arange(len(_TEMPI))) / 96
    away = np.minimum(away, 1.0)
    best = scores[0].copy()
    came = np.zeros(scores.shape, np.int32)
    for i in range(1, len(scores)):
        options = best[None, :] - _TEMPO_CHANGE * away**1.0
        came[i] = options.argmax(axis=1)
        best = options.max(axis=1) + scores[i]
    path = np.zeros(len(scores), np.int32)
    path[-1] = best.argmax()
    for i in range(len(scores) - 1, 0, -1):
        path[i - 1] = came[i][path[i]]
    clarity = float(np.median(scores[np.arange(len(path)), path]))
    tempi = np.interp(np.arange(len(novelty)), starts, gaussian_filter1d(_TEMPI[path], 1.0))
    return (60 * HOP_RATE / tempi).astype(np.float32), clarity


def _tempo_scores(piece: Floats) -> Floats:
    """How well each tempo explains some seconds of onsets, (97,), 1 for a perfect click track."""
    piece = (piece - piece.mean()) * np.hanning(len(piece)).astype(np.float32)
    size = next_fast_len(2 * len(piece))
    echo = irfft(np.abs(rfft(piece, size)) ** 2, size)[: len(piece)]
    if echo[0] <= 1e-6:
        return np.zeros(len(_TEMPI), np.float32)
    lags = 60 * HOP_RATE / _TEMPI
    # the taper of the window shortens long lags: take it out
    taper = irfft(np.abs(rfft(np.hanning(len(piece)), size)) ** 2, size)[: len(piece)]
    echo = echo / echo[0] / np.maximum(taper / taper[0], 0.1)
    score = np.zeros(len(_TEMPI))
    for multiple, weight in ((0.5, 0.15), (1.0, 0.35), (2.0, 0.25), (4.0, 0.25)):
        score += weight * np.interp(lags * multiple, np.arange(len(echo)), echo)
    return score * _comfort()


def _comfort() -> Times:
    """People step most readily near 100 bpm."""
    return np.exp(-0.5 * (np.log2(_TEMPI / 98) / 0.9) ** 2)


def _dynamic_programming(novelty: Floats, periods: Floats) -> NDArray[np.int64]:
    """Hops of the beats that gather most onset strength at the given periods."""
    count = len(novelty)
    strength = gaussian_filter1d(novelty, 1.5)
    value = strength.astype(np.float64).copy()
    came = np.full(count, -1)
    costs: dict[int, tuple[NDArray[np.int64], Times]] = {}
    for hop in range(count):
        period = int(round(float(periods[hop])))
        if period not in costs:
            back = np.arange(-2 * period, -period // 2 + 1)
            costs[period] = (back, -_TIGHTNESS * np.log(-back / period) ** 2)
        back, cost = costs[period]
        first = hop + back[0]
        if first < 0:
            cost, first = cost[-first:], 0
        last = hop + back[-1] + 1
        if last <= first:
            continue
        options = value[first:last] + cost[-(last - first) :]
        pick = int(options.argmax())
        if options[pick] > 0:
            value[hop] += options[pick]
            came[hop] = first + pick
    tail = max(0, count - int(1.2 * float(periods[-1])))
    at = tail + int(value[tail:].argmax())
    beats = []
    while at >= 0:
        beats.append(at)
        at = int(came[at])
    return np.array(beats[::-1])


def _refined(novelty: Floats, beats: NDArray[np.int64]) -> Times:
    """Beat hops to a fraction of a hop, by a parabola through the onset's top."""
    smooth = gaussian_filter1d(novelty, 1.5).astype(np.float64)
    inner = np.clip(beats, 1, len(smooth) - 2)
    left, mid, right = smooth[inner - 1], smooth[inner], smooth[inner + 1]
    bend = left - 2 * mid + right
    shift = np.where(bend < -1e-9, 0.5 * (left - right) / np.minimum(bend, -1e-9), 0.0)
    return inner + np.clip(shift, -0.5, 0.5)


def _extended(beats: Times, seconds: float) -> Times:
    """The grid run on to both ends of the song."""
    first = np.median(np.diff(beats[:5]))
    last = np.median(np.diff(beats[-5:]))
    before = beats[0] - first * np.arange(int(beats[0] // first), 0, -1)
    after = beats[-1] + last * np.arange(1, max(0, int((seconds - beats[-1]) // last)) + 1)
    grid = np.concatenate([before, beats, after])
    return grid if len(grid) > 1 else np.array([beats[0], beats[0] + first])


def _steady(novelty: Floats, bpm: float, seconds: float, clarity: float) -> Pulse:
    """A grid of one tempo, laid where it meets most onsets."""
    if clarity < _CLEAR / 2:
        bpm = 100.0
    period = 60 * HOP_RATE / bpm
    phase = np.exp(-2j * np.pi * np.arange(len(novelty)) / period) @ novelty
    offset = float(-np.angle(phase) / (2 * np.pi) * period) % period
    count = max(2, int(np.ceil((seconds * HOP_RATE - offset) / period)))
    return _pulse((offset + period * np.arange(count)) / HOP_RATE, False)
