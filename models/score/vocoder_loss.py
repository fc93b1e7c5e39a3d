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
from numpy.typing import NDArray
from torch import Tensor

from ...inference.audio.spectrum import mel_centres
from ...inference.score import mel
from ...inference.score.griffin_lim import RATE

#: Window and hop of each resolution, samples at 44,100 Hz; the last window is that of the mel.
RESOLUTIONS = ((256, 128), (1024, 512), (2048, 1024), (4096, 2048))
#: Levels under this count as silence, dB re full scale.
QUIET_DB = -85.0
#: Weights of: decibels (per 10), square roots of amplitude, mel decibels (per 10).
WEIGHTS = (1.0, 8.0, 2.0)
#: The second half counts from the first of these up, fully from the second, Hz. Below, music is
#: notes: noise there is not another take of the truth but a rough voice.
SPREAD_HZ = (700.0, 4000.0)

Heard = list[tuple[Tensor, Tensor]]


def heard(samples: Tensor) -> tuple[Heard, Tensor]:
    """dB / 10 and square root of amplitude at every resolution, and the mel's dB / 10; (B, N)."""
    found: Heard = []
    for size, hop in RESOLUTIONS:
        window = torch.hann_window(size, device=samples.device) * (4 / size)
        frames = samples.unfold(1, size, hop) * window
        spectra = torch.fft.rfft(frames)
        power = spectra.real.square() + spectra.imag.square() + 10 ** (QUIET_DB / 10)
        found.append((torch.log10(power), power.sqrt().sqrt()))
    amplitude = power.sqrt()[..., : mel.FFT // 2 + 1]
    bands = amplitude @ torch.from_numpy(mel.filters()).to(samples.device).T
    return found, 2 * torch.log10(bands)


def apart(one: tuple[Heard, Tensor], other: tuple[Heard, Tensor], noisy: bool = False) -> Tensor:
    """The distance, one number: a norm of differences, as the energy distance needs.

    noisy: only as far as frequencies may be noise, see `SPREAD_HZ`.
    """
    decibels, roots, bands = WEIGHTS
    device = one[1].device
    total = bands * ((one[1] - other[1]).abs() * _mel_weights(noisy).to(device)).mean()
    for mine, theirs in zip(one[0], other[0], strict=True):
        weights = _weights(mine[0].shape[-1], noisy).to(device)
        total = total + decibels * ((mine[0] - theirs[0]).abs() * weights).mean()
        total = total + roots * ((mine[1] - theirs[1]).abs() * weights).mean()
    return total


def energy_distance(first: Tensor, second: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """Of two renderings (B, N) with different noise from the truth (B, N)."""
    one, two, real = heard(first), heard(second), heard(truth)
    near = (apart(one, real) + apart(two, real)) / 2
    between = apart(one, two, noisy=True)
    return {"loss": near - between / 2, "near": near, "between": between}


@lru_cache(maxsize=16)
def _weights(bins: int, noisy: bool) -> Tensor:
    """Low frequencies count more, as in the ear; mean 1 unless `noisy`."""
    hertz = np.linspace(0, RATE / 2, bins)
    weights = 1 / (hertz + 800)
    weights /= weights.mean()
    return torch.from_numpy(weights * (_noisiness(hertz) if noisy else 1)).float()


@lru_cache(maxsize=2)
def _mel_weights(noisy: bool) -> Tensor:
    hertz = mel_centres(mel.BINS)
    return torch.from_numpy(_noisiness(hertz) if noisy else np.ones_like(hertz)).float()


def _noisiness(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.interp(hertz, SPREAD_HZ, (0.0, 1.0))
