# SPDX-License-Identifier: GPL-3.0-or-later
"""The 152 numbers a frame that the dance networks read and write.

    0:144    local rotations of the 24 joints in 6D (the first two columns of the matrix, Zhou et
             al. 2019); the pelvis with its heading taken out
    144:146  velocity of the pelvis over the floor in its own heading frame, m/s
    146      height of the pelvis, m
    147      turning speed about the vertical, rad/s
    148:152  foot contacts, 0..1

Heading is the turn about z that carries -y (the way the rest pose faces) to where the pelvis faces.
A velocity at frame t leads from frame t-1 to t, in the heading frame of t-1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .motion import FPS, Floats, Motion
from .skeleton import JOINT_COUNT

POSE = slice(0, 6 * JOINT_COUNT)
VELOCITY = slice(144, 146)
HEIGHT = 146
TURN = 147
CONTACT = slice(148, 152)
SIZE = 152


def heading(pelvis: Floats) -> NDArray[np.float64]:
    """Unwrapped heading angles (T,) in radians of pelvis rotations (T, 3, 3)."""
    forward = -pelvis[:, :2, 1].astype(np.float64)
    return np.unwrap(np.arctan2(forward[:, 0], -forward[:, 1]))


def encode(motion: Motion) -> Floats:
    """Features (T, 152) of a motion, whose rate must be 30 fps."""
    if motion.fps != FPS:
        raise ValueError(f"pose features are defined at {FPS:g} fps, not {motion.fps:g}")
    local = motion.matrices()
    yaw = heading(local[:, 0])
    local[:, 0] = _turn(-yaw) @ local[:, 0]
    step = np.diff(motion.root[:, :2], axis=0, prepend=motion.root[:1, :2]) * FPS
    turn = np.diff(yaw, prepend=yaw[:1]) * FPS
    before = np.concatenate([yaw[:1], yaw[:-1]])
    planar = np.einsum("tij,tj->ti", _turn(-before)[:, :2, :2], step)
    if len(motion) > 1:
        planar[0], turn[0] = planar[1], turn[1]
    features = np.empty((len(motion), SIZE), dtype=np.float32)
    features[:, POSE] = local[..., :2].swapaxes(-1, -2).reshape(len(motion), -1)
    features[:, VELOCITY] = planar
    features[:, HEIGHT] = motion.root[:, 2]
    features[:, TURN] = turn
    features[:, CONTACT] = motion.contacts
    return features


def decode(features: Floats, start: tuple[float, float] = (0.0, 0.0), yaw: float = 0.0) -> Motion:
    """The motion of features (T, 152); its first frame stands at `start` (m) facing `yaw` (rad)."""
    frames = len(features)
    # Doubles: scipy orthogonalises again, slowly, what is only single-precision orthogonal.
    pose = features[:, POSE].astype(np.float64)
    local = matrices_from_6d(pose.reshape(frames, JOINT_COUNT, 6))
    turn = features[:, TURN].astype(np.float64) / FPS
    turn[:1] = 0.0
    yaws = yaw + np.cumsum(turn)
    step = features[:, VELOCITY].astype(np.float64) / FPS
    step[:1] = 0.0
    before = np.concatenate([yaws[:1], yaws[:-1]])
    path = np.cumsum(np.einsum("tij,tj->ti", _turn(before)[:, :2, :2], step), axis=0)
    local[:, 0] = _turn(yaws) @ local[:, 0]
    root = np.column_stack([path + np.asarray(start), features[:, HEIGHT]])
    quaternions = Rotation.from_matrix(local.reshape(-1, 3, 3)).as_quat(scalar_first=True)
    return Motion(
        FPS,
        root.astype(np.float32),
        continuous(quaternions.reshape(frames, JOINT_COUNT, 4)),
        np.clip(features[:, CONTACT], 0.0, 1.0),
    )


def matrices_from_6d(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Rotation matrices (..., 3, 3) from 6D values (..., 6) by Gram-Schmidt, in their precision."""
    x, y = values[..., :3], values[..., 3:]
    x = x / np.maximum(np.sqrt(np.einsum("...i,...i", x, x)), 1e-8)[..., None]
    y = y - np.einsum("...i,...i", x, y)[..., None] * x
    y = y / np.maximum(np.sqrt(np.einsum("...i,...i", y, y)), 1e-8)[..., None]
    matrices = np.empty((*values.shape[:-1], 3, 3), dtype=values.dtype)
    matrices[..., 0], matrices[..., 1] = x, y
    for row, (a, b) in enumerate(((1, 2), (2, 0), (0, 1))):
        matrices[..., row, 2] = x[..., a] * y[..., b] - x[..., b] * y[..., a]
    return matrices


def continuous(quaternions: NDArray[np.floating]) -> Floats:
    """The same rotations (T, J, 4) with signs chosen so that neighbours in time agree."""
    dots = (quaternions[1:] * quaternions[:-1]).sum(-1)
    signs = np.cumprod(np.where(dots < 0, -1.0, 1.0), axis=0)
    result = quaternions.astype(np.float32)
    result[1:] *= signs[..., None].astype(np.float32)
    return result


def _turn(angles: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rotations (T, 3, 3) about z by angles (T,)."""
    return Rotation.from_euler("z", angles[:, None]).as_matrix()
