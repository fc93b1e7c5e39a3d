# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured of a figure's rest pose: its axes, its size, its proportions.

Everything is measured in the armature's own space; which way is up and which way the figure faces
there is read off its rest pose. How a joint is turned is told as the rotation away from rest of the
bone that shows it, in armature space:  basis · (global joint rotation) · basis⁻¹ · alignment.  So
bone roll and bone direction do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..proportions import OURS, Proportions
from ..skeleton import (
    ANKLE_HEIGHT,
    INDEX,
    JOINT_COUNT,
    JOINTS,
    OFFSETS,
    PARENTS,
    TOE_HEIGHT,
)

Doubles = NDArray[np.float64]

SIDES = ("left", "right")

#: Limbs whose rest direction is turned to the T-pose's, each from the body outwards: a joint and
#: the next one along. Spine, feet and head keep the direction that the figure's maker gave them.
_LIMBS: tuple[tuple[str, str], ...] = (
    ("left_hip", "left_knee"), ("left_knee", "left_ankle"),
    ("right_hip", "right_knee"), ("right_knee", "right_ankle"),
    ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"), ("left_wrist", "left_hand"),
    ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"),
    ("right_wrist", "right_hand"),
)  # fmt: skip

_LIMB_JOINTS = frozenset(INDEX[name] for name, _ in _LIMBS)

#: Joints without which a figure is still a person.
OPTIONAL = frozenset(
    {"spine2", "spine3", "neck", "left_collar", "right_collar"}
    | {f"{side}_{part}" for side in SIDES for part in ("foot", "hand")}
)

#: The armature's own ground is believed when the ankles are so far over it, metres.
_GROUND = (0.02, 0.22)


@dataclass(frozen=True)
class Figure:
    """The rest pose of the bones that show SMPL joints, in armature space.

    rest: rest rotations of the bones, (24, 3, 3); heads: where the joints are at rest, (24, 3),
    armature units. present: which joints have a bone, (24,); rows of absent joints are not read.
    """

    rest: Doubles
    heads: Doubles
    present: NDArray[np.bool_]

    def parent(self, joint: int) -> int:
        """The nearest joint above that has a bone, or -1."""
        above = PARENTS[joint]
        while above >= 0 and not self.present[above]:
            above = PARENTS[above]
        return above

    @cached_property
    def scale(self) -> float:
        """Armature units in one metre of `Motion`, by the length of the legs."""
        own = 0.0
        for side in SIDES:
            for high, low in (("hip", "knee"), ("knee", "ankle")):
                bone = self.head(f"{side}_{low}") - self.head(f"{side}_{high}")
                own += float(np.linalg.norm(bone))
        ours = sum(
            float(np.linalg.norm(OFFSETS[INDEX[f"{side}_{low}"]]))
            for side in SIDES
            for low in ("knee", "ankle")
        )
        return own / ours

    @cached_property
    def basis(self) -> Doubles:
        """The armature-space directions of the figure's left, back and up as columns, (3, 3).

        They are snapped to the axes: nobody models a figure askew, but many model it y-up.
        """
        ankles = self.head("left_ankle") + self.head("right_ankle")
        up = _nearest_axis(self.head("left_shoulder") + self.head("right_shoulder") - ankles)
        left = self.head("left_hip") - self.head("right_hip")
        left = _nearest_axis(left - up * (up @ left))
        return np.column_stack([left, np.cross(up, left), up])

    @cached_property
    def alignment(self) -> Doubles:
        """What turns each bone from its own rest pose to the T-pose, in armature space, (24, 3, 3).

        The smallest turn of the limb's direction; a hand turns with its forearm.
        """
        turns = np.tile(np.eye(3), (JOINT_COUNT, 1, 1))
        for name, following in _LIMBS:
            joint, child = INDEX[name], INDEX[following]
            if PARENTS[joint] in _LIMB_JOINTS:
                turns[joint] = turns[PARENTS[joint]]
            if self.present[child]:
                direction = turns[joint] @ (self.heads[child] - self.heads[joint])
                turns[joint] = smallest_turn(direction, self.basis @ OFFSETS[child]) @ turns[joint]
        for side in SIDES:
            turns[INDEX[f"{side}_hand"]] = turns[INDEX[f"{side}_wrist"]]
        return turns

    @cached_property
    def seat(self) -> Doubles:
        """The middle between the hips at rest, (3,), armature units."""
        return (self.head("left_hip") + self.head("right_hip")) / 2

    @cached_property
    def ground(self) -> Doubles:
        """The point of the floor under `seat`, (3,): the rest pose stands on it, armature units."""
        up = self.basis[:, 2]
        ankle = self._height("ankle") * self.scale
        low = np.mean([up @ self.head(f"{side}_ankle") for side in SIDES]) - ankle
        return self.seat - up * (up @ self.seat - low)

    @cached_property
    def proportions(self) -> Proportions:
        """The figure's own body. A joint without a bone is where its parent is; toes are ours."""
        offsets = np.zeros((JOINT_COUNT, 3))
        for joint in range(1, JOINT_COUNT):
            above = self.parent(joint)
            if self.present[joint]:
                away = self.alignment[above] @ (self.heads[joint] - self.heads[above])
                offsets[joint] = away @ self.basis / self.scale
        ankle, toe = (np.full(2, self._height(part)) for part in ("ankle", "foot"))
        for side in SIDES:
            foot = INDEX[f"{side}_foot"]
            if not self.present[foot]:
                offsets[foot] = [*OURS.offsets[foot, :2], toe[0] - ankle[0]]
        return Proportions(offsets, ankle, toe)

    def head(self, joint: str) -> Doubles:
        """Where that joint is at rest, (3,), armature units."""
        return self.heads[INDEX[joint]]

    def _height(self, part: str) -> float:
        """How high both ankles, or both toes, are over the floor at rest, metres."""
        over = [float(self.basis[:, 2] @ self.head(f"{side}_ankle")) for side in SIDES]
        ankle = float(np.mean(over)) / self.scale
        if not _GROUND[0] <= ankle <= _GROUND[1]:
            ankle = ANKLE_HEIGHT  # its floor is elsewhere: BVH files rest with the hips at zero
        if part == "ankle":
            return ankle
        feet = [side for side in SIDES if self.present[INDEX[f"{side}_foot"]]]
        if not feet:
            return min(TOE_HEIGHT, ankle)
        up = self.basis[:, 2] / self.scale
        drop = np.mean([up @ (self.head(f"{s}_ankle") - self.head(f"{s}_foot")) for s in feet])
        return float(np.clip(ankle - drop, 0.0, None))


def smallest_turn(start: Doubles, end: NDArray[np.floating]) -> Doubles:
    """The rotation (3, 3) by the smallest angle that turns direction `start` to `end`."""
    a, b = start / np.linalg.norm(start), end / np.linalg.norm(end)
    axis, cosine = np.cross(a, b), float(a @ b)
    sine = float(np.linalg.norm(axis))
    angle = np.arctan2(sine, cosine)
    if sine < 1e-9:
        # Alike or opposite: the axis is anything across.
        axis = np.cross(a, np.eye(3)[np.argmin(np.abs(a))])
        sine = float(np.linalg.norm(axis))
    return Rotation.from_rotvec(axis / sine * angle).as_matrix()


def missing(present: NDArray[np.bool_]) -> tuple[str, ...]:
    """Names of the joints that a figure needs and has no bone for."""
    return tuple(
        name
        for name, there in zip(JOINTS, present, strict=True)
        if not there and name not in OPTIONAL
    )


def _nearest_axis(direction: Doubles) -> Doubles:
    axis = np.zeros(3)
    largest = int(np.argmax(np.abs(direction)))
    axis[largest] = np.sign(direction[largest])
    return axis
