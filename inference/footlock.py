# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps standing feet where they stand: grounds the figure, pins its feet, bends its legs to them.

A contact of the ankle pins the ankle, one of the toe pins the toe, both pin the flat foot; so a
heel can rise over a standing toe, and a foot can turn on it. Where a pin begins and ends, its
offset fades with no kink.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d
from scipy.spatial.transform import Rotation

from . import legs
from .contacts import Runs, standing, stretches
from .legs import CHAIN, FOOT, SHIN, SOFT, THIGH, Leg
from .motion import Motion
from .pose_features import continuous
from .skeleton import ANKLE_HEIGHT, TOE_HEIGHT
from .smooth import fade

Doubles = NDArray[np.float64]

#: How long a pin takes to let go, seconds.
EASE = 0.4
#: The figure is brought to the floor this smoothly, seconds.
GROUNDING = 0.6
#: The pelvis goes down at most this far to let a pinned foot be reached, metres.
DEEPEST = 0.10
#: A heel this much too high, metres, is brought down; a dancer on tiptoe stays there.
TIPTOE = 0.03
#: A foot that changes its place within the first time, seconds, is lifted by this share of the way,
#: at most so many metres: dancers step, they do not shuffle.
QUICK, LIFT, LIFT_MOST = 0.5, 0.5, 0.08


@dataclass(frozen=True)
class _Contact:
    """Contact runs of one joint and the offsets (T, 3) that pin it within them."""

    runs: Runs
    offset: Doubles


def locked(motion: Motion) -> Motion:
    """The motion with its feet on the floor (z = 0) and standing still where they stand.

    Its contacts are those that were believed and pinned: 1 while a foot stands, else 0.
    """
    if len(motion) < 3:
        return motion
    local = _leg_rotations(motion)
    pelvis = Rotation.from_quat(motion.rotations[:, 0], scalar_first=True).as_matrix()
    root = motion.root.astype(np.float64)
    both = [legs.leg(side, root, pelvis, local[side]) for side in (0, 1)]
    runs = [_runs(motion, both[joint // 2], joint) for joint in range(4)]
    root[:, 2] -= _floor(both, runs, motion.fps)
    both = [legs.leg(side, root, pelvis, local[side]) for side in (0, 1)]
    targets = [
        _targets(both[side], runs[2 * side], runs[2 * side + 1], motion.fps) for side in (0, 1)
    ]
    lower = _lowered(both, targets, motion.fps)
    root[:, 2] -= lower
    rotations = motion.rotations.copy()
    for side in (0, 1):
        hip = both[side].hip - lower[:, None] * (0.0, 0.0, 1.0)
        turned = legs.reach(both[side], hip, *targets[side])
        quaternions = Rotation.from_matrix(turned.reshape(-1, 3, 3)).as_quat(scalar_first=True)
        rotations[:, CHAIN[side, :3]] = quaternions.reshape(len(motion), 3, 4)
    contacts = np.zeros_like(motion.contacts)
    for joint, own in enumerate(runs):
        for start, stop in own:
            contacts[start:stop, joint] = 1.0
    return Motion(motion.fps, root.astype(np.float32), continuous(rotations), contacts)


def _leg_rotations(motion: Motion) -> list[Doubles]:
    """Local rotations (T, 3, 3, 3) of hip, knee and ankle, left and right."""
    chains = motion.rotations[:, CHAIN[:, :3].reshape(-1)]
    flat = Rotation.from_quat(chains.reshape(-1, 4), scalar_first=True).as_matrix()
    both = flat.reshape(len(motion), 2, 3, 3, 3)
    return [both[:, 0], both[:, 1]]


def _runs(motion: Motion, leg: Leg, joint: int) -> Runs:
    """Believable contact runs of a column of `Motion.contacts`."""
    place, height = (leg.toe, TOE_HEIGHT) if joint % 2 else (leg.ankle, ANKLE_HEIGHT)
    return standing(motion.contacts[:, joint], place, height, motion.fps)


def _floor(both: list[Leg], runs: list[Runs], fps: float) -> Doubles:
    """How far (T,) standing feet are above where they should be, smoothly."""
    count = len(both[0].toe)
    height = np.full(count, np.inf)
    for joint, own in enumerate(runs):
        leg = both[joint // 2]
        over = leg.toe[:, 2] - TOE_HEIGHT if joint % 2 else leg.ankle[:, 2] - ANKLE_HEIGHT
        for start, stop in own:
            height[start:stop] = np.minimum(height[start:stop], over[start:stop])
    known = np.flatnonzero(np.isfinite(height))
    if not len(known):
        lowest = [np.minimum(leg.toe[:, 2] - TOE_HEIGHT, leg.ankle[:, 2]) for leg in both]
        return np.full(count, np.minimum(*lowest).min())
    filled = np.interp(np.arange(count), known, height[known])
    return gaussian_filter1d(filled, GROUNDING * fps, mode="nearest")


def _targets(leg: Leg, ankle_runs: Runs, toe_runs: Runs, fps: float) -> tuple[Doubles, Doubles]:
    """Where ankle and toe should be, (T, 3) each."""
    ease = max(2, round(EASE * fps))
    toe, ankle = _pinned(leg, ankle_runs, toe_runs)
    stands = np.zeros(len(leg.toe), bool)
    primary = np.zeros_like(leg.toe)
    for contact in (ankle, toe):  # where both stand, the toe leads
        for start, stop in contact.runs:
            stands[start:stop] = True
            primary[start:stop] = contact.offset[start:stop]
    periods = list(stretches(stands))
    carried = _eased(np.zeros_like(primary), periods, primary, ease)
    ankle_goal = leg.ankle + _eased(carried, ankle.runs, ankle.offset, ease)
    toe_goal = leg.toe + _eased(carried, toe.runs, toe.offset, ease)
    ones = np.ones((len(leg.toe), 1))
    lift = _lift(toe_goal, periods, fps)
    ankle_goal[:, 2] += lift
    toe_goal[:, 2] += lift
    # A toe below the floor comes up with the whole foot, or by its own when the ankle stands.
    sunk = np.maximum(TOE_HEIGHT - toe_goal[:, 2], 0.0)
    toe_goal[:, 2] += sunk
    ankle_goal[:, 2] += sunk * (1.0 - _eased(np.zeros_like(ones), ankle.runs, ones, ease)[:, 0])
    # A standing toe keeps its place; the ankle gives way when the foot is too long or too short.
    lead = _eased(np.zeros_like(ones), toe.runs, ones, ease)
    foot = toe_goal - ankle_goal
    length = np.linalg.norm(foot, axis=-1, keepdims=True)
    return ankle_goal + lead * foot * (1.0 - FOOT / length), toe_goal


def _pinned(leg: Leg, ankle_runs: Runs, toe_runs: Runs) -> tuple[_Contact, _Contact]:
    """Contacts of toe and ankle whose pins are a foot's length apart where both stand."""
    toe, ankle = np.zeros_like(leg.toe), np.zeros_like(leg.ankle)
    for start, stop in toe_runs:
        pin = np.r_[np.median(leg.toe[start:stop, :2], axis=0), TOE_HEIGHT]
        toe[start:stop] = pin - leg.toe[start:stop]
    for start, stop in ankle_runs:
        pin = np.median(leg.ankle[start:stop], axis=0)
        pin[2] = ANKLE_HEIGHT + max(0.0, pin[2] - ANKLE_HEIGHT - TIPTOE)
        shared = [(max(start, a), min(stop, b)) for a, b in toe_runs if a < stop and b > start]
        if shared:
            low, high = max(shared, key=lambda run: run[1] - run[0])
            toe_pin = (leg.toe + toe)[low]
            away = np.median((leg.ankle - leg.toe)[low:high], axis=0)
            away[2] = min(pin[2] - TOE_HEIGHT, 0.95 * FOOT)
            flat = np.sqrt(max(FOOT**2 - away[2] ** 2, 0.0))
            away[:2] *= flat / max(float(np.linalg.norm(away[:2])), 1e-6)
            pin = toe_pin + away
        ankle[start:stop] = pin - leg.ankle[start:stop]
    return _Contact(toe_runs, toe), _Contact(ankle_runs, ankle)


def _lift(toe: Doubles, periods: Runs, fps: float) -> Doubles:
    """How much (T,) to lift a foot between places (T, 3) where it stands soon after one another."""
    lift = np.zeros(len(toe))
    for (_, left), (lands, _) in pairwise(periods):
        frames = lands - left
        if frames > QUICK * fps:
            continue
        way = float(np.linalg.norm(toe[lands, :2] - toe[left - 1, :2]))
        own = float(toe[left:lands, 2].max()) - TOE_HEIGHT
        more = max(0.0, min(LIFT * way, LIFT_MOST) - own)
        lift[left:lands] = more * np.sin(np.pi * np.arange(1, frames + 1) / (frames + 1)) ** 2
    return lift


def _eased(base: Doubles, runs: Runs, pinned: Doubles, ease: int) -> Doubles:
    """`pinned` (T, n) within runs; outside `base`, reached from each run's ends with no kink."""
    result = base.copy()
    ends = [0, *(stop for _, stop in runs)], [*(start for start, _ in runs), len(base)]
    for before, after in zip(*ends, strict=True):
        frames = min(ease, after - before)
        if before > 0 and frames > 0:
            gap, slope = _edge(base, pinned, before - 1, before, 1)
            result[before : before + frames] += fade(gap, slope, frames + 1)[1:]
        if after < len(base) and frames > 0:
            gap, slope = _edge(base, pinned, after, after - 1, -1)
            result[after - frames : after] += fade(gap, slope, frames + 1)[:0:-1]
    for start, stop in runs:
        result[start:stop] = pinned[start:stop]
    return result


def _edge(
    base: Doubles, pinned: Doubles, inside: int, outside: int, way: int
) -> tuple[Doubles, Doubles]:
    """How far the last pinned frame is from `base` just outside, and how that changes a frame."""
    gap = pinned[inside] - base[outside]
    deeper = inside - way
    if not 0 <= deeper < len(pinned):
        return gap, np.zeros_like(gap)
    return gap, pinned[inside] - pinned[deeper]


def _lowered(both: list[Leg], targets: list[tuple[Doubles, Doubles]], fps: float) -> Doubles:
    """How far (T,) the pelvis must go down, smoothly, for both ankles to be within reach."""
    limit = SOFT * (THIGH + SHIN)
    need = np.zeros(len(both[0].hip))
    for leg, (ankle, _) in zip(both, targets, strict=True):
        away = ankle - leg.hip
        across = np.minimum(np.linalg.norm(away[:, :2], axis=-1), limit)
        beyond = -away[:, 2] - np.sqrt(limit**2 - across**2)
        asked = np.linalg.norm(away, axis=-1) - np.linalg.norm(leg.ankle - leg.hip, axis=-1)
        # A leg that is straight by itself is none of ours; only what the pins ask for counts.
        need = np.maximum(need, np.where(asked > 0, np.minimum(beyond, 4 * asked), 0.0))
    width = max(1, round(0.12 * fps))
    return np.minimum(gaussian_filter1d(maximum_filter1d(need, 2 * width + 1), width), DEEPEST)
