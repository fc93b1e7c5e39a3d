# SPDX-License-Identifier: GPL-3.0-or-later
"""Real takes out of a shard folder, cut into stretches without glitches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...inference.errors import TwostepError
from ...inference.motion import FPS, Motion
from ...inference.pose_features import decode
from .signals import Array


@dataclass(frozen=True)
class Clip:
    """A stretch of a real take with its own beat grid (seconds from the stretch's start).

    start: of the stretch in the take, seconds.
    """

    name: str
    style: str
    split: str
    motion: Motion
    beats: Array
    start: float = 0.0


def read_clips(
    shards: Path,
    splits: Sequence[str] = ("train", "validation", "test"),
    styles: Sequence[str] | None = None,
    shortest: float = 4.0,
) -> list[Clip]:
    """All unbroken stretches of at least `shortest` seconds of the takes in `shards`/motion.npz.

    Raises TwostepError when the folder holds no motion shard.
    """
    path = Path(shards) / "motion.npz"
    if not path.is_file():
        raise TwostepError(
            f"There is no motion.npz in {shards}: make it with `python -m twostep.models.data`."
        )
    with np.load(path, allow_pickle=False) as data:
        features, valid = data["features"], data["valid"]
        takes = json.loads(str(data["takes"]))
    clips: list[Clip] = []
    for take in takes:
        if take["split"] in splits and (styles is None or take["style"] in styles):
            rows = slice(take["start"], take["stop"])
            clips += _stretches(take, features[rows], valid[rows], round(shortest * FPS))
    return clips


def _stretches(take: dict, features: Array, valid: Array, shortest: int) -> list[Clip]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], valid.astype(int), [0]])))
    beats = np.asarray(take["beats"], dtype=float)
    clips = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start < shortest:
            continue
        inside = beats[(beats >= start / FPS) & (beats < stop / FPS)] - start / FPS
        motion = decode(features[start:stop].astype(np.float32))
        clips.append(Clip(take["name"], take["style"], take["split"], motion, inside, start / FPS))
    return clips
