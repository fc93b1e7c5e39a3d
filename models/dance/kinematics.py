# SPDX-License-Identifier: GPL-3.0-or-later
"""Forward kinematics of raw pose features in torch, for losses in metres."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ...inference import pose_features
from ...inference.motion import FPS
from ...inference.skeleton import JOINT_COUNT, OFFSETS, PARENTS


def matrices(values: Tensor) -> Tensor:
    """Rotation matrices (..., 3, 3) from 6D values (..., 6) by Gram-Schmidt."""
    x = F.normalize(values[..., :3], dim=-1)
    y = F.normalize(values[..., 3:] - (x * values[..., 3:]).sum(-1, keepdim=True) * x, dim=-1)
    return torch.stack([x, y, torch.linalg.cross(x, y)], dim=-1)


def joint_positions(features: Tensor) -> Tensor:
    """World joint positions (B, T, 24, 3), metres, of raw features (B, T, 152); the first frame
    stands at the origin, facing -y."""
    batch, frames, _ = features.shape
    local = matrices(features[..., pose_features.POSE].unflatten(-1, (JOINT_COUNT, 6)))
    turn = features[..., pose_features.TURN] / FPS
    yaw = torch.cumsum(torch.cat([torch.zeros_like(turn[:, :1]), turn[:, 1:]], dim=1), dim=1)
    before = torch.cat([yaw[:, :1], yaw[:, :-1]], dim=1)
    step = features[..., pose_features.VELOCITY] / FPS
    cos, sin = before.cos(), before.sin()
    planar = torch.stack(
        [cos * step[..., 0] - sin * step[..., 1], sin * step[..., 0] + cos * step[..., 1]], dim=-1
    )
    path = torch.cumsum(torch.cat([torch.zeros_like(planar[:, :1]), planar[:, 1:]], dim=1), dim=1)
    root = torch.cat([path, features[..., pose_features.HEIGHT, None]], dim=-1)
    cos, sin, zero = yaw.cos(), yaw.sin(), torch.zeros_like(yaw)
    turned = torch.stack(
        [cos, -sin, zero, sin, cos, zero, zero, zero, torch.ones_like(yaw)], dim=-1
    ).view(batch, frames, 3, 3)
    offsets = torch.as_tensor(OFFSETS, device=features.device)
    world = [turned @ local[:, :, 0]]
    positions = [root]
    for joint in range(1, JOINT_COUNT):
        parent = PARENTS[joint]
        positions.append(positions[parent] + world[parent] @ offsets[joint])
        world.append(world[parent] @ local[:, :, joint])
    return torch.stack(positions, dim=2)
