# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the autoencoder: `python -m twostep.models.score.train_autoencoder --corpus DIR --run DIR`.

A run that is taken up again may be given another corpus.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...inference.score.mel import SPREAD_DB, normalised
from ..training import Run, add_arguments, prepare
from .autoencoder import Autoencoder, loss

#: Excerpts a step, their mel frames, and the learning rate.
BATCH, FRAMES, RATE = 16, 128, 1.5e-3
#: Excerpts that a look judges, always the same ones.
LOOKED_AT = 48


class Excerpts:
    """Random excerpts of the mels of a split, every second of the corpus as often as any other.

    Reads `mel.npy` (N, 256) and `clips.json` of a folder.
    """

    def __init__(self, folder: Path, splits: Sequence[str], seed: int = 0) -> None:
        clips = json.loads((folder / "clips.json").read_text(encoding="utf-8"))
        self.mel = np.load(folder / "mel.npy", mmap_mode="r")
        self.clips: list[dict[str, Any]] = [
            clip
            for clip in clips
            if clip["split"] in splits and clip["stop"] - clip["start"] >= FRAMES
        ]
        lengths = np.array([clip["stop"] - clip["start"] for clip in self.clips], float)
        self.chances = lengths / lengths.sum()
        self.random = np.random.default_rng(seed)

    def draw(self, count: int) -> Tensor:
        """Normalised mels (B, 128, 256)."""
        rows = []
        for index in self.random.choice(len(self.clips), count, p=self.chances):
            clip = self.clips[index]
            start = int(self.random.integers(clip["start"], clip["stop"] - FRAMES + 1))
            rows.append(normalised(self.mel[start : start + FRAMES].astype(np.float32)))
        return torch.from_numpy(np.stack(rows))


@torch.no_grad()
def look(autoencoder: nn.Module, batches: Sequence[Tensor]) -> dict[str, float]:
    """Mean absolute error on held-out excerpts, dB, and how far latents are from unit variance."""
    errors = [float((autoencoder(batch) - batch).abs().mean()) for batch in batches]
    latents = torch.cat([autoencoder.encoder(batch).flatten(0, 1) for batch in batches])
    spread = latents.std(dim=0)
    return {
        "held_out_db": SPREAD_DB * float(np.mean(errors)),
        "least_spread": float(spread.min()),
        "most_spread": float(spread.max()),
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Train the autoencoder of the log-mel.")
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--batch", type=int, default=BATCH)
    add_arguments(parser)
    asked = parser.parse_args()
    prepare(asked)
    excerpts = Excerpts(asked.corpus, ["train"], asked.seed)
    held_out = Excerpts(asked.corpus, ["validation"], 1)
    batches = [held_out.draw(16).to(asked.device) for _ in range(LOOKED_AT // 16)]
    run = Run(Autoencoder().to(asked.device), asked.run, asked.budget, RATE)

    def step(_progress: float) -> dict[str, Tensor]:
        truth = excerpts.draw(asked.batch).to(asked.device)
        return loss(run.model(truth), truth)

    run.train(step, lambda average: look(average, batches))


if __name__ == "__main__":
    main()
