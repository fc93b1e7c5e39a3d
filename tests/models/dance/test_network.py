# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import torch

from twostep.inference import pose_features
from twostep.inference.audio import beat_channels
from twostep.inference.skeleton import JOINT_COUNT
from twostep.models.dance.config import SMALL, TOKENS
from twostep.models.dance.criterion import liveliness, vicreg
from twostep.models.dance.export import Predictor, examples
from twostep.models.dance.kinematics import joint_positions, joint_steps
from twostep.models.dance.network import DanceModel, off_beat

from ..conftest import sway


@pytest.fixture(scope="module")
def model() -> DanceModel:
    torch.manual_seed(0)
    return awake(DanceModel(SMALL)).eval()


def awake(model: DanceModel) -> DanceModel:
    """Zero-initialised gates opened, so that an untrained model depends on its inputs."""
    for block in [*model.flow.blocks, *model.jepa.blocks]:
        torch.nn.init.normal_(block.modulation.weight, std=0.05)
    torch.nn.init.normal_(model.flow.out.weight, std=0.1)
    return model


def test_kinematics_agree_with_inference() -> None:
    motion = sway(90, 100.0, 1)
    features = pose_features.encode(motion)
    given = torch.from_numpy(features)[None]
    joints = joint_positions(given)
    still = features.copy()
    still[:, [144, 145, 147]] = 0
    assert np.abs(joints[0].numpy() - pose_features.decode(still).positions()).max() < 1e-4
    travelled = np.linalg.norm(np.diff(pose_features.decode(features).positions(), axis=0), axis=-1)
    ours = joint_steps(given, joints)[0].norm(dim=-1).numpy()
    assert ours.shape == (89, JOINT_COUNT)
    assert np.abs(ours - travelled).max() < 1e-4


def test_shapes(model: DanceModel) -> None:
    with torch.no_grad():
        latents = model.encoder(torch.randn(2, 60, 152))
        assert latents.shape == (2, TOKENS, SMALL.latent)
        assert model.decoder(latents).shape == (2, 60, 152)


def test_the_decoder_reaches_at_most_8_tokens(model: DanceModel) -> None:
    """So overlapping chunks decode as the whole does."""
    latents = torch.randn(1, 40, SMALL.latent)
    with torch.no_grad():
        whole = model.decoder(latents)
        chunk = model.decoder(latents[:, 10:36])
    assert torch.allclose(whole[:, 4 * 18 : 4 * 28], chunk[:, 4 * 8 : 4 * 18], atol=1e-5)


@pytest.mark.parametrize("name", ["music", "style", "energy", "context"])
def test_every_condition_matters(model: DanceModel, name: str) -> None:
    inputs = examples(SMALL.latent, 2)
    predictor = Predictor(model)
    with torch.no_grad():
        before = predictor(*inputs.values())
        changed = {**inputs, name: inputs[name].flip(0)}
        assert (predictor(*changed.values()) - before).abs().max() > 1e-3


def test_masked_context_is_not_seen(model: DanceModel) -> None:
    inputs = examples(SMALL.latent, 2)
    inputs["context_mask"] = torch.zeros(2, TOKENS)
    predictor = Predictor(model)
    with torch.no_grad():
        before = predictor(*inputs.values())
        after = predictor(*{**inputs, "context": 5 * inputs["context"]}.values())
    assert torch.equal(before, after)


def test_guidance_one_is_the_plain_flow(model: DanceModel) -> None:
    """At guidance 0 the music is not heard at all; at 1 it is, and more at 3."""
    inputs = examples(SMALL.latent, 2)
    predictor = Predictor(model)
    outputs = []
    with torch.no_grad():
        for strength in (0.0, 1.0, 3.0):
            for music in (inputs["music"], inputs["music"].flip(0)):
                given = {**inputs, "music": music, "guidance": torch.tensor([strength])}
                outputs.append(predictor(*given.values()))
        plain = Predictor(model, guided=False)(*inputs.values())
    effect = [float((a - b).abs().mean()) for a, b in zip(outputs[::2], outputs[1::2], strict=True)]
    assert effect[0] == 0 < effect[1] < effect[2]
    assert torch.allclose(plain, outputs[2], atol=1e-5), "unguided is the one at guidance 1"


def test_off_beat_is_the_music_half_a_beat_later() -> None:
    beats, times = np.arange(0, 20, 0.6), np.arange(90, 300) / 30
    bars = np.arange(len(beats)) % 4 == 0
    music = torch.rand(1, len(times), 48)
    music[0, :, 37:46] = torch.from_numpy(beat_channels(times, beats, bars))
    late = off_beat(music)[0].numpy()
    assert np.abs(late[:, 37:46] - beat_channels(times, beats + 0.3, bars)).max() < 0.05
    assert not late[:, :37].any()


def test_rhythm_guidance_pushes_away_from_the_off_beat(model: DanceModel) -> None:
    inputs = examples(SMALL.latent, 2)
    with torch.no_grad():
        plain, pushed, harder = (
            Predictor(model, rhythm)(*inputs.values()) for rhythm in (0.0, 1.0, 2.0)
        )
    assert (plain - pushed).abs().mean() < (plain - harder).abs().mean()


def test_vicreg_punishes_collapse() -> None:
    collapsed = torch.zeros(4, 15, 8)
    spread = torch.randn(64, 15, 8)
    copied = spread[..., :1].expand(-1, -1, 8)
    assert vicreg(collapsed)["std"] > 0.9 > 0.1 > vicreg(spread)["std"]
    assert vicreg(copied)["cov"] > 0.9 > 0.1 > vicreg(spread)["cov"]


def test_liveliness_asks_for_energy_and_force_and_not_for_the_moment() -> None:
    time = torch.arange(61) / 30
    swing = torch.zeros(1, 61, 24, 3)
    swing[..., 0] = 0.3 * torch.sin(2 * torch.pi * 2 * time)[None, :, None]
    swing[..., 2] = 0.3 * torch.cos(2 * torch.pi * 2 * time)[None, :, None]
    steps = swing.diff(dim=1)
    assert all(float(term) == 0 for term in liveliness(steps, steps))
    later = swing.roll(-15, dims=1).diff(dim=1)[:, :45]
    early = steps[:, :45]
    assert all(float(term) < 0.05 for term in liveliness(later, early)), "a whole swing later"
    energy, force = liveliness(0.5 * steps, steps)
    # Both are well above what counts as rest: a quarter of the energy, half of the force.
    joint = 0.5 * (0.3 * 4 * torch.pi) ** 2
    rest = 0.02
    expected = torch.log((torch.tensor(joint) + rest) / (joint / 4 + rest))
    assert float(energy) == pytest.approx(float(expected), rel=0.05)
    assert 0.6 < float(force) < np.log(2)
