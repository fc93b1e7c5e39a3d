# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds feet at pins: where ankles and toes go, how far hips give way, and the legs bent to it.

A contact of the ankle pins the ankle, one of the toe pins the toe, both pin the flat foot; so a
heel can rise over a standing toe, and a foot can turn on it. Where a pin begins and ends, its
offset fades with no kink.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d
from scipy.spatial.transform import Rotation

from .contacts import Runs, stretches
from .limbs import LEGS, SOFT, Limb, limb, reach
from .motion import Floats, Motion
from .pose_features import continuous
from .proportions import OURS, Proportions
from .smooth import fade

Doubles = NDArray[np.float64]

#: How long a pin takes to let go, seconds.
EASE = 0.4
#: The pelvis goes down at most this far to let a pinned foot be reached, metres.
DEEPEST = 0.10
#: A foot that changes its place within the first time, seconds, is lifted by this share of the way,
#: at most so many metres: dancers step, they do not shuffle.
QUICK, LIFT, LIFT_MOST = 0.5, 0.5, 0.08


@dataclass(frozen=True)
class Pins:
    """Contact runs of one joint and the offsets (T, 3) that pin it within them."""

    runs: Runs
    offset: Doubles


@dataclass(frozen=True)
class Lower:
    """The lower body of a motion, in doubles: pelvis (T, 3), (T, 3, 3); legs (T, 2, 3, 3, 3)."""

    root: Doubles
    pelvis: Doubles
    local: Doubles

    @staticmethod
    def of(motion: Motion) -> Lower:
        pelvis = Rotation.from_quat(motion.rotations[:, 0], scalar_first=True).as_matrix()
        chains = motion.rotations[:, LEGS[:, :3].reshape(-1)]
        flat = Rotation.from_quat(chains.reshape(-1, 4), scalar_first=True).as_matrix()
        local = flat.reshape(len(motion), 2, 3, 3, 3)
        return Lower(motion.root.astype(np.float64), pelvis, local)

    def legs(self, body: Proportions = OURS, sides: Sequence[int] = (0, 1)) -> list[Limb]:
        """The legs, left (0) and right (1)."""
        return [limb(LEGS[side], self.root, self.pelvis, self.local[:, side], body)
                for side in sides]  # fmt: skip


def goals(
    leg: Limb, ankle: Pins, toe: Pins, floor: Doubles | float, fps: float, *, stepping: bool = False
) -> tuple[Doubles, Doubles]:
    """Where ankle and toe should be, (T, 3) each.

    Pins are a foot's length apart whenever both stand. floor: how low a toe may be, metres.
    stepping: feet that soon stand elsewhere are lifted to step there.
    """
    ease = max(2, round(EASE * fps))
    at_ankle, at_toe = (_flags(contact.runs, len(leg.tip)) for contact in (ankle, toe))
    primary = np.where(at_toe[:, None], toe.offset, ankle.offset)  # where both stand, the toe leads
    periods = list(stretches(at_ankle | at_toe))
    carried = _eased(np.zeros_like(primary), periods, primary, ease)
    ankle_goal = leg.end + _eased(carried, ankle.runs, ankle.offset, ease)
    toe_goal = leg.tip + _eased(carried, toe.runs, toe.offset, ease)
    if stepping:
        lift = _lift(toe_goal, periods, float(np.max(floor)), fps)
        ankle_goal[:, 2] += lift
        toe_goal[:, 2] += lift
    # A toe below the floor comes up with the whole foot, or by its own when the ankle stands.
    sunk = np.maximum(floor - toe_goal[:, 2], 0.0)
    toe_goal[:, 2] += sunk
    ankle_goal[:, 2] += sunk * (1.0 - _share(ankle.runs, at_ankle, ease))
    # A standing toe keeps its place; the ankle gives way when the foot is too long or too short,
    # but for one that stands alone: there only the foot's direction does.
    leading = sorted([*toe.runs, *stretches(at_ankle & ~at_toe)])
    lead = _share(leading, at_toe, ease)[:, None]
    foot = _foot(toe_goal - ankle_goal, leg)
    ankle_goal += lead * (toe_goal - foot - ankle_goal)
    return ankle_goal, ankle_goal + _lifted(foot, floor - ankle_goal[:, 2], leg)


def held(
    motion: Motion,
    lower: Lower,
    both: list[Limb],
    targets: list[tuple[Doubles, Doubles]],
    contacts: Floats,
    stretch: list[Doubles] | None = None,
) -> Motion:
    """The motion with its legs bent so that ankles and toes are where they should be.

    The pelvis goes down where a leg would be too short. stretch: see `reach`, for each leg.
    """
    far = stretch or [np.full(len(motion), SOFT)] * len(both)
    down = _lowered(both, targets, far, motion.fps)
    root = lower.root.copy()
    root[:, 2] -= down
    rotations = motion.rotations.copy()
    for leg, target, share in zip(both, targets, far, strict=True):
        hip = leg.start - down[:, None] * (0.0, 0.0, 1.0)
        turned = reach(leg, hip, *target, share)
        quaternions = Rotation.from_matrix(turned.reshape(-1, 3, 3)).as_quat(scalar_first=True)
        rotations[:, leg.joints[:3]] = quaternions.reshape(len(motion), 3, 4)
    return Motion(motion.fps, root.astype(np.float32), continuous(rotations), contacts)


def _lift(toe: Doubles, periods: Runs, floor: float, fps: float) -> Doubles:
    """How much (T,) to lift a foot between places (T, 3) where it stands soon after one another."""
    lift = np.zeros(len(toe))
    for (_, left), (lands, _) in pairwise(periods):
        frames = lands - left
        if frames > QUICK * fps:
            continue
        way = float(np.linalg.norm(toe[lands, :2] - toe[left - 1, :2]))
        own = float(toe[left:lands, 2].max()) - floor
        more = max(0.0, min(LIFT * way, LIFT_MOST) - own)
        lift[left:lands] = more * np.sin(np.pi * np.arange(1, frames + 1) / (frames + 1)) ** 2
    return lift


def _foot(way: Doubles, leg: Limb) -> Doubles:
    """From ankle to toe (T, 3), as long as the foot is, in the direction of `way`.

    Between two places that come near each other in the air it points more and more as it would.
    """
    short = np.maximum(1.0 - np.linalg.norm(way, axis=-1, keepdims=True) / leg.hand, 0.0)
    way = way + short * (leg.tip - leg.end)
    return way * (leg.hand / np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-9))


def _lifted(foot: Doubles, least: Doubles, leg: Limb) -> Doubles:
    """Feet (T, 3) turned up as far as their toes need, heights (T,) over the ankle at least."""
    up = np.maximum(foot[:, 2], np.minimum(least, leg.hand))
    flat = np.sqrt(leg.hand**2 - np.minimum(up**2, leg.hand**2))
    across = flat / np.maximum(np.linalg.norm(foot[:, :2], axis=-1), 1e-9)
    return np.column_stack([foot[:, :2] * across[:, None], up])


def _flags(runs: Runs, count: int) -> NDArray[np.bool_]:
    flags = np.zeros(count, bool)
    for start, stop in runs:
        flags[start:stop] = True
    return flags


def _share(runs: Runs, flags: NDArray[np.bool_], ease: int) -> Doubles:
    """1 and 0 (T,) as the flags are within runs, 0 far from them, and no kink between."""
    ones = flags[:, None].astype(np.float64)
    return _eased(np.zeros_like(ones), runs, ones, ease)[:, 0]


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


def _lowered(
    both: list[Limb], targets: list[tuple[Doubles, Doubles]], stretch: list[Doubles], fps: float
) -> Doubles:
    """How far (T,) the pelvis must go down, smoothly, for both ankles to be within reach."""
    need = np.zeros(len(both[0].start))
    for leg, (ankle, _), share in zip(both, targets, stretch, strict=True):
        limit = share * leg.length
        away = ankle - leg.start
        across = np.minimum(np.linalg.norm(away[:, :2], axis=-1), limit)
        beyond = -away[:, 2] - np.sqrt(limit**2 - across**2)
        asked = np.linalg.norm(away, axis=-1) - np.linalg.norm(leg.end - leg.start, axis=-1)
        # A leg that is straight by itself is none of ours; only what the pins ask for counts.
        need = np.maximum(need, np.where(asked > 0, np.minimum(beyond, 4 * asked), 0.0))
    width = max(1, round(0.12 * fps))
    return np.minimum(gaussian_filter1d(maximum_filter1d(need, 2 * width + 1), width), DEEPEST)
