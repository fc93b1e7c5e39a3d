# SPDX-License-Identifier: GPL-3.0-or-later
"""Posing legs and arms: where their joints are, and how to bring feet and hands to other places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .proportions import OURS, Proportions
from .skeleton import INDEX

Doubles = NDArray[np.float64]

SIDES = ("left", "right")


def _chains(*joints: str) -> NDArray[np.int_]:
    return np.array([[INDEX[f"{side}_{joint}"] for joint in joints] for side in SIDES])


#: Joint numbers of both sides, (2, 4): where a limb begins, where it bends, its end and its tip.
LEGS = _chains("hip", "knee", "ankle", "foot")
ARMS = _chains("shoulder", "elbow", "wrist", "hand")
#: About what its first bone's own axis a limb bends that is quite straight: knees backwards,
#: elbows forwards.
_HINGES = {
    INDEX["left_hip"]: np.array([1.0, 0.0, 0.0]),
    INDEX["right_hip"]: np.array([1.0, 0.0, 0.0]),
    INDEX["left_shoulder"]: np.array([0.0, 0.0, -1.0]),
    INDEX["right_shoulder"]: np.array([0.0, 0.0, 1.0]),
}
#: Up to here a limb stretches as asked, beyond it gives way softly, never past the second; the
#: knee would pop when the leg became wholly straight. Shares of the limb's length.
SOFT, STRAIGHT = 0.985, 0.998
#: The sine of the bend from which a limb's own plane is believed, and how much the usual one counts
#: where it is straight.
BENT, DOUBT = 0.35, 0.15


@dataclass
class Limb:
    """A limb in the world: positions (T, 3), global rotations (T, 3, 3), lengths in metres.

    joints: a row of LEGS or ARMS. The turns are of what carries the limb (pelvis, collar) and of
    its first three joints.
    """

    joints: NDArray[np.int_]
    start: Doubles
    middle: Doubles
    end: Doubles
    tip: Doubles
    base_turn: Doubles
    start_turn: Doubles
    middle_turn: Doubles
    end_turn: Doubles
    upper: float
    lower: float
    hand: float

    @property
    def length(self) -> float:
        return self.upper + self.lower


def limb(
    chain: NDArray[np.int_], base: Doubles, turn: Doubles, local: Doubles, body: Proportions = OURS
) -> Limb:
    """The limb of a row of LEGS or ARMS.

    base, turn: where what carries it is and how it is turned, (T, 3) and (T, 3, 3); local:
    rotations of the limb's three joints, (T, 3, 3, 3).
    """
    offsets = body.offsets[chain]
    # In single precision, as offsets are written: a dance of ours stays the same to the bit.
    upper, lower, hand = (float(np.linalg.norm(bone)) for bone in offsets[1:].astype(np.float32))
    start = base + turn @ offsets[0]
    start_turn = turn @ local[:, 0]
    middle = start + start_turn @ offsets[1]
    middle_turn = start_turn @ local[:, 1]
    end = middle + middle_turn @ offsets[2]
    end_turn = middle_turn @ local[:, 2]
    tip = end + end_turn @ offsets[3]
    turns = (turn, start_turn, middle_turn, end_turn)
    return Limb(chain, start, middle, end, tip, *turns, upper, lower, hand)


def reach(
    own: Limb,
    start: Doubles,
    end: Doubles,
    tip: Doubles | None = None,
    stretch: float | Doubles = SOFT,
) -> Doubles:
    """Local rotations (T, 3, 3, 3) of a limb's joints that bring its end, and tip, to targets.

    start: where the limb begins now, (T, 3). It bends about its own hinge, then turns as a whole by
    the smallest turn; so does what is beyond `end`, or keeps its rotation where no tip is given.
    stretch: up to where the limb stretches as asked, share of its length, (T,) or one for all.
    """
    wanted = end - start
    distance = _softened(own, np.linalg.norm(wanted, axis=-1), stretch)
    upper, lower = own.middle - own.start, own.end - own.middle
    along = upper / np.linalg.norm(upper, axis=-1, keepdims=True)
    bend = _bend(own, distance)[:, None]
    bent = np.cos(bend) * along + np.sin(bend) * np.cross(_hinge(own), along)
    middle_bend = between(lower, bent)
    turn = between(upper + _apply(middle_bend, lower), wanted)
    start_turn = turn @ own.start_turn
    middle_turn = turn @ middle_bend @ own.middle_turn
    end_turn = own.end_turn
    if tip is not None:
        reached = start + _apply(turn, upper + _apply(middle_bend, lower))
        end_turn = between(own.tip - own.end, tip - reached) @ end_turn
    return np.stack(
        [
            _transposed(own.base_turn) @ start_turn,
            _transposed(start_turn) @ middle_turn,
            _transposed(middle_turn) @ end_turn,
        ],
        axis=1,
    )


def between(start: Doubles, goal: Doubles) -> Doubles:
    """The smallest turns (T, 3, 3) from directions (T, 3) to directions (T, 3)."""
    a = start / np.linalg.norm(start, axis=-1, keepdims=True)
    b = goal / np.maximum(np.linalg.norm(goal, axis=-1, keepdims=True), 1e-9)
    axis = np.cross(a, b)
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = np.arctan2(sine, (a * b).sum(-1, keepdims=True))
    return _matrix(axis * (angle / np.maximum(sine, 1e-9)))


def _hinge(own: Limb) -> Doubles:
    """Unit axes (T, 3), across the upper bone, about which limbs bend further.

    As they are bent already. A straight limb has no plane of its own, a nearly straight one not a
    trustworthy one: there it tends to bend as all knees do, and a knee that bends backwards comes
    to bend as all knees do, too.
    """
    across = np.cross(own.middle - own.start, own.end - own.middle) / (own.upper * own.lower)
    usual = own.start_turn @ _HINGES[int(own.joints[0])]
    own_way = (across * usual).sum(axis=-1)
    doubt = np.maximum(1.0 - np.linalg.norm(across, axis=-1) / BENT, 0.0) ** 2
    hinge = across + (np.abs(own_way) - own_way + DOUBT * doubt)[:, None] * usual
    return hinge / np.linalg.norm(hinge, axis=-1, keepdims=True)


def _softened(own: Limb, distance: Doubles, stretch: float | Doubles) -> Doubles:
    stretch = np.minimum(stretch, STRAIGHT - 1e-6)
    soft, room = stretch * own.length, (STRAIGHT - stretch) * own.length
    over = np.maximum(distance - soft, 0.0)
    return np.minimum(distance, soft) + room * (1.0 - np.exp(-over / room))


def _bend(own: Limb, distance: Doubles) -> Doubles:
    """How far a limb is bent, rad, when its start and end are so far apart; 0 = straight."""
    cosine = (distance**2 - own.upper**2 - own.lower**2) / (2.0 * own.upper * own.lower)
    return np.arccos(np.clip(cosine, -1.0, 1.0))


def _matrix(vectors: Doubles) -> Doubles:
    return Rotation.from_rotvec(vectors).as_matrix()


def _apply(matrices: Doubles, vectors: Doubles) -> Doubles:
    return np.einsum("tij,tj->ti", matrices, vectors)


def _transposed(matrices: Doubles) -> Doubles:
    return matrices.swapaxes(-1, -2)
