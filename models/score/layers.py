# SPDX-License-Identifier: GPL-3.0-or-later
"""The building block of the autoencoder and of the vocoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

#: How much wider a block is inside.
EXPANSION = 3


class ConvNeXt(nn.Module):
    """ConvNeXt in one dimension (Liu et al. 2022), (B, C, T) -> (B, C, T)."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, EXPANSION * width)
        self.narrow = nn.Linear(EXPANSION * width, width)
        self.scale = nn.Parameter(torch.full((width,), 0.2))

    def forward(self, given: Tensor) -> Tensor:
        hidden = self.norm(self.depthwise(given).transpose(1, 2))
        hidden = self.narrow(functional.gelu(self.widen(hidden))) * self.scale
        return given + hidden.transpose(1, 2)
