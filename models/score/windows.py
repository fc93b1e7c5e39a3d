# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows of the corpus as the flow trains on them, with what it must learn to do without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...inference.genres import NAMES
from ...inference.score.conditions import ANSWERS, BAR, ENERGY, HARMONY
from .flow import PATCH, WINDOW, Told, timbre_of

#: How often each thing is withheld in training.
WITHOUT_ALL = 0.12
WITHOUT_HARMONY = 0.3
WITHOUT_BAR = 0.25
WITHOUT_ENERGY = 0.15
WITHOUT_ANSWERS = 0.15
WITHOUT_MOTION = 0.25
WITHOUT_GENRE = 0.05
WITHOUT_TIMBRE = 0.4
#: How often the beginning, or both ends, of a window are known; the rest of the time nothing is.
KNOWN_START, KNOWN_ENDS = 0.5, 0.1
#: Noise on known latents, so that the network's own errors do not grow from window to window.
KNOWN_NOISE = 0.1
#: Share of clips of no genre (recordings, MIDI) in a batch.
NO_GENRE = 0.06


class Windows:
    """Random windows of a split of the corpus.

    Reads `latents.npy` (N/4, 96), `conditions.npy` (N, 28), `motion.npy` (N/4, 64) and
    `clips.json` of a folder.
    """

    def __init__(self, folder: Path, split: str, seed: int = 0) -> None:
        clips = json.loads((folder / "clips.json").read_text(encoding="utf-8"))
        self.latents = np.load(folder / "latents.npy", mmap_mode="r")
        self.conditions = np.load(folder / "conditions.npy", mmap_mode="r")
        self.motion = np.load(folder / "motion.npy", mmap_mode="r")
        self.clips: list[dict[str, Any]] = [
            clip
            for clip in clips
            if clip["split"] == split and clip["stop"] - clip["start"] >= PATCH * WINDOW
        ]
        self.random = np.random.default_rng(seed)
        self._chances = self._balanced()

    def _balanced(self) -> NDArray[np.float64]:
        """Every genre as often as any other, every second of it as often as any other."""
        lengths = np.array([clip["stop"] - clip["start"] for clip in self.clips], float)
        genres = np.array([clip["genre"] or "" for clip in self.clips])
        chances = np.zeros(len(lengths))
        for genre in set(genres.tolist()):
            own = genres == genre
            share = NO_GENRE if not genre else 1.0 / len(NAMES)
            chances[own] = share * lengths[own] / lengths[own].sum()
        return chances / chances.sum()

    def draw(self, count: int) -> tuple[Tensor, Told]:
        """Latents (B, 64, 96) and what a network in training may know of them."""
        chosen = self.random.choice(len(self.clips), count, p=self._chances)
        rows = [self._row(self.clips[i]) for i in chosen]
        latents, conditions, motion, dancing, genre, timbre = (
            torch.from_numpy(np.stack(column).astype(np.float32))
            for column in zip(*rows, strict=True)
        )
        told = Told(
            latents, torch.zeros(count, WINDOW, 1), conditions, motion, dancing, genre, timbre,
            torch.ones(count, 1),
        )  # fmt: skip
        return latents, self._withhold(told)

    def _row(self, clip: dict[str, Any]) -> tuple[NDArray, ...]:
        first, last = clip["start"] // PATCH, clip["stop"] // PATCH - WINDOW
        at = int(self.random.integers(first, last + 1))
        other = int(self.random.integers(first, last + 1))
        elsewhere = torch.from_numpy(np.array(self.latents[other : other + WINDOW], np.float32))
        genre = np.array([name == clip["genre"] for name in NAMES])
        return (
            np.array(self.latents[at : at + WINDOW]),
            np.array(self.conditions[PATCH * at : PATCH * (at + WINDOW)]),
            np.array(self.motion[at : at + WINDOW]),
            np.array([clip["take"] is not None]),
            genre,
            timbre_of(elsewhere[None])[0].numpy(),
        )

    def _withhold(self, told: Told) -> Told:
        """Takes away at random what the network must be able to do without."""
        count = len(told.known)
        conditions = told.conditions.clone()
        for channels, chance in (
            (HARMONY, WITHOUT_HARMONY), (BAR, WITHOUT_BAR), (ENERGY, WITHOUT_ENERGY),
            (ANSWERS, WITHOUT_ANSWERS),
        ):  # fmt: skip
            conditions[self._luck(count, chance), :, channels] = 0.0
        dancing = told.dancing.clone()
        dancing[self._luck(count, WITHOUT_MOTION)] = 0.0
        genre = told.genre.clone()
        genre[self._luck(count, WITHOUT_GENRE)] = 0.0
        heard = told.heard.clone()
        heard[self._luck(count, WITHOUT_TIMBRE)] = 0.0
        nothing = self._luck(count, WITHOUT_ALL)
        conditions[nothing], dancing[nothing], genre[nothing] = 0.0, 0.0, 0.0
        noised = told.known + KNOWN_NOISE * torch.rand(count, 1, 1) * torch.randn_like(told.known)
        return told._replace(
            conditions=conditions, dancing=dancing, genre=genre, heard=heard, known=noised,
            mask=self._masks(count),
        )  # fmt: skip

    def _luck(self, count: int, chance: float) -> Tensor:
        return torch.from_numpy(self.random.random(count) < chance)

    def _masks(self, count: int) -> Tensor:
        """Which tokens are known, (B, 64, 1)."""
        mask = np.zeros((count, WINDOW, 1), np.float32)
        for row in mask:
            kind = self.random.random()
            if kind < KNOWN_START + KNOWN_ENDS:
                row[: self.random.integers(4, 33)] = 1.0
            if kind < KNOWN_ENDS:
                row[WINDOW - self.random.integers(4, 17) :] = 1.0
        return torch.from_numpy(mask)
