# SPDX-License-Identifier: GPL-3.0-or-later
"""Posing legs: where hips, knees, ankles and toes are, and how to bring feet to other places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .skeleton import INDEX, OFFSETS

Doubles = NDArray[np.float64]

SIDES = ("left", "right")
#: Joint numbers of hip, knee, ankle and toe, (2, 4).
CHAIN = np.array(
    [[INDEX[f"{side}_{j}"] for j in ("hip", "knee", "ankle", "foot")] for side in SIDES]
)
THIGH = float(np.linalg.norm(OFFSETS[INDEX["left_knee"]]))
SHIN = float(np.linalg.norm(OFFSETS[INDEX["left_ankle"]]))
FOOT = float(np.linalg.norm(OFFSETS[INDEX["left_foot"]]))
#: Up to here the leg stretches as asked, beyond it gives way softly, never past the second; the
#: knee would pop when the leg became wholly straight. Shares of the leg's length.
SOFT, STRAIGHT = 0.985, 0.998


@dataclass
class Leg:
    """One leg in the world: positions (T, 3) and global rotations (T, 3, 3)."""

    hip: Doubles
    knee: Doubles
    ankle: Doubles
    toe: Doubles
    pelvis_turn: Doubles
    hip_turn: Doubles
    knee_turn: Doubles
    ankle_turn: Doubles


def leg(side: int, root: Doubles, pelvis: Doubles, local: Doubles) -> Leg:
    """The leg of a side (0 left, 1 right): root (T, 3), pelvis (T, 3, 3), local (T, 3, 3, 3)."""
    hip_joint, knee_joint, ankle_joint, toe_joint = CHAIN[side]
    hip = root + pelvis @ OFFSETS[hip_joint].astype(np.float64)
    hip_turn = pelvis @ local[:, 0]
    knee = hip + hip_turn @ OFFSETS[knee_joint].astype(np.float64)
    knee_turn = hip_turn @ local[:, 1]
    ankle = knee + knee_turn @ OFFSETS[ankle_joint].astype(np.float64)
    ankle_turn = knee_turn @ local[:, 2]
    toe = ankle + ankle_turn @ OFFSETS[toe_joint].astype(np.float64)
    return Leg(hip, knee, ankle, toe, pelvis, hip_turn, knee_turn, ankle_turn)


def reach(legs: Leg, hip: Doubles, ankle: Doubles, toe: Doubles) -> Doubles:
    """Local rotations (T, 3, 3, 3) of hip, knee and ankle that bring ankle and toe to targets.

    hip: where the hip joint is now, (T, 3). The knee bends about its own hinge; the leg then turns
    as a whole by the smallest turn, and so does the foot.
    """
    wanted = ankle - hip
    distance = _softened(np.linalg.norm(wanted, axis=-1))
    thigh, shin = legs.knee - legs.hip, legs.ankle - legs.knee
    bend = _knee_angle(distance) - _knee_angle(np.linalg.norm(thigh + shin, axis=-1))
    # A straight leg has no plane of its own; the thigh's x axis is the hinge in the rest pose.
    hinge = np.cross(thigh, shin) / (THIGH * SHIN) + 0.01 * legs.hip_turn[:, :, 0]
    hinge /= np.linalg.norm(hinge, axis=-1, keepdims=True)
    knee_bend = _matrix(hinge * bend[:, None])
    turn = between(thigh + _apply(knee_bend, shin), wanted)
    hip_turn = turn @ legs.hip_turn
    knee_turn = turn @ knee_bend @ legs.knee_turn
    reached = hip + _apply(turn, thigh + _apply(knee_bend, shin))
    ankle_turn = between(legs.toe - legs.ankle, toe - reached) @ legs.ankle_turn
    return np.stack(
        [
            _transposed(legs.pelvis_turn) @ hip_turn,
            _transposed(hip_turn) @ knee_turn,
            _transposed(knee_turn) @ ankle_turn,
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


def _softened(distance: Doubles) -> Doubles:
    soft, room = SOFT * (THIGH + SHIN), (STRAIGHT - SOFT) * (THIGH + SHIN)
    over = np.maximum(distance - soft, 0.0)
    return np.minimum(distance, soft) + room * (1.0 - np.exp(-over / room))


def _knee_angle(distance: Doubles) -> Doubles:
    """How far the knee is bent, rad, when hip and ankle are so far apart; 0 = straight."""
    cosine = (distance**2 - THIGH**2 - SHIN**2) / (2.0 * THIGH * SHIN)
    return np.arccos(np.clip(cosine, -1.0, 1.0))


def _matrix(vectors: Doubles) -> Doubles:
    return Rotation.from_rotvec(vectors).as_matrix()


def _apply(matrices: Doubles, vectors: Doubles) -> Doubles:
    return np.einsum("tij,tj->ti", matrices, vectors)


def _transposed(matrices: Doubles) -> Doubles:
    return matrices.swapaxes(-1, -2)
