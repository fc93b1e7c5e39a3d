# SPDX-License-Identifier: GPL-3.0-or-later
"""How far sounds are apart, by their spectra at several resolutions, and what training minimises.

The energy distance (Gritsenko et al., A Spectral Energy Distance for Parallel Speech Synthesis,
NeurIPS 2020): as near to the truth as possible, but two renderings with different noise as far
from each other as two takes of the truth would be. Without its second half the best guess is the
median, and everything that can't be known (hiss, cymbals, all above 11 kHz) comes out dull.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from ...inference.score import mel
from ...inference.score.griffin_lim import RATE

#: Window and hop of each resolution, samples at 44,100 Hz; the last is that of the mel.
RESOLUTIONS = ((256, 128), (1024, 256), (2048, 1024), (4096, 1024))
#: Levels under this count as silence, dB re full scale.
QUIET_DB = -85.0
#: Weights of: decibels (per 10), square roots of amplitude, mel decibels (per 10).
WEIGHTS = (1.0, 8.0, 2.0)
#: Share of the second half of the energy distance.
SPREAD = 1.0

Heard = list[tuple[Tensor, Tensor]]


def heard(samples: Tensor) -> tuple[Heard, Tensor]:
    """dB / 10 and square root of amplitude at every resolution, and the mel's dB / 10; (B, N)."""
    found: Heard = []
    for size, hop in RESOLUTIONS:
        window = torch.hann_window(size, device=samples.device) * (4 / size)
        frames = samples.unfold(1, size, hop) * window
        spectra = torch.fft.rfft(frames)
        power = spectra.real.square() + spectra.imag.square() + 10 ** (QUIET_DB / 10)
        found.append((torch.log10(power), power.pow(0.25)))
    amplitude = power.sqrt()[..., : mel.FFT // 2 + 1]
    bands = amplitude @ torch.from_numpy(mel.filters()).to(samples.device).T
    return found, 2 * torch.log10(bands)


def apart(one: tuple[Heard, Tensor], other: tuple[Heard, Tensor]) -> Tensor:
    """The distance, one number: a norm of differences, as the energy distance needs."""
    decibels, roots, bands = WEIGHTS
    total = bands * (one[1] - other[1]).abs().mean()
    for mine, theirs in zip(one[0], other[0], strict=True):
        weights = torch.from_numpy(_weights(mine[0].shape[-1])).to(mine[0].device)
        total = total + decibels * ((mine[0] - theirs[0]).abs() * weights).mean()
        total = total + roots * ((mine[1] - theirs[1]).abs() * weights).mean()
    return total


def energy_distance(first: Tensor, second: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """Of two renderings (B, N) with different noise from the truth (B, N)."""
    one, two, real = heard(first), heard(second), heard(truth)
    near = (apart(one, real) + apart(two, real)) / 2
    between = apart(one, two)
    return {"loss": near - SPREAD * between / 2, "near": near, "between": between}


@lru_cache(maxsize=8)
def _weights(bins: int) -> np.ndarray:
    """Low frequencies count more, as in the ear; mean 1."""
    weights = 1 / (np.linspace(0, RATE / 2, bins) + 1500)
    return (weights / weights.mean()).astype(np.float32)
