# SPDX-License-Identifier: GPL-3.0-or-later
"""Music for the same dances by the paper's recipe, to be judged beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ....inference.genres import GENRES
from ....inference.score import mel
from ....inference.score.cues import read_cues
from ....inference.score.griffin_lim import GriffinLim
from ....inference.score.score import told_of
from ...score.paper import SLICE, STEPS, load, sample
from .heard import Heard, mel_of
from .made import Dance, of_cues


def made_by_paper(
    run: Path, wanted: Sequence[tuple[Dance, str]], seed: int = 0, steps: int = STEPS
) -> list[Heard]:
    """What the trained baseline of a run makes of dances, one piece for each dance and genre.

    It is told the motion only; it is judged by the same beats, energy and accents as ours.
    """
    paper, voice = load(run), GriffinLim()
    pieces = []
    for dance, genre in wanted:
        motion = dance.motion
        cues = read_cues(motion, beats_per_bar=GENRES[genre].beats_per_bar)
        told = told_of(motion, cues, genre, seed, motion.seconds, provider="cpu")
        samples = voice.samples(sample(paper, motion, genre, seed, steps))
        heard = of_cues(f"{genre}_{dance.name}_{seed}", told, mel_of(samples))
        pieces.append(replace(heard, samples=samples, chroma=None))  # it plays no plan
    return pieces


def joins(seconds: float) -> list[float]:
    """Where its slices follow on those before, seconds."""
    return list(np.arange(SLICE, seconds * mel.FPS, SLICE) / mel.FPS)
