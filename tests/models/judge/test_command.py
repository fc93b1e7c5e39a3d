# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge's command, on networks of random weights and songs of clicks."""

from __future__ import annotations

import json
import wave
from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from twostep.models.dance.config import SMALL
from twostep.models.dance.network import DanceModel
from twostep.models.dance.pairing import Dances
from twostep.models.edge import export as edge_export
from twostep.models.edge.network import FRAMES, Denoiser
from twostep.models.edge.network import Config as EdgeConfig
from twostep.models.judge.__main__ import main
from twostep.models.judge.dancers import Row, dancer, export_jepa
from twostep.models.judge.performances import hear_all, lasting

from ...inference.tiny_networks import build
from .figures import swinging

ROWS = ("truth", "shipped", "shipped, finished", "old", "edge", "jepa", "retrieval", "random",
        "statue")  # fmt: skip


def click_song(path, seconds=8.0, bpm=100.0):
    rate = 22050
    times = np.arange(round(seconds * rate)) / rate
    since = np.mod(times, 60 / bpm)
    sound = np.sin(2 * np.pi * 180 * since) * np.exp(-since * 30) * 0.8
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    click_song(folder / "slow.wav", bpm=84)
    click_song(folder / "quick.wav", bpm=112)
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return build(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A checkpoint of a dance model that was never trained."""
    folder = tmp_path_factory.mktemp("run")
    torch.manual_seed(0)
    model = DanceModel(replace(SMALL, latent=16, width=32, decoder_width=48))
    for parameter in model.parameters():  # what begins at zero would hear nothing
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.3)
    kept = {"config": model.config.to_dict(), "average": model.state_dict()}
    torch.save(kept, folder / "checkpoint.pt")
    return folder


@pytest.fixture(scope="module")
def edge(shards, tmp_path_factory):
    folder = tmp_path_factory.mktemp("edge")
    torch.manual_seed(0)
    denoiser = Denoiser(EdgeConfig(width=32, heads=2, depth=1, listening_depth=1))
    paths = edge_export.export(denoiser, folder)
    dances = Dances(shards / "motion.npz", "train", 1, FRAMES)
    told = edge_export.describe(denoiser, paths, dances, {})
    (folder / "edge.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def reported(songs, shards, weights, run, edge, tmp_path_factory):
    """The whole command once; its folders of the report and of the documents."""
    out, docs = tmp_path_factory.mktemp("out"), tmp_path_factory.mktemp("docs")
    words = ["--songs", songs, "--shards", shards, "--weights", weights, "--out", out]
    words += ["--also", f"old={weights}", "--run", run, "--edge", edge, "--docs", docs]
    words += ["--styles", "hiphop", "--seeds", "0", "1", "--lengths", "5.5", "11", "64"]
    assert main([str(word) for word in words]) == 0
    return out, docs


def test_every_row_has_every_figure(reported):
    told = json.loads((reported[0] / "judge.json").read_text())
    assert tuple(told["rows"]) == ROWS
    for name, row in told["rows"].items():
        figures = row["lengths"]["0" if name == "truth" else "11"]
        wanted = {"f1", "f1_70", "f1_null", "f1_margin", "bas_music", "bas_motion", "pfc",
                  "coherence_1/4_margin", "coherence_1/3", "coherence_2_margin", "skate_ratio",
                  "penetration_mm", "speed_ratio", "drift_p95", "copied"}  # fmt: skip
        assert wanted <= set(figures), name
        if name not in ("truth", "shipped, finished"):
            assert {"fed_half_margin", "lost_half", "songs_held"} <= set(figures), name
            assert {"fidk", "fidg_held", "divk", "divg_share", "divk_between"} <= set(figures)
            assert name == "statue" or row["seconds_of_dance_a_second"] > 0
        if name in ("shipped", "old", "retrieval", "random", "edge"):
            assert {"song_share", "song_share_held", "seeds"} <= set(figures)
        if name in ("shipped", "old", "jepa"):
            assert {"seam_jerk", "seams_within"} <= set(figures)
        if name != "truth":
            assert set(row["lengths"]) == {"5.5", "11", "64"}
            assert len(row["speed_over_time"]) == 6


def test_figures_come_with_intervals(reported):
    told = json.loads((reported[0] / "judge.json").read_text())
    mean, low, high, count = told["rows"]["shipped"]["lengths"]["11"]["f1_margin"]
    assert low <= mean <= high
    assert count == 4
    edge = told["rows"]["edge"]["lengths"]["11"]["f1_margin"]
    assert edge[3] == 2


def test_targets_are_told_as_met_or_missed(reported):
    told = json.loads((reported[0] / "judge.json").read_text())
    targets = {each["target"]: each for each in told["targets"]}
    assert {"F1 over null, share of real takes'", "FIDk under every other network's",
            "times as fast as the diffusion baseline", "kinetic diversity / real",
            "songs apart / seeds apart, same noise",
            "speed of the last 10 s / real"} <= set(targets)  # fmt: skip
    assert all(isinstance(each["met"], bool) for each in targets.values())
    assert targets["speed of the last 10 s / real"]["where"] == "raw, 64 s"


def test_the_report_reads_as_a_document(reported):
    out, docs = reported
    text = (docs / "dance.md").read_text()
    for name in ROWS:
        assert f"| {name} " in text
    assert "[" in text.split("statue |")[1]  # what stands still is bracketed
    pictures = sorted(path.name for path in docs.glob("*.png"))
    assert pictures == ["dance_quality.png", "dance_sheet_hiphop.png", "dance_speed.png"]
    for name in pictures:
        assert f"({name})" in text
        assert (docs / name).stat().st_size < 400_000
        assert imread(docs / name).std() > 0.02
    assert (out / "judge.md").is_file()
    assert "--also old=DIR --run DIR" in text
    assert str(out) not in text


def test_what_was_danced_is_not_danced_again(reported, songs, shards, weights, capsys):
    out = reported[0]
    before = {path: path.stat().st_mtime_ns for path in (out / "dances").iterdir()}
    words = ["--songs", songs, "--shards", shards, "--weights", weights, "--out", out]
    words += ["--styles", "hiphop", "--seeds", "0", "--lengths", "5.5", "11"]
    assert main([str(word) for word in words]) == 0
    assert {path: path.stat().st_mtime_ns for path in (out / "dances").iterdir()} == before
    assert "over null" in capsys.readouterr().out


def test_the_jepa_dances_what_the_checkpoint_predicts(run, weights, songs, tmp_path):
    folder = export_jepa(run / "checkpoint.pt", weights, tmp_path / "jepa")
    heard = lasting(hear_all(songs)[0], 6.0)
    jepa = dancer(Row("jepa", "jepa", folder))
    dances = [jepa.dance(heard, "pop", seed) for seed in (0, 1)]
    assert len(dances[0]) == 180
    assert np.allclose(dances[0].rotations, dances[1].rotations, atol=1e-5)
    other = jepa.dance(heard, "salsa", 0)
    assert not np.allclose(dances[0].rotations, other.rotations, atol=1e-5)


def test_judges_one_motion(songs, shards, tmp_path, capsys):
    beats = np.arange(0, 8, 60 / 84)
    swinging(beats, 7.5).save(tmp_path / "swing.npz")
    words = ["--motion", tmp_path / "swing.npz", "--song", songs / "slow.wav"]
    words += ["--shards", shards, "--out", tmp_path / "out", "--styles", "salsa"]
    assert main([str(word) for word in words]) == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"swing_sheet.png", "swing_timeline.png", "swing_judge.json"}
    figures = json.loads((tmp_path / "out" / "swing_judge.json").read_text())
    assert figures["f1_margin"] > 0.4
    assert "f1_margin" in capsys.readouterr().out


def test_errors_are_one_sentence(songs, shards, weights, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    common = ["--weights", str(weights), "--out", str(tmp_path / "out")]
    empty = ["--songs", str(tmp_path / "empty"), "--shards", str(shards)]
    assert main([*empty, *common]) == 1
    assert "no song" in capsys.readouterr().out.replace("\n", " ")
    no_shards = ["--songs", str(songs), "--shards", str(tmp_path / "empty")]
    assert main([*no_shards, *common]) == 1
    assert "motion.npz" in capsys.readouterr().out
    no_run = ["--songs", str(songs), "--shards", str(shards), "--run", str(tmp_path / "empty")]
    assert main([*no_run, *common]) == 1
    assert "checkpoint.pt" in capsys.readouterr().out.replace("\n", "")
    for wrong in (["--motion", "x.npz"], ["--songs", str(songs), "--also", "nameless"]):
        with pytest.raises(SystemExit):
            main([*wrong, "--shards", str(shards), "--out", str(tmp_path / "out")])
