# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the baseline: `python -m twostep.models.edge.train --shards DIR --run DIR --budget 90`.

The budget is in minutes of wall time; the log tells the minutes of CPU time beside them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn

from ..dance.pairing import Dances, mirror
from ..training import Run, add_arguments, prepare
from .losses import terms, weighted
from .network import Config, Denoiser, Told
from .schedule import STEPS, kept_variance
from .windows import Source, Windows

BATCH = 16
RATE = 8e-4
#: How many items of a batch are looked at in metres: forward kinematics is dear on a CPU.
KINEMATIC = 4
#: How often the music (and with it the energy) is withheld, the style, and the energy alone.
MUSIC_DROP, STYLE_DROP, ENERGY_DROP = 0.25, 0.15, 0.15
#: Windows that a look judges, always the same ones.
LOOKED_AT = 48


class Diffusion:
    """The training step: noise at a random time, the network's guess, EDGE's losses."""

    def __init__(self, device: str) -> None:
        self.kept = torch.from_numpy(kept_variance()).float().to(device)

    def terms(
        self, denoiser: Denoiser, windows: Windows, told: Told, kinematic: int
    ) -> dict[str, Tensor]:
        """The terms of the loss and their weighted sum, at times and noise drawn afresh."""
        truth = denoiser.normalise(windows.motion)
        time = torch.randint(STEPS, (len(truth),), device=truth.device)
        kept = self.kept[time][:, None, None]
        noised = kept.sqrt() * truth + (1 - kept).sqrt() * torch.randn_like(truth)
        predicted = denoiser(noised, time, *denoiser.listener(told))
        parts = terms(denoiser, predicted, truth, kinematic)
        return {"loss": weighted(parts), **parts}

    @torch.no_grad()
    def seen(self, denoiser: nn.Module, windows: Windows) -> dict[str, float]:
        """The terms on held-out windows, and the loss when they are told nothing of the music."""
        found: dict[str, float] = {}
        for suffix, heard in (("", 1.0), ("_without_music", 0.0)):
            told = _told(windows, torch.full_like(windows.energy, heard))
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                parts = self.terms(denoiser, windows, told, LOOKED_AT)
            kept = parts if heard else {"loss": parts["loss"]}
            found |= {f"held_out_{name}{suffix}": float(value) for name, value in kept.items()}
        return found


def unreliable(windows: Windows) -> Told:
    """The conditions of training, some of them withheld at random."""

    def kept(drop: float) -> Tensor:
        return (torch.rand_like(windows.energy) >= drop).to(windows.energy.dtype)

    known = kept(ENERGY_DROP)
    return Told(
        windows.music,
        windows.style * kept(STYLE_DROP),
        windows.energy * known - (1 - known),
        kept(MUSIC_DROP),
    )


def _told(windows: Windows, heard: Tensor) -> Told:
    return Told(windows.music, windows.style, windows.energy, heard)


def set_statistics(denoiser: Denoiser, dances: Dances) -> None:
    """Give the network the statistics of the training takes and their mirrors."""
    mean, std = dances.statistics()
    rows = (dances.features[dances.train_rows] - mean) / std
    twins = (mirror(dances.features[dances.train_rows]) - mean) / std
    found = {
        "mean": mean, "std": std,
        "low": rows.min(0).clip(max=twins.min(0)), "high": rows.max(0).clip(min=twins.max(0)),
    }  # fmt: skip
    for name, values in found.items():
        denoiser.get_buffer(name).copy_(torch.from_numpy(values))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Train the EDGE-like baseline.")
    parser.add_argument("--shards", type=Path, required=True, help="of motion.npz and music.npz")
    parser.add_argument("--batch", type=int, default=BATCH)
    add_arguments(parser)
    asked = parser.parse_args()
    prepare(asked)
    source = Source(asked.shards, "train", asked.seed)
    held_out = Source(asked.shards, "validation", 1).draw(LOOKED_AT).to(asked.device)
    denoiser = Denoiser(Config())
    set_statistics(denoiser, source.dances)
    run = Run(denoiser.to(asked.device), asked.run, asked.budget, RATE)
    diffusion = Diffusion(asked.device)
    kinematic = max(1, asked.batch * KINEMATIC // BATCH)

    def step(_progress: float) -> dict[str, Tensor]:
        windows = source.draw(asked.batch).to(asked.device)
        return diffusion.terms(denoiser, windows, unreliable(windows), kinematic)

    run.train(step, lambda average: diffusion.seen(average, held_out))


if __name__ == "__main__":
    main()
