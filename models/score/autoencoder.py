# SPDX-License-Identifier: GPL-3.0-or-later
"""The autoencoder between the log-mel spectrogram and the latents that music is generated in.

A latent token is 4 mel frames as 96 numbers of unit variance: a batch norm without scale or shift
is the bottleneck, and noise on it keeps the decoder calm about a generator's errors. Around the
one-dimensional bottleneck, convolutions over time and frequency do what is the same in every band;
everything between is ConvNeXt over tokens. There is nothing but convolutions, so that any length is
coded, and a piece at a time if need be (`REACH`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...inference.score.mel import BINS
from .layers import ConvNeXt

#: Mel frames a token, and numbers that it holds.
PATCH, LATENT = 4, 96
#: Neighbouring mel bins that are one band of the two-dimensional part.
FOLD = 8
BANDS = BINS // FOLD
WIDTH, PLANES, KERNEL = 384, 16, 5
ENCODER_BLOCKS, DECODER_BLOCKS, DECODER_PLANE_BLOCKS = 2, 4, 3
#: Largest standard deviation of the noise on latents in training; each excerpt draws its own.
NOISE = 0.2
#: Tokens that the decoder looks at to either side.
REACH = 1 + KERNEL // 2 * DECODER_BLOCKS + -(-(2 * DECODER_PLANE_BLOCKS + 1) // PATCH)


class PlaneBlock(nn.Module):
    """Residual convolutions over frames and bands, (B, C, T, F) -> (B, C, T, F)."""

    def __init__(self, planes: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(planes, planes, 3, padding=1)
        self.second = nn.Conv2d(planes, planes, 3, padding=1)
        self.scale = nn.Parameter(torch.full((planes, 1, 1), 0.5))

    def forward(self, given: Tensor) -> Tensor:
        return given + self.scale * self.second(functional.gelu(self.first(given)))


class Encoder(nn.Module):
    """Normalised mel (B, T, 256), T a multiple of 4 -> latents (B, T / 4, 96) of unit variance."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Conv2d(FOLD, PLANES, 3, padding=1)
        self.planes = PlaneBlock(PLANES)
        self.flatten = nn.Linear(PATCH * BANDS * PLANES // 2, WIDTH)
        self.thin = nn.Conv2d(PLANES, PLANES // 2, 1)
        self.direct = nn.Linear(PATCH * BINS, WIDTH)
        self.blocks = nn.Sequential(*(ConvNeXt(WIDTH, KERNEL) for _ in range(ENCODER_BLOCKS)))
        self.leave = nn.Linear(WIDTH, LATENT)
        self.bottleneck = nn.BatchNorm1d(LATENT, affine=False)

    def forward(self, sound: Tensor) -> Tensor:
        batch = sound.shape[0]
        bands = sound.reshape(batch, -1, BANDS, FOLD).permute(0, 3, 1, 2)
        plane = self.thin(functional.gelu(self.planes(self.enter(bands))))
        tokens = plane.permute(0, 2, 3, 1).reshape(batch, -1, PATCH * BANDS * PLANES // 2)
        hidden = self.flatten(tokens) + self.direct(sound.reshape(batch, -1, PATCH * BINS))
        hidden = self.blocks(hidden.transpose(1, 2)).transpose(1, 2)
        return self.bottleneck(self.leave(hidden).transpose(1, 2)).transpose(1, 2)


class Decoder(nn.Module):
    """Latents (B, N, 96) -> normalised mel (B, 4 N, 256)."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Conv1d(LATENT, WIDTH, 3, padding=1)
        self.blocks = nn.Sequential(*(ConvNeXt(WIDTH, KERNEL) for _ in range(DECODER_BLOCKS)))
        self.norm = nn.LayerNorm(WIDTH)
        self.direct = nn.Linear(WIDTH, PATCH * BINS)
        self.unflatten = nn.Linear(WIDTH, PATCH * BANDS * PLANES // 2)
        self.widen = nn.Conv2d(PLANES // 2 + FOLD, PLANES, 1)
        self.planes = nn.Sequential(*(PlaneBlock(PLANES) for _ in range(DECODER_PLANE_BLOCKS)))
        self.leave = nn.Conv2d(PLANES, FOLD, 3, padding=1)
        # At first there is only the one-dimensional way: it learns the fastest.
        nn.init.zeros_(self.leave.weight)

    def forward(self, latents: Tensor) -> Tensor:
        batch = latents.shape[0]
        hidden = self.blocks(self.enter(latents.transpose(1, 2))).transpose(1, 2)
        hidden = self.norm(hidden)
        rough = self.direct(hidden).reshape(batch, -1, BANDS, FOLD).permute(0, 3, 1, 2)
        plane = self.unflatten(hidden).reshape(batch, -1, BANDS, PLANES // 2).permute(0, 3, 1, 2)
        plane = self.planes(self.widen(torch.cat([rough, plane], dim=1)))
        fine = rough + self.leave(functional.gelu(plane))
        return fine.permute(0, 2, 3, 1).reshape(batch, -1, BINS)


class Autoencoder(nn.Module):
    """Both, as they are trained."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder()

    def forward(self, sound: Tensor) -> Tensor:
        """The mel (B, T, 256) coded and decoded again, through noise while training."""
        latents = self.encoder(sound)
        if self.training:
            level = NOISE * torch.rand(len(latents), 1, 1, device=latents.device)
            latents = latents + level * torch.randn_like(latents)
        return self.decoder(latents)


def loss(found: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """Terms between two mels (B, T, 256), normalised.

    Besides the levels, their differences along time and frequency at several distances: attacks and
    partials are thin, and an average over all bins would hardly miss them.
    """
    wrong = found - truth
    terms = {"level": wrong.abs().mean()}
    edges = [
        (wrong[:, step:] - wrong[:, :-step]).abs().mean()
        + (wrong[:, :, step:] - wrong[:, :, :-step]).abs().mean()
        for step in (1, 2, 4)
    ]
    terms["edges"] = torch.stack(edges).mean() / 2
    return {"loss": terms["level"] + terms["edges"], **terms}
