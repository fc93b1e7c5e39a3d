# SPDX-License-Identifier: GPL-3.0-or-later
"""What the baseline learns from: the corpus's clips that were made for recorded dances.

The corpus keeps latents of a dance, not the dance. It is drawn again as it was drawn then: from the
same takes, with the clip's own random numbers (`models.data.music.corpus`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...inference.errors import TwostepError
from ...inference.genres import NAMES
from ...inference.motion import FPS as MOTION_FPS
from ...inference.score.mel import FPS, normalised
from ..data.music.dances import recorded
from ..data.music.pairs import draw
from .paper import MOTION_FRAMES, SHRINK, SLICE, Floats, motion_features


@dataclass(frozen=True)
class Dance:
    """A clip's normalised mel (T, 256), motion features (T30, 360), and genre."""

    sound: Floats
    motion: Floats
    genre: str


def dances(corpus: Path, motion: Path, split: str, most: int | None = None) -> Iterator[Dance]:
    """The clips of a split that a recorded dance can be found for, at most so many.

    motion: the motion.npz that the corpus was made with.
    """
    takes = [dance for dance in recorded(motion) if dance.split == split]
    names = {dance.name for dance in takes}
    sound = np.load(corpus / "mel.npy", mmap_mode="r")
    found = 0
    for clip in json.loads((corpus / "clips.json").read_text(encoding="utf-8")):
        if clip["split"] != split or clip["take"] not in names or found == most:
            continue
        dance = _drawn_again(clip, takes)
        if dance is not None and clip["stop"] - clip["start"] >= SLICE:
            rows = sound[clip["start"] : clip["stop"]].astype(np.float32)
            yield Dance(normalised(rows), dance, clip["genre"])
            found += 1


def _drawn_again(clip: dict[str, Any], takes: list[Any]) -> Floats | None:
    """Motion features (T30, 360) of a clip, or None where another dance comes out."""
    seed = int(clip["name"].rpartition("_")[2])
    try:
        pair = draw(takes, clip["genre"], np.random.default_rng(seed))
    except TwostepError:
        return None
    frames = (clip["stop"] - clip["start"]) / FPS * MOTION_FPS
    same = pair.name == clip["take"] and abs(len(pair.motion) - frames) < MOTION_FPS
    return motion_features(pair.motion) if same else None


class Slices:
    """Random slices of dances: pictures for the VAE; latents with motion and genre for the U-Net.

    latents: of each dance, (8, T / 8, 32), once the VAE is trained.
    """

    def __init__(self, found: list[Dance], seed: int = 0) -> None:
        if not found:
            raise ValueError("The corpus holds no clip whose dance can be found in motion.npz.")
        self.dances = found
        self.latents: list[Tensor] = []
        lengths = np.array([len(dance.sound) for dance in found], float)
        self.chances = lengths / lengths.sum()
        self.random = np.random.default_rng(seed)

    def statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and spread of the motion features, (360,) each."""
        rows = np.concatenate([dance.motion for dance in self.dances])
        return torch.from_numpy(rows.mean(axis=0)), torch.from_numpy(rows.std(axis=0) + 1e-2)

    def _drawn(self, count: int) -> Iterator[tuple[int, int]]:
        """Which dance, and the mel frame where the slice starts, a multiple of 8."""
        for index in self.random.choice(len(self.dances), count, p=self.chances):
            last = (len(self.dances[index].sound) - SLICE) // SHRINK
            yield int(index), SHRINK * int(self.random.integers(last + 1))

    def pictures(self, count: int) -> Tensor:
        """Normalised mels (B, 224, 256)."""
        rows = [self.dances[i].sound[start : start + SLICE] for i, start in self._drawn(count)]
        return torch.from_numpy(np.stack(rows))

    def scored(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Latents (B, 8, 28, 32), motion (B, 156, 360), genre (B, 13)."""
        latents, motion, genre = [], [], torch.zeros(count, len(NAMES))
        for row, (index, start) in enumerate(self._drawn(count)):
            dance = self.dances[index]
            latents.append(
                self.latents[index][:, start // SHRINK : start // SHRINK + SLICE // SHRINK]
            )
            first = round(start / FPS * MOTION_FPS)
            part = dance.motion[first : first + MOTION_FRAMES]
            motion.append(np.pad(part, ((0, MOTION_FRAMES - len(part)), (0, 0)), mode="edge"))
            genre[row, NAMES.index(dance.genre)] = 1.0
        return torch.stack(latents), torch.from_numpy(np.stack(motion)), genre
