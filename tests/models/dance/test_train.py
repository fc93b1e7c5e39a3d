# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

from twostep.models.dance import export, refining, train
from twostep.models.dance.config import SIZES, SMALL
from twostep.models.dance.pairing import Dances, Library, Pairing
from twostep.models.dance.steps import Tensors
from twostep.models.dance.train import load_average

from .test_network import awake

TINY = replace(SMALL, latent=16, width=32, encoding_batch=4, flow_batch=4, decoder_width=48)
SECONDS = 4.0


@pytest.fixture(scope="module")
def run(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole training of a tiny model, through the command's own entry."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SIZES, "small", TINY)
        command(patch, shards, folder, SECONDS / 60)
    return folder


def command(patch: pytest.MonkeyPatch, shards: Path, folder: Path, minutes: float) -> None:
    arguments = ["train", "--shards", str(shards), "--run", str(folder), "--device", "cpu"]
    patch.setattr("sys.argv", [*arguments, "--budget", str(minutes)])
    train.main()


def lines(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def test_every_stage_spends_its_share_of_the_budget(run: Path) -> None:
    kept = torch.load(run / "checkpoint.pt", weights_only=True)
    assert kept["stage"] == len(train.STAGES)
    shares = np.array(train.SHARES)
    assert np.all(np.array(kept["minutes"]) * 60 >= SECONDS * shares), "the budget is spent"
    assert all(count > 0 for count in steps_by_stage(run))


def steps_by_stage(run: Path) -> list[int]:
    return [sum("loss" in line for line in lines(run) if line["stage"] == s) for s in range(3)]


def test_the_log_watches_collapse_and_the_half_beat(run: Path) -> None:
    last = lines(run)[-1]
    assert {"std_min", "rank", "flow_std", "flow_f1_margin", "flow_f1_margin_half"} <= set(last)
    assert any("jepa_f1_margin_half" in line for line in lines(run))


def test_a_stopped_run_goes_on_where_it_was(
    run: Path, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = torch.load(run / "checkpoint.pt", weights_only=True)
    half = {**kept, "stage": 1, "minutes": [kept["minutes"][0], 0.5 * kept["minutes"][1]]}
    state = train.State(
        model=load_average(run / "checkpoint.pt"),
        average=load_average(run / "checkpoint.pt"),
        optimiser=None,  # type: ignore[arg-type]
    )
    state.optimiser = train.optimiser_for(state.model, 1)
    half["optimiser"] = state.optimiser.state_dict()
    torch.save(half, tmp_path / "checkpoint.pt")
    monkeypatch.setitem(SIZES, "small", TINY)
    command(monkeypatch, shards, tmp_path, SECONDS / 60)
    after = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert after["stage"] == len(train.STAGES)
    assert after["minutes"][0] == kept["minutes"][0]
    encoder = "encoder.embed.weight"
    assert torch.equal(after["model"][encoder], kept["average"][encoder]), "the encoder is frozen"
    flow = "flow.embed.weight"
    assert not torch.equal(after["model"][flow], kept["average"][flow])


def test_a_run_of_two_stages_is_refined_by_a_third(
    run: Path, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = torch.load(run / "checkpoint.pt", weights_only=True)
    before = {**kept, "stage": 2, "step": 0, "minutes": kept["minutes"][:2]}
    torch.save(before, tmp_path / "checkpoint.pt")
    monkeypatch.setitem(SIZES, "small", TINY)
    command(monkeypatch, shards, tmp_path, SECONDS / 60)
    after = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert after["minutes"][:2] == kept["minutes"][:2] and after["minutes"][2] > 0

    def same(part: str) -> bool:
        names = [n for n in kept["average"] if n.startswith(part) and n.endswith("weight")]
        return all(torch.equal(after["model"][name], kept["average"][name]) for name in names)

    assert same("encoder.") and same("inverse.")
    assert not any(same(part) for part in ("flow.", "decoder.", "jepa."))


def test_the_decoder_reads_what_the_flow_walked_to(
    run: Path, shards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_average(run / "checkpoint.pt")
    pairing = Pairing(
        Dances(shards / "motion.npz", "train", train.SEGMENTS),
        Library.load(shards / "music.npz", "train"),
        0,
    )
    batch = Tensors(pairing.draw(4), torch.device("cpu"))
    latents = batch.encoded(model)
    monkeypatch.setattr(refining, "READ", 3)
    goal = torch.full_like(latents[:3, 0], 0.5)

    def leads_to_goal(x: torch.Tensor, time: torch.Tensor, told: object) -> torch.Tensor:
        return (goal - x) / (1 - time)[:, None, None]

    monkeypatch.setattr(model.flow, "forward", leads_to_goal)
    walked = refining._walked(model, batch, latents)
    assert torch.equal(walked[:, 0], latents[:3, 0]), "the first segment is the true one"
    assert torch.allclose(walked[:, 1:], goal[:, None].expand_as(walked[:, 1:]), atol=1e-4)


def test_onnx_says_what_torch_says(run: Path, tmp_path: Path) -> None:
    model = awake(load_average(run / "checkpoint.pt"))
    export.export(model, tmp_path)
    inputs = export.examples(TINY.latent, 3)
    motion, latents = torch.randn(1, 60, 152), torch.randn(1, 37, TINY.latent)
    cases = {
        "predictor": (export.Predictor(model), inputs),
        "encoder": (model.encoder, {"motion": motion}),
        "decoder": (model.decoder, {"latents": latents}),
    }
    for name, (module, given) in cases.items():
        with torch.no_grad():
            ours = module(*given.values()).numpy()
        session = ort.InferenceSession(tmp_path / f"{name}.onnx")
        theirs = session.run(None, {key: value.numpy() for key, value in given.items()})[0]
        assert np.abs(ours - theirs).max() < 1e-4, name
        assert np.abs(ours).max() > 0.1, name


def test_the_metadata_states_checksums_and_speeds(
    run: Path, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["--run", str(run), "--shards", str(shards), "--out", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["export", *arguments, "--version", "9"])
    export.main()
    kept = json.loads((tmp_path / "dance.json").read_text())
    digest = hashlib.sha256((tmp_path / "predictor.onnx").read_bytes()).hexdigest()
    assert kept["sha256"]["predictor.onnx"] == digest
    assert kept["version"] == "9"
    speeds = kept["speed_quantiles"]["salsa"]
    assert speeds == sorted(speeds) and speeds[-1] > speeds[0] > 0
    assert set(kept["paces"]) == set(kept["speed_quantiles"])
    assert all(bounce >= 0 and travel > 0 for bounce, travel in kept["paces"].values())
