# SPDX-License-Identifier: GPL-3.0-or-later
"""Dances of any length out of windows of 5 s, as EDGE makes them (Tseng et al. 2023).

All windows are denoised together, each half a window after the one before. After every step the
first half of a window is set to what the second half of its predecessor is; what still differs at
the end is blended linearly. The sampler is DDIM with as much fresh noise as DDPM has (eta = 1), and
guidance that grows over the first half of the way, both as in EDGE's public code.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .schedule import kept_variance, walk

Floats = NDArray[np.float32]

EVALUATIONS = 50
GUIDANCE = 2.0
#: The clean windows (N, T, F) that are guessed from noised ones (N, T, F) at a step of 0..999,
#: with the music and without it.
Guess = Callable[[Floats, int], tuple[Floats, Floats]]


def sample(
    guess: Guess,
    noise: Floats,
    random: np.random.Generator,
    bounds: tuple[Floats, Floats],
    guidance: float = GUIDANCE,
    evaluations: int = EVALUATIONS,
) -> Floats:
    """Clean windows (N, T, F), T even, from noise (N, T, F).

    bounds: the lowest and highest values (F,) that a guess may have.
    """
    kept = kept_variance()
    steps = walk(evaluations)
    weights = np.minimum(np.linspace(0, 2 * guidance, evaluations), guidance)
    x = tied(noise)
    for now, then, weight in zip(steps, steps[1:], weights, strict=False):
        clean = np.clip(guided(*guess(x, now), float(weight)), *bounds)
        if then < 0:
            return clean
        x = tied(_noised(x, clean, kept[now], kept[then], random))
    raise ValueError("A sampler needs at least one evaluation.")


def guided(told: Floats, untold: Floats, weight: float) -> Floats:
    """Away from what is guessed without music; a weight of 1 is what is guessed with it."""
    return untold + np.float32(weight) * (told - untold)


def tied(windows: Floats) -> Floats:
    """Windows (N, T, F) of which each begins as the one before it ends."""
    half = windows.shape[1] // 2
    result = windows.copy()
    result[1:, :half] = windows[:-1, half:]
    return result


def joined(windows: Floats) -> Floats:
    """One sequence (T / 2 * (N + 1), F); where two windows lie, from one to the other linearly."""
    half = windows.shape[1] // 2
    share = np.linspace(0, 1, half, dtype=np.float32)[:, None]
    ends, starts = windows[:-1, half:], windows[1:, :half]
    between = ends + share * (starts - ends)
    return np.concatenate([windows[0, :half], *between, windows[-1, half:]])


def _noised(
    x: Floats, clean: Floats, now: float, then: float, random: np.random.Generator
) -> Floats:
    """x (N, T, F), noised to a kept variance of `now`, brought to `then`."""
    noise = (x - np.float32(np.sqrt(now)) * clean) / np.float32(np.sqrt(1 - now))
    fresh = (1 - now / then) * (1 - then) / (1 - now)
    return (
        np.float32(np.sqrt(then)) * clean
        + np.float32(np.sqrt(max(1 - then - fresh, 0.0))) * noise
        + np.float32(np.sqrt(fresh)) * random.standard_normal(x.shape, dtype=np.float32)
    )
