# SPDX-License-Identifier: GPL-3.0-or-later
"""A transformer that denoises 5 s of dance, built as EDGE is (Tseng et al. 2023), only smaller.

Frames attend to each other and to the music, both with rotary positions (Su et al. 2021); after
each part a FiLM layer tells the time, the mean of the music, the style and the energy. The network
says what the clean motion is (x0), in features of zero mean and unit variance.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...inference import pose_features
from ..dance.config import MUSIC_SIZE, STYLE_COUNT

#: Frames of a window (5 s), and tokens of time that stand after the music.
FRAMES = 150
TIME_TOKENS = 2


@dataclass(frozen=True)
class Config:
    """width: of the transformers; factor: how much wider their feed-forward parts are."""

    width: int = 192
    heads: int = 4
    depth: int = 6
    listening_depth: int = 2
    factor: int = 2

    def to_dict(self) -> dict[str, int]:
        return asdict(self)


class Told(NamedTuple):
    """What the dance answers. music (B, 150, 48); style (B, 5): one-hot, all zero = unknown;
    energy (B, 1): 0..1, below 0 = unknown; heard (B, 1): 0 = music and energy are withheld."""

    music: Tensor
    style: Tensor
    energy: Tensor
    heard: Tensor


class Attention(nn.Module):
    """Multi-head attention with rotary positions."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        rates = 1e4 ** (-torch.arange(self.size // 2) / (self.size // 2))
        angles = torch.arange(FRAMES + TIME_TOKENS)[:, None] * rates
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, x: Tensor, source: Tensor) -> Tensor:
        """x (B, T, width) attends to source (B, S, width)."""
        key, value = self.key_value(source).chunk(2, dim=-1)
        query, key = self._turned(self._split(self.query(x))), self._turned(self._split(key))
        mixed = F.scaled_dot_product_attention(query, key, self._split(value))
        return self.out(mixed.transpose(1, 2).reshape(-1, int(x.shape[1]), self.heads * self.size))

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(-1, int(x.shape[1]), self.heads, self.size).transpose(1, 2)

    def _turned(self, x: Tensor) -> Tensor:
        cos, sin = self.cos[: int(x.shape[2])], self.sin[: int(x.shape[2])]
        a, b = x.chunk(2, dim=-1)
        return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


def feed_forward(width: int, factor: int) -> nn.Sequential:
    """The part of a layer that looks at one token at a time."""
    return nn.Sequential(
        nn.Linear(width, factor * width), nn.GELU(), nn.Linear(factor * width, width)
    )


class ListeningLayer(nn.Module):
    """A pre-norm transformer layer over the music."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in range(2))
        self.attention = Attention(config.width, config.heads)
        self.mlp = feed_forward(config.width, config.factor)

    def forward(self, x: Tensor) -> Tensor:
        normal = self.norms[0](x)
        x = x + self.attention(normal, normal)
        return x + self.mlp(self.norms[1](x))


class DancingLayer(nn.Module):
    """Self-attention, cross-attention and a feed-forward part, each under FiLM."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width = config.width
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.attention = Attention(width, config.heads)
        self.cross = Attention(width, config.heads)
        self.mlp = feed_forward(width, config.factor)
        self.film = nn.Linear(width, 6 * width)

    def forward(self, x: Tensor, memory: Tensor, vector: Tensor) -> Tensor:
        """x (B, 150, width); memory (B, 152, width); vector (B, width)."""
        scales = self.film(vector)[:, None].chunk(6, dim=-1)
        normal = self.norms[0](x)
        x = x + _film(self.attention(normal, normal), scales[0], scales[1])
        x = x + _film(self.cross(self.norms[1](x), memory), scales[2], scales[3])
        return x + _film(self.mlp(self.norms[2](x)), scales[4], scales[5])


class Listener(nn.Module):
    """Reads the conditions: music tokens (B, 150, width) and a vector (B, width)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width = config.width
        self.music = nn.Linear(MUSIC_SIZE, width)
        self.layers = nn.ModuleList(ListeningLayer(config) for _ in range(config.listening_depth))
        self.mean = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width)
        )
        self.silence = nn.Parameter(torch.randn(FRAMES, width))
        self.silent_mean = nn.Parameter(torch.randn(width))
        self.style = nn.Linear(STYLE_COUNT, width)
        self.energy = nn.Sequential(nn.Linear(2, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, told: Told) -> tuple[Tensor, Tensor]:
        x = self.music(told.music)
        for layer in self.layers:
            x = layer(x)
        heard = told.heard
        vector = heard * self.mean(x.mean(1)) + (1 - heard) * self.silent_mean
        x = heard[:, :, None] * x + (1 - heard[:, :, None]) * self.silence
        known = (told.energy >= 0).to(told.energy.dtype) * heard
        energy = self.energy(torch.cat([told.energy * known, known], dim=1))
        return x, vector + self.style(told.style) + energy


class Denoiser(nn.Module):
    """The whole network, with the statistics (152,) of the features that it was trained on: mean,
    standard deviation, and the lowest and highest of what these two make of them."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        width = config.width
        for name, value in (("mean", 0.0), ("std", 1.0), ("low", -1.0), ("high", 1.0)):
            self.register_buffer(name, torch.full((pose_features.SIZE,), value))
        self.listener = Listener(config)
        self.time = nn.Sequential(nn.Linear(width, 4 * width), nn.SiLU())
        self.time_vector = nn.Linear(4 * width, width)
        self.time_tokens = nn.Linear(4 * width, TIME_TOKENS * width)
        self.norm = nn.LayerNorm(width)
        self.embed = nn.Linear(pose_features.SIZE, width)
        self.layers = nn.ModuleList(DancingLayer(config) for _ in range(config.depth))
        self.out = nn.Linear(width, pose_features.SIZE)

    def forward(self, noised: Tensor, time: Tensor, memory: Tensor, vector: Tensor) -> Tensor:
        """Clean features (B, 150, 152) out of noised ones at steps (B,) of 0..999; memory and
        vector are the listener's."""
        hidden = self.time(waves(time, self.config.width))
        tokens = self.time_tokens(hidden).reshape(-1, TIME_TOKENS, self.config.width)
        memory = self.norm(torch.cat([memory, tokens], dim=1))
        vector = F.silu(vector + self.time_vector(hidden))
        x = self.embed(noised)
        for layer in self.layers:
            x = layer(x, memory, vector)
        return self.out(x)

    def normalise(self, motion: Tensor) -> Tensor:
        """Features of zero mean and unit variance from raw ones (..., 152)."""
        return (motion - self.mean) / self.std

    def raw(self, normal: Tensor) -> Tensor:
        """Raw features from normalised ones (..., 152)."""
        return normal * self.std + self.mean


def waves(time: Tensor, width: int) -> Tensor:
    """Sinusoidal embedding (B, width) of steps (B,)."""
    half = width // 2
    rates = torch.exp(torch.arange(half, device=time.device) * (-math.log(1e4) / (half - 1)))
    angles = time[:, None].to(rates.dtype) * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def _film(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    return x * (1 + scale) + shift
