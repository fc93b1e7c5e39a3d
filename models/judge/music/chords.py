# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the music play the chords that it was told to?"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ....inference.audio.spectrum import mel_centres
from ....inference.score import mel
from .heard import Array, Floats, Heard

#: Hz between which the mel's bands tell semitones apart well enough.
_RANGE = (180.0, 1400.0)
#: Width of a pitch class, semitones.
_WIDTH = 0.5


@lru_cache(maxsize=1)
def _classes() -> Array:
    """How much each mel band belongs to each pitch class from C, (256, 12)."""
    centres = mel_centres(mel.BINS)
    pitch = 69 + 12 * np.log2(centres / 440)
    away = (pitch[:, None] - np.arange(12) + 6) % 12 - 6
    spread = np.hypot(_WIDTH, 12 * np.log2(1 + np.gradient(centres) / centres)[:, None] / 2)
    usable = (centres > _RANGE[0]) & (centres < _RANGE[1])
    return np.exp(-0.5 * (away / spread) ** 2) / spread * usable[:, None]


def chroma(mel_db: Floats) -> Array:
    """Energy of the pitch classes from C, (T, 12), of a mel (T, 256), length 1 or 0.

    What lasts counts, not attacks: each band is its amplitude above its neighbours, smoothed.
    """
    amplitude = 10 ** (mel_db.astype(np.float64) / 20)
    near = (np.roll(amplitude, 2, axis=1) + np.roll(amplitude, -2, axis=1)) / 2
    tonal = np.sqrt(np.maximum(amplitude - near, 0))
    found = tonal @ _classes()
    found -= found.mean(axis=1, keepdims=True)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6)


def chord_scores(heard: Heard) -> dict[str, float]:
    """`chords`: mean correlation, half-beat by half-beat, of what sounds with the chord plan.
    `chords_null`: with the plan transposed, over all eleven keys. Empty without a plan.
    """
    if heard.chroma is None:
        return {}
    times = mel.frame_times(len(heard.mel))
    slots = np.floor(2 * heard.grid.position(times)).astype(int)
    slots -= int(slots.min())
    sounding, plan = _averaged(chroma(heard.mel), slots), _averaged(heard.chroma, slots)
    match = [float((sounding * np.roll(plan, key, axis=1)).sum(axis=1).mean()) for key in range(12)]
    return {"chords": match[0], "chords_null": float(np.mean(match[1:]))}


def _averaged(rows: Array | Floats, slots: NDArray[np.intp]) -> Array:
    """Means of rows (T, 12) by slot, about 0 and of length 1, or 0."""
    total = np.zeros((int(slots.max()) + 1, 12))
    np.add.at(total, slots, rows)
    total -= total.mean(axis=1, keepdims=True)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-6)
