# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bones of a rig are keyed, and what each of them does: the strings of the puppet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ..skeleton import JOINTS
from .figure import Figure

Doubles = NDArray[np.float64]


class Role(StrEnum):
    """What a bone does.

    TURN: is turned like its joint. TRAVEL: does so too, if it has a joint, and carries the whole
    figure. ROOT: carries the figure over the floor and turns with its heading. GOAL: is put where
    its joint is and turned like it (inverse kinematics follow). POLE: is put where its joint, a
    knee or an elbow, points.
    """

    TURN = "turn"
    TRAVEL = "travel"
    ROOT = "root"
    GOAL = "goal"
    POLE = "pole"


@dataclass(frozen=True)
class Handle:
    """A bone to key, at rest in armature space.

    joint: the SMPL joint that it goes by, None for a bone that is only moved. rest: (3, 3); head:
    (3,). carrier: place in `Puppet.handles` of the handle that carries it, -1: none. inherits:
    whether it turns with its carrier. axes: at rest, those in which its location is told, (3, 3);
    None: its own. free: about which of its own axes it may turn; moves: along which of `axes` it
    may move.
    """

    bone: str
    role: Role
    joint: str | None
    rest: Doubles
    head: Doubles
    carrier: int = -1
    inherits: bool = True
    axes: Doubles | None = None
    free: tuple[bool, bool, bool] = (True, True, True)
    moves: tuple[bool, bool, bool] = (True, True, True)

    @property
    def along(self) -> Doubles:
        """The axes at rest in which its location is told, as columns, (3, 3)."""
        return self.rest if self.axes is None else self.axes


@dataclass(frozen=True)
class Puppet:
    """A figure and its handles, carriers before what they carry; one of them travels."""

    figure: Figure
    handles: tuple[Handle, ...]

    def __post_init__(self) -> None:
        for place, handle in enumerate(self.handles):
            if handle.carrier >= place:
                raise ValueError(f"{handle.bone} stands before the bone that carries it")
        if sum(handle.role is Role.TRAVEL for handle in self.handles) != 1:
            raise ValueError("just one handle must travel")

    @property
    def travel(self) -> int:
        """The place of the handle that carries the figure."""
        return next(i for i, handle in enumerate(self.handles) if handle.role is Role.TRAVEL)

    @property
    def seat(self) -> int:
        """The place of the handle that the hips hang on: the lowest that shows the pelvis."""
        return max(
            (i for i, handle in enumerate(self.handles) if handle.joint == "pelvis"),
            default=self.travel,
        )


def plain(figure: Figure, bones: Sequence[str] = JOINTS) -> Puppet:
    """The puppet of a figure whose own bones are keyed; bones: their names by joint, (24,)."""
    places: dict[int, int] = {}
    handles: list[Handle] = []
    for joint in np.flatnonzero(figure.present):
        above = figure.parent(joint)
        places[joint] = len(handles)
        handles.append(
            Handle(
                bones[joint],
                Role.TRAVEL if above < 0 else Role.TURN,
                JOINTS[joint],
                figure.rest[joint],
                figure.heads[joint],
                places[above] if above >= 0 else -1,
            )
        )
    return Puppet(figure, tuple(handles))
