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
    """Joint positions (B, T, 24, 3), metres, of raw features (B, T, 152) in each frame's own
    heading frame: the pelvis over the origin, facing -y."""
    local = matrices(features[..., pose_features.POSE].unflatten(-1, (JOINT_COUNT, 6)))
    height = features[..., pose_features.HEIGHT, None]
    offsets = torch.as_tensor(OFFSETS, device=features.device)
    world = [local[:, :, 0]]
    positions = [torch.cat([torch.zeros_like(height).expand(-1, -1, 2), height], dim=-1)]
    for joint in range(1, JOINT_COUNT):
        parent = PARENTS[joint]
        positions.append(positions[parent] + world[parent] @ offsets[joint])
        world.append(world[parent] @ local[:, :, joint])
    return torch.stack(positions, dim=2)


def joint_steps(features: Tensor, positions: Tensor) -> Tensor:
    """How far every joint travels from each frame to the next, (B, T - 1, 24, 3), metres, in the
    heading frame of the earlier one. Nothing is summed over time, so errors do not add up."""
    turn = (features[:, 1:, pose_features.TURN] / FPS)[..., None]
    step = features[:, 1:, None, pose_features.VELOCITY] / FPS
    x, y, z = positions[:, 1:].unbind(-1)
    cos, sin = turn.cos(), turn.sin()
    turned = torch.stack([cos * x - sin * y, sin * x + cos * y], dim=-1) + step
    return torch.cat([turned, z[..., None]], dim=-1) - positions[:, :-1]
