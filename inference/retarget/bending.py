# SPDX-License-Identifier: GPL-3.0-or-later
"""Bends a limb of hinges towards what it should do, in all frames at once.

Gauss-Newton over the angles of all frames together: what a limb aims at is weighed against hinges
that spin from one frame to the next, so that neither a straight elbow nor a locked gimbal lets them
whirl. The normal equations are banded; a frame touches only the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from . import turns

Doubles = NDArray[np.float64]

#: Steps at most, the largest angle of one, and one that is small enough to stop after, rad.
_STEPS, _FARTHEST, _DONE = 12, 0.6, 3e-3
_DAMPING = 1e-5


@dataclass(frozen=True)
class Hinge:
    """An axis (3,), in armature rest space, about which a link may turn.

    smooth: how strongly it keeps its angle from frame to frame, still: how strongly it stays at 0.
    """

    axis: Doubles
    smooth: float
    still: float


@dataclass(frozen=True)
class Base:
    """What carries a limb: how it is turned away from rest, (4, T), and where it brings the head
    of the bone that it carries, (3, T)."""

    turn: Doubles
    head: Doubles


@dataclass(frozen=True)
class Link:
    """A bone of a limb.

    above: the place in the limb of the link that carries it, or what carries the limb. head: at
    rest, (3,). hinges: in the order from its carrier on. before: how it is turned beyond its
    carrier before they turn, (4, T). inherits: whether it turns with its carrier at all.
    """

    above: int | Base
    head: Doubles
    hinges: tuple[Hinge, ...]
    before: Doubles | None = None
    inherits: bool = True


@dataclass(frozen=True)
class Aim:
    """What a link should do: have a place or a direction of it, (3,) at rest, be where `target` is.

    target: (3, T); weight: (T,) or a number: what a unit of what is missed counts.
    """

    link: int
    vector: Doubles
    place: bool
    target: Doubles
    weight: Doubles | float


class Bent:
    """A limb with its hinges at angles (N, T): how its links are turned, and where they are."""

    def __init__(self, links: Sequence[Link], angles: Doubles) -> None:
        self.angles = angles
        self.turns: list[Doubles] = []
        self.heads: list[Doubles] = []
        #: Of every hinge, its axis and its place, (N, 3, T); of every link, the hinges moving it.
        self.axes, self.centres = np.empty((2, len(angles), 3, angles.shape[-1]))
        self.movers: list[list[int]] = []
        count = 0
        for link in links:
            if isinstance(link.above, Base):
                turn, head, movers = link.above.turn, link.above.head, []
            else:
                turn, movers = self.turns[link.above], list(self.movers[link.above])
                away = (link.head - links[link.above].head)[:, None]
                head = self.heads[link.above] + turns.turned(turn, away)
            if not link.inherits:
                turn = turns.still(angles.shape[-1])
            if link.before is not None:
                turn = turns.product(turn, link.before)
            for hinge in link.hinges:
                self.axes[count] = turns.turned(turn, hinge.axis[:, None])
                self.centres[count] = head
                turn = turns.product(turn, turns.about(hinge.axis, angles[count]))
                movers.append(count)
                count += 1
            self.turns.append(turn)
            self.heads.append(head)
            self.movers.append(movers)

    def arm(self, aim: Aim, links: Sequence[Link]) -> Doubles:
        """The aimed vector as it is now, seen from its link's head, (3, T)."""
        away = aim.vector - links[aim.link].head if aim.place else aim.vector
        return turns.turned(self.turns[aim.link], away[:, None])


def bent(links: Sequence[Link], aims: Sequence[Aim], angles: Doubles) -> Bent:
    """The limb bent towards its aims, beginning at angles (N, T)."""
    hinges = [hinge for link in links for hinge in link.hinges]
    now = Bent(links, angles)
    for _ in range(_STEPS if hinges else 0):
        step = np.clip(_step(links, hinges, aims, now, angles), -_FARTHEST, _FARTHEST)
        angles = angles + step
        now = Bent(links, angles)
        if np.abs(step).max(initial=0.0) < _DONE:
            break
    return now


def _step(
    links: Sequence[Link], hinges: list[Hinge], aims: Sequence[Aim], now: Bent, angles: Doubles
) -> Doubles:
    count, frames = angles.shape
    square, slope = np.zeros((count, count, frames)), np.zeros((count, frames))
    for aim in aims:
        movers = now.movers[aim.link]
        arm = now.arm(aim, links)
        reach = arm[None]
        missed = arm - aim.target
        if aim.place:
            place = arm + now.heads[aim.link]
            reach, missed = place - now.centres[movers], place - aim.target
        ways = _cross(now.axes[movers], reach)
        weighted = np.asarray(aim.weight) ** 2 * ways
        square[np.ix_(movers, movers)] += np.einsum("kit,lit->klt", weighted, ways)
        slope[movers] += np.einsum("kit,it->kt", weighted, missed)
    smooth = np.square([[hinge.smooth] for hinge in hinges])
    still = np.square([[hinge.still] for hinge in hinges])
    change = smooth * np.diff(angles, axis=1)
    slope += still * angles
    slope[:, 1:] += change
    slope[:, :-1] -= change
    return _solved(square, slope, smooth, still)


def _solved(square: Doubles, slope: Doubles, smooth: Doubles, still: Doubles) -> Doubles:
    """The step (N, T) for normal equations (N, N, T), slopes (N, T) and the ties of frames."""
    count, frames = slope.shape
    bands = np.zeros((count + 1, frames, count))
    for row in range(count):
        for column in range(row, count):
            bands[count + row - column, :, column] = square[row, column]
    bands[count] += (still + _DAMPING).T
    bands[count, 1:] += smooth.T
    bands[count, :-1] += smooth.T
    bands[0, 1:] = -smooth.T
    if frames == 1:
        bands = bands[1:]  # there is no next one to be tied to
    step = solveh_banded(
        bands.reshape(len(bands), -1), -slope.T.ravel(), overwrite_ab=True, check_finite=False
    )
    return np.ascontiguousarray(step.reshape(frames, count).T)


def _cross(first: Doubles, second: Doubles) -> Doubles:
    a, b, c = np.moveaxis(first, 1, 0)
    x, y, z = np.moveaxis(second, 1, 0)
    return np.stack([b * z - c * y, c * x - a * z, a * y - b * x], axis=1)
