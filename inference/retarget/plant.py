# SPDX-License-Identifier: GPL-3.0-or-later
"""Plants the feet of a figure with other legs than ours: they stand when and as the source stands.

A figure whose hips are wider, whose feet are longer or whose thighs are shorter would slide and
sink, though every bone is turned as in the source. Where a foot stands in the source, it is pinned
near where these turns have it, as high over its own sole as it is there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..contacts import stretches
from ..footlock import locked
from ..limbs import LEGS, SOFT, Limb
from ..loop import around
from ..motion import Motion
from ..pinning import Lower, goals, held
from ..proportions import OURS, Proportions
from ..stands import Stand, over_toes, pins, place
from .figure import Figure
from .fit import shift

Doubles = NDArray[np.float64]

#: A source whose standing toes stray farther than this, metres, in more than this share of the
#: time, is not planted itself: it is locked first.
STRAY, OFTEN = 0.01, 0.05
#: The figure rises and sinks this smoothly where both feet ask for it, seconds.
LEVELLING = 0.25


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
    lower.root[:, 2] += _level(legs, stands, fitted.fps)
    legs = lower.legs(own, sides)
    targets, stretch = [], []
    for side, leg, found in zip(sides, legs, stands, strict=True):
        # A toe may be as far under the floor as that of the source.
        floor = own.toe[side] + np.minimum(source[side].tip[:, 2] - OURS.toe[side], 0.0)
        targets.append(goals(leg, *pins(leg, found), floor, fitted.fps))
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
    """Whether the toes of a motion on our own body stand when its contacts say so."""
    strays = []
    for side, leg in enumerate(legs):
        for start, stop in stretches(motion.contacts[:, 2 * side + 1] > 0.5):
            here = leg.tip[start:stop]
            away = here - np.r_[np.median(here[:, :2], axis=0), OURS.toe[side]]
            strays.append(np.linalg.norm(away, axis=-1))
    return not strays or float(np.mean(np.concatenate(strays) > STRAY)) <= OFTEN


def _stands(fitted: Motion, source: Limb, leg: Limb, side: int, own: Proportions) -> list[Stand]:
    """When ankle and toe of a side stand, and how high over the figure's floor."""
    found = []
    for joint, rest, ours in ((1, own.toe, OURS.toe), (0, own.ankle, OURS.ankle)):
        over = place(source, joint)[:, 2] - ours[side]
        for start, stop in stretches(fitted.contacts[:, 2 * side + joint] > 0.5):
            if stop - start > 1:
                height = float(rest[side] + np.median(over[start:stop]))
                found.append(Stand(joint, start, stop, height))
    return over_toes(leg, found, turned=True)


def _level(legs: list[Limb], stands: list[list[Stand]], fps: float) -> Doubles:
    """How far (T,) the figure must rise for its standing feet, smoothly.

    It goes as far as the foot that asks for less, and nowhere when one foot is to rise and the
    other to sink: the knees do the rest.
    """
    up, down = np.full((2, len(legs[0].end)), np.inf)
    for leg, own in zip(legs, stands, strict=True):
        need = np.full(len(leg.end), np.nan)
        for stand in sorted(own, key=lambda stand: stand.joint):  # where both stand, the toe leads
            frames = slice(stand.start, stand.stop)
            need[frames] = stand.height - place(leg, stand.joint)[frames, 2]
        known = np.isfinite(need)
        up[known] = np.minimum(up[known], np.maximum(need[known], 0.0))
        down[known] = np.minimum(down[known], np.maximum(-need[known], 0.0))
    known = np.flatnonzero(np.isfinite(up))
    if not len(known):
        return np.zeros(len(up))
    filled = np.interp(np.arange(len(up)), known, up[known] - down[known])
    return gaussian_filter1d(filled, LEVELLING * fps, mode="nearest")
