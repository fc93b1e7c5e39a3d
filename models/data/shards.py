# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes -> cleaned 30 fps motion with beats -> one compact npz.

`motion.npz` holds
    features  (N, 152) float32, all takes end to end (see `inference.pose_features`)
    valid     (N,) bool, False where a window must not reach
    speed     (N,) float32, smoothed mean joint speed, m/s
    takes     JSON: a list of {name, source, style, split, start, stop, beats, bpm, …}
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...inference.contact_labels import with_contacts
from ...inference.kinematics import motion_speed
from ...inference.motion import FPS, Motion
from ...inference.motion_beats import (
    Pulse,
    accents,
    estimate_tempo,
    grid_of_speed,
    strength_curve,
)
from ...inference.pose_features import encode
from ...inference.readers.figures import grounded
from .cleaning import Rejection, Verdict, judge, lead_in
from .repair import bridge_glitches, freed_head
from .sources import NOT_DANCE, Take

Speed = NDArray[np.floating]


@dataclass(frozen=True)
class Mending:
    """What was mended in a take: leading source frames cut (a T-pose), glitches bridged."""

    cut: int
    bridged: int


@dataclass(frozen=True)
class Prepared:
    """A take ready for training: 30 fps, with contacts, verdict, speed (T,) in m/s and beats.

    own_bpm: the tempo tracked without the partner's help.
    """

    take: Take
    motion: Motion
    verdict: Verdict
    speed: Speed
    grid: Pulse
    own_bpm: float
    mending: Mending


@dataclass
class Collection:
    """What went in, and whole takes that did not, by name with the reason."""

    prepared: list[Prepared] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def prepare_motion(motion: Motion) -> tuple[Motion, Mending]:
    """A source's motion without an added T-pose or short glitches, at 30 fps, with contacts."""
    cut = lead_in(motion)
    mended, bridged = bridge_glitches(motion[cut:])
    return with_contacts(grounded(freed_head(mended)).resampled(FPS)), Mending(cut, bridged)


def prepare(takes: Sequence[Take], progress: Callable[[str], object] | None = None) -> Collection:
    """Read, clean and beat-track takes; dancers of a couple share one tempo.

    progress: is told the name of every take that has been read.
    """
    collection = Collection()
    read: list[tuple[Take, Motion, Mending, Speed]] = []
    for take in takes:
        if take.name in NOT_DANCE:
            collection.refused[take.name] = NOT_DANCE[take.name]
        else:
            motion, mending = prepare_motion(take.read())
            read.append((take, motion, mending, motion_speed(motion)))
        if progress:
            progress(take.name)
    tempi = _couple_tempi((take, speed) for take, _, _, speed in read)
    for take, motion, mending, speed in read:
        verdict = judge(motion)
        if verdict.valid.any():
            grid = _grid(take, speed, tempi)
            own = grid_of_speed(speed, FPS).bpm if take.couple else grid.bpm
            collection.prepared.append(Prepared(take, motion, verdict, speed, grid, own, mending))
        else:
            rules = sorted({rejection.rule for rejection in verdict.rejections})
            collection.refused[take.name] = "nothing left: " + ", ".join(rules)
    return collection


def _grid(take: Take, speed: Speed, tempi: dict[str, float]) -> Pulse:
    if take.song is None:
        return grid_of_speed(speed, FPS, tempi.get(take.couple or ""))
    from ...inference.audio import analyse  # only here, where music was danced to

    song = analyse(take.song, length=len(speed) / FPS)
    return Pulse(np.asarray(song.beats, dtype=np.float64), float(song.bpm), 0.0)


def _couple_tempi(speeds: Iterable[tuple[Take, Speed]]) -> dict[str, float]:
    curves: dict[str, list[Speed]] = defaultdict(list)
    for take, speed in speeds:
        times, weights = accents(speed, FPS)
        if take.couple and len(times) >= 4:
            curves[take.couple].append(strength_curve(times, weights, len(speed) / FPS))
    return {couple: estimate_tempo(*found) for couple, found in curves.items()}


def write_motion(collection: Collection, path: Path) -> None:
    """Write motion.npz; an old one is replaced only by a whole new one."""
    entries, start = [], 0
    for item in collection.prepared:
        stop = start + len(item.motion)
        entries.append(
            {
                "name": item.take.name,
                "source": item.take.source,
                "style": item.take.style,
                "split": item.take.split,
                "start": start,
                "stop": stop,
                "beats": [round(float(beat), 4) for beat in item.grid.beats],
                "bpm": round(item.grid.bpm, 2),
                "snapped": round(item.grid.snapped, 3),
                "song": item.take.song.stem if item.take.song else None,
                "cut": item.mending.cut,
                "bridged": item.mending.bridged,
                "rejections": [[r.rule, r.start, r.stop] for r in item.verdict.rejections],
            }
        )
        start = stop
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with open(partial, "wb") as file:
        np.savez_compressed(
            file,
            features=np.concatenate([encode(item.motion) for item in collection.prepared]),
            valid=np.concatenate([item.verdict.valid for item in collection.prepared]),
            speed=np.concatenate([item.speed for item in collection.prepared]).astype(np.float32),
            takes=np.array(json.dumps(entries)),
        )
    os.replace(partial, path)


def minutes(collection: Collection) -> dict[tuple[str, str], float]:
    """Valid minutes by (style, split)."""
    total: dict[tuple[str, str], float] = defaultdict(float)
    for item in collection.prepared:
        total[item.take.style or "unknown", item.take.split] += item.verdict.valid.sum() / FPS / 60
    return dict(total)


def rejected(collection: Collection) -> dict[str, tuple[int, float]]:
    """Rejected stretches by rule: how many, and how many seconds."""
    total: dict[str, tuple[int, float]] = {}
    for item in collection.prepared:
        for rejection in item.verdict.rejections:
            count, seconds = total.get(rejection.rule, (0, 0.0))
            total[rejection.rule] = (count + 1, seconds + _seconds(rejection))
    return total


def _seconds(rejection: Rejection) -> float:
    return (rejection.stop - rejection.start) / FPS
