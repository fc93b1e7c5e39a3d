# SPDX-License-Identifier: GPL-3.0-or-later
"""The corpus as the style extractor trains on it: excerpts, spoilt as producers would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...inference.audio.style import FPS, normalised, reduced
from ...inference.genres import GENRES, NAMES
from .spoiling import mixed, spoilt, stretched

#: Seconds of the contexts, drawn afresh for each batch; at the start of training no longer than
#: LONGEST_FIRST, which is quicker.
SHORTEST, LONGEST_FIRST, LONGEST = 5.0, 8.0, 24.0
#: Recordings whose style is plain: they teach how produced music of it sounds, of any genre.
RECORDED = {"Boomboxhead": "hiphop", "boom - DOPEBEAT2": "hiphop"}
#: Share of a batch that is recordings, and how often something else plays along with a piece.
RECORDINGS, COMPANY = 0.08, 0.3
#: The progress from which on music is spoilt as much as it will be.
SPOILT_FROM = 0.6

Floats = NDArray[np.float32]
Rows = NDArray[np.float16]


@dataclass(frozen=True)
class Clip:
    """rows: (T, 64) dB at 21.5 fps. allowed: (13,) which genres it may be; all when unknown."""

    name: str
    genre: str | None
    rows: Rows
    allowed: NDArray[np.bool_]

    @property
    def known(self) -> bool:
        return not self.allowed.all()


def read_clips(folder: Path, splits: tuple[str, ...]) -> list[Clip]:
    """The clips of some splits of the corpus, reduced to what the extractor hears."""
    entries = json.loads((folder / "clips.json").read_text(encoding="utf-8"))
    spectra = np.load(folder / "mel.npy", mmap_mode="r")
    return [
        Clip(
            entry["name"],
            entry["genre"],
            reduced(spectra[entry["start"] : entry["stop"]]).astype(np.float16),
            allowed(entry["name"], entry["genre"]),
        )
        for entry in entries
        if entry["split"] in splits
    ]


def allowed(name: str, genre: str | None) -> NDArray[np.bool_]:
    """Which genres (13,) a clip may be of: its own, those of its style, or any."""
    if genre is not None:
        return np.array([genre == other for other in NAMES])
    for words, style in RECORDED.items():
        if words in name:
            return np.array([GENRES[other].style == style for other in NAMES])
    return np.ones(len(NAMES), bool)


class Excerpts:
    """Random excerpts of clips: every genre as often as any other."""

    def __init__(self, clips: list[Clip], seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        self.company = [clip for clip in clips if not clip.known]
        self.clips = [clip for clip in clips if clip.known]
        self._chances = self._balanced()

    def _balanced(self) -> NDArray[np.float64]:
        names = np.array([clip.genre or "" for clip in self.clips])
        kinds, counts = np.unique(names, return_counts=True)
        recorded = RECORDINGS if "" in kinds and len(kinds) > 1 else 0.0
        share = {
            kind: (recorded if kind == "" else (1 - recorded) / max(1, (kinds != "").sum())) / count
            for kind, count in zip(kinds, counts, strict=True)
        }
        chances = np.array([share[name] for name in names])
        return chances / chances.sum()

    def draw(self, count: int, progress: float = 1.0) -> tuple[Tensor, Tensor]:
        """Bands (B, T, 64) of one random length, and which genres they may be of (B, 13).

        progress: of the training, 0..1: contexts become longer, and the music is spoilt more.
        """
        longest = LONGEST_FIRST + (LONGEST - LONGEST_FIRST) * progress
        seconds = SHORTEST * (longest / SHORTEST) ** self.random.random()
        amount = min(1.0, progress / SPOILT_FROM)
        frames = int(FPS * seconds)
        chosen = self.random.choice(len(self.clips), count, p=self._chances)
        rows = np.stack([self._excerpt(self.clips[number], frames, amount) for number in chosen])
        wanted = np.stack([self.clips[number].allowed for number in chosen])
        return torch.from_numpy(rows), torch.from_numpy(wanted)

    def _excerpt(self, clip: Clip, frames: int, amount: float) -> Floats:
        rows = self._cut(clip, frames)
        if self.company and self.random.random() < amount * COMPANY:
            other = self.company[self.random.integers(len(self.company))]
            rows = mixed(rows, self._cut(other, frames), self.random)
        return normalised(spoilt(rows, self.random, amount))

    def _cut(self, clip: Clip, frames: int) -> Floats:
        """A random stretch (frames, 64), its time stretched; a short clip is repeated."""
        pace = self.random.uniform(0.92, 1.08)
        need = int(np.ceil(frames * pace)) + 1
        rows = clip.rows
        if len(rows) < need:
            rows = np.tile(rows, (-(-need // len(rows)), 1))
        start = self.random.integers(0, len(rows) - need + 1)
        return stretched(rows[start : start + need].astype(np.float32), frames, pace)
