# SPDX-License-Identifier: GPL-3.0-or-later
"""Where ankles and toes stand: places that are a foot's length apart whenever both stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .limbs import Limb
from .pinning import Pins

Doubles = NDArray[np.float64]

#: A foot is at most this steep: height of ankle over toe, share of its length.
STEEPEST = 0.95
#: Where two standing toes would have their ankle this far apart, metres, the foot made a step.
STEP = 0.04


@dataclass(frozen=True)
class Stand:
    """A joint (0 ankle, 1 toe) that stands in frames [start, stop), so high, metres."""

    joint: int
    start: int
    stop: int
    height: float


def place(leg: Limb, joint: int) -> Doubles:
    """Where the ankle (0) or the toe (1) of a leg is, (T, 3)."""
    return leg.tip if joint else leg.end


def over_toes(leg: Limb, stands: list[Stand], *, turned: bool) -> list[Stand]:
    """The stands, their ankles no higher over standing toes than their foot lets them.

    turned: just as high as the foot is turned then, whatever height was asked for.
    """
    found = []
    for stand, near in zip(stands, _neighbours(stands), strict=True):
        if not stand.joint and near:
            shared = [_shared(stand, stands[toe]) for toe in near]
            low, high = max(shared, key=lambda frames: frames[1] - frames[0])
            toe = stands[near[shared.index((low, high))]]
            rise = stand.height - toe.height
            if turned:
                rise = float(np.median((leg.end - leg.tip)[low:high, 2]))
            stand = replace(stand, height=toe.height + min(rise, STEEPEST * leg.hand))
        found.append(stand)
    return found


def stepped(leg: Limb, stands: list[Stand]) -> list[Stand]:
    """The stands, those of ankles cut where the toes make a step meanwhile."""
    found = []
    for stand, near in zip(stands, _neighbours(stands), strict=True):
        toes = [] if stand.joint else [stands[toe] for toe in near]
        for before, after in pairwise(toes):
            ankles = [_beside(leg, _middle(leg, toe), toe, stand) for toe in (before, after)]
            if np.linalg.norm(ankles[0] - ankles[1]) > STEP:
                found.append(replace(stand, stop=before.stop))
                stand = replace(stand, start=after.start)
        found.append(stand)
    return [stand for stand in found if stand.stop - stand.start > 1]


def pins(leg: Limb, stands: list[Stand]) -> tuple[Pins, Pins]:
    """Pins of the ankle and of the toe."""
    places = _places(leg, stands)
    both = []
    for joint in (0, 1):
        offset, runs = np.zeros_like(leg.end), []
        for stand, where in zip(stands, places, strict=True):
            if stand.joint == joint:
                runs.append((stand.start, stand.stop))
                offset[stand.start : stand.stop] = where - place(leg, joint)[slice(*runs[-1])]
        both.append(Pins(runs, offset))
    return both[0], both[1]


def _places(leg: Limb, stands: list[Stand]) -> list[Doubles]:
    """Where each stands, (3,): the longest of those that touch near where its leg has it.

    Its neighbours are a foot's length away in the direction in which the foot points then, and so
    on: a figure with longer feet that turns on heels and toes gets farther.
    """
    near = _neighbours(stands)
    places: dict[int, Doubles] = {}
    for first in sorted(range(len(stands)), key=lambda i: stands[i].start - stands[i].stop):
        if first in places:
            continue
        places[first] = _middle(leg, stands[first])
        going = [first]
        while going:
            here = going.pop(0)
            for there in near[here]:
                if there not in places:
                    places[there] = _beside(leg, places[here], stands[here], stands[there])
                    going.append(there)
    return [places[i] for i in range(len(stands))]


def _middle(leg: Limb, stand: Stand) -> Doubles:
    """Where a stand would be by itself, (3,)."""
    here = np.median(place(leg, stand.joint)[stand.start : stand.stop, :2], axis=0)
    return np.r_[here, stand.height]


def _neighbours(stands: list[Stand]) -> list[list[int]]:
    """For each, those of the other joint that stand meanwhile, or at once before or after."""
    found: list[list[int]] = [[] for _ in stands]
    for joint in (0, 1):
        own, others = (
            sorted((i for i, s in enumerate(stands) if s.joint == j), key=lambda i: stands[i].start)
            for j in (joint, 1 - joint)
        )
        first = np.searchsorted([stands[i].stop for i in others], [stands[i].start for i in own])
        last = np.searchsorted(
            [stands[i].start for i in others], [stands[i].stop for i in own], side="right"
        )
        for i, low, high in zip(own, first, last, strict=True):
            found[i] = others[low:high]
    return found


def _shared(one: Stand, other: Stand) -> tuple[int, int]:
    """Frames [low, high) in which both stand, or the two between which they change over."""
    low, high = max(one.start, other.start), min(one.stop, other.stop)
    return (low, high) if low < high else (low - 1, low + 1)


def _beside(leg: Limb, where: Doubles, here: Stand, there: Stand) -> Doubles:
    """Where a joint stands, (3,), while the other one of its foot stands at `where`."""
    low, high = _shared(here, there)
    apart = place(leg, there.joint)[low:high] - place(leg, here.joint)[low:high]
    away = np.median(apart, axis=0)
    away[2] = there.height - here.height
    flat = np.sqrt(max(leg.hand**2 - away[2] ** 2, 0.0))
    away[:2] *= flat / max(float(np.linalg.norm(away[:2])), 1e-6)
    return where + away
