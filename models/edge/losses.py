# SPDX-License-Identifier: GPL-3.0-or-later
"""What the baseline is trained for: EDGE's four terms with its weights (Tseng et al. 2023)."""

from __future__ import annotations

import torch
from torch import Tensor

from ...inference import pose_features
from ...inference.skeleton import CONTACT_JOINTS
from ..dance.kinematics import joint_positions, joint_steps
from .network import Denoiser

WEIGHTS = {"reconstruction": 0.636, "velocity": 2.964, "joints": 0.646, "feet": 10.942}
#: The weights are for features scaled to -1..1, where their standard deviation is about so much;
#: ours have a standard deviation of 1.
SPREAD = 0.3


def terms(
    denoiser: Denoiser, predicted: Tensor, truth: Tensor, kinematic: int
) -> dict[str, Tensor]:
    """The terms between normalised features (B, 150, 152).

    reconstruction and velocity: squared errors of the features and of their differences in time;
    joints: of joint positions, m^2; feet: squared length of the steps (m) of feet that the
    prediction itself says stand. The last two look at the first `kinematic` items only.
    """
    raw = denoiser.raw(predicted[:kinematic])
    joints = joint_positions(raw)
    with torch.no_grad():
        true_joints = joint_positions(denoiser.raw(truth[:kinematic]))
    planted = raw[:, 1:, pose_features.CONTACT].clamp(0, 1)[..., None]
    steps = joint_steps(raw, joints)[:, :, list(CONTACT_JOINTS)]
    error = SPREAD * (predicted - truth)
    return {
        "reconstruction": error.square().mean(),
        "velocity": error.diff(dim=1).square().mean(),
        "joints": (joints - true_joints).square().mean(),
        "feet": (steps * planted).square().mean(),
    }


def weighted(parts: dict[str, Tensor]) -> Tensor:
    """The loss: the terms by their weights."""
    return torch.stack([WEIGHTS[name] * value for name, value in parts.items()]).sum()
