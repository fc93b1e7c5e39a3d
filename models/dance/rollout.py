# SPDX-License-Identifier: GPL-3.0-or-later
"""Autoregressive rollout in torch, to watch training; what ships is `inference.rollout`."""

from __future__ import annotations

import torch
from torch import Tensor

from .config import LOOKAHEAD, SEGMENT, TOKENS
from .network import Conditions, DanceModel


@torch.no_grad()
def rollout(
    model: DanceModel,
    music: Tensor,
    style: Tensor,
    energy: Tensor,
    guidance: float,
    generator: torch.Generator,
    deterministic: bool = False,
) -> Tensor:
    """Latents (B, 15 S, D) from rest, for music (B, 60 S + 16, 48), style (B, 5), energy (B, S).

    deterministic: follow the JEPA predictor instead of the flow.
    """
    size, device = len(music), music.device
    context = torch.zeros(size, TOKENS, model.config.latent, device=device)
    mask = torch.zeros(size, TOKENS, device=device)
    strength = torch.tensor([guidance], device=device)
    done = []
    for segment in range(energy.shape[1]):
        start = segment * SEGMENT
        told = Conditions(
            context, mask, music[:, start : start + SEGMENT + LOOKAHEAD],
            style, energy[:, segment, None], torch.ones(size, 1, device=device),
        )  # fmt: skip
        noise = torch.randn(context.shape, generator=generator).to(device)
        context = model.jepa(told) if deterministic else model.flow.sample(noise, told, strength)
        mask = torch.ones_like(mask)
        done.append(context)
    return torch.cat(done, dim=1)
