# SPDX-License-Identifier: GPL-3.0-or-later
"""What the dance networks are trained for.

`vicreg` after Bardes et al. 2022, with temporal similarity and inverse dynamics as in the
action-conditioned JEPAs (PLDM, eb_jepa); `reconstruction` with velocity, joint position and contact
terms as in EDGE; `flow_loss` is rectified flow with logit-normal times.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ...inference import pose_features
from ...inference.motion import FPS
from ...inference.skeleton import CONTACT_JOINTS
from .kinematics import joint_positions, joint_steps
from .network import Conditions, Flow


def vicreg(latents: Tensor) -> dict[str, Tensor]:
    """Variance and covariance terms of latents (B, T, D), statistics over batch and time, and the
    squared step from token to token."""
    flat = latents.flatten(0, 1)
    flat = flat - flat.mean(0)
    std = flat.var(0).add(1e-4).sqrt()
    covariance = flat.T @ flat / (len(flat) - 1)
    size = covariance.shape[0]
    off = covariance.pow(2).sum() - covariance.diagonal().pow(2).sum()
    return {
        "std": F.relu(1 - std).mean(),
        "cov": off / (size * (size - 1)),
        "smooth": (latents[:, 1:] - latents[:, :-1]).pow(2).mean(),
    }


def reconstruction(
    predicted: Tensor, truth: Tensor, std: Tensor, kinematic: int
) -> dict[str, Tensor]:
    """Terms between predicted and true raw features (B, T, 152).

    std (152,) scales them; joint positions are compared on the first `kinematic` items only, as
    forward kinematics costs most of a step on a CPU.
    """
    until = pose_features.CONTACT.start
    a, b = (predicted / std)[..., :until], (truth / std)[..., :until]
    predicted_part, true_part = predicted[:kinematic], truth[:kinematic]
    joints, true_joints = joint_positions(predicted_part), joint_positions(true_part)
    steps, true_steps = joint_steps(predicted_part, joints), joint_steps(true_part, true_joints)
    planted = true_part[:, 1:, pose_features.CONTACT]
    energy, force = liveliness(steps, true_steps)
    slide = steps[:, :, list(CONTACT_JOINTS)].norm(dim=-1) * planted
    return {
        "pose": F.smooth_l1_loss(a, b, beta=0.5),
        "velocity": F.smooth_l1_loss(a.diff(dim=1), b.diff(dim=1), beta=0.1),
        "acceleration": (a.diff(n=2, dim=1) - b.diff(n=2, dim=1)).pow(2).mean(),
        "joints": (joints - true_joints).norm(dim=-1).mean(),
        "joint_velocity": (steps - true_steps).norm(dim=-1).mean(),
        "energy": energy,
        "force": force,
        "slide": slide.mean(),
        "contact": F.binary_cross_entropy(
            predicted[..., pose_features.CONTACT].clamp(1e-4, 1 - 1e-4),
            truth[..., pose_features.CONTACT].clamp(0, 1),
        ),
    }


def liveliness(steps: Tensor, true_steps: Tensor) -> tuple[Tensor, Tensor]:
    """How far the kinetic energy (over the floor and upwards) and the mean acceleration of every
    joint over half a second are from the truth's, as logarithms.

    steps (B, T - 1, 24, 3): metres a frame. What squared errors make of a motion that is not fully
    known is too smooth; these terms ask for its liveliness and leave the exact moment open.
    """

    def over_time(values: Tensor) -> Tensor:
        return F.avg_pool1d(values.flatten(2).transpose(1, 2), LIVELY_FRAMES, LIVELY_FRAMES)

    def measured(moves: Tensor) -> tuple[Tensor, Tensor]:
        squares = (moves * FPS).pow(2)
        energy = torch.stack([squares[..., :2].sum(-1), squares[..., 2]], dim=-1)
        force = moves.diff(dim=1).norm(dim=-1) * FPS**2
        return over_time(energy), over_time(force)

    (energy, force), (true_energy, true_force) = measured(steps), measured(true_steps)
    return (
        torch.log((energy + STILL_ENERGY) / (true_energy + STILL_ENERGY)).abs().mean(),
        torch.log((force + STILL_FORCE) / (true_force + STILL_FORCE)).abs().mean(),
    )


#: Half a second, and the energy (m^2/s^2) and acceleration (m/s^2) under which a joint is at rest.
LIVELY_FRAMES, STILL_ENERGY, STILL_FORCE = 15, 0.02, 1.0

#: Weights of the terms above.
RECONSTRUCTION = {
    "pose": 2.0,
    "velocity": 2.0,
    "acceleration": 0.5,
    "joints": 4.0,
    "joint_velocity": 20.0,
    "energy": 0.7,
    "force": 0.7,
    "slide": 6.0,
    "contact": 0.1,
}
VICREG = {"std": 1.0, "cov": 0.5, "smooth": 0.15}


def weighted(terms: dict[str, Tensor], weights: dict[str, float]) -> Tensor:
    """The sum of terms, each times the weight of its name."""
    return torch.stack([weights[name] * value for name, value in terms.items()]).sum()


def flow_loss(flow: Flow, target: Tensor, told: Conditions) -> tuple[Tensor, Tensor, Tensor]:
    """Rectified-flow loss on latents (B, 15, D).

    Returns the loss, the one-step estimates of the latents (B, 15, D) and their times (B,).
    """
    # A little more of the early times, at which the music decides what will happen.
    time = torch.sigmoid(torch.randn(len(target), device=target.device) - 0.3)
    noise = torch.randn_like(target)
    noised = noise + time[:, None, None] * (target - noise)
    velocity = flow(noised, time, told)
    estimate = noised + (1 - time)[:, None, None] * velocity
    return (velocity - (target - noise)).pow(2).mean(), estimate, time
