# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the small network of `inference.audio.metre` on music whose bars are known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ....inference.audio import Heard
from ....inference.audio.metre import PLACES, VIEWS, looks, places, rotations

_HIDDEN = 24
_STEPS = 1500

Floats = NDArray[np.float32]


def bars_of(
    heard: Heard, beats: NDArray[np.float64], downbeats: NDArray[np.bool_], copies: int = 4
) -> Floats:
    """Looks at one piece, all starting at a bar, (L, PLACES, VIEWS); empty without steady bars.

    The grid is shaken a little in each copy, as a tracker's is.
    """
    bars = np.flatnonzero(downbeats)
    if len(bars) < 4 or (np.diff(bars) != 4).any():
        return np.zeros((0, PLACES, VIEWS), np.float32)
    beats = beats[bars[0] :]
    rng = np.random.default_rng(len(beats))
    shaken = [beats + rng.normal(0, 0.006, len(beats)) for _ in range(copies - 1)]
    return np.concatenate([looks(places(heard, grid)) for grid in [beats, *shaken]])


def train(pieces: Sequence[Floats], out: Path | None, seed: int = 0) -> list[dict[str, object]]:
    """Fits the network on the looks at some pieces; writes JSON when `out` is given."""
    torch.manual_seed(seed)
    data = torch.from_numpy(rotations(np.concatenate(list(pieces))))
    # every piece counts alike, however long it is
    weight = torch.cat([torch.full((len(p),), 1.0 / max(1, len(p))) for p in pieces if len(p)])
    net = torch.nn.Sequential(
        torch.nn.Linear(PLACES * VIEWS, _HIDDEN), torch.nn.ReLU(), torch.nn.Linear(_HIDDEN, 1)
    )
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.05)
    for _ in range(_STEPS):
        pick = torch.multinomial(weight, 256, replacement=True)
        seen = data[pick]
        seen = seen + 0.25 * torch.randn_like(seen)
        loss = -torch.log_softmax(net(seen)[..., 0], dim=1)[:, 0].mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    layers = [
        {
            "weight": np.round(layer.weight.detach().numpy(), 4).tolist(),
            "bias": np.round(layer.bias.detach().numpy(), 4).tolist(),
        }
        for layer in (net[0], net[2])
    ]
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps({"layers": layers}) + "\n", encoding="utf-8")
    return layers
