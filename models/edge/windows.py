# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows of 5 s: the same takes, music and augmentation that our own model learns from."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ..dance.pairing import Dances, Library, Pairing
from .network import FRAMES


class Windows(NamedTuple):
    """motion (B, 150, 152) raw features; music (B, 150, 48); style (B, 5) one-hot; energy (B, 1):
    speed quantile of the window within its style, 0..1."""

    motion: Tensor
    music: Tensor
    style: Tensor
    energy: Tensor

    def to(self, device: str) -> Windows:
        """The same on another device."""
        return Windows(*(part.to(device) for part in self))


class Source:
    """Draws windows of a split out of a folder of shards."""

    def __init__(self, shards: Path, split: str, seed: int) -> None:
        self.dances = Dances(shards / "motion.npz", split, 1, FRAMES)
        self._pairing = Pairing(self.dances, Library.load(shards / "music.npz", split), seed)

    def draw(self, size: int) -> Windows:
        """A batch of windows."""
        drawn = self._pairing.draw(size)
        music = drawn.music[:, :FRAMES].copy()  # without what comes after them
        parts = (drawn.motion, music, drawn.style, drawn.energy)
        return Windows(*map(torch.from_numpy, parts))
