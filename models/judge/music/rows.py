# SPDX-License-Identifier: GPL-3.0-or-later
"""What is judged side by side: true music, music of other dances, found music, made music."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from rich.console import Console
from rich.progress import track

from ....inference.genres import GENRES
from ....inference.score.cues import read_cues
from ....inference.score.score import told_of
from . import made, retrieval
from .heard import Heard
from .made import Dance

#: A dance, the genre of its music, and the seed.
Wanted = tuple[Dance, str, int]


@dataclass(frozen=True)
class Row:
    """pieces of music, joins: seconds at which windows of each take over; pace: seconds of music a
    second of making it, or None.
    """

    pieces: Sequence[Heard]
    joins: Sequence[float] = ()
    pace: float | None = None


def shuffled(pieces: Sequence[Heard]) -> Row:
    """True pieces as if they had been made for the dance of another one: what blind luck gives."""
    found = []
    for i, piece in enumerate(pieces):
        others = [*pieces[i + 1 :], *pieces[:i]]
        other = next((other for other in others if _another(piece, other)), None)
        if other is None:
            continue
        seconds = min(piece.seconds, other.seconds)
        found.append(replace(other.cut(seconds), name=piece.name, genre=piece.genre,
                             mel=piece.cut(seconds).mel, samples=None))  # fmt: skip
    return Row(found)


def retrieved(wanted: Sequence[Wanted], clips: Sequence[Heard]) -> Row:
    """The training clip of the genre that fits each dance best; see `retrieval`."""
    began = perf_counter()
    pieces = []
    for dance, genre, seed in wanted:
        own = [clip for clip in clips if clip.genre == genre]
        cues = read_cues(dance.motion, beats_per_bar=GENRES[genre].beats_per_bar)
        told = told_of(dance.motion, cues, genre, seed, dance.motion.seconds, provider="cpu")
        piece = retrieval.found(told, own)
        pieces.append(replace(piece, name=f"{genre}_{dance.name}_{seed}: {piece.name}"))
    return Row(pieces, pace=_pace(pieces, perf_counter() - began))


def generated(
    wanted: Sequence[Wanted], seconds: float, weights: Path, out: Path, console: Console, title: str
) -> Row:
    """What the networks of a folder make, as users get it."""
    out.mkdir(parents=True, exist_ok=True)
    found = [
        made.finished(dance, genre, seed, weights, out)
        for dance, genre, seed in track(wanted, title, console=console)
    ]
    pieces = [piece for piece, _ in found]
    return Row(pieces, made.joins(seconds), _pace(pieces, sum(took for _, took in found)))


def by_paper(
    wanted: Sequence[Wanted], seconds: float, run: Path, console: Console
) -> tuple[Row, str]:
    """What the paper's recipe makes: its trained network at 50 steps, and Griffin-Lim; and how long
    it was trained.
    """
    from . import baseline  # it alone needs torch

    make: Callable[[Dance, str, int], Heard] = baseline.Recipe(run).made
    began = perf_counter()
    pieces = [make(*one) for one in track(wanted, "The paper's recipe", console=console)]
    row = Row(pieces, baseline.joins(seconds), _pace(pieces, perf_counter() - began))
    return row, baseline.told(run)


def _another(piece: Heard, other: Heard) -> bool:
    same_bar = piece.grid.beats_per_bar == other.grid.beats_per_bar
    return same_bar and not np.array_equal(piece.grid.beats, other.grid.beats)


def _pace(pieces: Sequence[Heard], took: float) -> float:
    return sum(piece.seconds for piece in pieces) / max(took, 1e-9)
