# SPDX-License-Identifier: GPL-3.0-or-later
"""The clips that Fréchet distances and diversity are taken over, and their features."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .clips import Clip
from .geometric import SIZE as GEOMETRIC
from .geometric import geometric
from .kinetic import SIZE as KINETIC
from .kinetic import kinetic
from .signals import Array

CLIP_SECONDS = 5.0


@dataclass(frozen=True)
class Features:
    """Features of N clips. kinetic: (N, 72). geometric: (N, 32). sources: the take (or the dance)
    that each clip was cut from, (N,)."""

    kinetic: Array
    geometric: Array
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sources)

    def __add__(self, other: Features) -> Features:
        return Features(
            np.concatenate([self.kinetic, other.kinetic]),
            np.concatenate([self.geometric, other.geometric]),
            self.sources + other.sources,
        )


def cut(
    positions: NDArray[np.floating],
    fps: float,
    seconds: float = CLIP_SECONDS,
    *,
    whole: bool = True,
) -> list[NDArray[np.floating]]:
    """Positions (T, …) in neighbouring clips of `seconds`; what is left at the end is dropped.

    whole: nothing comes of what is shorter than one clip; otherwise that is a clip itself.
    """
    size = max(1, round(seconds * fps))
    if len(positions) < size:
        return [] if whole else [positions]
    return [positions[start : start + size] for start in range(0, len(positions) - size + 1, size)]


def features(
    dances: Iterable[tuple[str, NDArray[np.floating]]],
    fps: float = 30.0,
    seconds: float = CLIP_SECONDS,
) -> Features:
    """Features of all whole clips of dances, given as names and positions (T, 24, 3)."""
    rows = [
        (name, kinetic(clip, fps), geometric(clip, fps))
        for name, positions in dances
        for clip in cut(positions, fps, seconds)
    ]
    return Features(
        np.array([row[1] for row in rows]).reshape(-1, KINETIC),
        np.array([row[2] for row in rows]).reshape(-1, GEOMETRIC),
        tuple(row[0] for row in rows),
    )


def real_features(clips: Sequence[Clip], seconds: float = CLIP_SECONDS) -> Features:
    """Features of real clips; both dancers of a couple count as one recording."""
    return features(
        ((recording(clip.name), clip.motion.positions()) for clip in clips), seconds=seconds
    )


def recording(take: str) -> str:
    """The name of what was recorded at once: CMU's subjects 60 and 61 dance together."""
    return f"60+61{take[2:]}" if take[:3] in ("60_", "61_") else take
