# SPDX-License-Identifier: GPL-3.0-or-later
"""The baseline after Tan et al.: what it is told, that it learns, samples and exports."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

pytest.importorskip("diffusers", reason="the baseline needs diffusers (requirements/train.txt)")

from twostep.inference.genres import NAMES
from twostep.inference.motion import Motion
from twostep.inference.score.mel import FLOOR_DB, FPS
from twostep.models.data.music.dances import recorded
from twostep.models.data.music.pairs import draw
from twostep.models.score import train_paper
from twostep.models.score.export_paper import write
from twostep.models.score.paper import (
    MOTION,
    MOTION_FRAMES,
    PLANES,
    SLICE,
    Paper,
    denoising_loss,
    load,
    motion_features,
    sample,
)  # fmt: skip
from twostep.models.score.paper_data import Dance, Slices, dances

from ..conftest import sway


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def paper() -> Paper:
    torch.manual_seed(0)
    return Paper().eval()


def test_motion_features_are_what_they_say() -> None:
    angle = np.linspace(0, 3, 91)  # one radian a second about z, walking along x at 0.5 m/s
    turns = np.tile([1.0, 0, 0, 0], (91, 24, 1))
    turns[:, 0] = Rotation.from_rotvec(np.outer(angle, [0, 0, 1])).as_quat(scalar_first=True)
    root = np.column_stack([2 + 0.5 * angle, 0 * angle, 0 * angle + 0.9])
    told = motion_features(Motion(30.0, root, turns, np.zeros((91, 4))))
    assert told.shape == (91, MOTION)
    position, linear, sixd, angular = np.split(told, [72, 144, 288], axis=1)
    np.testing.assert_allclose(position[60, :3], [1.0, 0.0, 0.9], atol=1e-5)
    np.testing.assert_allclose(linear[10, :3], [0.5, 0, 0], atol=1e-4)
    np.testing.assert_allclose(sixd[0, :6], [1, 0, 0, 0, 1, 0], atol=1e-5)
    np.testing.assert_allclose(angular[10, :3], [0, 0, 1.0], atol=1e-3)
    np.testing.assert_allclose(angular[10, 3:], 0, atol=1e-3)


def test_a_step_lowers_the_loss_of_a_fixed_batch() -> None:
    denoiser = Paper().denoiser.train()
    batch = (
        torch.randn(1, PLANES, 28, 32),
        torch.randn(1, MOTION_FRAMES, MOTION),
        torch.eye(13)[:1],
    )
    optimiser = torch.optim.AdamW(denoiser.parameters(), 1e-4)
    found = []
    for _ in range(4):
        torch.manual_seed(3)
        wrong = denoising_loss(denoiser, *batch)
        found.append(float(wrong.detach()))
        optimiser.zero_grad()
        wrong.backward()
        optimiser.step()
    assert all(np.isfinite(found))
    assert found[-1] < found[0]


def test_the_denoiser_attends_to_motion_and_genre(paper: Paper) -> None:
    latents, time = torch.randn(1, PLANES, 28, 32), torch.tensor([500])
    motion, genre = torch.randn(1, MOTION_FRAMES, MOTION), torch.eye(13)
    with torch.no_grad():
        one = paper.denoiser(latents, time, motion, genre[:1])
        assert not torch.allclose(one, paper.denoiser(latents, time, motion, genre[1:2]), atol=1e-6)
        assert not torch.allclose(one, paper.denoiser(latents, time, -motion, genre[:1]), atol=1e-6)


def test_samples_music_as_long_as_the_motion(paper: Paper) -> None:
    motion = sway(200, 100, 0)  # longer than one slice
    made = sample(paper, motion, "house", seed=1, steps=2)
    assert made.shape == (round(200 / 30 * FPS), 256)
    assert np.isfinite(made).all()
    np.testing.assert_array_equal(made, sample(paper, motion, "house", seed=1, steps=2))
    assert not np.array_equal(made, sample(paper, motion, "house", seed=2, steps=2))


def test_a_clip_s_dance_is_found_again(shards: Path, tmp_path: Path) -> None:
    takes = [dance for dance in recorded(shards / "motion.npz") if dance.split == "train"]
    pair = draw(takes, "house", np.random.default_rng(7))
    rows = round(pair.motion.seconds * FPS) // 4 * 4
    np.save(tmp_path / "mel.npy", np.full((3 * rows, 256), FLOOR_DB, np.float16))
    entry = {"genre": "house", "split": "train", "start": 0, "stop": rows, "take": pair.name}
    clips = [
        {**entry, "name": "house_7"},
        {**entry, "name": "house_8", "take": "another"},
        {**entry, "name": "house_9", "split": "test"},
    ]
    (tmp_path / "clips.json").write_text(json.dumps(clips))
    (found,) = dances(tmp_path, shards / "motion.npz", "train")
    np.testing.assert_allclose(found.motion, motion_features(pair.motion), atol=1e-5)
    assert found.genre == "house"
    assert found.sound.shape == (rows, 256)


def _slices(seed: int) -> Slices:
    rng = np.random.default_rng(seed)
    motion = motion_features(sway(240, 100, seed))
    sound = rng.standard_normal((320, 256)).astype(np.float32)
    return Slices([Dance(sound, motion, NAMES[2])], seed)


def test_trains_in_both_stages_and_is_loaded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BATCH", "VAE_BATCH", "LOOKED_AT"):
        monkeypatch.setattr(train_paper, name, 1)
    paper = Paper()
    before = paper.vae.inner.decoder.conv_out.weight.clone()
    train_paper.train(paper, _slices(0), _slices(1), tmp_path, 0.0005, "cpu")
    assert not torch.equal(before, paper.vae.inner.decoder.conv_out.weight)
    again = load(tmp_path)
    assert torch.equal(again.scale, paper.scale)
    assert float(again.scale) != 1.0
    lines = [
        json.loads(line) for line in (tmp_path / "unet" / "log.jsonl").read_text().splitlines()
    ]
    assert all(np.isfinite(value) for line in lines for value in line.values())
    assert "held_out" in lines[-1]


def test_slices_keep_sound_and_motion_together() -> None:
    slices = _slices(0)
    dance = slices.dances[0]
    slices.latents = [torch.arange(40.0)[None, :, None].expand(PLANES, 40, 32)]
    latents, motion, genre = slices.scored(5)
    assert latents.shape == (5, PLANES, SLICE // 8, 32)
    for row in range(5):
        first = round(float(latents[row, 0, 0, 0]) * 8 / FPS * 30)
        np.testing.assert_array_equal(motion[row, :50].numpy(), dance.motion[first : first + 50])
    assert genre.argmax(dim=1).tolist() == [2] * 5


@pytest.mark.slow
@pytest.mark.parametrize(("half", "tolerance"), [(False, 1e-4), (True, 1e-2)])
def test_files_compute_what_the_networks_do(
    paper: Paper, tmp_path: Path, half: bool, tolerance: float
) -> None:
    found = write(paper, tmp_path, half=half)
    assert {path.name for path in found} == {"paper_unet.onnx", "paper_decoder.onnx"}
    assert max(found.values()) < tolerance
