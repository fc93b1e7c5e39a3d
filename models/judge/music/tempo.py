# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the music as fast as its grid: its tempo, heard without knowing the grid, against the grid's.

Octaves are counted apart, because listeners and machines alike may tap at half or twice the beat
(salsa and krump are felt so); accuracies 1 and 2 of Gouyon et al. 2006.
"""

from __future__ import annotations

import numpy as np

from ....inference.score import mel
from .heard import Array, Heard

#: Tempi that are heard, bpm; where listeners prefer to tap, and how many octaves around it.
SLOWEST, FASTEST, PREFERRED, OCTAVES = 50.0, 220.0, 105.0, 0.9
#: How far off an estimate may be, as a share, and what counts as the same tempo in other clothes.
TOLERANCE = 0.04
FACTORS = (1 / 3, 0.5, 1.0, 2.0, 3.0)
#: Beats ahead that must recur, and how finely tempi are tried, octaves.
_AHEAD = np.arange(1, 5)
_FINE = 1 / 400


def tempo(flux: Array) -> float:
    """The tempo, bpm, of a flux (T, bands): how strongly it recurs after one to four beats.

    nan where nothing does.
    """
    total = flux.mean(axis=1)
    total = total - total.mean()
    power = np.square(np.abs(np.fft.rfft(total, 2 * len(total))))
    recurs = np.fft.irfft(power)[: len(total)]
    if recurs[0] <= 1e-9:
        return float("nan")
    recurs = recurs / (np.arange(len(total), 0, -1) * recurs[0])
    tempi = np.exp2(np.arange(np.log2(SLOWEST), np.log2(FASTEST), _FINE))
    lags = 60 / tempi[:, None] * _AHEAD * mel.FPS
    strength = np.interp(lags, np.arange(len(recurs)), recurs, right=0.0).mean(axis=1)
    liked = np.exp(-0.5 * (np.log2(tempi / PREFERRED) / OCTAVES) ** 2)
    return float(tempi[int((np.maximum(strength, 0) * liked).argmax())])


def tempo_scores(heard: Heard, flux: Array) -> dict[str, float]:
    """`tempo`: 1 where the tempo that is heard is within 4 % of the grid's, else 0; `tempo_octave`:
    the same, half, twice, a third or three times the tempo allowed; `tempo_off`: how far off it is
    then, in percent of the tempo.
    """
    found = tempo(flux)
    if not np.isfinite(found):
        return {"tempo": 0.0, "tempo_octave": 0.0}
    ratios = found / heard.grid.bpm / np.array(FACTORS)
    off = np.abs(ratios - 1)
    nearest = float(off.min())
    return {
        "tempo": float(off[FACTORS.index(1.0)] <= TOLERANCE),
        "tempo_octave": float(nearest <= TOLERANCE),
        "tempo_off": 100 * nearest,
    }
