# SPDX-License-Identifier: GPL-3.0-or-later
"""Dances against AIST++ in its own layout, made up of our own motions, and its one real clip."""

from __future__ import annotations

import json
import pickle
import shutil
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twostep.inference.errors import TwostepError
from twostep.inference.motion import Motion
from twostep.inference.readers.bvh import FROM_Y_UP
from twostep.inference.readers.smpl import SMPL_LEG, read_aist
from twostep.inference.skeleton import INDEX, LEG_LENGTH, OFFSETS, rest_positions
from twostep.models.judge import protocol
from twostep.models.judge.aist import body_offsets, choreography, main, song_in

from .figures import FPS, standing, swinging, trembling, turned, wandering

NAMES = {
    "train": [f"g{g}_sBM_cAll_d0{d}_m{g}0_ch01" for d, g in enumerate(("BR", "HO", "WA", "JB"))],
    "val": ["gPO_sBM_cAll_d11_mPO1_ch02"],
    "test": [
        "gLO_sBM_cAll_d13_mLO2_ch01",
        "gLO_sFM_cAll_d14_mLO2_ch07",
        "gMH_sBM_cAll_d22_mMH3_ch03",
    ],
}
IGNORED = "gKR_sBM_cAll_d28_mKR0_ch05"
#: Off the frames: strictly the lowest of two equal speeds is none, and the public code is strict.
BEATS = np.arange(0.311, 15.0, 0.53)
REAL = "gBR_sBM_cAll_d04_mBR0_ch01"


def as_smpl(motion: Motion, scaling: float = 90.0) -> bytes:
    """A motion as AIST++ pickles it: 60 fps, y up, axis-angles, its way in units of the scaling."""
    motion = motion.resampled(60.0)
    turns = Rotation.from_quat(motion.rotations.reshape(-1, 4), scalar_first=True).as_rotvec()
    way = motion.root.astype(np.float64) @ FROM_Y_UP * (SMPL_LEG / LEG_LENGTH) * scaling
    arrays = {
        "smpl_poses": (turns @ FROM_Y_UP).reshape(len(motion), 72),
        "smpl_trans": way,
        "smpl_scaling": np.array([scaling]),
    }
    return pickle.dumps(arrays)


def lay_out(folder: Path, motions: dict[str, bytes]) -> Path:
    """A folder as AIST++ lays it out; `motions` by name, in the splits of NAMES."""
    for part in ("motions", "splits", "wavs"):
        (folder / part).mkdir(parents=True)
    for split, names in NAMES.items():
        (folder / "splits" / f"crossmodal_{split}.txt").write_text("\n".join(names) + "\n")
    (folder / "ignore_list.txt").write_text(IGNORED + "\n")
    for name, data in motions.items():
        (folder / "motions" / f"{name}.pkl").write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def made_up(tmp_path_factory) -> Path:
    names = [name for split in NAMES.values() for name in split]
    motions = {name: as_smpl(wandering(12.0, seed=n)) for n, name in enumerate(names)}
    return lay_out(tmp_path_factory.mktemp("aist"), motions)


@pytest.fixture(scope="module")
def beats(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("beats") / "beats.json"
    path.write_text(json.dumps({song: BEATS.tolist() for song in ("mLO2", "mMH3")}))
    return path


def run(aist: Path, dances: Path, out: Path, *more: object) -> dict:
    words = ["--aist", aist, "--dances", dances, "--out", out, *more]
    assert main([str(word) for word in words]) == 0
    return json.loads((out / "aist.json").read_text())


def test_what_is_written_is_read_as_it_was(made_up):
    motion = wandering(12.0, seed=0).resampled(60.0)
    read = read_aist(made_up / "motions" / f"{NAMES['train'][0]}.pkl")
    gap = read.positions() - motion.positions()
    np.testing.assert_allclose(gap, np.broadcast_to(gap[0, 0], gap.shape), atol=1e-4)
    np.testing.assert_allclose(gap[0, 0, :2], 0, atol=1e-5)


def test_copies_of_the_truth_score_as_the_truth(made_up, beats, tmp_path, capsys):
    (tmp_path / "dances").mkdir()
    for name in NAMES["test"]:
        shutil.copy(made_up / "motions" / f"{name}.pkl", tmp_path / "dances")
    told = run(made_up, tmp_path / "dances", tmp_path / "out", "--beats", beats)
    truth, dances = told["rows"]
    assert (truth["name"], dances["name"]) == ("truth", "dances")
    assert truth["dances"] == dances["dances"] == 3
    for part in ("published", "own", "each"):
        assert truth[part].keys() == dances[part].keys()
        for key, value in truth[part].items():
            assert dances[part][key] == pytest.approx(value, rel=1e-6)
    assert set(truth["each"]) == {
        "bas_music", "bas_motion", "f1_margin", "speed", "travel", "pfc", "skate_ratio",
    }  # fmt: skip
    assert set(told["floor"]) == {"fid_k", "fid_g", "clips"} and told["floor"]["clips"] == 6
    assert "Bailando" in told["protocol"]["published"] and "20 s" in told["protocol"]["published"]
    table = (tmp_path / "out" / "aist.md").read_text()
    assert "| truth | 3 | " in table and "| floor at 6 clips | " in table
    assert "FIDk" in capsys.readouterr().out


def test_the_published_figures_by_hand(made_up, tmp_path):
    """FIDk and Divk spelled out from the features of each file."""
    (tmp_path / "dances").mkdir()
    for n in range(2):
        swinging(BEATS, 12.0, lag=0.1 * n).save(tmp_path / "dances" / f"mLO2_{n}.npz")
    told = run(made_up, tmp_path / "dances", tmp_path / "out")
    files = [made_up / "motions" / f"{name}.pkl" for split in NAMES.values() for name in split]
    truth = np.array([protocol.kinetic(read_aist(f).positions(), published=True) for f in files])
    made = np.array(
        [
            protocol.kinetic(
                Motion.load(tmp_path / "dances" / f"mLO2_{n}.npz").resampled(60.0).positions(),
                published=True,
            )
            for n in range(2)
        ]
    )
    mean, spread = truth.mean(0), truth.std(0) + 1e-10
    truth, made = (truth - mean) / spread, (made - mean) / spread
    dances = told["rows"][1]["published"]
    assert dances["fid_k"] == pytest.approx(protocol.gaussian_distance(made, truth), rel=1e-6)
    assert dances["div_k"] == pytest.approx(np.linalg.norm(made[0] - made[1]), rel=1e-6)
    assert dances["fid_k"] > 2 * told["rows"][0]["published"]["fid_k"]
    assert "bas_music" not in told["rows"][1]["each"], "no music is known"
    assert "| –" in (tmp_path / "out" / "aist.md").read_text()


def test_a_dancer_on_the_beat_and_a_statue(made_up, beats, tmp_path):
    for folder in ("dancer", "statue"):
        (tmp_path / folder).mkdir()
    for n in range(2):
        swinging(BEATS, 12.0).save(tmp_path / "dancer" / f"swing_mLO2_{n}.npz")
        still = trembling(12.0, size=0.0005, seed=n)
        still = replace(still, rotations=standing(12.0).rotations)
        (tmp_path / "statue" / f"still_mMH3_{n}.pkl").write_bytes(as_smpl(still))
    dancer = run(made_up, tmp_path / "dancer", tmp_path / "out", "--beats", beats)["rows"][1]
    assert dancer["each"]["bas_music"]["mean"] > 0.85
    assert dancer["each"]["f1_margin"]["mean"] > 0.5
    assert dancer["own"]["div_k"] == pytest.approx(dancer["own"]["div_k_within"])
    assert "div_k_between" not in dancer["own"], "both dance to one song"
    statue = run(made_up, tmp_path / "statue", tmp_path / "still", "--beats", beats)["rows"][1]
    assert statue["each"]["bas_music"]["mean"] > 0.1, "the published score praises a statue"
    assert statue["each"]["f1_margin"]["mean"] <= 0
    assert statue["own"]["fid_k"] > dancer["own"]["fid_k"] / 10
    row = next(
        line
        for line in (tmp_path / "still" / "aist.md").read_text().splitlines()
        if line.startswith("| dances")
    )
    assert "(0." in row, "sync figures of what does not move are in brackets"


def test_the_music_is_heard_where_it_lies(made_up, tmp_path):
    (tmp_path / "music").mkdir()
    (tmp_path / "dances").mkdir()
    times = np.arange(12 * 22050) / 22050
    since = np.mod(times, 0.53)
    sound = np.sin(2 * np.pi * 180 * since) * np.exp(-since * 30) * 0.8
    with wave.open(str(tmp_path / "music" / "mLO2.wav"), "wb") as file:
        file.setparams((1, 2, 22050, 0, "NONE", ""))
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    on, unknown = swinging(np.arange(0, 13, 0.53), 12.0), wandering(12.0)
    on.save(tmp_path / "dances" / "a_mLO2.npz")
    unknown.save(tmp_path / "dances" / "b_mMH3.npz")
    told = run(made_up, tmp_path / "dances", tmp_path / "out", "--music", tmp_path / "music")
    heard = told["rows"][1]["each"]["bas_music"]
    assert heard["size"] == 1, "the other song is not there"
    assert heard["mean"] > 0.7


def test_names():
    assert song_in("edge_test_mBR0_3") == "mBR0" and song_in(REAL) == "mBR0"
    assert song_in("dance") == ""
    assert choreography(REAL) == "gBR_d04_ch01"


def test_motion_beats_are_where_the_public_code_has_them():
    times = np.arange(300)
    places = np.zeros((300, 24, 3))
    # Speed |sin|: the differences to the next frame are smallest about every 60th frame.
    places[..., 0] = np.cumsum(np.abs(np.sin(np.pi * times / 60)))[:, None]
    np.testing.assert_array_equal(protocol.published_beats(places), [59, 119, 179, 239])
    assert len(protocol.published_beats(np.zeros((90, 24, 3)))) == 0


def test_smpls_own_joints(tmp_path):
    np.save(tmp_path / "ours.npy", (rest_positions() + np.array([0.1, 0.2, 0.3])) @ FROM_Y_UP)
    np.testing.assert_allclose(body_offsets(tmp_path / "ours.npy"), OFFSETS, atol=1e-6)
    motion = turned(standing(2.0), np.linspace(0, 1, 60), ("left_knee",), "x")
    motion = replace(motion, root=motion.root + np.arange(60)[:, None] / FPS)
    np.testing.assert_array_equal(protocol.on_body(motion, None), motion.positions())
    half = protocol.on_body(motion, OFFSETS / 2)
    np.testing.assert_allclose(half, motion.positions() / 2, atol=1e-3)
    for wrong in (np.zeros((23, 3)), np.full((24, 3), np.nan)):
        np.save(tmp_path / "wrong.npy", wrong)
        with pytest.raises(TwostepError, match="24 joints"):
            body_offsets(tmp_path / "wrong.npy")
    (tmp_path / "text.npy").write_text("no array")
    with pytest.raises(TwostepError, match="--joints"):
        body_offsets(tmp_path / "text.npy")


def test_errors_are_one_sentence(made_up, tmp_path, capsys):
    def told(*words: object) -> str:
        assert main([str(word) for word in (*words, "--out", tmp_path / "out")]) == 1
        return capsys.readouterr().out.replace("\n", " ")

    (tmp_path / "empty").mkdir()
    assert "--aist" in told("--aist", tmp_path / "empty", "--dances", tmp_path / "empty")
    assert "--dances" in told("--aist", made_up, "--dances", tmp_path / "empty")
    (tmp_path / "one").mkdir()
    wandering(12.0).save(tmp_path / "one" / "mLO2.npz")
    assert "two dances" in told("--aist", made_up, "--dances", tmp_path / "one")
    (tmp_path / "beats.json").write_text("[1, 2]")
    words = ("--aist", made_up, "--dances", tmp_path / "one", "--beats", tmp_path / "beats.json")
    assert "no beats" in told(*words)

    class Harmful:
        def __reduce__(self):
            return (print, ("run",))

    (tmp_path / "one" / "mMH3.pkl").write_bytes(pickle.dumps({"smpl_poses": Harmful()}))
    assert "harmful" in told("--aist", made_up, "--dances", tmp_path / "one")


def test_the_real_clip(data_folder, tmp_path):
    """The one clip that is here, in pieces of 3 s more or less, against its mirror image."""
    path = data_folder / "fixtures" / f"{REAL}.pkl"
    if not path.is_file():
        pytest.skip("the AIST++ fixture is not here")
    real = read_aist(path)
    names = [name for split in NAMES.values() for name in split]
    pieces = {name: as_smpl(real[12 * n : 12 * n + 612]) for n, name in enumerate(names)}
    folder = lay_out(tmp_path / "aist", pieces)
    (tmp_path / "dances").mkdir()
    for n in range(3):
        (tmp_path / "dances" / f"mirror_{n}.pkl").write_bytes(
            as_smpl(real[30 * n : 30 * n + 612].mirrored())
        )
    truth, mirror = run(folder, tmp_path / "dances", tmp_path / "out")["rows"]
    assert 0.5 < truth["each"]["speed"]["mean"] < 2.5, "a break-dancer's top-rock, m/s"
    assert mirror["each"]["speed"]["mean"] == pytest.approx(truth["each"]["speed"]["mean"], rel=0.1)
    assert mirror["own"]["fid_g"] > truth["own"]["fid_g"]
    assert INDEX["pelvis"] == 0 and np.isfinite(list(mirror["published"].values())).all()
