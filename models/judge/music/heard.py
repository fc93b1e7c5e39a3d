# SPDX-License-Identifier: GPL-3.0-or-later
"""A piece of music to judge, with everything it was meant to follow; and those of the corpus."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from ....inference.errors import TwostepError
from ....inference.score import mel
from ....inference.score.conditions import ENERGY, HARMONY
from ....inference.score.grid import Grid

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

#: Samples a second of all sound, and samples of it that a mel frame stands for.
RATE = 44_100
STEP = mel.HOP * RATE // mel.RATE


@dataclass(frozen=True)
class Heard:
    """A piece as it sounds, and what it was told.

    mel: (T, 256) dB. samples: (N,) mono at 44,100 Hz, or None where only the mel is known.
    energy: (T,) 0..1; chroma: (T, 12), the chord plan; each None where nothing was asked.
    accents: (A,) seconds and their strengths (A,) 0..1; stops: (S, 2) seconds; all of the dance.
    """

    name: str
    genre: str
    mel: Floats
    grid: Grid
    samples: Floats | None = None
    energy: Floats | None = None
    chroma: Floats | None = None
    accents: Array = field(default_factory=lambda: np.zeros(0))
    strengths: Array = field(default_factory=lambda: np.zeros(0))
    stops: Array = field(default_factory=lambda: np.zeros((0, 2)))

    @property
    def seconds(self) -> float:
        """Length of the mel."""
        return len(self.mel) / mel.FPS

    @property
    def beats(self) -> Array:
        """The beats within the piece, seconds."""
        return self.grid.beats[(self.grid.beats >= 0) & (self.grid.beats < self.seconds)]

    def cut(self, seconds: float) -> Heard:
        """The first seconds of it."""
        rows = min(len(self.mel), round(seconds * mel.FPS))
        inside = self.accents < seconds
        return replace(
            self,
            mel=self.mel[:rows],
            samples=None if self.samples is None else self.samples[: rows * STEP],
            energy=None if self.energy is None else self.energy[:rows],
            chroma=None if self.chroma is None else self.chroma[:rows],
            accents=self.accents[inside],
            strengths=self.strengths[inside],
            stops=self.stops[self.stops[:, 0] < seconds],
        )

    def sounding(self, samples: Floats) -> Heard:
        """The same orders, carried out by other samples (N,) at 44,100 Hz."""
        return replace(self, mel=mel_of(samples), samples=samples)


def mel_of(samples: Floats) -> Floats:
    """The log-mel (T, 256) in dB of mono samples at 44,100 Hz."""
    return mel.log_mel(np.asarray(resample_poly(samples, 1, 2), np.float32))


class Corpus:
    """The clips of a corpus folder, read as they are asked for.

    Raises TwostepError when the folder holds no corpus.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "clips.json"
        if not path.is_file():
            raise TwostepError(
                f"There is no clips.json in {folder}: make the corpus with "
                "`python -m twostep.models.data.music corpus`."
            )
        self.entries = json.loads(path.read_text(encoding="utf-8"))
        self._mel = np.load(folder / "mel.npy", mmap_mode="r")
        self._conditions = np.load(folder / "conditions.npy", mmap_mode="r")
        self._sounds = {}
        if (folder / "audio.json").is_file():
            listed = json.loads((folder / "audio.json").read_text(encoding="utf-8"))
            self._sounds = {sound["clip"]: sound["start"] for sound in listed}
            self._audio = np.load(folder / "audio.npy", mmap_mode="r")

    def clips(
        self,
        split: str,
        each: int,
        seconds: float,
        genres: Sequence[str],
        dancing: bool | None = None,
        sounding: bool = False,
    ) -> list[Heard]:
        """Up to `each` composed clips a genre, the first seconds of each.

        dancing: only clips that were made for a dance (True), or for none (False).
        sounding: only clips with their sound.
        """
        found = []
        for genre in genres:
            fitting = [
                entry
                for entry in self.entries
                if entry["genre"] == genre
                and entry["split"] == split
                and (dancing is None or (entry["take"] is not None) is dancing)
                and (entry["name"] in self._sounds or not sounding)
            ]
            found += [self.read(entry).cut(seconds) for entry in fitting[:each]]
        return found

    def read(self, entry: dict) -> Heard:
        """The clip of a line of clips.json."""
        rows = slice(entry["start"], entry["stop"])
        told = np.asarray(self._conditions[rows], np.float32)
        energy, chroma = told[:, ENERGY], told[:, HARMONY]
        start, samples = self._sounds.get(entry["name"]), None
        if start is not None:
            stop = start + STEP * (entry["stop"] - entry["start"])
            samples = np.asarray(self._audio[start:stop], np.float32) / 32_767
        return Heard(
            entry["name"],
            entry["genre"] or "",
            np.asarray(self._mel[rows], np.float32),
            Grid(np.array(entry["beats"]), entry["first"], entry["beats_per_bar"]),
            samples,
            energy[:, 0] if energy[:, 1].any() else None,
            chroma[:, :12] if chroma[:, 12].any() else None,
            np.array(entry["accents"], float),
            np.array(entry["strengths"], float),
            np.array(entry["stops"], float).reshape(-1, 2),
        )
