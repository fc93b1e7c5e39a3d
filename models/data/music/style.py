# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the linear Auto verdict of `inference.audio.style` on pieces whose genre is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ....inference.styles import STYLES

_STEPS = 600

Floats = NDArray[np.float32]


def train(traits: Floats, genres: Sequence[str], out: Path, seed: int = 0) -> float:
    """Fits on (N, D) traits and N genres, writes JSON, returns the accuracy on what it saw.

    Noise on the traits and weight decay keep it from leaning on any one of them.
    """
    torch.manual_seed(seed)
    mean, spread = traits.mean(axis=0), traits.std(axis=0) + 0.05
    seen = torch.from_numpy(np.clip((traits - mean) / spread, -3, 3))
    wanted = torch.tensor([STYLES.index(genre) for genre in genres])
    layer = torch.nn.Linear(traits.shape[1], len(STYLES))
    optimiser = torch.optim.AdamW(layer.parameters(), lr=0.02, weight_decay=0.3)
    for _ in range(_STEPS):
        noisy = seen + 0.5 * torch.randn_like(seen)
        loss = torch.nn.functional.cross_entropy(layer(noisy), wanted, label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    stored = {
        "styles": list(STYLES),
        "mean": _rounded(mean),
        "spread": _rounded(spread),
        "matrix": _rounded(layer.weight.detach().numpy()),
        "bias": _rounded(layer.bias.detach().numpy()),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(stored) + "\n", encoding="utf-8")
    return float((layer(seen).argmax(dim=1) == wanted).float().mean())


def _rounded(values: Floats) -> list[object]:
    stored: list[object] = np.round(values.astype(float), 4).tolist()
    return stored
