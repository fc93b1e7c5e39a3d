# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a dance recognised as the style that was asked for?

The judge's own classifier: linear discriminants of hand-made traits of 5 s of movement, so it
shares nothing with the networks that dance (`models.style.motion`, which ships, reads the dance
encoder's latents). It learns from the training takes alone, in seconds. Styles are few takes of few
dancers each and much alike, so what it says of a dance is to be read next to what it says of takes
that it has not seen (`crossed`) and to chance, one in five.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.special import softmax

from ...inference.motion import FPS, Motion
from ...inference.pose_features import heading
from ...inference.skeleton import CONTACT_JOINTS, INDEX
from ...inference.styles import STYLES
from . import signals
from .body import LOW
from .clips import Clip
from .features import recording
from .signals import Array

#: A dance is told by windows so long, seconds; those it is learned from start HOP seconds apart.
WINDOW, HOP = 5.0, 1.0
#: Whose speed about the pelvis is looked at, the left one of a pair first.
SIDES = ("left", "right")
PAIRS = ("knee", "ankle", "elbow", "wrist")
LIMBS = [INDEX[f"{side}_{part}"] for part in PAIRS for side in SIDES]
BODY = [*LIMBS, INDEX["spine3"], INDEX["head"]]
#: Where the left one of a pair is in `BODY`.
ANKLES, WRISTS = 2, 6
#: How far the covariance of the traits is drawn to a sphere: there are few takes.
SHRINK = 0.05
#: A trait further than this from the mean, in spreads, says no more.
FURTHEST = 3.0
FOLDS = 8

Shares = dict[str, float]


@dataclass(frozen=True)
class Seen:
    """The traits (N, D) of the windows of a take, also mirrored; a couple is one recording."""

    recording: str
    style: str
    split: str
    rows: Array


@dataclass(frozen=True)
class Recogniser:
    """mean, spread (D,), matrix (D, 5) and bias (5,) in the order of `STYLES`."""

    mean: Array
    spread: Array
    matrix: Array
    bias: Array

    def odds(self, rows: Array) -> Array:
        """How probable each style is, (N, 5), by traits (N, D)."""
        scaled = np.clip((rows - self.mean) / self.spread, -FURTHEST, FURTHEST)
        return np.asarray(softmax(scaled @ self.matrix + self.bias, axis=1), dtype=np.float64)


def recognised(motion: Motion, style: str, recogniser: Recogniser) -> float:
    """Share of the 5-s windows of a dance, end to end, in which `style` is the likeliest, 0..1."""
    return _share(traits(motion, WINDOW), style, recogniser)


def learned(clips: Sequence[Clip]) -> Recogniser:
    """What tells styles in the training takes among the clips. Raises ValueError without any."""
    return fit([seen for seen in see(clips) if seen.split == "train"])


def see(clips: Sequence[Clip]) -> list[Seen]:
    """The traits of real clips of known style that last a window."""
    long = [clip for clip in clips if clip.style in STYLES and clip.motion.seconds >= WINDOW]
    found = []
    for clip in long:
        rows = traits(clip.motion, HOP)
        both = np.concatenate([rows, mirrored(rows)])
        found.append(Seen(recording(clip.name), clip.style, clip.split, both))
    return found


def fit(takes: Sequence[Seen]) -> Recogniser:
    """Shrunk linear discriminants (Fisher); every style counts as much as any other.

    A take counts as the root of its length. Raises ValueError without takes.
    """
    if not takes:
        raise ValueError("There are no takes to learn styles from.")
    rows = np.concatenate([take.rows for take in takes])
    styles = np.concatenate([np.full(len(t.rows), STYLES.index(t.style)) for t in takes])
    weights = np.concatenate([np.full(len(t.rows), len(t.rows) ** -0.5) for t in takes])
    total = np.bincount(styles, weights, minlength=len(STYLES))
    weights = weights / total[styles]
    mean, spread = rows.mean(0), rows.std(0) + 1e-6
    scaled = np.clip((rows - mean) / spread, -FURTHEST, FURTHEST)
    centres = np.zeros((len(STYLES), rows.shape[1]))
    np.add.at(centres, styles, scaled * weights[:, None])
    rest = (scaled - centres[styles]) * np.sqrt(weights)[:, None]
    within = rest.T @ rest / (total > 0).sum()
    sphere = np.trace(within) / len(within) * np.eye(len(within))
    matrix = np.linalg.solve((1 - SHRINK) * within + SHRINK * sphere, centres.T)
    bias = -0.5 * (centres.T * matrix).sum(0)
    return Recogniser(mean, spread, matrix, np.where(total > 0, bias, -np.inf))


def crossed(takes: Sequence[Seen], seed: int = 0) -> Shares:
    """Share of windows recognised in recordings that were left out, by style and, as "", over all
    styles alike: what a dance as good as real ones would get."""
    names = sorted({take.recording for take in takes})
    np.random.default_rng(seed).shuffle(names)
    folds = [set(names[number::FOLDS]) for number in range(FOLDS)]
    pairs = []
    for out in folds:
        rest = [take for take in takes if take.recording not in out]
        if out and rest:
            recogniser = fit(rest)
            pairs += [(take, recogniser) for take in takes if take.recording in out]
    return _by_style(pairs)


def traits(motion: Motion, hop: float) -> Array:
    """What a style is told by, a row for each window, (N, D); windows start `hop` seconds apart.

    Pace and unevenness of limbs, chest and head about the pelvis; the pelvis' way, height and
    turns; how the feet share the floor; how far feet and hands are apart. None of it depends on
    where the dance is or faces. One row for a motion shorter than a window.
    """
    motion = motion.resampled(FPS)
    positions = motion.positions().astype(np.float64)
    poses = gaussian_filter1d(signals.centred(motion, positions), 1.0, axis=0)
    speed = signals.joint_speeds(poses[:, BODY], FPS)
    way = np.gradient(gaussian_filter1d(positions[:, 0], 1.0, axis=0), axis=0) * FPS
    turn = np.gradient(gaussian_filter1d(heading(motion.matrices()[:, 0]), 2.0)) * FPS
    size = round(WINDOW * FPS)
    starts = range(0, max(1, len(motion) - size + 1), round(hop * FPS))
    rows = []
    for part in (slice(start, start + size) for start in starts):
        here = positions[part]
        travel = _travel(here[:, 0, 2], way[part], turn[part])
        rows.append(
            np.concatenate([_pace(speed[part]), travel, _feet(here), _limbs(here, speed[part])])
        )
    return np.stack(rows)


def mirrored(rows: Array) -> Array:
    """The traits (N, D) of the same dance in a mirror."""
    order = np.arange(rows.shape[1])
    for block in (0, len(BODY)):
        limbs = block + np.arange(len(LIMBS)).reshape(-1, 2)
        order[limbs] = limbs[:, ::-1]
    return rows[:, order]


def _pace(speed: Array) -> Array:
    """Log of the mean speeds, then how uneven they are, of `BODY` (T, 10), m/s."""
    mean = speed.mean(0) + 0.05
    return np.concatenate([np.log(mean), speed.std(0) / mean])


def _travel(height: Array, way: Array, turn: Array) -> Array:
    """How the pelvis gets about: height (T,) m, velocity (T, 3) m/s, turning (T,) rad/s."""
    pace = np.linalg.norm(way[:, :2], axis=1)
    return np.array(
        [
            np.log(pace.mean() + 0.05),
            pace.std(),
            height.mean(),
            np.log(height.std() + 0.005),
            np.log(np.abs(turn).mean() + 0.1),
            turn.std(),
            np.abs(way[:, 2]).mean(),
        ]
    )


def _feet(positions: NDArray[np.floating]) -> Array:
    """Share of time that a foot is low, that both are, and that none is."""
    height = positions[:, list(CONTACT_JOINTS), 2]
    low = (height < np.percentile(height, 5, axis=0) + LOW).reshape(-1, 2, 2).all(2)
    return np.array([low.mean(), low.all(1).mean(), (~low.any(1)).mean()])


def _limbs(positions: NDArray[np.floating], speed: Array) -> Array:
    """How far apart feet (over the floor) and hands are, and whether both move at the same time."""
    left, right = (positions[:, [INDEX[f"{side}_ankle"], INDEX[f"{side}_wrist"]]] for side in SIDES)
    feet = np.linalg.norm(left[:, 0, :2] - right[:, 0, :2], axis=1)
    hands = np.linalg.norm(left[:, 1] - right[:, 1], axis=1)
    together = [_correlation(*speed[:, i : i + 2].T) for i in (ANKLES, WRISTS)]
    return np.array([feet.mean(), feet.std(), hands.mean(), hands.std(), *together])


def _correlation(a: Array, b: Array) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / max(np.sqrt((a**2).sum() * (b**2).sum()), 1e-9))


def _share(rows: Array, style: str, recogniser: Recogniser) -> float:
    return float((recogniser.odds(rows).argmax(1) == STYLES.index(style)).mean())


def _by_style(told: Sequence[tuple[Seen, Recogniser]]) -> Shares:
    """Share of windows recognised, by style, and their mean as ""."""
    shares: Shares = {}
    for style in STYLES:
        mine = [(t.rows, recogniser) for t, recogniser in told if t.style == style]
        if mine:
            hits = [_share(rows, style, recogniser) for rows, recogniser in mine]
            shares[style] = float(np.average(hits, weights=[len(rows) for rows, _ in mine]))
    return shares | {"": float(np.mean(list(shares.values())))} if shares else {}
