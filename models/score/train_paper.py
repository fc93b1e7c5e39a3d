# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the baseline: `python -m twostep.models.score.train_paper --corpus DIR --motion NPZ ...`.

First the VAE, which is then frozen, then the U-Net. Each is a run of its own in the folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from ...inference.score.mel import SPREAD_DB
from ..training import Run, add_arguments, load_average, prepare
from .autoencoder import loss
from .paper import SHRINK, WEIGHTS, Paper, denoising_loss
from .paper_data import Slices, dances

BATCH, VAE_BATCH = 4, 4
RATE, VAE_RATE = 1e-4, 1e-3
#: Share of the budget that goes to the VAE, and how much its latents are drawn to a normal.
VAE_SHARE, PRIOR = 0.3, 3e-4
#: Held-out clips that are read, and slices of them that a look judges.
LOOKED_AT = 8


def vae_loss(vae: nn.Module, pictures: Tensor) -> dict[str, Tensor]:
    """Reconstruction, and the divergence of the latents from a normal, a latent number."""
    latents = vae.encode(pictures)
    terms = loss(vae.decode(latents.sample()), pictures)
    prior = latents.kl().mean() / latents.mean[0].numel()
    return {**terms, "prior": prior, "loss": terms["loss"] + PRIOR * prior}


@torch.no_grad()
def vae_look(vae: nn.Module, pictures: Tensor) -> dict[str, float]:
    """Mean absolute error on held-out slices, dB."""
    made = vae.decode(vae.encode(pictures).mean)
    return {"held_out_db": SPREAD_DB * float((made - pictures).abs().mean())}


@torch.no_grad()
def encode(vae: nn.Module, slices: Slices, device: str) -> None:
    """Gives the slices the VAE's latents of their dances."""
    slices.latents = []
    for dance in slices.dances:
        frames = len(dance.sound) // SHRINK * SHRINK
        picture = torch.from_numpy(dance.sound[:frames])[None].to(device)
        slices.latents.append(vae.encode(picture).mean[0].cpu())


@torch.no_grad()
def unet_look(denoiser: nn.Module, batch: Sequence[Tensor]) -> dict[str, float]:
    """Denoising loss on held-out slices, with the same noise every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return {"held_out": float(denoising_loss(denoiser, *batch))}


def train(
    paper: Paper, slices: Slices, held_out: Slices, folder: Path, budget: float, device: str
) -> None:
    """Both stages; leaves the averaged weights in `paper` and in the folder. budget: minutes."""
    first = Run(paper.vae, folder / "vae", VAE_SHARE * budget, VAE_RATE)
    looked_at = held_out.pictures(LOOKED_AT).to(device)
    first.train(
        lambda _progress: vae_loss(paper.vae, slices.pictures(VAE_BATCH).to(device)),
        lambda average: vae_look(average, looked_at),
    )
    load_average(paper.vae, folder / "vae")
    for each in (slices, held_out):
        encode(paper.vae, each, device)
    paper.set_statistics(
        torch.cat([each.flatten() for each in slices.latents]).std(), *slices.statistics()
    )
    second = Run(paper.denoiser, folder / "unet", (1 - VAE_SHARE) * budget, RATE)

    def drawn(source: Slices, count: int) -> list[Tensor]:
        latents, *told = (part.to(device) for part in source.scored(count))
        return [paper.scale * latents, *told]

    batch = drawn(held_out, LOOKED_AT)
    second.train(
        lambda _progress: {"loss": denoising_loss(paper.denoiser, *drawn(slices, BATCH))},
        lambda average: unet_look(average, batch),
    )
    load_average(paper.denoiser, folder / "unet")
    torch.save(paper.state_dict(), folder / WEIGHTS)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Train the baseline after Tan et al.")
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--motion", type=Path, required=True, help="motion.npz of its dances")
    parser.add_argument("--clips", type=int, help="clips that are read, else all")
    add_arguments(parser)
    asked = parser.parse_args()
    prepare(asked)
    slices = Slices(list(dances(asked.corpus, asked.motion, "train", asked.clips)), asked.seed)
    held_out = Slices(list(dances(asked.corpus, asked.motion, "validation", LOOKED_AT)), 1)
    paper = Paper().to(asked.device)
    train(paper, slices, held_out, asked.run, asked.budget, asked.device)


if __name__ == "__main__":
    main()
