# SPDX-License-Identifier: GPL-3.0-or-later
"""Every term against what can be worked out by hand, on figures in the rest pose."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from twostep.inference import pose_features
from twostep.models.edge.losses import SPREAD, WEIGHTS, terms, weighted
from twostep.models.edge.network import Config, Denoiser

TINY = Config(width=32, heads=2, depth=1, listening_depth=1)


@pytest.fixture(scope="module")
def denoiser() -> Denoiser:
    torch.manual_seed(0)
    made = Denoiser(TINY)
    made.mean.uniform_(-0.5, 0.5)
    made.std.uniform_(0.5, 2.0)
    return made


def standing(contact: float = 1.0, speed: float = 0.0, height: float = 0.9) -> Tensor:
    """Raw features (2, 6, 152) of figures in the rest pose that glide at `speed` m/s."""
    raw = torch.zeros(2, 6, pose_features.SIZE)
    raw[..., pose_features.POSE] = torch.tensor([1.0, 0, 0, 0, 1, 0]).repeat(24)
    raw[..., pose_features.VELOCITY.start] = speed
    raw[..., pose_features.HEIGHT] = height
    raw[..., pose_features.CONTACT] = contact
    return raw


def measured(denoiser: Denoiser, predicted: Tensor, truth: Tensor, kinematic: int = 2) -> dict:
    normal = denoiser.normalise(predicted), denoiser.normalise(truth)
    found = terms(denoiser, *normal, kinematic)
    return {name: float(value) for name, value in found.items()}


def test_what_is_right_costs_nothing(denoiser: Denoiser) -> None:
    found = measured(denoiser, standing(), standing())
    assert found == pytest.approx(dict.fromkeys(WEIGHTS, 0.0), abs=1e-9)


def test_a_foot_that_stands_must_not_slide(denoiser: Denoiser) -> None:
    a_step = 0.3 / 30
    for contact in (1.0, 0.5, 0.0):
        gliding = standing(contact, 0.3)
        found = measured(denoiser, gliding, gliding)
        assert found["feet"] == pytest.approx((contact * a_step) ** 2 / 3, rel=1e-3, abs=1e-12)
        assert found["joints"] == pytest.approx(0.0, abs=1e-9)


def test_only_the_prediction_says_what_stands(denoiser: Denoiser) -> None:
    assert measured(denoiser, standing(1.0, 0.3), standing(0.0, 0.3))["feet"] > 1e-5
    assert measured(denoiser, standing(0.0, 0.3), standing(1.0, 0.3))["feet"] < 1e-12


def test_joints_are_compared_in_metres(denoiser: Denoiser) -> None:
    found = measured(denoiser, standing(height=1.0), standing(height=0.9))
    assert found["joints"] == pytest.approx(0.1**2 / 3, rel=1e-3)
    assert found["velocity"] == pytest.approx(0.0, abs=1e-9)
    scaled = SPREAD * 0.1 / float(denoiser.std[pose_features.HEIGHT])
    assert found["reconstruction"] == pytest.approx(scaled**2 / pose_features.SIZE, rel=1e-3)


def test_velocity_is_the_difference_in_time(denoiser: Denoiser) -> None:
    jumping = standing()
    jumping[:, 3:, pose_features.HEIGHT] += 0.1
    scaled = SPREAD * 0.1 / float(denoiser.std[pose_features.HEIGHT])
    one_of_five = scaled**2 / pose_features.SIZE / 5
    assert measured(denoiser, jumping, standing())["velocity"] == pytest.approx(
        one_of_five, rel=1e-3
    )


def test_only_so_many_items_are_looked_at_in_metres(denoiser: Denoiser) -> None:
    second = standing()
    second[1, :, pose_features.HEIGHT] += 0.1
    assert measured(denoiser, second, standing(), kinematic=1)["joints"] < 1e-9
    assert measured(denoiser, second, standing(), kinematic=2)["joints"] > 1e-3


def test_the_published_weights() -> None:
    ones = {name: torch.tensor(1.0) for name in WEIGHTS}
    assert float(weighted(ones)) == pytest.approx(0.636 + 2.964 + 0.646 + 10.942)
