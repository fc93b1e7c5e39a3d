# SPDX-License-Identifier: GPL-3.0-or-later
"""Music that is not made but found: the training clip that fits a dance best, laid on its beats.

A reference, because all it plays is copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import rankdata

from ....inference.score import mel
from ....inference.score.generator import Told
from .heard import Array, Floats, Heard
from .made import of_cues

#: How many octaves of tempo weigh as much as the whole of the energy's correlation.
_OCTAVES = 0.5
#: Points of the energy that are compared, a beat.
_EACH = 2


def found(told: Told, clips: Sequence[Heard]) -> Heard:
    """The music for what a generator would be told, out of clips of the same genre.

    Tempo and the course of energy (from bar to bar, by rank) choose clip and bar; then each
    beat's mel is stretched to the dance's beat. Where the clip ends too soon it goes on at the bar
    that was chosen. It has no sound of its own.
    """
    grid, frames = told.cues.grid, round(told.frames)
    times = mel.frame_times(frames)
    where = grid.position(times) - grid.first  # in beats of the dance, 0 at a downbeat
    wanted = told.cues.energy_at(grid.seconds(_steps(where) + grid.first))
    clip, start = min(
        ((clip, bar) for clip in clips for bar in bars(clip)),
        key=lambda pair: _unlike(told, wanted, pair[0], pair[1], _steps(where)),
    )
    at = start + _folded(clip, start, where)
    rows = clip.grid.seconds(at) * mel.FPS
    return replace(of_cues(clip.name, told, _between(clip.mel, rows)), chroma=None)


def bars(clip: Heard) -> list[int]:
    """The beats of a clip at which a bar starts that has another four bars after it, or the first
    one.
    """
    size = clip.grid.beats_per_bar
    count = len(clip.beats)
    found = range(clip.grid.first, max(count - 4 * size, clip.grid.first + 1), size)
    return list(found)


def _steps(where: Array) -> Array:
    return np.arange(np.floor(where[0]), np.ceil(where[-1]), 1 / _EACH)


def _folded(clip: Heard, start: int, where: Array) -> Array:
    """Beats after the chosen bar, those beyond the clip's last whole bar brought back into it."""
    size = clip.grid.beats_per_bar
    last = int(clip.grid.position(np.array([clip.seconds]))[0])
    whole = max((last - start) // size * size, size)
    return where % whole


def _unlike(told: Told, wanted: Floats, clip: Heard, start: int, steps: Array) -> float:
    apart = abs(float(np.log2(clip.grid.bpm / told.cues.grid.bpm))) / _OCTAVES
    if clip.energy is None:
        return apart
    seconds = clip.grid.seconds(start + _folded(clip, start, steps))
    rows = np.clip(seconds * mel.FPS, 0, len(clip.energy) - 1).astype(int)
    a, b = rankdata(wanted), rankdata(clip.energy[rows])
    a, b = a - a.mean(), b - b.mean()
    alike = float((a * b).sum() / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-9))
    return apart - alike


def _between(rows: Floats, at: Array) -> Floats:
    """Rows at fractional places, those beyond the ends held."""
    at = np.clip(at, 0, len(rows) - 1.001)
    low = at.astype(int)
    share = (at - low)[:, None].astype(np.float32)
    return rows[low] * (1 - share) + rows[low + 1] * share
