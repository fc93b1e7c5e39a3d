# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the vocoder: `python -m twostep.models.score.train_vocoder --corpus DIR --rough DIR ...`.

The rough sounds come first (`python -m twostep.models.score.vocoder_data`). Name two folders after
--rough to train on both evenly: mels of the corpus, and the same through the autoencoder.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn

from ...inference.score.griffin_lim import SAMPLES
from ...inference.score.vocoder import ROUGH_FFT
from ..training import Run, add_arguments, prepare
from .vocoder import Vocoder, decibels, sounded, windowed
from .vocoder_data import EDGE, Excerpts
from .vocoder_loss import energy_distance

BATCH, RATE = 4, 1e-3
#: Excerpts that a look judges, always the same ones.
LOOKED_AT = 48

Batch = tuple[Tensor, Tensor, Tensor]


def loss(vocoder: nn.Module, batch: Batch) -> dict[str, Tensor]:
    """Energy distance of two renderings of an excerpt from its true sound."""
    sound, rough, truth = batch
    spectra = windowed(rough, ROUGH_FFT)
    gain, levels = vocoder(sound, decibels(spectra))
    noises = [torch.randn_like(truth) for _ in range(2)]
    inside = slice(EDGE * SAMPLES, -EDGE * SAMPLES)
    first, second = sounded(spectra, gain, noises, levels)
    return energy_distance(first[:, inside], second[:, inside], truth[:, inside])


@torch.no_grad()
def look(vocoder: nn.Module, batches: list[Batch]) -> dict[str, float]:
    """The same on held-out excerpts, by the averaged weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        found = [loss(vocoder, batch) for batch in batches]
    return {f"held_out_{k}": float(sum(f[k] for f in found)) / len(found) for k in found[0]}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Train the vocoder.")
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--rough", type=Path, required=True, nargs="+", help="vocoder_data's")
    parser.add_argument("--batch", type=int, default=BATCH)
    add_arguments(parser)
    asked = parser.parse_args()
    prepare(asked)
    excerpts = Excerpts(asked.corpus, asked.rough, "train", asked.seed)
    held_out = Excerpts(asked.corpus, asked.rough, "validation", 1)
    batches = [_to(held_out.draw(8, louder=False), asked.device) for _ in range(LOOKED_AT // 8)]
    run = Run(Vocoder().to(asked.device), asked.run, asked.budget, RATE)
    run.train(
        lambda _progress: loss(run.model, _to(excerpts.draw(asked.batch), asked.device)),
        lambda average: look(average, batches),
    )


def _to(batch: Batch, device: str) -> Batch:
    sound, rough, truth = batch
    return sound.to(device), rough.to(device), truth.to(device)


if __name__ == "__main__":
    main()
