# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries a `Motion` over to the bones of a figure with any rest pose, and poses back.

Everything about the figure is measured in its armature's own space; which way is up and which way
it faces there is read off its rest pose. A bone's channel is what it does beyond its rest pose and
its parent:  rest⁻¹ · parent⁻¹ · own · rest,  with `own` and `parent` the rotations away from rest
in armature space, which are  basis · (global joint rotation) · basis⁻¹ · alignment.  So bone roll
and bone direction do not matter, and all but the local joint rotation is constant in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .motion import FPS, Floats, Motion, forward_kinematics
from .pose_features import continuous
from .readers.contacts import contact_labels
from .skeleton import (
    ANKLE_HEIGHT,
    CONTACT_JOINTS,
    INDEX,
    JOINT_COUNT,
    JOINTS,
    OFFSETS,
    PARENTS,
    STANDING_HEIGHT,
    TOE_HEIGHT,
)

Doubles = NDArray[np.float64]

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
    | {f"{side}_{part}" for side in ("left", "right") for part in ("foot", "hand")}
)

#: Heights of the joints that contacts speak of when both feet stand, metres.
_RESTING = np.array([ANKLE_HEIGHT, TOE_HEIGHT] * 2)
#: How far over that one in a single pose still counts as standing, metres.
_CONTACT_MARGIN = 0.04
#: A floor that is farther than this from the rest pose's soles is believed, metres.
_OTHER_FLOOR = 0.15


@dataclass(frozen=True)
class Figure:
    """The rest pose of the bones that carry SMPL joints, in armature space.

    rest: rest rotations of the bones, (24, 3, 3); heads: their rest heads, (24, 3), armature units.
    present: which joints have a bone, (24,); rows of absent joints are not read.
    inherits: whether a bone turns with its parent, (24,).
    """

    rest: Doubles
    heads: Doubles
    present: NDArray[np.bool_]
    inherits: NDArray[np.bool_]

    def parent(self, joint: int) -> int:
        """The nearest joint above that has a bone, or -1."""
        above = PARENTS[joint]
        while above >= 0 and not self.present[above]:
            above = PARENTS[above]
        return above

    @cached_property
    def scale(self) -> float:
        """Armature units in one metre of `Motion`, by the length of the legs."""
        own = ours = 0.0
        for side in ("left", "right"):
            for high, low in (("hip", "knee"), ("knee", "ankle")):
                bone = self._head(f"{side}_{low}") - self._head(f"{side}_{high}")
                own += float(np.linalg.norm(bone))
                ours += float(np.linalg.norm(OFFSETS[INDEX[f"{side}_{low}"]]))
        return own / ours

    @cached_property
    def basis(self) -> Doubles:
        """The armature-space directions of the figure's left, back and up as columns, (3, 3).

        They are snapped to the axes: nobody models a figure askew, but many model it y-up.
        """
        ankles = self._head("left_ankle") + self._head("right_ankle")
        up = _nearest_axis(self._head("left_shoulder") + self._head("right_shoulder") - ankles)
        left = self._head("left_hip") - self._head("right_hip")
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
        for side in ("left", "right"):
            turns[INDEX[f"{side}_hand"]] = turns[INDEX[f"{side}_wrist"]]
        return turns

    @cached_property
    def standing(self) -> Doubles:
        """Where the pelvis is when the figure stands in a T-pose on its own floor, (3,)."""
        up = self.basis[:, 2]
        drop = 0.0
        for side in ("left", "right"):
            ankle = self._head("pelvis").copy()
            for high, low in (("pelvis", "hip"), ("hip", "knee"), ("knee", "ankle")):
                above = INDEX[high if high == "pelvis" else f"{side}_{high}"]
                below = INDEX[f"{side}_{low}"]
                ankle += self.alignment[above] @ (self.heads[below] - self.heads[above])
            drop += float(up @ (self._head(f"{side}_ankle") - ankle)) / 2
        return self._head("pelvis") + up * drop

    def _head(self, name: str) -> Doubles:
        return self.heads[INDEX[name]]


@dataclass(frozen=True)
class Channels:
    """What to key on the bones.

    rotations: (T, 24, 4) quaternions (w, x, y, z) in bone space, without jumps of sign; rows of
    absent joints stay at rest. location: of the pelvis bone in its bone space, (T, 3).
    head: the same place in armature space, relative to the rest pose, (T, 3).
    """

    rotations: Floats
    location: Floats
    head: Floats


def channels(motion: Motion, figure: Figure) -> Channels:
    """The bone channels that make `figure` do `motion`."""
    rotations = np.zeros((len(motion), JOINT_COUNT, 4), dtype=np.float32)
    rotations[..., 0] = 1.0
    for joint in np.flatnonzero(figure.present):
        above = figure.parent(joint) if figure.inherits[joint] else -1
        held = figure.alignment[above] if above >= 0 else np.eye(3)
        before = figure.rest[joint].T @ held.T @ figure.basis
        after = figure.basis.T @ figure.alignment[joint] @ figure.rest[joint]
        rotations[:, joint] = _between(motion, joint, above) @ _both_sides(before, after).T
    away = motion.root - np.array([0.0, 0.0, STANDING_HEIGHT])
    head = figure.standing + figure.scale * away @ figure.basis.T - figure.heads[0]
    return Channels(
        continuous(rotations), (head @ figure.rest[0]).astype(np.float32), head.astype(np.float32)
    )


def poses(rotations: Doubles, heads: Doubles, figure: Figure, fps: float = FPS) -> Motion:
    """The motion of a figure's poses.

    rotations: what each bone is turned to in armature space, (T, 24, 3, 3), absent rows are not
    read; heads: the pelvis bone's head there, (T, 3); fps: poses a second.
    """
    basis = figure.basis
    world = np.empty((len(rotations), JOINT_COUNT, 3, 3))
    for joint in range(JOINT_COUNT):
        if figure.present[joint]:
            after = figure.rest[joint].T @ figure.alignment[joint].T @ basis
            world[:, joint] = basis.T @ rotations[:, joint] @ after
        else:
            world[:, joint] = world[:, PARENTS[joint]]
    local = world.copy()
    local[:, 1:] = world[:, list(PARENTS[1:])].swapaxes(-1, -2) @ world[:, 1:]
    root = (heads - figure.standing) @ basis / figure.scale + np.array([0.0, 0.0, STANDING_HEIGHT])
    flat = Rotation.from_matrix(local.reshape(-1, 3, 3)).as_quat(scalar_first=True)
    quaternions = continuous(flat.astype(np.float32).reshape(-1, JOINT_COUNT, 4))
    places = forward_kinematics(local.astype(np.float32), root.astype(np.float32))[0]
    sunk = _floor(places) if len(places) > 1 else 0.0
    if abs(sunk) > _OTHER_FLOOR:
        # Its floor is elsewhere than its rest pose stands: BVH files rest with the hips at zero.
        root[:, 2] -= sunk
        places[..., 2] -= sunk
    return Motion(fps, root.astype(np.float32), quaternions, _contacts(places, fps))


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


def _floor(places: Floats) -> float:
    """How high the floor lies that the feet in places (T, 24, 3) come down to, metres."""
    soles = places[:, list(CONTACT_JOINTS), 2] - _RESTING
    return float(np.quantile(soles.min(axis=1), 0.05))


def _contacts(places: Floats, fps: float) -> Floats:
    if len(places) > 1:
        return contact_labels(places, fps)
    low = places[:, list(CONTACT_JOINTS), 2] < _RESTING + _CONTACT_MARGIN
    return low.astype(np.float32)


def missing(present: NDArray[np.bool_]) -> tuple[str, ...]:
    """Names of the joints that a figure needs and has no bone for."""
    return tuple(
        name
        for name, there in zip(JOINTS, present, strict=True)
        if not there and name not in OPTIONAL
    )


def _between(motion: Motion, joint: int, above: int) -> Floats:
    """Quaternions (T, 4) of how a joint is turned against one above it (-1: the world)."""
    turns = motion.rotations[:, joint]
    while PARENTS[joint] != above:
        joint = PARENTS[joint]
        parent = Rotation.from_quat(motion.rotations[:, joint], scalar_first=True)
        turn = parent * Rotation.from_quat(turns, scalar_first=True)
        turns = turn.as_quat(scalar_first=True).astype(np.float32)
    return turns


def _both_sides(before: Doubles, after: Doubles) -> Floats:
    """The matrix (4, 4) that takes a quaternion q to before · q · after, two rotations (3, 3)."""
    w, x, y, z = Rotation.from_matrix(before).as_quat(scalar_first=True)
    left = np.array([[w, -x, -y, -z], [x, w, -z, y], [y, z, w, -x], [z, -y, x, w]])
    w, x, y, z = Rotation.from_matrix(after).as_quat(scalar_first=True)
    right = np.array([[w, -x, -y, -z], [x, w, z, -y], [y, -z, w, x], [z, y, -x, w]])
    return (left @ right).astype(np.float32)


def _nearest_axis(direction: Doubles) -> Doubles:
    axis = np.zeros(3)
    largest = int(np.argmax(np.abs(direction)))
    axis[largest] = np.sign(direction[largest])
    return axis
