# SPDX-License-Identifier: GPL-3.0-or-later
"""A motion in a figure's armature space: what its bones would do if they could do anything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..motion import Motion
from ..skeleton import INDEX, JOINT_COUNT, PARENTS
from . import turns
from .figure import Figure

Doubles = NDArray[np.float64]

_HIPS = [INDEX["left_hip"], INDEX["right_hip"]]


@dataclass(frozen=True)
class Posed:
    """A motion in armature space: what each joint's bone turns away from rest, and where it is.

    turns: quaternions, (4, 24, T); places: (3, 24, T). Components come first and time last.
    """

    turns: Doubles
    places: Doubles

    @property
    def seat(self) -> Doubles:
        """The middle between the hips, (3, T)."""
        return self.places[:, _HIPS].mean(axis=1)


def posed(fitted: Motion, figure: Figure) -> Posed:
    """A motion that was `fit` to the figure, in the figure's armature space."""
    local = np.ascontiguousarray(fitted.rotations.transpose(2, 1, 0), dtype=np.float64)
    local /= np.sqrt((local**2).sum(axis=0))
    world, places = np.empty_like(local), np.empty((3, *local.shape[1:]))
    world[:, 0], places[:, 0] = local[:, 0], fitted.root.T
    offsets = figure.proportions.offsets
    for joint in range(1, JOINT_COUNT):
        above = PARENTS[joint]
        world[:, joint] = turns.product(world[:, above], local[:, joint])
        away = turns.turned(world[:, above], offsets[joint][:, None])
        places[:, joint] = places[:, above] + away
    basis = turns.quaternion(figure.basis[None])[..., None]
    before = turns.quaternion(figure.basis.T @ figure.alignment)[..., None]
    there = np.tensordot(figure.scale * figure.basis, places, axes=1)
    return Posed(
        turns.product(turns.product(basis, world), before),
        there + figure.ground[:, None, None],
    )
