# SPDX-License-Identifier: GPL-3.0-or-later
"""What the music network is told at every mel frame: beat, bar, energy, harmony, answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .answers import Answers
from .grid import Grid, Times

#: Channels of `conditions`.
BEAT = slice(0, 4)  # sin, cos of the beat; sin, cos of the half-beat
BAR = slice(4, 8)  # sin, cos of the bar; a bump on downbeats; 1 in three-four time
BUMP = 8  # on every beat
TEMPO = 9  # log2 of bpm / 100
ENERGY = slice(10, 12)  # 0..1, and 1 where it is known
HARMONY = slice(12, 25)  # the chord's pitch classes from C, and 1 where it is known
ANSWERS = slice(25, 28)  # a bump on every strike, 1 in rests, and 1 where both are known
CHANNELS = 28

#: Width of a bump, seconds.
_SIGMA = 0.03

Floats = NDArray[np.float32]


def conditions(
    times: Times, grid: Grid, energy: Floats | None, chroma: Floats | None, answers: Answers | None
) -> Floats:
    """All channels at some times, (T, 28).

    energy: (T,) 0..1 or None where nothing is known. chroma: (T, 12) 0..1 or None. answers: to the
    accents and stops of a dance, or None.
    """
    position = grid.position(times)
    bar = (position - grid.first) / grid.beats_per_bar
    told = np.zeros((len(times), CHANNELS), np.float32)
    told[:, BEAT] = np.column_stack([*_circle(position), *_circle(2 * position)])
    told[:, 4], told[:, 5] = _circle(bar)
    periods = grid.periods(times)
    told[:, 6] = _bump(bar, periods * grid.beats_per_bar)
    told[:, 7] = grid.beats_per_bar == 3
    told[:, BUMP] = _bump(position, periods)
    told[:, TEMPO] = np.log2(60 / periods / 100)
    if energy is not None:
        told[:, ENERGY] = np.column_stack([energy, np.ones(len(times))])
    if chroma is not None:
        told[:, HARMONY] = np.column_stack([chroma, np.ones(len(times))])
    if answers is not None:
        told[:, ANSWERS] = answered(position, periods, answers)
    return told


def answered(position: Times, periods: Times, answers: Answers) -> Floats:
    """The channels `ANSWERS` at some positions (T,) in beats, a beat being `periods` long, s."""
    told = np.zeros((len(position), 3), np.float32)
    told[:, 2] = 1.0
    for beat, _ in answers.strikes:
        near = np.exp(-0.5 * ((position - beat) * periods / _SIGMA) ** 2)
        told[:, 0] = np.maximum(told[:, 0], near)
    for start, stop in answers.rests:
        told[(position >= start) & (position < stop), 1] = 1.0
    return told


def _circle(cycles: Times) -> tuple[Times, Times]:
    return np.sin(2 * np.pi * cycles), np.cos(2 * np.pi * cycles)


def _bump(cycles: Times, period: Times) -> Times:
    """A Gaussian of `_SIGMA` around every whole number of cycles of `period` seconds."""
    away = (cycles - np.round(cycles)) * period
    return np.exp(-0.5 * (away / _SIGMA) ** 2)
