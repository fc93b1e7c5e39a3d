# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the style extractor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ...inference.audio.style import FPS, normalised
from ..training import Run
from .clips import Clip, Excerpts, read_clips
from .network import Extractor

BATCH, RATE, WARMUP = 32, 1e-3, 20
#: Weight of saying "any genre" a little: verdicts on music of no known genre stay doubtful.
SMOOTHING = 0.05
#: Seconds of the excerpts that a look judges.
LOOKED_AT = 12.0


def loss(logits: Tensor, allowed: Tensor) -> Tensor:
    """Cross entropy against any of the allowed genres (B, 13), smoothed where there is but one."""
    odds = logits.log_softmax(dim=1)
    right = -odds.masked_fill(~allowed, -torch.inf).logsumexp(dim=1)
    even = torch.where(allowed.sum(dim=1) == 1, -odds.mean(dim=1), right)
    return ((1 - SMOOTHING) * right + SMOOTHING * even).mean()


def excerpts(clip: Clip, seconds: float) -> Tensor:
    """A clip cut into excerpts end to end, (N, T, 64); one that is shorter is one excerpt."""
    frames = min(int(seconds * FPS), len(clip.rows))
    starts = range(0, len(clip.rows) - frames + 1, frames)
    rows = [normalised(clip.rows[start : start + frames].astype(np.float32)) for start in starts]
    return torch.from_numpy(np.stack(rows))


@torch.no_grad()
def accuracy(model: nn.Module, clips: list[Clip], device: str = "cpu") -> dict[str, float]:
    """Share of excerpts and of whole pieces of known genre that are heard as what they are."""
    heard: list[bool] = []
    whole: list[bool] = []
    for clip in clips:
        odds = model(excerpts(clip, LOOKED_AT).to(device))[1].softmax(dim=1).cpu()
        truth = int(clip.allowed.argmax())
        heard += (odds.argmax(dim=1) == truth).tolist()
        whole.append(int(odds.mean(dim=0).argmax()) == truth)
    return {"excerpts_right": float(np.mean(heard)), "pieces_right": float(np.mean(whole))}


def train(corpus: Path, folder: Path, budget: float, device: str, seed: int) -> None:
    """Spends what is left of a budget, in minutes, on the run kept in `folder`."""
    drawn = Excerpts(read_clips(corpus, ("train",)), seed)
    held_out = [clip for clip in read_clips(corpus, ("validation",)) if clip.genre]
    run = Run(Extractor().to(device), folder, budget, RATE, warmup=WARMUP)

    def step(progress: float) -> dict[str, Tensor]:
        bands, allowed = drawn.draw(BATCH, progress)
        return {"loss": loss(run.model(bands.to(device))[1], allowed.to(device))}

    run.train(step, lambda average: accuracy(average, held_out, device))
