# SPDX-License-Identifier: GPL-3.0-or-later
"""The autoencoder of the log-mel: shapes, bottleneck, learning, resuming, length, files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from twostep.inference.score.mel import decibels
from twostep.models.score.autoencoder import LATENT, PATCH, REACH, Autoencoder, loss
from twostep.models.score.encode_corpus import encode
from twostep.models.score.export_autoencoder import calibrate, measure, write
from twostep.models.score.train_autoencoder import FRAMES, Excerpts, look
from twostep.models.training import Run


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def music(rows: int, seed: int = 0) -> Tensor:
    """Something with beats and partials, normalised mel (rows, 256)."""
    random = np.random.default_rng(seed)
    time, bins = np.arange(rows)[:, None], np.arange(256)[None]
    attacks = np.exp(-((time + random.integers(20)) % 20) / 6)
    partials = np.cos(bins / random.uniform(3, 6)) + 0.01 * (128 - bins)
    return torch.from_numpy((attacks * partials + 0.1 * random.standard_normal((rows, 256))) / 1.5)[
        None
    ].float()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three clips, one for validation."""
    rows = [140, 160, 200]
    sound = np.concatenate([decibels(music(n, i)[0].numpy()) for i, n in enumerate(rows)])
    np.save(tmp_path / "mel.npy", sound.astype(np.float16))
    edges = np.cumsum([0, *rows])
    clips = [
        {"name": str(i), "genre": "house", "kind": "composed", "split": split,
         "start": int(edges[i]), "stop": int(edges[i + 1])}
        for i, split in enumerate(("train", "train", "validation"))
    ]  # fmt: skip
    (tmp_path / "clips.json").write_text(json.dumps(clips))
    return tmp_path


def test_shapes_and_unit_variance() -> None:
    model = Autoencoder()
    sound = torch.cat([music(FRAMES, seed) for seed in range(6)])
    latents = model.train().encoder(sound)
    assert latents.shape == (6, FRAMES // PATCH, LATENT)
    flat = latents.detach().flatten(0, 1)
    assert torch.allclose(flat.mean(dim=0), torch.zeros(LATENT), atol=1e-4)
    assert torch.allclose(flat.std(dim=0), torch.ones(LATENT), atol=0.05)
    assert model.decoder(latents).shape == sound.shape


def test_training_noise_reaches_the_decoder_only_in_training() -> None:
    model = Autoencoder()
    sound = music(FRAMES).repeat(2, 1, 1)
    model.train()(sound)
    assert not torch.equal(model(sound), model(sound))
    model.eval()
    assert torch.equal(model(sound), model(sound))


@pytest.mark.slow
def test_learns_a_clip(tmp_path: Path) -> None:
    sound = torch.cat([music(32, seed) for seed in range(3)])
    run = Run(Autoencoder(), tmp_path, 1.0, 2e-3)
    first = float(loss(run.model.train()(sound), sound)["level"].detach())
    for _ in range(30):
        run.take(lambda _: loss(run.model(sound), sound))
    assert float(loss(run.model.eval()(sound), sound)["level"].detach()) < 0.6 * first


def test_resumed_run_goes_on_the_same(tmp_path: Path) -> None:
    sound = music(32).repeat(2, 1, 1)

    def steps(run: Run, count: int) -> list[float]:
        found = []
        for _ in range(count):
            torch.manual_seed(run.step)
            found.append(run.take(lambda _: loss(run.model(sound), sound))["loss"])
        return found

    run = Run(Autoencoder(), tmp_path, 1.0, 1e-3)
    steps(run, 3)
    run.save()
    went_on = steps(run, 3)
    again = Run(Autoencoder(), tmp_path, 1.0, 1e-3)
    assert again.step == 3
    assert steps(again, 3) == pytest.approx(went_on, rel=1e-5)


def test_decoding_in_pieces_is_decoding_at_once() -> None:
    decoder = Autoencoder().decoder.eval()
    torch.nn.init.normal_(decoder.leave.weight, std=0.1)  # what training does to it
    latents = torch.randn(1, 80, LATENT)
    with torch.no_grad():
        whole = decoder(latents)
        piece = decoder(latents[:, 30 - REACH : 50 + REACH])[:, PATCH * REACH : -PATCH * REACH]
    assert torch.allclose(piece, whole[:, 30 * PATCH : 50 * PATCH], atol=1e-4)


def test_decoder_sees_as_far_as_it_says() -> None:
    decoder = Autoencoder().decoder.eval()
    torch.nn.init.normal_(decoder.leave.weight, std=0.1)
    latents = torch.randn(1, 61, LATENT, requires_grad=True)
    decoder(latents)[:, 30 * PATCH : 31 * PATCH].square().sum().backward()
    assert latents.grad is not None
    seen = latents.grad[0].abs().sum(dim=1).nonzero()[:, 0]
    assert (int(seen.min()), int(seen.max())) == (30 - REACH, 30 + REACH)


def test_an_attack_in_the_wrong_place_costs_more_than_one_too_quiet() -> None:
    truth, late, quiet = torch.zeros(3, 1, 32, 256)
    truth[:, 10], late[:, 11], quiet[:, 10] = 3.0, 3.0, 2.0
    assert loss(truth, truth)["loss"] == 0
    assert loss(late, truth)["level"] > 2 * loss(quiet, truth)["level"]
    assert loss(late, truth)["edges"] > 2 * loss(quiet, truth)["edges"]


def test_excerpts_come_from_their_split(corpus: Path) -> None:
    drawn = Excerpts(corpus, ["validation"], 3).draw(4)
    assert drawn.shape == (4, FRAMES, 256)
    held_out = music(200, 2)[0].numpy()
    starts = [
        min(range(200 - FRAMES + 1), key=lambda s: np.abs(held_out[s : s + FRAMES] - row).max())
        for row in drawn.numpy()
    ]
    for row, start in zip(drawn.numpy(), starts, strict=True):
        np.testing.assert_allclose(row, held_out[start : start + FRAMES], atol=0.01)


def test_corpus_encodes_clip_by_clip(corpus: Path) -> None:
    model = Autoencoder().eval()
    latents = encode(model, corpus)
    assert latents.shape == (500 // PATCH, LATENT)
    with torch.no_grad():
        own = model.encoder(music(160, 1))[0].numpy()
    np.testing.assert_allclose(latents[35:75], own, atol=0.05)
    found = measure(model, corpus, "validation")
    assert set(found["error_db"]) == {"house"}
    assert {"held_out_db", "least_spread"} <= set(look(model, [music(64)]))


def test_calibration_changes_the_latents_but_not_the_sound(corpus: Path) -> None:
    model = Autoencoder()
    model.train()(torch.cat([music(64, seed) for seed in range(4)]))
    model.eval()
    sound = music(160, 1)
    with torch.no_grad():
        before = model(sound)
        calibrate(model, corpus)
        after = model(sound)
    latents = encode(model, corpus)[:75].astype(np.float32)
    np.testing.assert_allclose(latents.mean(axis=0), 0, atol=0.01)
    np.testing.assert_allclose(latents.std(axis=0), 1, atol=0.02)
    # The very ends differ: what lies beyond them counts as the mean.
    inside = slice(PATCH * REACH, -PATCH * REACH)
    assert torch.allclose(after[:, inside], before[:, inside], atol=1e-3)


@pytest.mark.parametrize(("half", "tolerance"), [(False, 1e-4), (True, 1e-2)])
def test_files_compute_what_the_network_does(tmp_path: Path, half: bool, tolerance: float) -> None:
    model = Autoencoder()
    model.train()(torch.cat([music(64, seed) for seed in range(4)]))
    found = write(model, tmp_path, half=half)
    assert {path.name for path in found} == {"autoencoder_encoder.onnx", "autoencoder_decoder.onnx"}
    assert max(found.values()) < tolerance
