# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps standing feet where they stand: grounds the figure, pins its feet, bends its legs to them.

What a network means to be standing is judged first (`contacts`), given its places (`stands`) and
held there (`pinning`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from .contacts import Runs, standing
from .limbs import Limb
from .motion import Motion
from .pinning import Lower, goals, held
from .proportions import OURS, Proportions
from .stands import Stand, over_toes, pins, stepped

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
    contacts = np.zeros_like(motion.contacts)
    for side, leg in enumerate(both):
        stands = _stands(leg, runs[2 * side : 2 * side + 2], body, side)
        for stand in stands:
            contacts[stand.start : stand.stop, 2 * side + stand.joint] = 1.0
        floor = float(body.toe[side])
        targets.append(goals(leg, *pins(leg, stands), floor, motion.fps, stepping=True))
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


def _stands(leg: Limb, runs: list[Runs], body: Proportions, side: int) -> list[Stand]:
    """Where ankle and toe of a leg stand: the toe flat, the heel flat or on tiptoe."""
    flat = float(body.ankle[side])
    found = [Stand(1, start, stop, float(body.toe[side])) for start, stop in runs[1]]
    for start, stop in runs[0]:
        high = float(np.median(leg.end[start:stop, 2])) - flat - TIPTOE
        found.append(Stand(0, start, stop, flat + max(0.0, high)))
    return stepped(leg, over_toes(leg, found, turned=False))
