# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a mel spectrogram has attacks, and whether they are on the beats.

All is read off the log-mel, so that composed clips, reconstructions and generated pieces are heard
in the same way.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d
from scipy.signal import find_peaks

from ....inference.audio.spectrum import BANDS, mel_centres
from ....inference.score import mel
from ..sync import beat_scores, null_f1
from .heard import Array, Floats, Heard

#: Mel amplitude below which nothing counts as attack, dB.
FLOOR_DB = -75.0
#: Frames between the spectra that are compared: 46 ms, half of the window's 93.
LAG = 2
#: An onset stands out by so much of the piece's strong flux (its 95th percentile).
PROMINENCE = 0.25
APART = 0.06
#: How far from a beat its onset may be, seconds.
HIT = 0.06
#: Shifts of the grid, in beats, that the null is averaged over.
NULLS = (np.arange(32) + 0.5) / 32


def flux(mel_db: Floats) -> Array:
    """Growth in dB in the low, middle and high band, (T, 3), of a mel (T, 256); row i at frame i.

    Each band is held against the loudest of its neighbours before (SuperFlux, Böck and Widmer
    2013), so that vibrato is no onset.
    """
    level = 20 * np.log10(10 ** (mel_db.astype(np.float64) / 20) + 10 ** (FLOOR_DB / 20))
    before = maximum_filter1d(np.pad(level, ((LAG, 0), (0, 0)), "edge")[:-LAG], 5, axis=1)
    growth = np.maximum(level - before, 0)
    # Growth in dB peaks as the window's edge meets an attack, so that of the later frame is timely.
    centres = mel_centres(mel.BINS)
    bands = [growth[:, (centres >= low) & (centres < high)].mean(axis=1) for low, high in BANDS]
    return np.stack(bands, axis=1)


def onsets(flux_: Array) -> Array:
    """Times of the attacks in seconds, (K,), of a flux (T, 3)."""
    total = flux_.mean(axis=1)
    strong = float(np.percentile(total, 95)) if len(total) else 0.0
    if strong < 0.3:  # dB; hiss and hum
        return np.zeros(0)
    peaks, _ = find_peaks(total, prominence=PROMINENCE * strong, distance=round(APART * mel.FPS))
    before, here, after = total[peaks - 1], total[peaks], total[peaks + 1]
    bend = np.minimum(before - 2 * here + after, -1e-9)
    return (peaks + np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) / mel.FPS


def hits(found: Array, wanted: Array) -> float:
    """Share of the wanted times that have an onset within `HIT`; 0 where nothing is found."""
    if not len(found) or not len(wanted):
        return 0.0
    return float(np.mean(np.abs(wanted[:, None] - found).min(axis=1) <= HIT))


def hit_rates(heard: Heard, found: Array) -> dict[str, float]:
    """`hit`: share of the beats outside stops that are struck. `hit_null`: the same of all other
    phases of the grid; `hit_half`: of the grid half a beat late.
    """
    beats = outside(heard.beats, heard.stops)
    period = 60 / heard.grid.bpm
    null = float(np.mean([hits(found, beats + shift * period) for shift in NULLS]))
    return {
        "hit": hits(found, beats),
        "hit_null": null,
        "hit_half": hits(found, beats + 0.5 * period),
    }


def onset_scores(heard: Heard, found: Array) -> dict[str, float]:
    """Onsets matched one to one with beats (±100 ms), and the null of all circular shifts.

    Precision falls with everything that is played between beats; recall is what counts.
    """
    scores = beat_scores(found, heard.beats)
    return {f"onset_{key}": value for key, value in scores.items()} | {
        "onset_f1_null": null_f1(found, heard.beats)
    }


def published_scores(heard: Heard, found: Array) -> dict[str, float]:
    """Beat coverage and beat hit scores as published: both sides binned by whole seconds.

    They are near chance, as `_half`, the same for a grid half a beat late, shows.
    """

    def scores(beats: Array) -> tuple[float, float]:
        wanted, there = set(np.floor(beats).tolist()), set(np.floor(found).tolist())
        if not wanted:
            return 0.0, 0.0
        return min(len(there) / len(wanted), 1.0), len(there & wanted) / len(wanted)

    coverage, hit = scores(heard.beats)
    half = scores(heard.beats + 30 / heard.grid.bpm)[1]
    return {"bcs": coverage, "bhs": hit, "bhs_half": half}


def outside(times: Array, stops: Array) -> Array:
    """The times that lie in no stop (S, 2)."""
    inside = (times[:, None] >= stops[:, 0]) & (times[:, None] < stops[:, 1])
    return times[~inside.any(axis=1)]
