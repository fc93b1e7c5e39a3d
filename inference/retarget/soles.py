# SPDX-License-Identifier: GPL-3.0-or-later
"""What the foot of a leg of hinges aims at.

An ankle that cannot turn about the shin leaves it to the hip where the toes point, and the hip has
the knee to look after. So a foot may head a little elsewhere, but not turn about itself while its
toes stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded
from scipy.ndimage import gaussian_filter1d

from ..motion import Floats
from ..skeleton import INDEX, LEG_LENGTH
from . import turns
from .bending import Aim, Bent
from .figure import SIDES, Figure
from .posed import Posed

Doubles = NDArray[np.float64]

ANKLES = tuple(f"{side}_ankle" for side in SIDES)

#: How much it counts where a foot is, as a share of the leg's length, in the air and standing.
_PLACE = (3.0, 10.0)
#: The same of its sole's normal, and of where it heads: to find where it is best off, and then in
#: the air and standing.
_LEVEL, _HEADING, _KEPT = 3.0, 0.3, (0.3, 3.5)
#: Feet come to stand this smoothly, frames.
_EASE = 2.5
#: How a foot's heading, off the source's, is tied to the next frame's: anyhow, and when it stands.
_LOOSE, _FAST = 4.0, 1e6


def standing(link: int, joint: str, pose: Posed, figure: Figure, contacts: Floats) -> Aim:
    """Where an ankle should be that the link carries. contacts: (T, 4)."""
    row, (air, floor) = INDEX[joint], _PLACE
    weight = air + (floor - air) * _eased(_columns(joint, contacts).max(axis=1))
    length = figure.scale * LEG_LENGTH
    return Aim(link, figure.heads[row], True, pose.places[:, row], weight / length)


def lying(link: int, joint: str, pose: Posed, figure: Figure) -> list[Aim]:
    """An ankle's level sole, and where its foot would rather head."""
    up, ahead = figure.basis[:, 2], -figure.basis[:, 1]
    turn = pose.turns[:, INDEX[joint]]
    return [
        Aim(link, up, False, turns.turned(turn, up[:, None]), _LEVEL),
        Aim(link, ahead, False, turns.turned(turn, ahead[:, None]), _HEADING),
    ]


def settled(
    aims: Sequence[Aim], now: Bent, joint: str, figure: Figure, contacts: Floats
) -> list[Aim]:
    """The aims of a foot `lying` that would rather lie as it does `now`, but not turn on the spot.

    The whole foot is turned about the vertical, so that a raised heel stays as high.
    """
    level, heading = aims
    up = figure.basis[:, 2]
    here = turns.turned(now.turns[heading.link], heading.vector[:, None])
    sine, cosine = up @ np.cross(heading.target, here, axis=0), (heading.target * here).sum(axis=0)
    stands = _columns(joint, contacts)[:, 1]
    ties = _LOOSE + _FAST * np.minimum(stands[1:], stands[:-1])
    off = turns.about(up, _tied(np.unwrap(np.arctan2(sine, cosine)), ties))
    air, floor = _KEPT
    return [
        replace(level, target=turns.turned(off, level.target)),
        replace(
            heading,
            target=turns.turned(off, heading.target),
            weight=air + (floor - air) * _eased(stands),
        ),
    ]


def _columns(joint: str, contacts: Floats) -> Doubles:
    """The contacts of an ankle and its toe, (T, 2)."""
    side = SIDES.index(joint.partition("_")[0])
    return contacts[:, 2 * side : 2 * side + 2].astype(np.float64)


def _eased(values: Doubles) -> Doubles:
    return gaussian_filter1d(values, _EASE, mode="nearest")


def _tied(values: Doubles, ties: Doubles) -> Doubles:
    """Values (T,) near the given ones, each tied so strongly to the next one, (T - 1,)."""
    if len(values) < 2:
        return values
    bands = np.zeros((2, len(values)))
    bands[1] = 1.0
    bands[0, 1:] = -ties
    bands[1, 1:] += ties
    bands[1, :-1] += ties
    return np.asarray(solveh_banded(bands, values, overwrite_ab=True, check_finite=False))
