# SPDX-License-Identifier: GPL-3.0-or-later
"""Music for the same dances by the paper's recipe, to be judged beside ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ....inference.genres import GENRES
from ....inference.score import mel
from ....inference.score.cues import read_cues
from ....inference.score.griffin_lim import GriffinLim
from ....inference.score.score import told_of
from ...score.paper import SLICE, STEPS, load, sample
from ...training import CHECKPOINT
from .heard import Heard, mel_of
from .made import Dance, of_cues


class Recipe:
    """The trained baseline of a run, and Griffin-Lim.

    It is told the motion and the genre only; what it makes is judged by the same beats, energy and
    accents as ours.
    """

    def __init__(self, run: Path, steps: int = STEPS) -> None:
        self._paper, self._voice, self._steps = load(run), GriffinLim(), steps

    def made(self, dance: Dance, genre: str, seed: int) -> Heard:
        """Its music for a dance."""
        motion = dance.motion
        cues = read_cues(motion, beats_per_bar=GENRES[genre].beats_per_bar)
        told = told_of(motion, cues, genre, seed, motion.seconds, provider="cpu")
        samples = self._voice.samples(sample(self._paper, motion, genre, seed, self._steps))
        heard = of_cues(f"{genre}_{dance.name}_{seed}", told, mel_of(samples))
        return replace(heard, samples=samples, chroma=None)  # it plays no plan


def told(run: Path) -> str:
    """How long the baseline was trained, in a sentence."""
    steps = [
        torch.load(run / part / CHECKPOINT, map_location="cpu", weights_only=True)["step"]
        for part in ("vae", "unet")
    ]
    return (
        f"The paper's recipe had {steps[0]} steps of its VAE and {steps[1]} of its U-Net here; its "
        "authors gave it far more, so its column says how far this budget gets by it, and no more."
    )


def joins(seconds: float) -> list[float]:
    """Where its slices follow on those before, seconds."""
    return list(np.arange(SLICE, seconds * mel.FPS, SLICE) / mel.FPS)
