# SPDX-License-Identifier: GPL-3.0-or-later
"""Building blocks: pre-norm transformers, AdaLN-zero, residual convolutions."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Attention(nn.Module):
    """Multi-head attention; keys and values may come from another sequence and be kept."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.width = heads, width
        self.scale = (width // heads) ** -0.5
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def memory(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values (B, heads, S, width/heads) of a source (B, S, width)."""
        key, value = self.key_value(source).split(self.width, dim=-1)
        return self._split(key), self._split(value)

    def forward(
        self, x: Tensor, memory: tuple[Tensor, Tensor] | None = None, bias: Tensor | None = None
    ) -> Tensor:
        """x (B, T, width); bias (B, 1, 1, S) is added to the attention logits."""
        key, value = self.memory(x) if memory is None else memory
        mixed = F.scaled_dot_product_attention(
            self._split(self.query(x)), key, value, attn_mask=bias, scale=self.scale
        )
        # Plain numbers for all sizes but the batch's: in ONNX, sizes that are computed make a graph
        # that takes ten seconds to open.
        return self.out(mixed.transpose(1, 2).reshape(-1, int(x.shape[1]), self.width))

    def _split(self, x: Tensor) -> Tensor:
        apart = x.reshape(-1, int(x.shape[1]), self.heads, self.width // self.heads)
        return apart.transpose(1, 2)


def mlp(width: int, factor: int = 4) -> nn.Sequential:
    """The feed-forward part of a transformer layer."""
    return nn.Sequential(
        nn.Linear(width, factor * width), nn.GELU(), nn.Linear(factor * width, width)
    )


class Block(nn.Module):
    """A pre-norm transformer layer."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.mlp = mlp(width)

    def forward(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        x = x + self.attention(self.norm1(x), bias=bias)
        return x + self.mlp(self.norm2(x))


class FlowBlock(nn.Module):
    """Self-attention, cross-attention to the conditions and an MLP, each under AdaLN-zero
    (Peebles & Xie 2023)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width, elementwise_affine=False) for _ in range(3))
        self.attention = Attention(width, heads)
        self.cross = Attention(width, heads)
        self.mlp = mlp(width)
        self.width = width
        self.modulation = nn.Linear(width, 9 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(
        self, x: Tensor, vector: Tensor, memory: tuple[Tensor, Tensor], bias: Tensor
    ) -> Tensor:
        """x (B, T, width); vector (B, width) modulates; memory of the conditions."""
        parts = self.modulation(vector)[:, None].split(self.width, dim=-1)

        def scaled(i: int) -> Tensor:
            return self.norms[i](x) * (1 + parts[3 * i]) + parts[3 * i + 1]

        x = x + parts[2] * self.attention(scaled(0))
        x = x + parts[5] * self.cross(scaled(1), memory, bias)
        return x + parts[8] * self.mlp(scaled(2))


class ConvBlock(nn.Module):
    """Residual block of two convolutions over time; reaches kernel - 1 steps to each side."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first = nn.Conv1d(width, width, kernel, padding=kernel // 2)
        self.second = nn.Conv1d(width, width, kernel, padding=kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, width)."""
        hidden = self.first(F.gelu(self.norm(x)).transpose(1, 2))
        return x + self.second(F.gelu(hidden)).transpose(1, 2)


def positions(length: int, width: int) -> nn.Parameter:
    """Learned positions (length, width)."""
    return nn.Parameter(0.02 * torch.randn(length, width))


def fourier(time: Tensor, width: int) -> Tensor:
    """Sinusoidal embedding (B, width) of times (B,) in 0..1."""
    half = width // 2
    rates = torch.exp(
        torch.arange(half, device=time.device, dtype=time.dtype) * (-math.log(1000.0) / half)
    )
    angles = 1000.0 * time[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)
