# SPDX-License-Identifier: GPL-3.0-or-later
"""One training step of the last stage: predictors and decoder learn to live with each other.

The flow goes on learning. The decoder sees what it will be given: true latents with a little noise,
and latents that the flow itself walked to from half-way to the truth, so that the true motion is
still known and nothing of it may be lost: not its speed, not its standing feet.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .criterion import RECONSTRUCTION, reconstruction, weighted
from .network import DanceModel
from .steps import Tensors, corrupted, predicting

#: How often the flow goes on from its own estimate.
OWN_SHARE = 0.5
#: Items of a batch that the decoder and the deterministic predictor learn from.
READ, EXPECTED = 20, 24
#: Where the flow's walk to what the decoder reads begins, and in how many steps it gets there.
HALF_WAY, WALK = (0.3, 0.8), 2
BLUR = 0.25
#: Weights of the decoder's and the deterministic predictor's terms.
DECODING, JEPA = 0.3, 0.5


def refining_step(model: DanceModel, batch: Tensors, _progress: float) -> dict[str, Tensor]:
    """The losses of flow, decoder and deterministic predictor in the frozen latent space."""
    with torch.no_grad():
        latents = batch.encoded(model)
    terms, _, _ = predicting(model, batch, latents, OWN_SHARE)
    walked = bool(torch.rand(()) < 0.5)
    read = _walked(model, batch, latents) if walked else _blurred(latents[:READ])
    rebuilt = reconstruction(
        model.decoder(read.flatten(1, 2)), batch.motion[:READ], model.encoder.std, READ
    )
    decoding = weighted(rebuilt, RECONSTRUCTION)
    expected = model.jepa(corrupted(batch, latents[:, 1], 2).first(EXPECTED))
    jepa = F.mse_loss(expected, latents[:EXPECTED, 2])
    terms["loss"] = terms["loss"] + DECODING * decoding + JEPA * jepa
    shown = {name: rebuilt[name] for name in ("slide", "energy", "force")}
    return {**terms, "decoding": decoding, "jepa": jepa, **shown}


def _blurred(latents: Tensor) -> Tensor:
    """Latents (B, S, 15, D) with up to BLUR of noise."""
    noise = BLUR * torch.rand(len(latents), 1, 1, 1, device=latents.device)
    return latents + noise * torch.randn_like(latents)


@torch.no_grad()
def _walked(model: DanceModel, batch: Tensors, latents: Tensor) -> Tensor:
    """Latents (READ, S, 15, D) whose segments after the first the flow made from half-way."""
    low, high = HALF_WAY
    count = min(READ, len(latents))
    done = [latents[:count, 0]]
    for segment in range(1, latents.shape[1]):
        told = corrupted(batch, latents[:, segment - 1], segment).first(count)
        time = low + (high - low) * torch.rand(count, device=latents.device)
        step = (1 - time) / WALK
        truth = latents[:count, segment]
        noise = torch.randn_like(truth)
        x = noise + time[:, None, None] * (truth - noise)
        for _ in range(WALK):
            x = x + step[:, None, None] * model.flow(x, time, told)
            time = time + step
        done.append(x)
    return torch.stack(done, dim=1)
