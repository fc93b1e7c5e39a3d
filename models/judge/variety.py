# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a dance changes with the song, against how much it changes with the seed.

Dances to songs of different tempi are compared step by step: both are read off a few times a beat,
so that tempo alone is no difference. A seed draws the noise, and a shipped dancer draws it from the
song as well; then two songs at one seed differ by their noise already. To see what the *music*
does, dance all songs with the same noise (one fingerprint).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import combinations
from typing import TypeVar

import numpy as np

from ...inference.motion import Motion
from . import signals
from .body import difference
from .signals import Array

Song = TypeVar("Song", bound=Hashable)

#: How often a dance is read off, times a beat.
STEPS = 8


class OnBeats:
    """A dance read off `STEPS` times a beat: poses (N, 24, 3), m, pelvis and heading taken out."""

    def __init__(self, motion: Motion, beats: Array) -> None:
        at = np.interp(np.arange(0, len(beats) - 1, 1 / STEPS), np.arange(len(beats)), beats)
        self.poses = signals.centred(motion.sampled(at[at <= motion.seconds] * motion.fps))


def pose_distance(a: OnBeats, b: OnBeats) -> float:
    """Mean joint distance step by step, metres."""
    return difference(a.poses, b.poses)


def song_share(
    dances: Mapping[tuple[Song, int], Motion],
    beats: Mapping[Song, Array],
    real: float | None = None,
) -> dict[str, float]:
    """How far apart dances are between songs at one seed, and between seeds at one song.

    dances: by (song, seed); beats: of each song, seconds. Keys `songs` and `seeds` (mean pose
    distance, metres) and `song_share` = songs / seeds: 0 when the song changes nothing, 1 when it
    changes as much as another seed does. Only what can be compared is there: no `songs` with one
    song, no `seeds` with one seed. real: the distance of random real stretches, metres; with it
    also `songs_real` and `seeds_real`, the distances as shares of it.
    """
    seen = {key: OnBeats(dance, beats[key[0]]) for key, dance in dances.items()}
    pairs = list(combinations(seen, 2))
    kinds = {
        "songs": [(a, b) for a, b in pairs if a[1] == b[1] and a[0] != b[0]],
        "seeds": [(a, b) for a, b in pairs if a[0] == b[0] and a[1] != b[1]],
    }
    result = {
        name: float(np.mean([pose_distance(seen[a], seen[b]) for a, b in these]))
        for name, these in kinds.items()
        if these
    }
    shares = {} if real is None else {f"{n}_real": v / max(real, 1e-9) for n, v in result.items()}
    if len(result) == 2:
        shares["song_share"] = result["songs"] / max(result["seeds"], 1e-9)
    return result | shares
