# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the music sound like its genre: by the style extractor's ears."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ....inference.genres import NAMES
from .heard import Array, Floats, Heard

#: Probabilities (13,), or the embedding (30,), of a mel (T, 256) in dB.
Ear = Callable[[Floats], Floats]


def odds(pieces: Sequence[Heard], probabilities: Ear) -> Array:
    """How probable each genre is by each piece, (P, 13): the softmax of the classifier."""
    return np.array([probabilities(piece.mel) for piece in pieces], float).reshape(-1, len(NAMES))


def asked(pieces: Sequence[Heard]) -> Array:
    """(P, 13): 1 at the genre that was asked for."""
    return np.array([[name == piece.genre for name in NAMES] for piece in pieces], float)


def right(pieces: Sequence[Heard], odds_: Array) -> Array:
    """1 for each piece that is heard as what was asked for, else 0, (P,)."""
    return (asked(pieces).argmax(axis=1) == odds_.argmax(axis=1)).astype(float)


def confusion(pieces: Sequence[Heard], odds_: Array) -> Array:
    """(13, 13) counts of asked (row) against heard genre."""
    heard = np.eye(len(NAMES))[odds_.argmax(axis=1)]
    return asked(pieces).T @ heard


def mean_odds(pieces: Sequence[Heard], odds_: Array) -> Array:
    """Mean probabilities (13, 13) by the genre that was asked for, 0 where none was."""
    wanted = asked(pieces)
    return wanted.T @ odds_ / np.maximum(wanted.sum(axis=0), 1)[:, None]


def divergence(true: Array, made: Array) -> tuple[float, float]:
    """KL(true || made) of mean probabilities by genre (13, 13), averaged over the genres that both
    have; and the same with every genre held against every other.
    """
    known = np.flatnonzero((true.sum(axis=1) > 0) & (made.sum(axis=1) > 0))
    p, q = (np.maximum(part[known], 1e-6) for part in (true, made))
    apart = (p[:, None] * np.log(p[:, None] / q[None])).sum(axis=-1)
    own = np.eye(len(known), dtype=bool)
    others = float(apart[~own].mean()) if len(known) > 1 else float("nan")
    return (float(apart[own].mean()) if len(known) else float("nan")), others
