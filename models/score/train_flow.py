# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the music network: `python -m twostep.models.score.train_flow --corpus DIR --run DIR ...`.

The corpus needs its latents first (`python -m twostep.models.score.encode_corpus`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn

from ..training import Run, add_arguments, prepare
from .flow import SIZES, Flow, Told
from .windows import Windows

BATCH = {"small": 24, "large": 256}
RATE = {"small": 6e-4, "large": 3e-4}
#: Windows that a look judges, always the same ones.
LOOKED_AT = 96


def loss(flow: nn.Module, latents: Tensor, told: Told) -> Tensor:
    """Squared error of the velocity at random times, on the tokens that are not known.

    Times are logit-normal (Esser et al. 2024): the middle of the walk is the hard part.
    """
    count = len(latents)
    time = torch.randn(count, device=latents.device).sigmoid()
    noise = torch.randn_like(latents)
    at = time[:, None, None]
    velocity = flow((1 - at) * noise + at * latents, time, flow.read(told))
    unknown = 1 - told.mask
    wrong = (velocity - (latents - noise)).square() * unknown
    return wrong.sum() / (unknown.sum() * latents.shape[-1])


def to_device(told: Told, device: str) -> Told:
    """The same on another device."""
    return Told(*(part.to(device) for part in told))


@torch.no_grad()
def seen(flow: nn.Module, latents: Tensor, told: Told) -> dict[str, float]:
    """Held-out loss as it is, and without the dance: what the motion embedding explains."""
    found = {}
    still = told._replace(dancing=torch.zeros_like(told.dancing))
    for name, known in (("held_out", told), ("held_out_without_dance", still)):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            found[name] = float(loss(flow, latents, known))
    return found


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Train the music network.")
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--size", choices=SIZES, default="small")
    add_arguments(parser)
    asked = parser.parse_args()
    prepare(asked)
    windows = Windows(asked.corpus, "train", asked.seed)
    held_out, told_out = Windows(asked.corpus, "validation", 1).draw(LOOKED_AT)
    held_out, told_out = held_out.to(asked.device), to_device(told_out, asked.device)
    flow = Flow(SIZES[asked.size]).to(asked.device)
    run = Run(flow, asked.run, asked.budget, RATE[asked.size])

    def step(_progress: float) -> dict[str, Tensor]:
        latents, told = windows.draw(BATCH[asked.size])
        return {"loss": loss(flow, latents.to(asked.device), to_device(told, asked.device))}

    run.train(step, lambda average: seen(average, held_out, told_out))


if __name__ == "__main__":
    main()
