# SPDX-License-Identifier: GPL-3.0-or-later
"""Dances to score: stretches of the mocap, and dances of the shipped networks to the library."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....inference import footlock, networks, retime
from ....inference.motion import FPS, Motion
from ....inference.pose_features import decode
from ....inference.rollout import Direction, Score, padded_length, rollout
from ....inference.score.grid import Grid
from ....inference.styles import STYLES
from ..cleaning import runs

#: Shorter stretches of good motion are not scored; longer ones are cut, seconds.
SHORTEST, LONGEST = 7.0, 60.0
#: Of a generated dance this much is made, seconds.
GENERATED = 80.0

Times = NDArray[np.float64]


@dataclass(frozen=True)
class Dance:
    """A motion (30 fps) to be scored. generated: by the networks, not a dancer's.

    bpm: its tempo. grid: the beats it was danced to, where they are known.
    """

    name: str
    split: str
    style: str
    motion: Motion
    bpm: float
    grid: Grid | None = None
    generated: bool = False


def recorded(path: Path) -> list[Dance]:
    """Every valid stretch of the takes in motion.npz that is long enough."""
    with np.load(path, allow_pickle=False) as data:
        features, valid = data["features"], data["valid"]
        takes = json.loads(str(data["takes"]))
    dances = []
    for take in takes:
        for start, stop in runs(valid[take["start"] : take["stop"]]):
            if stop - start >= SHORTEST * FPS:
                rows = slice(take["start"] + start, take["start"] + stop)
                motion = decode(features[rows].astype(np.float32))
                dances.append(
                    Dance(take["name"], take["split"], take["style"], motion, take["bpm"])
                )
    return dances


def generated(music: Path, folder: Path, seed: int = 0, workers: int = 2) -> list[Dance]:
    """A dance of the shipped networks to every track of music.npz that was not made for a dance.

    folder: keeps them, one file each; those that are there already are not made again.
    """
    free = [(n, track) for n, track in enumerate(_tracks(music)[1]) if not track.get("take")]
    folder.mkdir(parents=True, exist_ok=True)
    paths = {number: folder / f"{number:04d}.npz" for number, _ in free}
    with ProcessPoolExecutor(workers) as pool:
        made = [
            pool.submit(_dance_to, music, number, seed, path)
            for number, path in paths.items()
            if not path.exists()
        ]
        for each in made:
            each.result()
    dances = []
    for number, track in free:
        grid = _grid_of(track)
        style = _style_of(track, seed + number)
        motion = Motion.load(paths[number])
        dances.append(
            Dance(track["name"], track["split"], style, motion, grid.bpm, grid, generated=True)
        )
    return dances


def _dance_to(music: Path, number: int, seed: int, path: Path) -> None:
    """Writes the dance to one track, as the product would dance it."""
    features, tracks = _tracks(music)
    track = tracks[number]
    frames = min(track["stop"] - track["start"], round(GENERATED * FPS))
    heard = features[track["start"] : track["stop"]].astype(np.float32)
    missing = max(0, padded_length(frames) - len(heard))
    heard = np.concatenate([heard, np.repeat(heard[-1:], missing, axis=0)])
    beats = np.asarray(track["beats"], float)
    direction = Direction(_style_of(track, seed + number), seed=seed, fingerprint=number)
    nets = networks.warm("cpu", candidates=direction.candidates)
    motion = rollout(nets, Score(heard, beats, frames), direction)
    motion = footlock.locked(retime.retimed(motion, beats))
    waiting = path.with_suffix(".part")
    motion.save(waiting)
    waiting.replace(path)


@lru_cache(maxsize=1)
def _tracks(music: Path) -> tuple[NDArray[np.float16], list[dict[str, Any]]]:
    with np.load(music, allow_pickle=False) as data:
        return data["features"], json.loads(str(data["tracks"]))


def _style_of(track: dict[str, Any], number: int) -> str:
    """The style of the music three times in four, else any."""
    rng = np.random.default_rng(number)
    own = track["genre"] in STYLES and rng.random() < 0.75
    return track["genre"] if own else STYLES[int(rng.integers(len(STYLES)))]


def _grid_of(track: dict[str, Any]) -> Grid:
    bars = np.flatnonzero(track["downbeats"])
    return Grid(np.asarray(track["beats"], float), int(bars[0]) % 4 if len(bars) else 0)
