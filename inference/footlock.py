# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps standing feet where they stand: grounds the figure, pins its feet, bends its legs to them.

What a network means to be standing is judged first (`contacts`), then pinned (`pinning`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from .contacts import Runs, standing
from .limbs import Limb
from .motion import Motion
from .pinning import Lower, Pins, goals, held
from .proportions import OURS, Proportions

Doubles = NDArray[np.float64]

#: The figure is brought to the floor this smoothly, seconds.
GROUNDING = 0.6
#: A heel this much too high, metres, is brought down; a dancer on tiptoe stays there.
TIPTOE = 0.03


def locked(motion: Motion, body: Proportions = OURS) -> Motion:
    """The motion with its feet on the floor (z = 0) and standing still where they stand.

    body: what the motion is told on. Its contacts are those that were believed and pinned: 1 while
    a foot stands, else 0.
    """
    if len(motion) < 3:
        return motion
    lower = Lower.of(motion)
    both = lower.legs(body)
    runs = [_runs(motion, both, joint, body) for joint in range(4)]
    lower.root[:, 2] -= _floor(both, runs, motion.fps, body)
    both = lower.legs(body)
    targets = []
    for side, leg in enumerate(both):
        ankle, toe = _pinned(leg, runs[2 * side], runs[2 * side + 1], side, body)
        floor = body.toe[side]
        targets.append(goals(leg, ankle, toe, floor, motion.fps, fitting=False))
    contacts = np.zeros_like(motion.contacts)
    for joint, own in enumerate(runs):
        for start, stop in own:
            contacts[start:stop, joint] = 1.0
    return held(motion, lower, both, targets, contacts)


def _runs(motion: Motion, both: list[Limb], joint: int, body: Proportions) -> Runs:
    """Believable contact runs of a column of `Motion.contacts`."""
    place, height = _standing(both, joint, body)
    return standing(motion.contacts[:, joint], place, height, motion.fps)


def _standing(both: list[Limb], joint: int, body: Proportions) -> tuple[Doubles, float]:
    """Where the joint of a column of `Motion.contacts` is, (T, 3), and how high when it stands."""
    leg, side = both[joint // 2], joint // 2
    return (leg.tip, body.toe[side]) if joint % 2 else (leg.end, body.ankle[side])


def _floor(both: list[Limb], runs: list[Runs], fps: float, body: Proportions) -> Doubles:
    """How far (T,) standing feet are above where they should be, smoothly."""
    count = len(both[0].tip)
    height = np.full(count, np.inf)
    for joint, own in enumerate(runs):
        place, resting = _standing(both, joint, body)
        over = place[:, 2] - resting
        for start, stop in own:
            height[start:stop] = np.minimum(height[start:stop], over[start:stop])
    known = np.flatnonzero(np.isfinite(height))
    if not len(known):
        lowest = [
            np.minimum(leg.tip[:, 2] - toe, leg.end[:, 2])
            for leg, toe in zip(both, body.toe, strict=True)
        ]
        return np.full(count, np.minimum(*lowest).min())
    filled = np.interp(np.arange(count), known, height[known])
    return gaussian_filter1d(filled, GROUNDING * fps, mode="nearest")


def _pinned(
    leg: Limb, ankle_runs: Runs, toe_runs: Runs, side: int, body: Proportions
) -> tuple[Pins, Pins]:
    """Pins of ankle and toe, a foot's length apart where both stand."""
    ankle_height, toe_height = float(body.ankle[side]), float(body.toe[side])
    toe, ankle = np.zeros_like(leg.tip), np.zeros_like(leg.end)
    for start, stop in toe_runs:
        pin = np.r_[np.median(leg.tip[start:stop, :2], axis=0), toe_height]
        toe[start:stop] = pin - leg.tip[start:stop]
    for start, stop in ankle_runs:
        pin = np.median(leg.end[start:stop], axis=0)
        pin[2] = ankle_height + max(0.0, pin[2] - ankle_height - TIPTOE)
        shared = [(max(start, a), min(stop, b)) for a, b in toe_runs if a < stop and b > start]
        if shared:
            low, high = max(shared, key=lambda run: run[1] - run[0])
            toe_pin = (leg.tip + toe)[low]
            away = np.median((leg.end - leg.tip)[low:high], axis=0)
            away[2] = min(pin[2] - toe_height, 0.95 * leg.hand)
            flat = np.sqrt(max(leg.hand**2 - away[2] ** 2, 0.0))
            away[:2] *= flat / max(float(np.linalg.norm(away[:2])), 1e-6)
            pin = toe_pin + away
        ankle[start:stop] = pin - leg.end[start:stop]
    return Pins(ankle_runs, ankle), Pins(toe_runs, toe)
