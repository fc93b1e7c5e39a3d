# SPDX-License-Identifier: GPL-3.0-or-later
"""How much each joint moves a point of the rest pose: smooth weights along the SMPL tree.

Every point starts as the pelvis's. At each joint, the part of it that lies beyond the joint passes
on to the child, blended over a band about as wide as the limb is thick. So the weights are smooth,
sum to one and know no mesh: clothes that overlap move together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..inference.skeleton import INDEX, JOINT_COUNT, PARENTS, STANDING_HEIGHT, rest_positions

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Band:
    """Where a joint takes over from its parent.

    along: the direction of taking over; before, after: where the band begins and ends, measured
    from the joint in that direction, m.
    """

    along: tuple[float, float, float]
    before: float
    after: float


_UP = (0.0, 0.0, 1.0)
_DOWN = (0.0, 0.0, -1.0)
_OUT = (1.0, 0.0, 0.0)

#: The centre and the left side; the right side mirrors the left.
BANDS: dict[str, Band] = {
    "spine1": Band(_UP, -0.070, 0.060),
    "spine2": Band(_UP, -0.070, 0.050),
    "spine3": Band(_UP, -0.050, 0.060),
    "neck": Band(_UP, -0.015, 0.045),
    "head": Band(_UP, -0.035, 0.020),
    "left_hip": Band((0.45, 0.0, -0.89), -0.080, 0.075),
    "left_knee": Band(_DOWN, -0.065, 0.065),
    "left_ankle": Band(_DOWN, -0.055, 0.005),
    "left_foot": Band((0.15, -0.99, 0.0), -0.025, 0.020),
    "left_collar": Band(_OUT, -0.055, 0.055),
    "left_shoulder": Band((0.97, 0.0, 0.25), -0.080, 0.065),
    "left_elbow": Band(_OUT, -0.055, 0.055),
    "left_wrist": Band(_OUT, -0.030, 0.015),
    "left_hand": Band(_OUT, -0.025, 0.025),
}


def rest_weights(points: Array) -> Array:
    """Weights (N, 24) of the joints at points (N, 3) of the rest pose, metres, soles at z = 0."""
    weights = np.zeros((len(points), JOINT_COUNT))
    weights[:, 0] = 1
    joints = rest_positions().astype(float) + np.array((0, 0, STANDING_HEIGHT))
    taken = _taken(points, joints)
    for parent in range(JOINT_COUNT):
        children = [j for j in range(JOINT_COUNT) if PARENTS[j] == parent]
        shares = np.stack([taken[:, j] for j in children], axis=1) if children else np.zeros((1, 1))
        shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1)
        whole = weights[:, parent].copy()
        for column, child in enumerate(children):
            weights[:, child] = whole * shares[:, column]
            weights[:, parent] -= weights[:, child]
    return weights


def _taken(points: Array, joints: Array) -> Array:
    """What share of its parent's weight each joint takes, (N, 24)."""
    taken = np.zeros((len(points), JOINT_COUNT))
    for name, band in BANDS.items():
        taken[:, INDEX[name]] = _beyond(points - joints[INDEX[name]], band)
        if name.startswith("left"):
            other = INDEX[name.replace("left", "right")]
            taken[:, other] = _beyond((points - joints[other]) * (-1, 1, 1), band)
    left = _smoothstep(-0.025, 0.025, points[:, 0])
    for name in ("hip", "collar"):
        taken[:, INDEX[f"left_{name}"]] *= left
        taken[:, INDEX[f"right_{name}"]] *= 1 - left
    around = np.hypot(points[:, 0], points[:, 1] - 0.015)
    taken[:, INDEX["neck"]] *= 1 - _smoothstep(0.07, 0.12, around) * (points[:, 2] < 1.54)
    skull = _smoothstep(0.062, 0.085, around) * (points[:, 2] > 1.53)
    taken[:, INDEX["head"]] = np.maximum(taken[:, INDEX["head"]], skull)
    return taken


def _beyond(offsets: Array, band: Band) -> Array:
    along = np.asarray(band.along) / np.linalg.norm(band.along)
    return _smoothstep(band.before, band.after, offsets @ along)


def _smoothstep(low: float, high: float, value: Array) -> Array:
    share = np.clip((value - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)
