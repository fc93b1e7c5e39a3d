# SPDX-License-Identifier: GPL-3.0-or-later
"""How much dances differ: from song to song, and from seed to seed.

Two dances are compared frame by frame and step by step (read off eight times a beat), and the
lesser distance counts: a dancer who hears nothing does the same at the same time, one who hears
only the tempo the same on the same beat, and neither has answered the song.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...inference.motion import Floats, Motion
from . import signals
from .body import difference
from .interval import Interval, interval, ratio
from .performances import on_beats
from .signals import Array


@dataclass(frozen=True)
class Seen:
    """A dance as it is compared, pelvis and heading taken out: poses (T, 24, 3), m, frame by frame,
    steps (N, 24, 3) read off on the beats. real: what random stretches of its style are apart, m.
    """

    song: str
    style: str
    seed: int
    poses: Floats
    steps: Floats
    real: float


def seen(
    motion: Motion, beats: Array, told: tuple[str, str, int], real: float, seconds: float
) -> Seen:
    """What comparing needs of the first `seconds` of a dance; told: song, style and seed."""
    motion, beats = motion[: round(seconds * motion.fps)], beats[beats < seconds]
    poses, steps = (signals.centred(each) for each in (motion, on_beats(motion, beats)))
    return Seen(*told, poses.astype(np.float32), steps.astype(np.float32), real)


def apart(a: Seen, b: Seen) -> float:
    """How far two dances are apart, as a share of random stretches of real motion."""
    gaps = difference(a.poses, b.poses), difference(a.steps, b.steps)
    return min(gaps) / max(a.real, 1e-9)


def changes(shipped: Sequence[Seen], held: Sequence[Seen]) -> dict[str, Interval]:
    """The figures of a row; held: dances whose noise is the same for all songs.

    seeds: two seeds at one song; songs, songs_held: two songs at one seed; song_share and
    song_share_held: those over the seeds'. Shares of real motion.
    """
    seeds = _gaps(shipped, lambda a, b: a.song == b.song)
    songs = _gaps(shipped, lambda a, b: a.seed == b.seed)
    same = _gaps(held, lambda a, b: a.seed == b.seed)
    found = {"seeds": interval(seeds), "songs": interval(songs), "songs_held": interval(same)}
    found |= {"song_share": ratio(songs, seeds), "song_share_held": ratio(same, seeds)}
    return {key: value for key, value in found.items() if value.size}


def _gaps(dances: Sequence[Seen], alike: Callable[[Seen, Seen], bool]) -> list[float]:
    """Distances of all pairs of one style that are alike in one thing and not in the other."""
    return [
        apart(a, b)
        for a, b in combinations(dances, 2)
        if a.style == b.style and alike(a, b) and (a.song, a.seed) != (b.song, b.seed)
    ]
