# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from twostep.inference.errors import TwostepError
from twostep.inference.pose_features import SIZE, decode
from twostep.inference.styles import STYLES
from twostep.models.data.__main__ import main
from twostep.models.data.report import write_report
from twostep.models.data.shards import minutes, prepare, rejected, write_motion
from twostep.models.data.sources import (
    TEST,
    VALIDATION,
    Take,
    mocap_takes,
    split_of,
    style_of_title,
)


@pytest.fixture
def collection(make_dancer, make_still):
    takes = [
        Take("lead", "made", "salsa", "train", lambda: make_dancer(90, fps=60), couple="pair"),
        Take("follow", "made", "salsa", "train", lambda: make_dancer(90, first=0.1), couple="pair"),
        Take("solo", "made", "house", "test", lambda: make_dancer(120, seconds=12)),
        Take("statue", "made", "pop", "train", lambda: make_still(8)),
        Take("05_01", "made", "modern", "train", lambda: make_dancer(100)),
    ]
    return prepare(takes)


def test_what_is_refused_is_told(collection):
    assert collection.refused == {"statue": "nothing left: still", "05_01": "a walk"}
    assert [item.take.name for item in collection.prepared] == ["lead", "follow", "solo"]
    lead, follow, solo = (item.grid.bpm for item in collection.prepared)
    assert lead == pytest.approx(90, rel=0.02) and follow == pytest.approx(90, rel=0.02)
    assert solo == pytest.approx(120, rel=0.02)


def test_the_file_holds_what_training_reads(collection, tmp_path):
    path = tmp_path / "out" / "motion.npz"
    write_motion(collection, path)
    with np.load(path, allow_pickle=False) as data:
        features, valid, speed = data["features"], data["valid"], data["speed"]
        takes = json.loads(str(data["takes"]))
    frames = sum(len(item.motion) for item in collection.prepared)
    assert features.shape == (frames, SIZE) and features.dtype == np.float32
    assert valid.shape == (frames,) and valid.dtype == bool
    assert speed.shape == (frames,) and speed.dtype == np.float32
    assert [take["start"] for take in takes] == [0, takes[0]["stop"], takes[1]["stop"]]
    assert takes[-1]["stop"] == frames
    for take, item in zip(takes, collection.prepared, strict=True):
        assert take["style"] in STYLES and take["split"] in ("train", "validation", "test")
        assert (np.diff(take["beats"]) > 0).all() and 72 * 0.95 < take["bpm"] < 128 * 1.05
        rows = features[take["start"] : take["stop"]]
        start = tuple(item.motion.root[0, :2])
        back = decode(rows, start=start)
        np.testing.assert_allclose(back.positions(), item.motion.positions(), atol=2e-3)
    assert not list(path.parent.glob("*.partial"))


def test_minutes_and_rejections_add_up(collection):
    total = minutes(collection)
    assert total["house", "test"] == pytest.approx(0.2, abs=0.01)
    assert set(total) == {("salsa", "train"), ("house", "test")}
    assert rejected(collection) == {}


def test_the_report_is_written(collection, tmp_path):
    write_report(collection, tmp_path)
    text = (tmp_path / "report.md").read_text()
    assert "`05_01` refused: a walk" in text and "| house | 0.0 | 0.0 | 0.2 |" in text
    assert "in 1 of 1 takes" in text
    assert (tmp_path / "tempo.png").stat().st_size > 5000
    assert (tmp_path / "sheet_made_1.png").read_bytes().startswith(b"\x89PNG")


def test_one_command_makes_shards_and_report(tmp_path, make_dancer):
    folder = tmp_path / "amass"
    folder.mkdir()
    motion = make_dancer(100, seconds=8)
    poses = np.zeros((len(motion), 72))
    poses[:, 0] = np.pi / 2
    poses[:, 16 * 3 + 2] = np.sin(np.arange(len(motion)) / 5)
    poses[:, 17 * 3 + 2] = -poses[:, 16 * 3 + 2]
    np.savez(folder / "Disco.npz", poses=poses, trans=motion.root, mocap_framerate=30.0)
    out = tmp_path / "shards"
    arguments = ["--amass", str(folder), "--out", str(out), "--only", "motion", "--report"]
    assert main(arguments) == 0
    assert (out / "motion.npz").is_file() and (out / "report" / "report.md").is_file()


def test_mistakes_are_one_sentence(tmp_path, capsys):
    assert main(["--only", "motion"]) == 2
    assert "--mocap" in capsys.readouterr().err
    assert main(["--mocap", str(tmp_path), "--only", "motion"]) == 2
    assert "no known motion capture" in capsys.readouterr().err
    assert main(["--only", "music"]) == 2
    assert "--music" in capsys.readouterr().err


def test_a_take_danced_to_a_song_gets_the_songs_beats(make_dancer, tmp_path):
    rate, bpm = 22050, 120
    clicks = np.zeros(12 * rate, dtype=np.float32)
    noise = np.random.default_rng(0).normal(0, 0.3, rate // 20) * np.linspace(1, 0, rate // 20) ** 2
    for beat in np.arange(0.25, 11.8, 60 / bpm):
        at = round(beat * rate)
        clicks[at : at + len(noise)] += noise[: len(clicks) - at]
    song = tmp_path / "mBR0.wav"
    soundfile.write(song, clicks, rate)
    take = Take("clip", "aist", "hiphop", "train", lambda: make_dancer(90, seconds=10), song=song)
    (item,) = prepare([take]).prepared
    inner = item.grid.beats[(item.grid.beats > 2) & (item.grid.beats < 9)]
    assert item.grid.bpm == pytest.approx(bpm, rel=0.03), "the dancer's own tempo is another"
    assert item.grid.beats.max() <= 10.01
    phase = (inner - 0.25) / 0.5
    assert np.abs(phase - np.round(phase)).max() * 0.5 < 0.06


def test_splits_and_styles():
    assert not VALIDATION & TEST
    assert [split_of(name) for name in ("60_05", "61_05", "60_12", "60_01")] == [
        "validation", "validation", "test", "train",
    ]  # fmt: skip
    assert style_of_title("J_ShortDance14_Disco") == "house"
    assert style_of_title("J_Dance8_WestCoast") == "house"
    assert style_of_title("Quadrille") is None


def test_every_real_take_has_style_and_split(data_folder):
    takes = {take.name: take for take in mocap_takes(data_folder / "mocap")}
    assert len(takes) == 72
    assert all(take.style in STYLES for take in takes.values())
    assert {name for name, take in takes.items() if take.split == "validation"} == VALIDATION
    assert {name for name, take in takes.items() if take.split == "test"} == TEST
    with pytest.raises(TwostepError, match="--mocap"):
        mocap_takes(data_folder / "music")


def test_real_couple_is_heard_at_its_true_tempo(data_folder):
    takes = [t for t in mocap_takes(data_folder / "mocap") if t.couple == "salsa_05"]
    assert {take.name for take in takes} == {"60_05", "61_05"}
    for item in prepare(takes).prepared:
        assert item.grid.bpm == pytest.approx(82, rel=0.03)
        assert item.verdict.valid.mean() > 0.9
