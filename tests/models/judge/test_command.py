# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge's command, on networks of random weights and a song of clicks."""

from __future__ import annotations

import json
import wave

import numpy as np
import pytest

from twostep.inference.audio import analyse
from twostep.models.judge.__main__ import main
from twostep.models.judge.metrics import mean_difference
from twostep.models.judge.performances import Heard, Performance, half_a_beat_late, on_beats

from ...inference.tiny_networks import build
from .figures import swinging
from .test_metrics import shards  # noqa: F401


def click_song(path, seconds=12.0, bpm=100.0):
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


def test_judges_networks(songs, shards, tmp_path, capsys):  # noqa: F811
    weights = build(tmp_path / "weights")
    words = ["--songs", songs, "--shards", shards, "--weights", weights, "--out", tmp_path / "out"]
    words += ["--styles", "salsa", "--seeds", "0", "1", "--length", "6", "--candidates", "2"]
    assert main([str(word) for word in words]) == 0
    told = json.loads((tmp_path / "out" / "judge.json").read_text())
    assert {(d["song"], d["style"], d["seed"]) for d in told["dances"]} == {
        (song, "salsa", seed) for song in ("slow", "quick") for seed in (0, 1)
    }
    assert set(told["variety"]["salsa"]) == {"seeds", "songs"}
    for dance in told["dances"]:
        assert {"f1_margin", "lost_half", "slide_rate_ratio"} <= set(dance["raw"])
        assert dance["raw"]["seconds"] == pytest.approx(6, abs=0.1)
        assert np.isfinite(list(dance["raw"].values()) + list(dance["finished"].values())).all()
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"judge.md", "sheet_salsa.png", "timeline_slow_salsa_0.png"} <= names
    assert {"quick_salsa_1.npz", "quick_salsa_1_raw.npz"} <= names
    table = (tmp_path / "out" / "judge.md").read_text()
    assert "F1 over null" in table
    assert "F1 over null" in capsys.readouterr().out


def test_judges_one_motion(songs, shards, tmp_path, capsys):  # noqa: F811
    beats = np.arange(0, 12, 60 / 84)
    swinging(beats, 11.0).save(tmp_path / "swing.npz")
    words = ["--motion", tmp_path / "swing.npz", "--song", songs / "slow.wav"]
    words += ["--shards", shards, "--out", tmp_path / "out", "--styles", "salsa"]
    assert main([str(word) for word in words]) == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"swing_sheet.png", "swing_timeline.png", "swing_judge.json"}
    figures = json.loads((tmp_path / "out" / "swing_judge.json").read_text())
    assert figures["f1_margin"] > 0.4
    assert "f1_margin" in capsys.readouterr().out


def test_errors_are_one_sentence(songs, shards, tmp_path, capsys):  # noqa: F811
    (tmp_path / "empty").mkdir()
    weights = build(tmp_path / "weights")
    common = ["--weights", str(weights), "--out", str(tmp_path / "out")]
    empty = ["--songs", str(tmp_path / "empty"), "--shards", str(shards)]
    assert main([*empty, *common]) == 1
    assert "no song" in capsys.readouterr().out.replace("\n", " ")
    no_shards = ["--songs", str(songs), "--shards", str(tmp_path / "empty")]
    assert main([*no_shards, *common]) == 1
    assert "motion.npz" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["--motion", "x.npz", "--shards", str(shards), "--out", str(tmp_path / "out")])


def test_half_a_beat_late_moves_all_that_is_heard(songs):
    song = analyse(songs / "quick.wav")
    late = half_a_beat_late(song)
    frames = round((late.beats[0] - song.beats[0]) * 30)
    assert frames == round(np.median(np.diff(song.beats)) * 15)
    assert late.features.shape == song.features.shape
    assert np.array_equal(late.features[frames:], song.features[:-frames])


def test_dances_at_two_tempi_are_compared_step_by_step(songs):
    dances = []
    for name in ("slow", "quick"):
        heard = Heard(songs / f"{name}.wav", analyse(songs / f"{name}.wav"))
        raw = swinging(heard.song.beats, 11.0)
        dances.append(Performance(heard, "salsa", 0, raw, raw, raw))
    assert mean_difference([dance.raw for dance in dances]) > 0.05
    assert mean_difference([on_beats(dance) for dance in dances]) < 0.01
