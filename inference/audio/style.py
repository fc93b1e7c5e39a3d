# SPDX-License-Identifier: GPL-3.0-or-later
"""The Auto verdict: which dance style a song asks for, by a linear classifier.

What it sees of a song is deliberately coarse (how onsets lie in the beat, how percussive and how
even it is, tempo, timbre's broad outline), because it learns from composed pieces and has to judge
produced ones.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import TwostepError
from ..styles import STYLES
from .beats import Pulse
from .features import loudness
from .metre import places
from .spectrum import Heard

WEIGHTS = Path(__file__).resolve().parents[2] / "models" / "weights" / "dance" / "style.json"

_SUBS = 4  # places of a beat

Floats = NDArray[np.float32]


def traits(heard: Heard, pulse: Pulse) -> Floats:
    """What the verdict rests on, (D,)."""
    first = int(np.argmax(pulse.downbeats))  # the first beat where no bar is known
    seen = places(heard, pulse.beats[min(first, len(pulse.beats) - 2) :])[:, :3]
    beat = seen[: len(seen) // _SUBS * _SUBS].reshape(-1, _SUBS, 3)
    level = beat.mean(axis=(0, 1)) + 0.1
    folded = beat.mean(axis=0) / level
    pairs = beat[: max(1, len(beat) // 2) * 2]
    backbeat = (pairs[1::2].mean(axis=0) - pairs[::2].mean(axis=0)) / level
    strong = np.percentile(heard.flux, 90, axis=0)
    decibels, reference = loudness(heard)
    bpm = float(np.log2(pulse.bpm / 100))
    timbre = heard.mfcc[:, 1:4] / 20
    return np.concatenate(
        [
            folded.ravel(),
            backbeat.ravel(),
            np.log(strong + 0.3),
            strong[1:] / (strong[1:].sum() + 0.3),
            [decibels.std() / 6, float(np.mean(decibels > reference - 6))],
            # how near the tempo is to each of some tempi
            np.exp(-0.5 * ((bpm - np.linspace(-0.5, 0.4, 5)) / 0.15) ** 2),
            timbre.mean(axis=0),
            timbre.std(axis=0),
            _regularity(beat),
        ]
    ).astype(np.float32)


def _regularity(beat: Floats) -> Floats:
    """How much each band repeats itself from beat to beat and from bar to bar, (4,)."""
    found = []
    for band in (0, 1):
        rows = beat[:, :, band] - beat[:, :, band].mean()
        power = float(np.square(rows).mean()) + 1e-3
        for lag in (1, 4):
            together = rows[:-lag] * rows[lag:] if len(rows) > lag else np.zeros(1)
            found.append(float(together.mean()) / power)
    return np.array(found, np.float32)


@lru_cache(maxsize=1)
def _weights() -> tuple[Floats, Floats, Floats, Floats]:
    try:
        stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
        mean, spread, matrix, bias = (
            np.array(stored[name], np.float32) for name in ("mean", "spread", "matrix", "bias")
        )
    except (OSError, ValueError, KeyError) as error:
        raise TwostepError(
            f"The file {WEIGHTS.name} is missing or damaged: install Twostep again."
        ) from error
    return mean, spread, matrix, bias


def forget() -> None:
    """Reads the weights afresh the next time (they were trained anew)."""
    _weights.cache_clear()


def probabilities(heard: Heard, pulse: Pulse) -> Floats:
    """How probable each of `STYLES` is, (5,)."""
    mean, spread, matrix, bias = _weights()
    scaled = np.clip((traits(heard, pulse) - mean) / spread, -3, 3)
    logits = matrix @ scaled + bias
    odds = np.exp(logits - logits.max())
    return (odds / odds.sum()).astype(np.float32)


def verdict(heard: Heard, pulse: Pulse) -> str:
    """The most probable style."""
    return STYLES[int(probabilities(heard, pulse).argmax())]
