# SPDX-License-Identifier: GPL-3.0-or-later
"""Is it clean: clipping, silence, loudness, spectrum, dead bands, seams, loops, reconstruction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import uniform_filter1d

from ....inference.audio.spectrum import mel_centres
from ....inference.score import mel
from ....inference.score.loudness import Meter
from ...score.vocoder_measures import measure
from .heard import RATE, Array, Floats, Heard, mel_of
from .onsets import flux

#: As loud as a sample can be, and how many in a row are clipping.
FULL, IN_A_ROW = 0.9995, 3
#: Level of a tenth of a second that is silence, dB.
SILENT_DB = -60.0
#: A band is dead whose loud moments lie so far below those of true music, dB.
DEAD_DB = 25.0
#: Mel frames to either side of a join that count as its own.
_NEAR = 2


def faults(heard: Heard) -> dict[str, float]:
    """`clipped`: share of samples in runs at full scale. `silent`: share of tenths of a second
    below -60 dB outside stops, but for the last bar, over which music fades out. `dc`: mean over
    root mean square. `peak`. `lufs`: integrated loudness (ITU-R BS.1770-4). Needs samples.
    """
    samples = heard.samples
    assert samples is not None
    size = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    bar = heard.grid.beats_per_bar * 60 / heard.grid.bpm
    meter = Meter()
    meter.add(samples)
    return {
        "lufs": meter.loudness() if size else float("nan"),
        "peak": float(np.abs(samples).max(initial=0.0)),
        "clipped": clipped(samples),
        "silent": silent(samples, np.concatenate([heard.stops, [[heard.seconds - bar, np.inf]]])),
        "dc": abs(float(np.mean(samples, dtype=np.float64))) / max(size, 1e-9) if size else 0.0,
    }


def spectrum(heard: Heard) -> dict[str, float]:
    """Where the energy lies in the bands of the mel: `centroid` and `rolloff` (85 % lie below it),
    Hz; `flatness`, 0 a tone .. 1 noise (geometric over arithmetic mean). Medians over the frames
    no more than 30 dB under the loud ones; absent of silence.

    `range_db`: how much the level over three seconds varies, 95th over 10th percentile, but for
    the last bar, over which music fades out.
    """
    bar = round(heard.grid.beats_per_bar * 60 / heard.grid.bpm * mel.FPS)
    power = 10 ** (heard.mel.astype(np.float64) / 10)
    level = power.sum(axis=1)
    slow = uniform_filter1d(level, round(3 * mel.FPS))[: max(len(level) - bar, 1)]
    low, high = 10 * np.log10(np.percentile(slow, [10, 95]) + 1e-12)
    loud = power[(level > 1e-3 * np.percentile(level, 95)) & (level > 10 ** (SILENT_DB / 10))]
    if not len(loud):
        return {"range_db": float(high - low)}
    centres = mel_centres(mel.BINS)
    share = np.cumsum(loud, axis=1) / loud.sum(axis=1, keepdims=True)
    flat = np.exp(np.log(np.maximum(loud, 1e-12)).mean(axis=1)) / loud.mean(axis=1)
    return {
        "centroid": float(np.median(loud @ centres / loud.sum(axis=1))),
        "rolloff": float(np.median(centres[(share < 0.85).sum(axis=1)])),
        "flatness": float(np.median(flat)),
        "range_db": float(high - low),
    }


def clipped(samples: Floats) -> float:
    """Share of samples that lie in a run of at least three at full scale."""
    if len(samples) < IN_A_ROW:
        return 0.0
    full = np.abs(samples) >= FULL
    edges = np.flatnonzero(np.diff(np.concatenate([[0], full.astype(int), [0]])))
    runs = edges[1::2] - edges[::2]
    return float(runs[runs >= IN_A_ROW].sum()) / len(samples)


def silent(samples: Floats, stops: Array) -> float:
    """Share of tenths of a second, outside stops (S, 2), that are silence; 1 of nothing."""
    size = RATE // 10
    count = len(samples) // size
    if not count:
        return 1.0
    power = np.square(samples[: count * size], dtype=np.float64).reshape(count, size).mean(axis=1)
    times = (np.arange(count) + 0.5) / 10
    resting = (times[:, None] >= stops[:, 0]) & (times[:, None] < stops[:, 1])
    judged = ~resting.any(axis=1)
    heard = power[judged] if judged.any() else power
    return float((heard < 10 ** (SILENT_DB / 10)).mean())


def loud_moments(pieces: Sequence[Heard]) -> Array:
    """The 95th percentile of each band over some pieces, (256,), dB."""
    return np.percentile(np.concatenate([piece.mel for piece in pieces]), 95, axis=0)


def dead_bands(pieces: Sequence[Heard], true: Array) -> float:
    """Share of bands that are missing against the loud moments of true music (256,)."""
    return float((loud_moments(pieces) < true - DEAD_DB).mean())


def seam_ratio(heard: Heard, joins: Sequence[float]) -> float:
    """Mean step between mel frames at joins (seconds) over that elsewhere; 1 is no seam.

    nan without joins. Joins are held against steps at all places; beats fall on either alike.
    """
    steps = np.abs(np.diff(heard.mel.astype(np.float64), axis=0)).mean(axis=1)
    at = np.zeros(len(steps), bool)
    for join in joins:
        row = round(join * mel.FPS)
        at[max(0, row - _NEAR) : row + _NEAR] = True
    if not at.any() or at.all():
        return float("nan")
    return float(steps[at].mean() / max(steps[~at].mean(), 1e-9))


def loop_scores(samples: Floats, downbeats: Array) -> dict[str, float]:
    """How a loop goes on at its beginning.

    `loop_click`: the wave's jump there over its usual large step; above 1 is a click.
    `loop_step`: the mel's step there over that at the other downbeats (seconds); 1 is no seam.
    """
    usual = float(np.percentile(np.abs(np.diff(samples)), 99.9))
    click = abs(float(samples[0]) - float(samples[-1])) / max(usual, 1e-9)
    twice = mel_of(np.concatenate([samples, samples]))
    steps = np.abs(np.diff(twice.astype(np.float64), axis=0)).mean(axis=1)
    length = len(samples) / RATE
    inside = downbeats[(downbeats > 0.2) & (downbeats < length - 0.2)]

    def step(time: float) -> float:
        row = round(time * mel.FPS)
        return float(steps[row - _NEAR : row + _NEAR].mean())

    others = float(np.mean([step(time) for time in inside])) if len(inside) else float("nan")
    return {"loop_click": click, "loop_step": step(length) / max(others, 1e-9)}


def differences(true: Heard, made: Heard) -> dict[str, float]:
    """How far a reconstruction is from the truth.

    `mel_l1`: dB. `attack`: correlation of their flux over all bands: 1 is as sharp, in place.
    Where both have samples, those of `vocoder_measures` as well.
    """
    rows = min(len(true.mel), len(made.mel))
    a, b = true.mel[:rows], made.mel[:rows]
    found = {
        "mel_l1": float(np.abs(a - b).mean()),
        "attack": float(np.corrcoef(flux(a).mean(axis=1), flux(b).mean(axis=1))[0, 1]),
    }
    if true.samples is not None and made.samples is not None:
        size = min(len(true.samples), len(made.samples))
        found |= measure(true.samples[:size], made.samples[:size])
    return found
