# SPDX-License-Identifier: GPL-3.0-or-later
"""Plants the feet of a figure with other legs than ours: they stand when and as the source stands.

A figure whose hips are wider, whose feet are longer or whose thighs are shorter would slide and
sink, though every bone is turned as in the source. Where a foot stands in the source, it is pinned
near where these turns have it, as high over its own sole as it is there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..contacts import stretches
from ..footlock import locked
from ..limbs import LEGS, SOFT, Limb
from ..loop import around
from ..motion import Motion
from ..pinning import Lower, Pins, goals, held
from ..proportions import OURS, Proportions
from .figure import Figure
from .fit import shift

Doubles = NDArray[np.float64]

#: A source whose standing toes stray farther than this, metres, in more than this share of the
#: time, is not planted itself: it is locked first.
STRAY, OFTEN = 0.01, 0.05
#: The figure rises and sinks this smoothly where both feet ask for it, seconds.
LEVELLING = 0.25
#: A foot is at most this steep: height of ankle over toe, share of its length.
STEEPEST = 0.95


@dataclass(frozen=True)
class _Stand:
    """A joint (0 ankle, 1 toe) that stands in frames [start, stop), so high, metres."""

    joint: int
    start: int
    stop: int
    height: float


def planted(fitted: Motion, figure: Figure, *, loop: bool = False) -> Motion:
    """A motion that was `fit` to the figure with its feet standing where they should.

    loop: its last frame is its first one, and stays so. A source whose feet do not stand when its
    contacts say so is planted by `footlock.locked` first, which judges the contacts anew.
    """
    if loop:
        return around(fitted, lambda whole: planted(whole, figure))
    sides = [side for side in (0, 1) if figure.present[LEGS[side, :3]].all()]
    if len(fitted) < 3 or not sides:
        return fitted
    fitted, source = _source(fitted, figure)
    own, lower = figure.proportions, Lower.of(fitted)
    legs = lower.legs(own, sides)
    stands = [
        _stands(fitted, source[side], leg, side, own) for side, leg in zip(sides, legs, strict=True)
    ]
    places = [_places(leg, found) for leg, found in zip(legs, stands, strict=True)]
    lower.root[:, 2] += _level(legs, stands, fitted.fps)
    legs = lower.legs(own, sides)
    targets, stretch = [], []
    for side, leg, found, where in zip(sides, legs, stands, places, strict=True):
        ankle, toe = (_pins(leg, found, where, joint) for joint in (0, 1))
        # A toe may be as far under the floor as that of the source.
        floor = own.toe[side] + np.minimum(source[side].tip[:, 2] - OURS.toe[side], 0.0)
        targets.append(goals(leg, ankle, toe, floor, fitted.fps, fitting=True))
        # It may be as straight as it was.
        stretch.append(np.maximum(SOFT, np.linalg.norm(leg.end - leg.start, axis=1) / leg.length))
    return held(fitted, lower, legs, targets, fitted.contacts, stretch)


def _source(fitted: Motion, figure: Figure) -> tuple[Motion, list[Limb]]:
    """The motion with feet that stand on our own body, and its legs there."""
    ours = Lower.of(fitted)
    away = shift(ours.pelvis, figure)
    ours.root[:] -= away
    legs = ours.legs()
    if _stood(fitted, legs):
        return fitted, legs
    stood = locked(replace(fitted, root=ours.root.astype(np.float32)))
    legs = Lower.of(stood).legs()
    return replace(stood, root=(stood.root + away).astype(np.float32)), legs


def _stood(motion: Motion, legs: list[Limb]) -> bool:
    """Whether the toes of a motion on our own body stand when its contacts say so.

    Ankles give way to them (see `goals`), so they prove nothing.
    """
    strays = []
    for side, leg in enumerate(legs):
        for start, stop in stretches(motion.contacts[:, 2 * side + 1] > 0.5):
            here = leg.tip[start:stop]
            away = here - np.r_[np.median(here[:, :2], axis=0), OURS.toe[side]]
            strays.append(np.linalg.norm(away, axis=-1))
    return not strays or float(np.mean(np.concatenate(strays) > STRAY)) <= OFTEN


def _place(leg: Limb, joint: int) -> Doubles:
    return leg.tip if joint else leg.end


def _stands(fitted: Motion, source: Limb, leg: Limb, side: int, own: Proportions) -> list[_Stand]:
    """When ankle and toe of a side stand, and how high over the figure's floor."""
    found = []
    for joint, rest, ours in ((1, own.toe, OURS.toe), (0, own.ankle, OURS.ankle)):
        over = _place(source, joint)[:, 2] - ours[side]
        for start, stop in stretches(fitted.contacts[:, 2 * side + joint] > 0.5):
            if stop - start > 1:
                height = float(rest[side] + np.median(over[start:stop]))
                found.append(_Stand(joint, start, stop, height))
    return [_over_toe(stand, found, leg) for stand in found]


def _over_toe(stand: _Stand, others: list[_Stand], leg: Limb) -> _Stand:
    """An ankle that stands on a standing toe is as high as its own foot makes it."""
    toes = [(*_shared(stand, toe), toe) for toe in others if _touch(stand, toe) and toe.joint]
    if stand.joint or not toes:
        return stand
    low, high, toe = max(toes, key=lambda found: found[1] - found[0])
    rise = float(np.median((leg.end - leg.tip)[low:high, 2]))
    return replace(stand, height=toe.height + min(rise, STEEPEST * leg.hand))


def _touch(one: _Stand, other: _Stand) -> bool:
    """Whether one joint stands while, or at once before or after, the other does."""
    return one.joint != other.joint and one.start <= other.stop and other.start <= one.stop


def _shared(one: _Stand, other: _Stand) -> tuple[int, int]:
    """Frames [low, high) in which both stand, or the two between which they change over."""
    low, high = max(one.start, other.start), min(one.stop, other.stop)
    return (low, high) if low < high else (low - 1, low + 1)


def _places(leg: Limb, stands: list[_Stand]) -> list[Doubles]:
    """Where each stands, (3,): the longest of those that touch near where its leg has it.

    Its neighbours are a foot's length away in the direction in which the foot points then, and so
    on: a figure with longer feet that turns on heels and toes gets farther.
    """
    places: dict[int, Doubles] = {}
    for first in sorted(range(len(stands)), key=lambda i: stands[i].start - stands[i].stop):
        if first in places:
            continue
        own = stands[first]
        middle = np.median(_place(leg, own.joint)[own.start : own.stop], axis=0)
        places[first] = np.r_[middle[:2], own.height]
        going = [first]
        while going:
            here = going.pop(0)
            for there, other in enumerate(stands):
                if there not in places and _touch(stands[here], other):
                    places[there] = _beside(leg, places[here], stands[here], other)
                    going.append(there)
    return [places[i] for i in range(len(stands))]


def _beside(leg: Limb, place: Doubles, here: _Stand, there: _Stand) -> Doubles:
    """Where a joint stands, (3,), while the other one of its foot stands at `place`."""
    low, high = _shared(here, there)
    apart = _place(leg, there.joint)[low:high] - _place(leg, here.joint)[low:high]
    away = np.median(apart, axis=0)
    away[2] = there.height - here.height
    flat = np.sqrt(max(leg.hand**2 - away[2] ** 2, 0.0))
    away[:2] *= flat / max(float(np.linalg.norm(away[:2])), 1e-6)
    return place + away


def _pins(leg: Limb, stands: list[_Stand], places: list[Doubles], joint: int) -> Pins:
    offset, runs = np.zeros_like(leg.end), []
    for stand, place in zip(stands, places, strict=True):
        if stand.joint == joint:
            runs.append((stand.start, stand.stop))
            offset[stand.start : stand.stop] = place - _place(leg, joint)[stand.start : stand.stop]
    return Pins(runs, offset)


def _level(legs: list[Limb], stands: list[list[_Stand]], fps: float) -> Doubles:
    """How far (T,) the figure must rise for its standing feet, smoothly.

    It goes as far as the foot that asks for less, and nowhere when one foot is to rise and the
    other to sink: the knees do the rest.
    """
    up, down = np.full((2, len(legs[0].end)), np.inf)
    for leg, own in zip(legs, stands, strict=True):
        need = np.full(len(leg.end), np.nan)
        for stand in sorted(own, key=lambda stand: stand.joint):  # where both stand, the toe leads
            frames = slice(stand.start, stand.stop)
            need[frames] = stand.height - _place(leg, stand.joint)[frames, 2]
        known = np.isfinite(need)
        up[known] = np.minimum(up[known], np.maximum(need[known], 0.0))
        down[known] = np.minimum(down[known], np.maximum(-need[known], 0.0))
    known = np.flatnonzero(np.isfinite(up))
    if not len(known):
        return np.zeros(len(up))
    filled = np.interp(np.arange(len(up)), known, up[known] - down[known])
    return gaussian_filter1d(filled, LEVELLING * fps, mode="nearest")
