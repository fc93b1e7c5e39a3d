# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotations in the way that a bone is keyed: quaternions, an axis and an angle, Euler angles.

A mode is Blender's: "QUATERNION", "AXIS_ANGLE", or the order of the axes, such as "XYZ". What is
keyed goes on without jumps, because Blender interpolates each channel by itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..retarget import turns as stacked

Doubles = NDArray[np.float64]

#: The property of a bone that holds its rotation, by mode; any other mode has Euler angles.
_PATHS = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}


def path_of(mode: str) -> str:
    """The property of a bone that holds its rotation in that mode."""
    return _PATHS.get(mode, "rotation_euler")


def as_mode(mode: str, quaternions: NDArray[np.floating]) -> Doubles:
    """Rotations (T, 4), w first, as what is keyed in that mode: (T, 4) or (T, 3)."""
    turns = np.asarray(quaternions, dtype=np.float64)
    if mode == "QUATERNION":
        flips = np.cumsum((turns[1:] * turns[:-1]).sum(axis=1) < 0) % 2
        turns = turns.copy()
        turns[1:][flips == 1] *= -1
        return turns
    rotation = Rotation.from_quat(turns, scalar_first=True)
    return _axis_angle(rotation) if mode == "AXIS_ANGLE" else _euler(mode, rotation)


def as_quaternions(mode: str, values: NDArray[np.floating]) -> Doubles:
    """The unit quaternions (T, 4) that Blender shows for keyed values; signs are arbitrary."""
    keyed = np.asarray(values, dtype=np.float64)
    if mode == "QUATERNION":
        return keyed / np.maximum(np.linalg.norm(keyed, axis=1, keepdims=True), 1e-12)
    if mode == "AXIS_ANGLE":
        axis = keyed[:, 1:] / np.maximum(np.linalg.norm(keyed[:, 1:], axis=1, keepdims=True), 1e-12)
        half = keyed[:, :1] / 2
        return np.hstack([np.cos(half), np.sin(half) * axis])
    half = keyed / 2
    turned: Doubles | None = None
    for axis in ("XYZ".index(letter) for letter in mode):
        single = np.zeros((len(keyed), 4))
        single[:, 0], single[:, 1 + axis] = np.cos(half[:, axis]), np.sin(half[:, axis])
        # Blender names the axes in the order in which they turn about the fixed frame.
        turned = single if turned is None else product(single, turned)
    assert turned is not None
    return turned


def apart(first: Doubles, second: Doubles) -> Doubles:
    """The angles (T,) between rotations given as unit quaternions (T, 4), radians."""
    # By the sine: the cosine of a small angle has lost it.
    difference = product(first * (1, -1, -1, -1), second)
    return 2 * np.arctan2(np.linalg.norm(difference[:, 1:], axis=1), np.abs(difference[:, 0]))


def rates(mode: str, values: Doubles) -> Doubles:
    """What turns changes of the keyed values (D,) into angles, (T, 3, D).

    To the first order, a change d of the values in frame t turns the bone by |rates[t] @ d| rad.
    """
    if mode == "QUATERNION":
        w, x, y, z = values.T
        rows = [[-x, w, -z, y], [-y, z, w, -x], [-z, -y, x, w]]
        return np.moveaxis(np.array(rows, dtype=np.float64), -1, 0) * 2.0
    if mode == "AXIS_ANGLE":
        angle, axis = values[:, 0, None, None], values[:, 1:]
        across = np.eye(3) - axis[:, :, None] * axis[:, None]
        made = np.empty((len(values), 3, 4))
        made[:, :, 0] = axis
        made[:, :, 1:] = np.sin(angle) * across - (1 - np.cos(angle)) * np.cross(
            np.eye(3), axis[:, None]
        )
        return made
    first, middle, last = ("XYZ".index(letter) for letter in mode)
    parity = 1.0 if (middle - first) % 3 == 1 else -1.0
    made = np.zeros((len(values), 3, 3))
    made[:, 0, first] = np.cos(values[:, middle])
    made[:, 2, first] = -parity * np.sin(values[:, middle])
    made[:, 1, middle] = made[:, 2, last] = 1.0
    return made


def signs(mode: str, first: Doubles, second: Doubles) -> Doubles:
    """The signs (D,) that changes of the values get from one way of keying a turn to another."""
    made = np.ones(len(first))
    if mode == "QUATERNION":
        made[:] = np.sign(first @ second)
    elif mode == "AXIS_ANGLE":
        made[:] = np.sign(first[1:] @ second[1:])
    else:
        outer, middle = ("XYZ".index(letter) for letter in mode[:2])
        made[middle] = np.cos(np.pi * np.rint((second - first)[outer] / np.pi))
    return made


def _euler(mode: str, rotation: Rotation) -> Doubles:
    first, middle, last = ("XYZ".index(letter) for letter in mode)
    angles = np.empty((len(rotation), 3))
    angles[:, [first, middle, last]] = rotation.as_euler(mode.lower())
    # Each rotation has two triples; the one that goes on from the frame before is taken.
    other = np.empty_like(angles)
    other[:, [first, last]] = angles[:, [first, last]] + np.pi
    other[:, middle] = np.pi - angles[:, middle]
    stays = np.abs(_wrapped(angles[1:] - angles[:-1])).sum(axis=1)
    flips = np.abs(_wrapped(other[1:] - angles[:-1])).sum(axis=1) < stays
    taken = np.concatenate([[0], np.cumsum(flips) % 2])[:, None] == 1
    return np.unwrap(np.where(taken, other, angles), axis=0)


def _axis_angle(rotation: Rotation) -> Doubles:
    """Angle and axis (T, 4). Where there is no turn the axis stays what it was."""
    vectors = rotation.as_rotvec()
    angle = np.linalg.norm(vectors, axis=1)
    turned = np.flatnonzero(angle > 1e-6)
    if not len(turned):
        return np.tile([0.0, 0.0, 1.0, 0.0], (len(vectors), 1))
    nearest = turned[np.clip(np.searchsorted(turned, np.arange(len(angle)), "right") - 1, 0, None)]
    axis = vectors[nearest] / angle[nearest, None]
    flips = np.cumsum((axis[1:] * axis[:-1]).sum(axis=1) < 0) % 2
    sign = np.concatenate([[1.0], 1.0 - 2.0 * flips])
    return np.column_stack([np.unwrap(sign * angle), sign[:, None] * axis])


def _wrapped(angles: Doubles) -> Doubles:
    return (angles + np.pi) % (2 * np.pi) - np.pi


def product(first: Doubles, second: Doubles) -> Doubles:
    """Turns (T, 4), the first after the second, as with matrices."""
    return stacked.product(first.T, second.T).T
