# SPDX-License-Identifier: GPL-3.0-or-later
"""The genres that can be composed: their players, tempi and keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .composer import MAJOR, MINOR, Writer
from .hiphop import play_hiphop
from .house import play_house
from .modern import play_modern
from .pop import play_pop
from .salsa import play_salsa
from .score import Section

Play = Callable[[Writer, Sequence[Section]], None]


@dataclass(frozen=True)
class Player:
    """tempi: range of the dance beat, bpm. drift: the most that a tempo wanders, a ratio.

    drifting: the share of pieces that wander at all. minor: the share in minor.
    """

    play: Play
    tempi: tuple[float, float]
    drift: float = 0.012
    drifting: float = 0.6
    minor: float = 0.5

    def scale(self, rng: np.random.Generator) -> tuple[int, ...]:
        return MINOR if rng.random() < self.minor else MAJOR


#: One player a dance style.
GENRES: dict[str, Player] = {
    "salsa": Player(play_salsa, (76, 108), minor=0.7),
    "house": Player(play_house, (108, 128), drift=0.004, drifting=0.3),
    "hiphop": Player(play_hiphop, (76, 100), drift=0.006, minor=0.9),
    "pop": Player(play_pop, (92, 126), minor=0.35),
    "modern": Player(play_modern, (72, 96), drift=0.035, drifting=1.0, minor=0.6),
}
