# SPDX-License-Identifier: GPL-3.0-or-later
"""Skeletons that move in a file, read as any rig in Blender is: recognised, and its poses read."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..contact_labels import with_contacts
from ..errors import TwostepError
from ..motion import Motion
from ..retarget import Figure, joined_poses
from ..rigs import Recognition, Rig, recognise
from ..skeleton import INDEX, JOINT_COUNT
from . import figures

Doubles = NDArray[np.float64]


def read_rigged(moving: Iterable[figures.Figure], parents: tuple[int, ...], what: str) -> Motion:
    """The motion of a skeleton that comes in blocks of frames, on z = 0, with foot contacts.

    parents: the index of each joint's parent, or -1; what: how an error calls the file. Raises
    TwostepError for an unknown or half a skeleton.
    """
    blocks = iter(moving)
    first = next(blocks)
    found = _recognised(Rig(first.names, parents, first.rest), what)
    figure = _figure(first, found)
    rows = np.zeros(JOINT_COUNT, dtype=int)
    for joint, bone in found.bones.items():
        rows[INDEX[joint]] = first.at(bone)
    hips = rows[[INDEX["left_hip"], INDEX["right_hip"]]]

    def posed(block: figures.Figure) -> tuple[Doubles, Doubles]:
        return block.turns[:, rows], block.positions[:, hips].mean(axis=1)

    parts = (posed(block) for whole in ((first,), blocks) for block in whole)
    motion = joined_poses(parts, figure, first.fps)
    return with_contacts(figures.grounded(motion))


def _recognised(rig: Rig, what: str) -> Recognition:
    found = recognise(rig)
    if not found.bones:
        raise TwostepError(
            f"{what} holds no skeleton that Twostep recognises as a human's; export it with the "
            "joint names of Mixamo, SMPL or CMU."
        )
    if found.without:
        lacking = found.without[0].replace("_", " ")
        raise TwostepError(
            f"{what} holds only part of a body: there is no joint for the {lacking}; choose a "
            "motion of a whole body."
        )
    return found


def _figure(moving: figures.Figure, found: Recognition) -> Figure:
    """Joints of a file have no rest rotation of their own: their turns are told against it."""
    heads = np.full((JOINT_COUNT, 3), np.nan)
    present = np.zeros(JOINT_COUNT, dtype=bool)
    for joint, bone in found.bones.items():
        heads[INDEX[joint]], present[INDEX[joint]] = moving.rest[moving.at(bone)], True
    for joint, bone in found.marks.items():
        heads[INDEX[joint]] = moving.rest[moving.at(bone)]
    return Figure(np.tile(np.eye(3), (JOINT_COUNT, 1, 1)), heads, present)
