# SPDX-License-Identifier: GPL-3.0-or-later
"""The noise of the diffusion: a cosine schedule of 1000 steps (Nichol & Dhariwal 2021)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEPS = 1000
_OFFSET = 0.008
_LARGEST_BETA = 0.999


def kept_variance() -> NDArray[np.float64]:
    """How much of the data's variance is left after each step, (1000,), falling from 1 to 0."""
    share = np.arange(STEPS + 1) / STEPS
    wave = np.cos((share + _OFFSET) / (1 + _OFFSET) * np.pi / 2) ** 2
    return np.cumprod(1 - np.minimum(1 - wave[1:] / wave[:-1], _LARGEST_BETA))


def walk(count: int) -> list[int]:
    """The steps at which a sampler of `count` evaluations stops, from 999 down to -1 = done."""
    return [int(step) for step in np.linspace(-1, STEPS - 1, count + 1)][::-1]
