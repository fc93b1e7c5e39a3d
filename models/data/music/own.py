# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs of their own for the takes of motion.npz: on their beats, answering what is danced.

Music and take have one time axis, so that a network can learn from the pair what accents, stops
and energy of a song look like when they are danced, and not only its beat.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ....inference.genres import GENRES
from ....inference.motion import FPS
from ....inference.score.cues import Cues, cues_on, first_of
from ....inference.score.grid import Grid
from ..cleaning import runs

#: Takes without a good stretch of so many seconds get no song.
SHORTEST = 5.0
#: Takes of at least so many seconds get two.
PLENTY = 15.0
#: The music goes on after the take for so long: networks look ahead.
_LONGER = 1.0


@dataclass(frozen=True)
class Danced:
    """A take as music sees it. beats: seconds, (B,). speed: (T,) m/s at 30 fps, carried evenly
    through stretches of bad motion."""

    name: str
    split: str
    style: str
    beats: NDArray[np.float64]
    speed: NDArray[np.float32]

    @property
    def bpm(self) -> float:
        """The median tempo."""
        return float(60 / np.median(np.diff(self.beats)))

    @property
    def genres(self) -> tuple[tuple[str, int], ...]:
        """Genre and seed of each of its songs: of its style, those whose tempo is nearest."""
        seed = zlib.crc32(self.name.encode())
        order = np.random.default_rng(seed).permutation(len(GENRES)).tolist()
        fitting = sorted(
            (name for name, genre in GENRES.items() if genre.style == self.style),
            key=lambda name: (
                _misfit(GENRES[name].tempi, self.bpm),
                order[list(GENRES).index(name)],
            ),
        )
        count = 2 if len(self.speed) >= PLENTY * FPS else 1
        return tuple((fitting[i % len(fitting)], seed + i) for i in range(count))


def danced(path: Path) -> Sequence[Danced]:
    """The takes of motion.npz that music is written for: not those whose real song is known."""
    return _danced(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _danced(path: Path, _time: int) -> tuple[Danced, ...]:
    with np.load(path, allow_pickle=False) as data:
        valid, speed, takes = data["valid"], data["speed"], json.loads(str(data["takes"]))
    found = []
    for take in takes:
        rows = slice(take["start"], take["stop"])
        good = np.flatnonzero(valid[rows])
        longest = max((stop - start for start, stop in runs(valid[rows])), default=0)
        if longest < SHORTEST * FPS or take.get("song"):
            continue
        even = np.interp(np.arange(take["stop"] - take["start"]), good, speed[rows][good])
        found.append(
            Danced(take["name"], take["split"], take["style"], np.asarray(take["beats"], float),
                   even.astype(np.float32))
        )  # fmt: skip
    return tuple(found)


def cues(take: Danced, beats_per_bar: int) -> Cues:
    """What music for a take follows; its beats are the take's, carried on evenly at both ends."""
    speed = np.pad(take.speed, (0, round(_LONGER * FPS)), mode="edge")
    seconds = len(speed) / FPS
    beats, period = take.beats, 60 / take.bpm
    before = np.arange(beats[0] - period, -1e-9, -period)[::-1]
    after = np.arange(beats[-1] + period, seconds + period, period)
    grid = Grid(np.concatenate([before, beats, after]), 0, beats_per_bar)
    return cues_on(seconds, speed, replace(grid, first=first_of(speed, grid)))


def _misfit(tempi: tuple[float, float], bpm: float) -> float:
    """How far a tempo is from a genre's, in octaves, 0 inside of them."""
    return float(max(np.log2(tempi[0] / bpm), np.log2(bpm / tempi[1]), 0.0))
