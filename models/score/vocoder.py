# SPDX-License-Identifier: GPL-3.0-or-later
"""The vocoder: shapes a rough sound and noise into 44.1 kHz audio, told by the mel spectrogram.

A network that reads only magnitudes has to invent phase, and a steady note then comes out as a buzz
at the frame rate. So phase comes from signal processing (`inference.score.griffin_lim`, a few
iterations: the *rough* sound, up to 11 kHz, its notes right and its attacks smeared), and white
noise is the source of whatever is not a note. The network gives the gains of both at a fine
resolution in time: rough in windows of 23 ms, noise in windows of 6 ms up to 22 kHz. Close to
Engel et al., DDSP (ICLR 2020), with ConvNeXt blocks as in Siuzdak, Vocos (ICLR 2024).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ...inference.audio.spectrum import mel_centres
from ...inference.score import mel
from ...inference.score.griffin_lim import RATE
from ...inference.score.vocoder import NOISE_FFT, ROUGH_FFT
from .layers import ConvNeXt

#: Fast steps a mel frame, then frames of each source a fast step (their overlap is 4).
FAST = 2
ROUGH_FRAMES, NOISE_FRAMES = 2, 8
ROUGH_BINS = ROUGH_FFT // 2 + 1
BANDS = 64
WIDTH, SLOW_BLOCKS, FAST_BLOCKS = 256, 4, 5
KERNEL = 7
#: Mel frames that the network looks at to either side.
REACH = KERNEL // 2 * (1 + SLOW_BLOCKS) + -(-(KERNEL // 2) * FAST_BLOCKS // FAST)
#: The gain of the rough sound lies within these powers of e.
QUIETEST, LOUDEST = -9.0, 3.0
#: Noise that fills a mel band reads this much less than its own level; it starts 20 dB lower still.
_NOISE_DB = 26.0 - 20.0
_DB = math.log(10) / 20


class Vocoder(nn.Module):
    """Gains of both sources."""

    expand: Tensor
    level: Tensor

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.hear = nn.Conv1d(mel.BINS, width, KERNEL, padding=KERNEL // 2)
        self.slow = nn.Sequential(*(ConvNeXt(width, KERNEL) for _ in range(SLOW_BLOCKS)))
        self.split = nn.Linear(width, FAST * width)
        self.compare = nn.Linear(ROUGH_FRAMES * ROUGH_BINS, width)
        self.fast = nn.Sequential(*(ConvNeXt(width, KERNEL) for _ in range(FAST_BLOCKS)))
        self.norm = nn.LayerNorm(width)
        self.shape_rough = nn.Linear(width, ROUGH_FRAMES * ROUGH_BINS)
        self.shape_noise = nn.Linear(width, NOISE_FRAMES * BANDS)
        for head in (self.shape_rough, self.shape_noise):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)
        bins = np.fft.rfftfreq(NOISE_FFT, 1 / RATE)
        self.register_buffer("expand", _between(bins, _centres()), persistent=False)
        self.register_buffer("level", _between(_centres(), mel_centres(mel.BINS)), persistent=False)

    def forward(self, sound: Tensor, rough: Tensor) -> tuple[Tensor, Tensor]:
        """Gains of the rough sound (B, 4T, 257) and of unit white noise (B, 16T, 129).

        sound: normalised mel (B, T, 256). rough: the rough sound's spectra, dB, normalised like
        the mel, (B, 4T, 257).
        """
        batch, frames, _ = sound.shape
        hidden = self.slow(self.hear(sound.transpose(1, 2))).transpose(1, 2)
        hidden = self.split(hidden).reshape(batch, FAST * frames, -1)
        hidden = hidden + self.compare(rough.reshape(batch, FAST * frames, -1))
        hidden = self.norm(self.fast(hidden.transpose(1, 2)).transpose(1, 2))
        gain = self.shape_rough(hidden).reshape(batch, 2 * FAST * frames, ROUGH_BINS)
        bands = self.shape_noise(hidden).reshape(batch, frames, -1, BANDS)
        told = (sound * mel.SPREAD_DB + mel.MEAN_DB + _NOISE_DB) @ self.level
        bands = bands + told[:, :, None] * _DB
        noise = torch.exp(bands.clamp(-20.0, 4.0)).reshape(batch, -1, BANDS) @ self.expand
        return torch.exp(gain.clamp(QUIETEST, LOUDEST)), noise


def _centres() -> NDArray[np.float64]:
    """Hz of the noise bands: near-linear below 600 Hz, logarithmic above, up to 22,050 Hz."""
    return 600 * np.sinh(np.linspace(0, np.arcsinh(RATE / 2 / 600), BANDS))


def _between(points: NDArray[np.float64], known: NDArray[np.float64]) -> Tensor:
    """Matrix that interpolates from values at `known` to values at `points`, (known, points)."""
    rows = [np.interp(points, known, unit) for unit in np.eye(len(known))]
    return torch.from_numpy(np.stack(rows)).float()


_WINDOW_GAIN = 1.5


def windowed(samples: Tensor, size: int) -> Tensor:
    """Spectra (B, J, size // 2 + 1) at a hop of size / 4, frame j around sample j * hop, (B, N).

    Hann window, not scaled; N is a multiple of the hop and J = N / hop.
    """
    padded = functional.pad(samples, (size // 2, size // 2 - size // 4))
    frames = padded.unfold(1, size, size // 4)
    return torch.fft.rfft(frames * torch.hann_window(size, device=samples.device))


def overlapped(spectra: Tensor, size: int) -> Tensor:
    """Samples (B, J * size / 4) of spectra; undoes `windowed` where four frames meet."""
    frames = torch.fft.irfft(spectra, n=size)
    frames = frames * (torch.hann_window(size, device=frames.device) / _WINDOW_GAIN)
    batch, count, hop = frames.shape[0], frames.shape[1], size // 4
    parts = [
        functional.pad(part, (0, 0, index, 3 - index))
        for index, part in enumerate(frames.reshape(batch, count, 4, hop).unbind(2))
    ]
    return sum(parts[1:], parts[0]).reshape(batch, -1)[:, 2 * hop : (count + 2) * hop]


def decibels(spectra: Tensor) -> Tensor:
    """Spectra of the rough sound as the network reads them: dB, normalised like the mel."""
    size = 2 * (spectra.shape[-1] - 1)
    level = 20 * torch.log10(spectra.abs() * (4 / size) + 10 ** (mel.FLOOR_DB / 20))
    return (level - mel.MEAN_DB) / mel.SPREAD_DB


def sounded(rough: Tensor, gain: Tensor, noises: list[Tensor], levels: Tensor) -> list[Tensor]:
    """Sounds (B, 1024 T) at 44,100 Hz, one for each noise (B, 1024 T).

    rough: its spectra (B, 4T, 257) at 22,050 Hz, which are doubled in rate here.
    """
    shaped = functional.pad(2 * rough * gain, (0, ROUGH_BINS - 1))
    notes = overlapped(shaped, 2 * ROUGH_FFT)
    return [notes + overlapped(windowed(noise, NOISE_FFT) * levels, NOISE_FFT) for noise in noises]
