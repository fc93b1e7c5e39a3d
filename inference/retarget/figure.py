# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured of a figure's rest pose: its axes, its size, its proportions.

Everything is measured in the armature's own space; which way is up and which way the figure faces
there is read off its rest pose. How a joint is turned is told as the rotation away from rest of the
bone that shows it, in armature space:  basis · (global joint rotation) · basis⁻¹ · alignment.  So
bone roll and bone direction do not matter.
"""

from __future__ import annotations

from collections.abc import Collection
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
    STANDING_HEIGHT,
    TOE_HEIGHT,
    rest_positions,
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

#: From the hips up; the lowest of them that has a bone carries the figure.
SPINE = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
#: Joints of a leg and an arm; with one of them a figure needs them all.
LEG, ARM = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")

#: The armature's own ground is believed when the ankles are so far over it, metres.
_GROUND = (0.02, 0.22)
#: The cosine of how far from an axis a figure has to stand to be askew (15 degrees).
_ASKEW = 0.966
#: A foot that points forward by less than this share of its length hangs at rest.
_HANGING = 0.35


@dataclass(frozen=True)
class Figure:
    """The rest pose of the bones that show SMPL joints, in armature space.

    rest: rest rotations of the bones, (24, 3, 3); heads: where the joints are at rest, (24, 3),
    armature units. present: which joints have a bone that turns them, (24,). An absent joint's head
    is where it is all the same, or NaN if nothing marks that; its rest is not read.
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
    def known(self) -> NDArray[np.bool_]:
        """Of which joints it is known where they are, (24,)."""
        return np.isfinite(self.heads).all(axis=1)

    @cached_property
    def base(self) -> str:
        """The lowest joint of the spine that has a bone: the rest hangs on it."""
        return base(_named(self.present))

    @cached_property
    def legs(self) -> tuple[str, ...]:
        """The sides on which it has a leg to stand on."""
        return tuple(side for side in SIDES if self.known[INDEX[f"{side}_ankle"]])

    @cached_property
    def scale(self) -> float:
        """Armature units in one metre of `Motion`, by the length of legs, else arms, else spine."""
        legs, arms = ([tuple(f"{side}_{part}" for part in limb) for side in SIDES]
                      for limb in (LEG, ARM))  # fmt: skip
        for chains in (legs, arms, [SPINE]):
            own = ours = 0.0
            for chain in chains:
                known = [INDEX[joint] for joint in chain if self.known[INDEX[joint]]]
                own += _length(self.heads[known])
                ours += _length(rest_positions()[known].astype(np.float64))
            if own > 0 and ours > 0:
                return own / ours
        return 1.0

    @cached_property
    def basis(self) -> Doubles:
        """The armature-space directions of the figure's left, back and up as columns, (3, 3).

        They are snapped to the axes, whichever is up, for hardly a rest pose is quite even. Only a
        figure whose hips, shoulders and collars all are far from an axis is taken to stand askew. A
        figure that has nothing on either side has its left where Blender's figures have it.
        """
        high = self._middle("shoulder") if self.legs else self.place("head")
        up = _nearest_axis(high - self._middle("ankle"), (0.0, 0.0, 1.0))
        ways = []
        for part in ("collar", "shoulder", "hip"):  # the last that has two sides is believed
            across = self.place(f"left_{part}") - self.place(f"right_{part}")
            across -= up * (up @ across)
            length = float(np.linalg.norm(across))
            ways += [across / length] if length > 1e-4 * self.scale else []
        other = (1.0, 0.0, 0.0) if up[0] == 0 else (0.0, 1.0, 0.0)
        left = _nearest_axis(ways[-1] if ways else np.zeros(3), other)
        if ways and max(way @ left for way in ways) < _ASKEW:
            left = ways[-1]
        return np.column_stack([left, np.cross(up, left), up])

    @cached_property
    def backward(self) -> bool:
        """Whether all its feet point to its back at rest, if it has any that lie."""
        ahead = [
            -direction @ self.basis[:, 1] / np.linalg.norm(direction)
            for side in SIDES
            if self.known[[INDEX[f"{side}_ankle"], INDEX[f"{side}_foot"]]].all()
            for direction in [self.head(f"{side}_foot") - self.head(f"{side}_ankle")]
        ]
        return bool(ahead) and max(ahead) < -_HANGING

    @cached_property
    def alignment(self) -> Doubles:
        """What turns each bone from its own rest pose to the T-pose, in armature space, (24, 3, 3).

        The smallest turn of the limb's direction; a hand turns with its forearm. Feet are taken to
        be flat at rest, unless they hang from their legs.
        """
        turns = np.tile(np.eye(3), (JOINT_COUNT, 1, 1))
        for name, following in _LIMBS:
            joint, child = INDEX[name], INDEX[following]
            if PARENTS[joint] in _LIMB_JOINTS:
                turns[joint] = turns[PARENTS[joint]]
            if self.present[joint] and self.known[child]:
                direction = turns[joint] @ (self.heads[child] - self.heads[joint])
                turns[joint] = smallest_turn(direction, self.basis @ OFFSETS[child]) @ turns[joint]
        for side in SIDES:
            turns[INDEX[f"{side}_hand"]] = turns[INDEX[f"{side}_wrist"]]
            ankle, foot = INDEX[f"{side}_ankle"], INDEX[f"{side}_foot"]
            direction = self.heads[foot] - self.heads[ankle]
            if -direction @ self.basis[:, 1] < _HANGING * np.linalg.norm(direction):
                turns[ankle] = smallest_turn(direction, self.basis @ OFFSETS[foot])
                turns[foot] = turns[ankle]
        return turns

    @cached_property
    def seat(self) -> Doubles:
        """The middle between the hips at rest, (3,), armature units."""
        return self._middle("hip")

    @cached_property
    def ground(self) -> Doubles:
        """The point of the floor under `seat`, (3,): the rest pose stands on it, armature units.

        A figure without legs is as high over it as our own legs would have it.
        """
        up = self.basis[:, 2]
        if not self.legs:
            return self.seat - up * (STANDING_HEIGHT + OURS.seat[2]) * self.scale
        ankle = self._height("ankle") * self.scale
        low = np.mean([up @ self.head(f"{side}_ankle") for side in self.legs]) - ankle
        return self.seat - up * (up @ self.seat - low)

    @cached_property
    def proportions(self) -> Proportions:
        """The figure's own body. A joint without a bone is where its parent is; toes are ours."""
        offsets = np.zeros((JOINT_COUNT, 3))
        for joint in range(1, JOINT_COUNT):
            above = PARENTS[joint]
            while above >= 0 and not self.known[above]:
                above = PARENTS[above]
            if self.known[joint] and above >= 0:
                away = self.heads[joint] - self.heads[above]
                carrier = above if self.present[above] else self.parent(above)
                away = self.alignment[carrier] @ away if carrier >= 0 else away
                offsets[joint] = away @ self.basis / self.scale
        ankle, toe = (np.full(2, self._height(part)) for part in ("ankle", "foot"))
        for side in SIDES:
            foot = INDEX[f"{side}_foot"]
            if not self.known[foot]:
                offsets[foot] = [*OURS.offsets[foot, :2], toe[0] - ankle[0]]
        return Proportions(offsets, ankle, toe)

    def head(self, joint: str) -> Doubles:
        """Where that joint is at rest, (3,), armature units."""
        return self.heads[INDEX[joint]]

    def place(self, joint: str) -> Doubles:
        """Where that joint is at rest, (3,), or the nearest one above it of which that is known."""
        return self.head(stand_in(joint, _named(self.known)))

    def _middle(self, part: str) -> Doubles:
        return (self.place(f"left_{part}") + self.place(f"right_{part}")) / 2

    def _height(self, part: str) -> float:
        """How high both ankles, or both toes, are over the floor at rest, metres."""
        over = [float(self.basis[:, 2] @ self.head(f"{side}_ankle")) for side in self.legs]
        ankle = float(np.mean(over)) / self.scale if over else ANKLE_HEIGHT
        if not _GROUND[0] <= ankle <= _GROUND[1]:
            ankle = ANKLE_HEIGHT  # its floor is elsewhere: BVH files rest with the hips at zero
        if part == "ankle":
            return ankle
        feet = [side for side in self.legs if self.known[INDEX[f"{side}_foot"]]]
        if not feet:
            return min(TOE_HEIGHT, ankle)
        up = self.basis[:, 2] / self.scale
        rise = np.mean([
            up @ self.alignment[INDEX[f"{side}_ankle"]]
            @ (self.head(f"{side}_foot") - self.head(f"{side}_ankle"))
            for side in feet
        ])  # fmt: skip
        return float(np.clip(ankle + rise, 0.0, None))


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


def base(there: Collection[str]) -> str:
    """The lowest of the spine's joints that are there, the pelvis if none is."""
    return next((joint for joint in SPINE if joint in there), SPINE[0])


def stand_in(joint: str, there: Collection[str]) -> str:
    """The joint itself if it is there, else the nearest one above it, else the base."""
    row = INDEX[joint]
    while row >= 0 and JOINTS[row] not in there:
        row = PARENTS[row]
    return JOINTS[row] if row >= 0 else base(there)


def missing(present: NDArray[np.bool_]) -> tuple[str, ...]:
    """Names of the joints that a figure needs and has no bone for.

    It may be a bust, or lack a limb altogether: then the rest dances. But no limb can do without a
    joint in its middle, nor hang in the air.
    """
    there = _named(present)
    lacking: set[str] = set()
    whole = False
    for limb, carrying in ((LEG, SPINE[:1]), (ARM, SPINE[:4])):
        for side in SIDES:
            joints = {f"{side}_{part}" for part in limb}
            if joints & there:
                lacking |= joints - there
                lacking |= set() if there.intersection(carrying) else {carrying[0]}
                whole = whole or joints <= there
    trunk = there.intersection(SPINE[:4])
    if not trunk or not (whole or lacking or "head" in there or len(trunk) > 1):
        lacking = set(JOINTS) - OPTIONAL - there
    return tuple(joint for joint in JOINTS if joint in lacking)


def _named(joints: NDArray[np.bool_]) -> set[str]:
    return {name for name, there in zip(JOINTS, joints, strict=True) if there}


def _length(points: Doubles) -> float:
    """The length of the way through points (N, 3)."""
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def _nearest_axis(direction: Doubles, otherwise: tuple[float, float, float]) -> Doubles:
    """The axis, or its opposite, nearest to a direction (3,); another one if that is none."""
    if not direction.any():
        return np.array(otherwise)
    axis = np.zeros(3)
    largest = int(np.argmax(np.abs(direction)))
    axis[largest] = np.sign(direction[largest])
    return axis
