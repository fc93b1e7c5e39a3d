# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts pose features, which only know velocities, into the world, piece after piece."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from . import pose_features
from .motion import FPS, Floats, Motion, forward_kinematics
from .pose_features import HEIGHT, POSE, TURN, VELOCITY
from .skeleton import JOINT_COUNT


@dataclass(frozen=True)
class Place:
    """Where a figure stands (m) and faces (rad) in a frame, and that frame's features (152,).

    `features` is None before the first frame: what comes next then stands exactly here.
    """

    position: NDArray[np.float64]
    yaw: float
    features: Floats | None = None

    def preceded(self, features: Floats) -> Floats:
        """Features (..., T, 152) with this place's own frame put before them, if there is one."""
        if self.features is None:
            return features
        first = np.broadcast_to(self.features, (*features.shape[:-2], 1, features.shape[-1]))
        return np.concatenate([first, features], axis=-2)


@dataclass(frozen=True)
class Path:
    """Positions over the floor (..., T, 2) and headings (..., T) that features lead along."""

    positions: NDArray[np.float64]
    yaws: NDArray[np.float64]


def follow(place: Place, features: Floats) -> Path:
    """The path of features (..., T, 152) whose first frame stands at `place`."""
    turn = features[..., TURN].astype(np.float64) / FPS
    step = features[..., VELOCITY].astype(np.float64) / FPS
    turn[..., 0], step[..., 0, :] = 0.0, 0.0
    yaws = place.yaw + np.cumsum(turn, axis=-1)
    before = np.concatenate([yaws[..., :1], yaws[..., :-1]], axis=-1)
    cos, sin = np.cos(before), np.sin(before)
    across, along = step[..., 0], step[..., 1]
    world = np.stack([cos * across - sin * along, sin * across + cos * along], axis=-1)
    return Path(place.position + np.cumsum(world, axis=-2), yaws)


def advance(place: Place, features: Floats) -> Place:
    """The place of the last frame when features (T, 152) follow on `place`."""
    path = follow(place, place.preceded(features))
    return Place(path.positions[-1], float(path.yaws[-1]), features[-1])


def motion(place: Place, features: Floats) -> Motion:
    """The motion of features (T, 152) that follow on `place`."""
    whole = place.preceded(features)
    x, y = place.position
    placed = pose_features.decode(whole, (float(x), float(y)), place.yaw)
    return placed[len(whole) - len(features) :]


def joint_positions(place: Place, features: Floats, skip: int = 0) -> Floats:
    """Joint positions (K, T - skip, 24, 3), metres, of K candidates' features (K, T, 152).

    The first frame stands at `place`; the first `skip` are walked but not posed.
    """
    whole = follow(place, features)
    path, features = Path(whole.positions[:, skip:], whole.yaws[:, skip:]), features[:, skip:]
    count, frames = features.shape[:2]
    pose = features[..., POSE].reshape(count * frames, JOINT_COUNT, 6)
    local = pose_features.matrices_from_6d(pose)
    turned = Rotation.from_euler("z", path.yaws.reshape(-1, 1)).as_matrix().astype(np.float32)
    local[:, 0] = turned @ local[:, 0]
    root = np.concatenate([path.positions, features[..., HEIGHT, None]], axis=-1)
    positions, _ = forward_kinematics(local, root.reshape(-1, 3).astype(np.float32))
    return positions.reshape(count, frames, JOINT_COUNT, 3)


def joined(parts: list[Motion]) -> Motion:
    """One motion of consecutive parts, its quaternions continuous across the joints."""
    rotations = np.concatenate([part.rotations for part in parts])
    return replace(
        parts[0],
        root=np.concatenate([part.root for part in parts]),
        rotations=pose_features.continuous(rotations),
        contacts=np.concatenate([part.contacts for part in parts]),
    )
