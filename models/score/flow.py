# SPDX-License-Identifier: GPL-3.0-or-later
"""The network that makes music: a rectified flow over the autoencoder's latents.

A transformer (DiT, Peebles & Xie 2023) walks from noise to the latents of one window in a few Euler
steps (rectified flow, Liu et al. 2023). Every token is told where it is in beat and bar, how strong
the music should be, which chord sounds and what the dancer does there (latents of the dance
encoder). Tokens that are known already are in-painted around, so that windows join without seams.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...inference.genres import NAMES
from ...inference.score.conditions import ANSWERS, CHANNELS
from ..dance.layers import fourier

#: Mel frames a token, tokens a window, numbers a latent token and a token of motion.
PATCH = 4
WINDOW = 64
LATENT = 96
MOTION = 64
TIMBRE = 2 * LATENT


@dataclass(frozen=True)
class Size:
    """width of the transformer, its heads and layers."""

    width: int = 256
    heads: int = 4
    depth: int = 6


#: For two CPU cores, and for a large GPU.
SIZES = {"small": Size(), "large": Size(512, 8, 10)}


class Told(NamedTuple):
    """Everything that is known of a window; B windows.

    known (B, 64, 96): latents that stay, 0 elsewhere; mask (B, 64, 1): 1 where they do.
    conditions (B, 256, 28): see `inference.score.conditions`.
    motion (B, 64, 64): latents of the dance; dancing (B, 1): 1 where there is one.
    genre (B, 13): one-hot, or all 0. timbre (B, 192): mean and spread over the tokens of another
    window of the piece; heard (B, 1): 1 where it is given.
    """

    known: Tensor
    mask: Tensor
    conditions: Tensor
    motion: Tensor
    dancing: Tensor
    genre: Tensor
    timbre: Tensor
    heard: Tensor

    def unguided(self) -> Told:
        """The same without what guidance strengthens: grid, energy, harmony, dance and genre."""
        return self._replace(
            conditions=torch.zeros_like(self.conditions),
            dancing=torch.zeros_like(self.dancing),
            genre=torch.zeros_like(self.genre),
        )

    def nondescript(self) -> Told:
        """The same without what it is in character: genre, and the answers to the dance."""
        kept = torch.ones(CHANNELS, dtype=self.conditions.dtype, device=self.conditions.device)
        kept[ANSWERS] = 0.0
        return self._replace(conditions=self.conditions * kept, genre=torch.zeros_like(self.genre))


class Rotary(nn.Module):
    """Rotary positions (Su et al. 2021) for the queries and keys of one window."""

    def __init__(self, size: int) -> None:
        super().__init__()
        rates = 1000.0 ** (-torch.arange(0, size, 2) / size)
        angles = torch.arange(WINDOW)[:, None] * rates
        self.register_buffer("cosine", angles.cos().repeat(1, 2), persistent=False)
        self.register_buffer("sine", angles.sin().repeat(1, 2), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, heads, 64, size)."""
        first, second = x.chunk(2, dim=-1)
        return x * self.cosine + torch.cat([-second, first], dim=-1) * self.sine


class Layer(nn.Module):
    """Attention, a depthwise convolution and an MLP under AdaLN; the conditions come in again."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        width = size.width
        self.width, self.heads = width, size.heads
        self.norms = nn.ModuleList(nn.LayerNorm(width, elementwise_affine=False) for _ in range(3))
        self.modulation = nn.Parameter(torch.zeros(9 * width))
        self.told = nn.Linear(width, width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.rotary = Rotary(width // size.heads)
        self.out = nn.Linear(width, width)
        self.near = nn.Conv1d(width, width, 5, padding=2, groups=width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor, told: Tensor, vector: Tensor) -> Tensor:
        """x, told (B, 64, width); vector (B, 9 width) modulates, each layer in its own way."""
        parts = (vector + self.modulation)[:, None].split(self.width, dim=-1)

        def scaled(i: int) -> Tensor:
            return self.norms[i](x) * (1 + parts[3 * i]) + parts[3 * i + 1]

        x = x + parts[2] * self._attend(scaled(0) + self.told(told))
        x = x + parts[5] * self.near(scaled(1).transpose(1, 2)).transpose(1, 2)
        return x + parts[8] * self.mlp(scaled(2))

    def _attend(self, x: Tensor) -> Tensor:
        query, key, value = (
            part.reshape(-1, WINDOW, self.heads, self.width // self.heads).transpose(1, 2)
            for part in self.query_key_value(x).split(self.width, dim=-1)
        )
        mixed = F.scaled_dot_product_attention(self.rotary(query), self.rotary(key), value)
        return self.out(mixed.transpose(1, 2).reshape(-1, WINDOW, self.width))


class Flow(nn.Module):
    """The velocity from noise to music, and the walk along it."""

    def __init__(self, size: Size = SIZES["small"]) -> None:
        super().__init__()
        width = size.width
        self.noised = nn.Linear(LATENT, width)
        self.kept = nn.Linear(LATENT + 1, width)
        self.frames = nn.Sequential(
            nn.Linear(PATCH * CHANNELS, width), nn.GELU(), nn.Linear(width, width)
        )
        self.dance = nn.Sequential(
            nn.Conv1d(MOTION + 1, width, 5, padding=2), nn.GELU(), nn.Conv1d(width, width, 1)
        )
        self.genre = nn.Linear(len(NAMES), width)
        self.timbre = nn.Sequential(
            nn.Linear(TIMBRE + 1, width), nn.GELU(), nn.Linear(width, width)
        )
        self.time = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        # One modulation for all layers (AdaLN-single, Chen et al. 2024): a third of the parameters.
        self.modulation = nn.Linear(width, 9 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.depth))
        self.norm = nn.LayerNorm(width)
        self.velocity = nn.Linear(width, LATENT)
        nn.init.zeros_(self.velocity.weight)
        nn.init.zeros_(self.velocity.bias)
        self.width = width

    def read(self, told: Told) -> tuple[Tensor, Tensor]:
        """What does not change along the walk: per token (B, 64, width), and as a whole."""
        tokens = self.frames(told.conditions.reshape(-1, WINDOW, PATCH * CHANNELS))
        tokens = tokens + self.kept(torch.cat([told.known * told.mask, told.mask], dim=-1))
        dancing = told.dancing[:, :, None].expand(-1, WINDOW, 1)
        seen = torch.cat([told.motion * dancing, dancing], dim=-1)
        tokens = tokens + self.dance(seen.transpose(1, 2)).transpose(1, 2)
        heard = torch.cat([told.timbre * told.heard, told.heard], dim=-1)
        return tokens, self.genre(told.genre) + self.timbre(heard)

    def forward(self, x: Tensor, time: Tensor, read: tuple[Tensor, Tensor]) -> Tensor:
        """Velocity (B, 64, 96) at x (B, 64, 96) and times (B,) in 0 (noise) .. 1 (music)."""
        tokens, whole = read
        vector = self.modulation(F.silu(self.time(fourier(time, self.width)) + whole))
        x = self.noised(x) + tokens
        for layer in self.layers:
            x = layer(x, tokens, vector)
        return self.velocity(self.norm(x))

    def sample(
        self,
        noise: Tensor,
        told: Told,
        guidance: Tensor,
        steps: int = 8,
        rescale: float = 0.7,
        character: float = 0.0,
    ) -> Tensor:
        """Latents (B, 64, 96) by Euler steps with classifier-free guidance.

        character: how much further, on top of the guidance towards all that is told, away from the
        same piece of no genre that answers nothing; takes half as long again.
        rescale: how much of the guided velocity's excess spread is taken back (Lin et al. 2023).
        """
        count = noise.shape[0]
        ways = [told, told.unguided(), *([told.nondescript()] if character else [])]
        read = self.read(Told(*(torch.cat(parts) for parts in zip(*ways, strict=True))))
        x = noise
        for step in range(steps):
            time = torch.full((len(ways) * count,), step / steps, dtype=x.dtype, device=x.device)
            given, free, *plain = self(torch.cat([x] * len(ways)), time, read).chunk(len(ways))
            strong = free + guidance * (given - free)
            if plain:
                strong = strong + character * (given - plain[0])
            shrink = _spread(given) / _spread(strong).clamp(min=1e-4)
            x = x + (rescale * shrink + 1 - rescale) * strong / steps
        return told.known * told.mask + x * (1 - told.mask)


def _spread(velocity: Tensor) -> Tensor:
    """Standard deviation over tokens and channels, (B, 1, 1), in plain operations for ONNX."""
    centred = velocity - velocity.mean(dim=(1, 2), keepdim=True)
    return centred.square().mean(dim=(1, 2), keepdim=True).sqrt()


def timbre_of(latents: Tensor) -> Tensor:
    """What a window (B, T, 96) sounds like as a whole: mean and spread, (B, 192)."""
    return torch.cat([latents.mean(dim=1), latents.std(dim=1)], dim=-1)
