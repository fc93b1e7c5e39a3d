# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of dances against AIST++: as published, and beside them ours.

Published is Bailando's protocol (Siyao et al., 2022): the first 20 s at 60 fps, features by the
public formulas with their faults, brought to the scale of all ground truth, and the Fréchet
distance of all dances from all ground truth. Ours has the physics put right, 5-s clips at 30 fps,
equal numbers of clips in every row, truth that the judged split has no part in, and a floor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import argrelextrema

from ...inference.motion import FPS, Motion
from ...inference.skeleton import INDEX, LEG_LENGTH
from . import body, signals, sync
from .features import Features, features
from .frechet import Scale, diversity, diversity_by_song, fair, gaussian_distance, split_floor
from .geometric import geometric
from .interval import Interval, interval
from .kinetic import kinetic
from .physics import pfc
from .signals import Array

#: Of a dance the published features look at so much, seconds.
LENGTH = 20.0
#: The Gaussian that the public code smooths speeds with, frames.
SMOOTHING = 5.0
KINDS = ("kinetic", "geometric")


@dataclass(frozen=True)
class Measured:
    """What one dance measures. kinetic (72,), geometric (32,): by the public formulas; clips: ours,
    of 5 s; each: figures of single dances, without those of sync where no music is known."""

    name: str
    song: str
    kinetic: Array
    geometric: Array
    clips: Features
    each: Mapping[str, float]


@dataclass(frozen=True)
class Row:
    """The figures of several dances. published, own: over all of them; each: means over dances."""

    name: str
    dances: int
    published: Mapping[str, float]
    own: Mapping[str, float]
    each: Mapping[str, Interval]


def measure(
    motion: Motion,
    name: str,
    song: str,
    take: str,
    *,
    fps: float = 60.0,
    beats: Array | None = None,
    offsets: NDArray[np.floating] | None = None,
) -> Measured:
    """Measure one dance.

    take: what it shares with dances that are no independent witnesses, such as its choreography.
    fps: rate of the published figures. beats: of its song, seconds from the dance's start. offsets:
    the joints of SMPL's body instead of ours for the published figures, (24, 3) metres.
    """
    places = on_body(motion.resampled(fps), offsets)
    start = places[: round(LENGTH * fps)]
    own = motion.resampled(FPS).positions()
    each = {
        "speed": float(signals.joint_speeds(own, FPS).mean()),
        "travel": float(signals.travel(own, FPS).mean()),
        "pfc": pfc(own),
        "skate_ratio": body.feet(own, FPS)["skate_ratio"],
    }
    if beats is not None:
        heard = beats[(beats >= 0) & (beats < motion.seconds)]
        rests = published_beats(places) / fps
        for over in ("music", "motion"):
            each[f"bas_{over}"] = sync.beat_alignment(rests, np.round(heard * fps) / fps, over)
        found = signals.kinematic_beats(own, FPS)
        each["f1_margin"] = sync.beat_scores(found, heard)["f1"] - sync.null_f1(found, heard)
    return Measured(
        name,
        song,
        kinetic(start, fps, published=True),
        geometric(start, fps, published=True),
        features([(take, own)]),
        each,
    )


def on_body(motion: Motion, offsets: NDArray[np.floating] | None) -> NDArray[np.floating]:
    """Positions (T, 24, 3) on a body with other offsets, its way as long as its legs make it."""
    if offsets is None:
        return motion.positions()
    knee, ankle = (offsets[INDEX[f"left_{joint}"]] for joint in ("knee", "ankle"))
    legs = float(np.linalg.norm(knee) + np.linalg.norm(ankle))
    moved = motion.root * (legs / LEG_LENGTH - 1)
    return motion.positions(offsets) + moved[:, None].astype(np.float32)


def published_beats(positions: NDArray[np.floating]) -> NDArray[np.intp]:
    """Motion beats as the public code finds them, frames: strict minima of the mean joint speed,
    by differences to the next frame, smoothed by a Gaussian of 5 frames."""
    moves = np.linalg.norm(np.diff(positions.astype(np.float64), axis=0), axis=-1).mean(1)
    found: NDArray[np.intp] = argrelextrema(gaussian_filter1d(moves, SMOOTHING), np.less)[0]
    return found


def judge(
    made: Mapping[str, Sequence[Measured]],
    truth: Sequence[Measured],
    others: Sequence[Measured],
) -> list[Row]:
    """The figures of each row of dances, by name.

    truth: all of it, for the published figures; others: what no row has a part in, for ours.
    Raises ValueError with less than two dances, or two clips of 5 s, in a row or in the truth.
    """
    pool, count = clips_of(others), clip_count(made)
    found = []
    for name, dances in made.items():
        published: dict[str, float] = {}
        own: dict[str, float] = {}
        clips, songs = clips_of(dances), [d.song for d in dances for _ in range(len(d.clips))]
        for kind in KINDS:
            letter = kind[0]
            public = np.array([getattr(each, kind) for each in truth])
            scale = Scale.of(public, published=True)
            mine = scale(np.array([getattr(each, kind) for each in dances]))
            published[f"fid_{letter}"] = gaussian_distance(mine, scale(public))
            published[f"div_{letter}"] = diversity(mine)
            theirs, ours = getattr(pool, kind), getattr(clips, kind)
            own[f"fid_{letter}"] = fair(ours, theirs, count)
            spread = Scale.of(theirs)(ours)
            own[f"div_{letter}"] = diversity(spread)
            apart = diversity_by_song(spread, songs)
            own |= {f"div_{letter}_{k}": v for k, v in apart.items() if np.isfinite(v)}
        found.append(Row(name, len(dances), published, own, _each(dances)))
    return found


def floor(truth: Sequence[Measured], count: int) -> dict[str, float]:
    """Fréchet distance between halves of the truth by take, `count` clips each; empty when all of
    it is one take."""
    pool = clips_of(truth)
    if len(set(pool.sources)) < 2:
        return {}
    return {f"fid_{k[0]}": split_floor(getattr(pool, k), pool.sources, count) for k in KINDS}


def clips_of(dances: Sequence[Measured]) -> Features:
    """The 5-s clips of all dances."""
    first, *rest = [dance.clips for dance in dances]
    return sum(rest, first)


def clip_count(made: Mapping[str, Sequence[Measured]]) -> int:
    """How many clips of 5 s every row has."""
    return min(len(clips_of(dances)) for dances in made.values())


def _each(dances: Sequence[Measured]) -> dict[str, Interval]:
    keys = dict.fromkeys(key for dance in dances for key in dance.each)
    return {key: interval([d.each[key] for d in dances if key in d.each]) for key in keys}
