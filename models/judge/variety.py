# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a dance changes with the song, against how much it changes with the seed.

Dances to songs of different tempi are compared step by step: both are read off a few times a beat,
so that tempo alone is no difference. A seed draws the noise, and a shipped dancer draws it from the
song as well; then two songs at one seed differ by their noise already. To see what the *music*
does, dance all songs with the same noise (one fingerprint).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from itertools import combinations
from typing import TypeVar

import numpy as np

from ...inference.motion import Motion
from . import signals
from .body import difference
from .signals import Array
from .sync import matched

Song = TypeVar("Song", bound=Hashable)

#: How often a dance is read off, times a beat.
STEPS = 8
#: Accents of two dances are the same when no further apart, beats.
SAME_ACCENT = 0.15

#: How far two dances are apart, of dances on beats.
Distance = Callable[["OnBeats", "OnBeats"], float]


class OnBeats:
    """A dance read off `STEPS` times a beat, with what the distances need of it.

    poses: (N, 24, 3) m, pelvis and heading taken out; speed: (N,), the mean joint speed over its
    mean; accents: the kinematic beats, in beats since the first.
    """

    def __init__(self, motion: Motion, beats: Array) -> None:
        beats = np.asarray(beats, dtype=float)
        positions = motion.positions()
        at = moments(motion, beats) * motion.fps
        self.poses = signals.centred(motion.sampled(at))
        speed = signals.mean_speed(positions, motion.fps)
        there = np.interp(at, np.arange(len(speed)), speed)
        self.speed = there / max(float(there.mean()), 1e-9) if len(there) else there
        found = signals.kinematic_beats(positions, motion.fps)
        found = found[(found >= beats[0]) & (found <= beats[-1])]
        self.accents = np.interp(found, beats, np.arange(len(beats), dtype=float))


def moments(motion: Motion, beats: Array, steps: int = STEPS) -> Array:
    """Seconds at which a dance is read off: `steps` times a beat while both last."""
    at = np.interp(np.arange(0, len(beats) - 1, 1 / steps), np.arange(len(beats)), beats)
    return at[at <= motion.seconds]


def pose_distance(a: OnBeats, b: OnBeats) -> float:
    """Mean joint distance step by step, metres."""
    return difference(a.poses, b.poses)


def speed_distance(a: OnBeats, b: OnBeats) -> float:
    """Mean difference of the speeds step by step, as a share of the mean speed."""
    steps = min(len(a.speed), len(b.speed))
    return float(np.abs(a.speed[:steps] - b.speed[:steps]).mean()) if steps else 0.0


def accent_distance(a: OnBeats, b: OnBeats) -> float:
    """Share of the accents that the other dance has not at the same place in the beats: 1 - F1."""
    last = min(len(a.speed), len(b.speed)) / STEPS
    mine, others = (dance.accents[dance.accents < last] for dance in (a, b))
    if not len(mine) and not len(others):
        return 0.0
    pairs = matched(mine, others, SAME_ACCENT)
    return 1.0 - 2 * pairs / (len(mine) + len(others))


DISTANCES: dict[str, Distance] = {
    "": pose_distance,
    "_speed": speed_distance,
    "_accent": accent_distance,
}


def song_share(
    dances: Mapping[tuple[Song, int], Motion],
    beats: Mapping[Song, Array],
    real: float | None = None,
) -> dict[str, float]:
    """How far apart dances are between songs at one seed, and between seeds at one song.

    dances: by (song, seed); beats: of each song, seconds. Keys `songs` and `seeds` (mean pose
    distance, metres) and `song_share` = songs / seeds: 0 when the song changes nothing, 1 when it
    changes as much as another seed does. The same with `_speed` (share of the mean speed) and
    `_accent` (share of accents elsewhere). Only what can be compared is there: no `songs` with one
    song, no `seeds` with one seed. real: the distance of random real stretches, metres; with it
    also `songs_real` and `seeds_real`, the pose distances as shares of it.
    """
    seen = {key: OnBeats(dance, beats[key[0]]) for key, dance in dances.items()}
    pairs = list(combinations(seen, 2))
    songs = [(a, b) for a, b in pairs if a[1] == b[1] and a[0] != b[0]]
    seeds = [(a, b) for a, b in pairs if a[0] == b[0] and a[1] != b[1]]
    result: dict[str, float] = {}
    for end, distance in DISTANCES.items():
        for name, these in (("songs", songs), ("seeds", seeds)):
            if these:
                gaps = [distance(seen[a], seen[b]) for a, b in these]
                result[name + end] = float(np.mean(gaps))
        if songs and seeds:
            share = result["songs" + end] / max(result["seeds" + end], 1e-9)
            result["song_share" + end] = share
    if real is not None:
        for name in ("songs", "seeds"):
            if name in result:
                result[f"{name}_real"] = result[name] / max(real, 1e-9)
    return result
