# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny baseline from the shards to a dance."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from twostep.inference.audio import Song
from twostep.inference.errors import TwostepError
from twostep.models.edge import export, train
from twostep.models.edge.dancer import TOGETHER, EdgeDancer
from twostep.models.edge.network import FRAMES, Config, Denoiser, Told
from twostep.models.edge.windows import Source
from twostep.models.judge.performances import Heard
from twostep.models.training import load_average

TINY = Config(width=32, heads=2, depth=2, listening_depth=1)
SECONDS = 3.0


def command(module, arguments: list[object]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "Config", lambda: TINY)
        patch.setattr("sys.argv", ["edge", *map(str, arguments)])
        module.main()


def trained(shards: Path, folder: Path, seconds: float) -> None:
    command(
        train,
        ["--shards", shards, "--run", folder, "--batch", 4, "--device", "cpu",
         "--budget", seconds / 60],
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    trained(shards, folder, SECONDS)
    return folder


@pytest.fixture(scope="module")
def exported(run: Path, shards: Path) -> Path:
    command(export, ["--run", run, "--shards", shards, "--out", run / "onnx"])
    return run / "onnx"


def heard(seconds: float, seed: int = 0) -> Heard:
    beats = np.arange(0.2, seconds, 0.5)
    features = np.random.default_rng(seed).random((round(seconds * 30), 48), dtype=np.float32)
    song = Song(seconds, features, beats, np.arange(len(beats)) % 4 == 0, 120.0, {"pop": 1.0}, ())
    return Heard(Path(f"song{seed}.wav"), song)


def told(count: int) -> Told:
    return Told(
        torch.randn(count, FRAMES, 48), torch.eye(5)[:count], torch.rand(count, 1),
        torch.ones(count, 1),
    )  # fmt: skip


def test_windows_are_whole_and_lie_in_their_split(shards: Path) -> None:
    windows = Source(shards, "train", 0).draw(6)
    assert [tuple(part.shape) for part in windows] == [
        (6, FRAMES, 152), (6, FRAMES, 48), (6, 5), (6, 1),
    ]  # fmt: skip
    assert torch.all((windows.energy >= 0) & (windows.energy <= 1))
    assert torch.all(windows.style.sum(1) == 1)


def test_statistics_bound_what_was_trained_on(shards: Path) -> None:
    denoiser, source = Denoiser(TINY), Source(shards, "train", 0)
    train.set_statistics(denoiser, source.dances)
    normal = denoiser.normalise(source.draw(16).motion)[..., :144]
    assert torch.all(normal >= denoiser.low[:144] - 1e-4)
    assert torch.all(normal <= denoiser.high[:144] + 1e-4)
    assert torch.allclose(denoiser.raw(denoiser.normalise(denoiser.low)), denoiser.low, atol=1e-5)


def test_what_is_withheld_is_not_heard() -> None:
    torch.manual_seed(0)
    denoiser, first = Denoiser(TINY).eval(), told(3)
    other = first._replace(music=torch.randn_like(first.music), energy=torch.rand(3, 1))
    deaf = torch.zeros(3, 1)
    silent = [denoiser.listener(told._replace(heard=deaf)) for told in (first, other)]
    assert all(torch.equal(a, b) for a, b in zip(*silent, strict=True))
    assert not torch.allclose(denoiser.listener(first)[0], denoiser.listener(other)[0], atol=0.01)


def test_a_run_spends_its_budget_and_logs_processor_time(run: Path) -> None:
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert lines[-1]["minutes"] * 60 >= SECONDS * 0.99
    assert lines[-1]["cpu_minutes"] > 0
    assert {"held_out_loss", "held_out_feet", "held_out_loss_without_music"} <= set(lines[-1])
    assert np.isfinite(lines[-1]["held_out_loss"])


def test_a_stopped_run_goes_on_where_it_was(run: Path, shards: Path, tmp_path: Path) -> None:
    before = torch.load(run / "checkpoint.pt", weights_only=True)
    torch.save(before, tmp_path / "checkpoint.pt")
    trained(shards, tmp_path, 60 * before["minutes"] + 0.5)
    after = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert after["step"] > before["step"]
    assert after["minutes"] > before["minutes"] and after["cpu_minutes"] > before["cpu_minutes"]


def test_learning_lowers_the_loss() -> None:
    torch.manual_seed(0)
    denoiser, diffusion = Denoiser(TINY), train.Diffusion("cpu")
    windows = train.Windows(
        torch.randn(1, 1, 152).repeat(4, FRAMES, 1), told(4).music, told(4).style, told(4).energy
    )
    optimiser = torch.optim.Adam(denoiser.parameters(), 3e-3)
    losses = []
    for _ in range(40):
        loss = diffusion.terms(denoiser, windows, train.unreliable(windows), 1)["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])


def test_the_exported_networks_are_the_trained_ones(run: Path, exported: Path) -> None:
    denoiser = load_average(Denoiser(TINY), run)
    dancer = EdgeDancer(exported, "cpu")
    given = told(3)
    x = torch.randn(3, FRAMES, 152)
    memory, vector = dancer._listen(*(part.numpy() for part in given[:3]))
    found = dancer._guess(x.numpy(), 340, memory, vector)
    for heard_, guess in zip((1.0, 0.0), found, strict=True):
        with torch.no_grad():
            at = denoiser.listener(given._replace(heard=torch.full((3, 1), heard_)))
            wanted = denoiser(x, torch.full((3,), 340.0), *at)
        assert np.abs(guess - wanted.numpy()).max() < 1e-4


@pytest.mark.parametrize("seconds", [1.0, 5.0, 17.3, 2.5 * (TOGETHER + 3)])
def test_a_dance_is_as_long_as_its_song(exported: Path, seconds: float) -> None:
    motion = EdgeDancer(exported, "cpu").dance(heard(seconds), "salsa", 0)
    assert len(motion) == round(seconds * 30) and motion.fps == 30
    assert np.isfinite(motion.root).all() and np.isfinite(motion.rotations).all()


def test_seed_and_song_make_the_dance(exported: Path) -> None:
    dancer = EdgeDancer(exported, "cpu")
    first = dancer.dance(heard(6.0), "salsa", 0)
    assert np.array_equal(first.root, dancer.dance(heard(6.0), "salsa", 0).root)
    assert not np.allclose(first.root, dancer.dance(heard(6.0), "salsa", 1).root, atol=1e-3)
    assert not np.allclose(first.root, dancer.dance(heard(6.0, 1), "salsa", 0).root, atol=1e-3)


def test_a_damaged_folder_is_told(exported: Path, tmp_path: Path) -> None:
    for path in exported.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "denoiser.onnx").write_bytes(b"no network")
    with pytest.raises(TwostepError, match="denoiser.onnx is damaged"):
        EdgeDancer(tmp_path, "cpu")
    with pytest.raises(TwostepError, match="missing"):
        EdgeDancer(tmp_path / "nowhere", "cpu")
