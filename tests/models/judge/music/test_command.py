# SPDX-License-Identifier: GPL-3.0-or-later
"""The command, on networks of random weights and a corpus of made-up music."""

from __future__ import annotations

import hashlib
import json
import os

import numpy as np
import pytest
from onnx import helper

from twostep.inference import weights
from twostep.inference.audio import style
from twostep.inference.score.conditions import conditions
from twostep.inference.score.grid import steady
from twostep.models.judge.music.__main__ import main
from twostep.models.judge.music.heard import STEP, Corpus
from twostep.models.judge.music.made import VARIANTS

from ....dancers import dancer
from ....inference.score import tiny_networks
from ....inference.tiny_networks import save
from ..test_metrics import shards  # noqa: F401
from .sounds import SECONDS, band, hiss, piece, rows, struck

GENRES = ("house", "krump")
#: Each genre's dance, of the two that there are.
PAIRS = (("house", "wander"), ("krump", "second"))


def ears(folder):
    """A style extractor of random weights."""
    random = np.random.default_rng(3)
    nodes = [
        helper.make_node("ReduceMean", ["bands", "axis"], ["mean"], keepdims=0),
        helper.make_node("MatMul", ["mean", "look"], ["style"]),
        helper.make_node("MatMul", ["mean", "name"], ["logits"]),
    ]
    constants = {"axis": np.array([1])}
    constants |= {"look": random.normal(size=(64, 30)), "name": random.normal(size=(64, 13))}
    outputs = {"style": ["batch", 30], "logits": ["batch", 13]}
    folder.mkdir()
    save(folder / "style.onnx", nodes, constants, {"bands": ["batch", "frames", 64]}, outputs)
    digest = hashlib.sha256((folder / "style.onnx").read_bytes()).hexdigest()
    card = {"version": "test", "sha256": {"style.onnx": digest}}
    (folder / "style.json").write_text(json.dumps(card))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Tiny networks of the score and of the style; those of the dance are the shipped ones."""
    folder = tmp_path_factory.mktemp("home")
    tiny_networks.build(folder / "score")
    ears(folder / "style")
    os.symlink(weights.ALL_SHIPPED / "dance", folder / "dance", target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(weights.VARIABLE, str(folder))
        style.forget()
        yield folder
    style.forget()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Six pieces of two genres as the corpus command writes them, some with sound."""
    folder = tmp_path_factory.mktemp("corpus")
    clips, sounds, mels, told, audio = [], [], [], [], []
    start = 0
    for genre in GENRES:
        for number, split in enumerate(("train", "test", "test")):
            grid = steady(112.0 - 9 * number, SECONDS, downbeat=0.2)
            samples = (
                band(grid) if genre == "house" else 0.6 * struck(grid.beats, SECONDS, 200, 0.3)
            )
            heard = piece(samples + hiss(SECONDS, 0.004, number), grid)
            count = len(heard.mel) // 4 * 4
            energy = np.full(count, 0.5, np.float32)
            mels.append(heard.mel[:count])
            told.append(conditions(rows(heard)[:count], grid, energy, None, None))
            clips.append(
                {
                    "name": f"{genre}_{number}", "genre": genre, "split": split, "take": None,
                    "start": start, "stop": start + count, "beats": grid.beats.tolist(),
                    "first": grid.first, "beats_per_bar": 4, "accents": [], "strengths": [],
                    "stops": [],
                }
            )  # fmt: skip
            if number != 2:
                at = sum(map(len, audio))
                sounds.append({"clip": f"{genre}_{number}", "start": at, "frames": count})
                whole = np.zeros(count * STEP, np.float32)
                whole[: min(len(whole), len(samples))] = samples[: len(whole)]
                audio.append((whole * 32_767).astype(np.int16))
            start += count
    np.save(folder / "mel.npy", np.concatenate(mels).astype(np.float16))
    np.save(folder / "conditions.npy", np.concatenate(told).astype(np.float16))
    np.save(folder / "audio.npy", np.concatenate(audio))
    (folder / "clips.json").write_text(json.dumps(clips))
    (folder / "audio.json").write_text(json.dumps(sounds))
    return folder


def test_corpus_is_read_as_it_was_written(corpus):
    clips = Corpus(corpus).clips("test", 9, 10.0, GENRES)
    assert [clip.name for clip in clips] == ["house_1", "house_2", "krump_1", "krump_2"]
    assert [clip.samples is not None for clip in clips] == [True, False, True, False]
    first = clips[0]
    assert first.seconds == pytest.approx(10, abs=0.03)
    assert len(first.samples) == STEP * len(first.mel)
    assert first.energy == pytest.approx(np.full(len(first.mel), 0.5), abs=1e-3)
    assert first.chroma is None
    assert len(Corpus(corpus).clips("test", 9, 10.0, GENRES, sounding=True)) == 2
    assert Corpus(corpus).clips("test", 9, 10.0, GENRES, dancing=True) == []


@pytest.mark.slow
def test_command_judges_and_draws(corpus, home, shards, tmp_path, capsys):  # noqa: F811
    out = tmp_path / "out"
    words = ["--corpus", corpus, "--shards", shards, "--out", out, "--genres", *GENRES]
    words += ["--takes", 1, "--seeds", 2, "--seconds", 16, "--also", f"before={home / 'score'}"]
    second = tmp_path / "second.npz"
    dancer(96.0, seconds=16.0).save(second)
    words += ["--motions", second, "--docs", tmp_path]
    assert main([str(word) for word in words]) == 0
    told = json.loads((out / "report.json").read_text())
    columns = told["columns"]
    assert set(columns) == {"true", "generated", "before", "shuffled", "retrieval"}
    assert columns["true"]["figures"]["align"] == 1
    made = columns["generated"]
    names = {f"{genre}_{dance}_{seed}" for genre, dance in PAIRS for seed in (0, 1)}
    assert set(made["pieces"]) == names
    assert made["pace"] > 0
    assert {"frechet", "fad", "kld", "tempo", "lufs", "centroid", "csd"} <= set(made["figures"])
    low, high = made["intervals"]["hit"]
    assert low <= made["figures"]["hit"] <= high
    same = columns["before"]["figures"]  # by the same networks
    assert {key: made["figures"][key] for key in same} == same
    assert columns["retrieval"]["figures"]["align"] == 1
    assert set(told["variants"]) == set(VARIANTS)
    assert told["changes"]["mel_change"][0] > 0
    assert {"autoencoder", "griffin_lim"} <= set(told["reconstruction"])
    titles = {target["title"] for target in told["targets"]}
    assert {"genre heard as asked", "Fréchet distance / held-out floor"} <= titles
    names = {path.name for path in out.iterdir()}
    assert {"report.md", "score_mels.png", "mel_house.png", "house_wander_0.wav"} <= names
    assert (out / "score_mels.png").stat().st_size < 600_000
    table = (tmp_path / "score.md").read_text()
    assert table == (out / "report.md").read_text()
    assert "(score_rebuilt.png)" in table
    assert (tmp_path / "score_rebuilt.png").is_file()
    assert "What the dance adds" in table
    assert "| true | true, of another dance | retrieval (copies) | before | generated |" in table
    assert "Targets" in capsys.readouterr().out


def test_errors_are_one_sentence(corpus, home, shards, tmp_path, capsys):  # noqa: F811
    (tmp_path / "empty").mkdir()
    common = ["--out", str(tmp_path / "out"), "--shards", str(shards)]
    assert main([*common, "--corpus", str(tmp_path / "empty")]) == 1
    assert "clips.json" in capsys.readouterr().out
    assert main([*common, "--corpus", str(corpus), "--genres", "salsa"]) == 1
    assert "no Salsa in its train split" in capsys.readouterr().out.replace("\n", " ")
