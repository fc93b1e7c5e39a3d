# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto: the genre that a dance asks for.

A linear classifier on the dance encoder's latents and a few figures of the movement tells the
style; tempo and meter choose among the genres that are danced in that style.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..genres import GENRES
from ..motion import FPS, Floats, Motion
from ..pose_features import CONTACT, HEIGHT, TURN, VELOCITY, encode
from ..styles import STYLES
from ..weights import damaged, folder
from .cues import checked_speed, read_cues
from .motion_latents import motion_latents, token_count

CARD = "motion.json"
#: A dance is seen in even parts of about so many seconds, whose odds are averaged.
PART = 8.0
#: The latents' width is the card's affair; these figures follow them.
FIGURES = 9


@dataclass(frozen=True)
class Weights:
    """mean, spread (D,), matrix (5, D), bias (5,) in the order of `STYLES`."""

    mean: Floats
    spread: Floats
    matrix: Floats
    bias: Floats

    def odds(self, rows: Floats) -> Floats:
        """How probable each style is, (N, 5), by traits (N, D)."""
        scaled = np.clip((rows - self.mean) / self.spread, -3, 3)
        logits = scaled @ self.matrix.T + self.bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)


def auto_genre(motion: Motion, bpm: float | None = None, beats_per_bar: int | None = None) -> str:
    """The genre, one of `GENRES`, that goes with a motion at any frame rate.

    bpm, beats_per_bar: what the user knows; estimated otherwise.
    Raises TwostepError for a motion that is too short, not finite or wholly still.
    """
    cues = read_cues(motion, bpm, beats_per_bar)
    shares = style_odds(motion)
    style = max(shares, key=lambda name: shares[name])
    return genre_of(style, cues.grid.bpm, cues.grid.beats_per_bar)


def style_odds(motion: Motion) -> dict[str, float]:
    """How probable each of `STYLES` is for a motion at any frame rate. Errors as `auto_genre`."""
    odds = weights().odds(traits(motion)).mean(axis=0)
    return {name: float(share) for name, share in zip(STYLES, odds, strict=True)}


def genre_of(style: str, bpm: float, beats_per_bar: int) -> str:
    """Of the genres of a style, the one whose tempi suit the best; in three, a waltz.

    Suits: the tempo lies inside the range, or the least outside of it; then nearest its middle;
    then it bears the style's name.
    """
    three = [name for name, genre in GENRES.items() if genre.beats_per_bar == beats_per_bar == 3]
    fits = three or [
        name for name, genre in GENRES.items() if genre.style == style and genre.beats_per_bar == 4
    ]
    return min(fits, key=lambda name: (*_misfit(GENRES[name].tempi, bpm), name != style))


def _misfit(tempi: tuple[float, float], bpm: float) -> tuple[float, float]:
    slow, fast = tempi
    outside = max(0.0, float(np.log2(slow / bpm)), float(np.log2(bpm / fast)))
    return outside, abs(float(np.log2(bpm / np.sqrt(slow * fast))))


def traits(motion: Motion) -> Floats:
    """What the style is told by, a row for each part of a motion, (N, 2 latents + FIGURES)."""
    motion = motion.resampled(FPS)
    speed = checked_speed(motion)
    features = encode(motion)
    latents = motion_latents(motion, token_count(motion.seconds))
    count = max(1, round(motion.seconds / PART))
    return np.stack(
        [
            np.concatenate([part.mean(axis=0), part.std(axis=0), _figures(rows, fast)])
            for part, rows, fast in zip(
                *(np.array_split(each, count) for each in (latents, features, speed)), strict=True
            )
        ]
    ).astype(np.float32)


def _figures(rows: Floats, speed: Floats) -> Floats:
    """How a figure moves, (FIGURES,), by its pose features (T, 152) and joint speed (T,)."""
    travel = np.linalg.norm(rows[:, VELOCITY], axis=1)
    standing = rows[:, CONTACT].reshape(-1, 2, 2).max(axis=2)  # left and right foot
    return np.array(
        [
            np.log(speed.mean() + 0.05),
            speed.std() / (speed.mean() + 0.05),
            travel.mean(),
            travel.std(),
            np.abs(rows[:, TURN]).mean(),
            rows[:, HEIGHT].std(),
            standing.mean(),
            (standing.min(axis=1) > 0.5).mean(),
            (standing.max(axis=1) < 0.5).mean(),
        ],
        np.float32,
    )


@lru_cache(maxsize=1)
def weights() -> Weights:
    """The classifier that ships. Raises TwostepError when it is missing or damaged."""
    return read_weights(folder("style") / CARD)


def read_weights(path: Path) -> Weights:
    """The classifier of a file. Raises TwostepError when it is missing or damaged."""
    try:
        stored = json.loads(path.read_text("utf-8"))
        found = Weights(
            *(np.array(stored[name], np.float32) for name in ("mean", "spread", "matrix", "bias"))
        )
        if found.matrix.shape != (len(STYLES), len(found.mean)):
            raise ValueError("the matrix has another shape")
    except (OSError, ArithmeticError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise damaged(path) from error
    return found
