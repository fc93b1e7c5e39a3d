# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from twostep.inference.errors import TwostepError
from twostep.inference.readers.smpl import SMPL_LEG, read_aist, read_amass
from twostep.inference.skeleton import INDEX, LEG_LENGTH
from twostep.models.data.aist import clips, song_of, style_of
from twostep.models.data.shards import prepare_motion
from twostep.models.data.sources import aist_takes, amass_files, amass_takes

NAME = "gBR_sBM_cAll_d04_mBR0_ch01"
UPRIGHT = np.array([np.pi / 2, 0, 0])  # y up into a z-up world


def poses(frames: int = 4, **joints: tuple[float, float, float]) -> np.ndarray:
    result = np.zeros((frames, 24, 3))
    for name, vector in joints.items():
        result[:, INDEX[name]] = vector
    return result.reshape(frames, 72)


@pytest.fixture
def aist(tmp_path: Path) -> Path:
    """A folder in AIST++'s own layout with one clip for each split, an ignored and a lost one."""
    names = {
        "train": [NAME, "gHO_sFM_cAll_d20_mHO5_ch03"],
        "val": ["gJB_sBM_cAll_d07_mJB1_ch01"],
        "test": ["gWA_sBM_cAll_d25_mWA0_ch02", "gPO_sBM_cAll_d10_mPO1_ch01"],
    }
    for folder in ("motions", "splits", "wavs"):
        (tmp_path / folder).mkdir()
    for split, members in names.items():
        (tmp_path / "splits" / f"crossmodal_{split}.txt").write_text("\n".join(members) + "\n")
        for name in members:
            data = {
                "smpl_poses": poses(120),
                "smpl_trans": np.tile([0.0, 90.0, 0.0], (120, 1)) + np.arange(120)[:, None],
                "smpl_scaling": np.array([90.0]),
            }
            (tmp_path / "motions" / f"{name}.pkl").write_bytes(pickle.dumps(data))
    (tmp_path / "ignore_list.txt").write_text("gHO_sFM_cAll_d20_mHO5_ch03\n")
    (tmp_path / "motions" / "gPO_sBM_cAll_d10_mPO1_ch01.pkl").unlink()
    (tmp_path / "wavs" / "mBR0.wav").write_bytes(b"")
    return tmp_path


def test_aist_layout(aist):
    found = {clip.name: clip for clip in clips(aist)}
    assert {name: clip.split for name, clip in found.items()} == {
        NAME: "train",
        "gJB_sBM_cAll_d07_mJB1_ch01": "validation",
        "gWA_sBM_cAll_d25_mWA0_ch02": "test",
    }
    assert found[NAME].song == aist / "wavs" / "mBR0.wav"
    assert found["gJB_sBM_cAll_d07_mJB1_ch01"].song is None
    assert [take.style for take in aist_takes(aist)] == ["hiphop", "modern", "house"]


def test_aist_scaling_gives_metres(aist):
    motion = read_aist(aist / "motions" / f"{NAME}.pkl")
    step = np.diff(motion.root, axis=0) * SMPL_LEG / LEG_LENGTH
    np.testing.assert_allclose(step, np.full((119, 3), [1, -1, 1]) / 90, atol=1e-5)


def test_aist_folders_that_are_none_are_told(tmp_path):
    with pytest.raises(TwostepError, match="--aist"):
        clips(tmp_path)
    (tmp_path / "motions").mkdir()
    with pytest.raises(TwostepError, match="splits"):
        clips(tmp_path)
    path = tmp_path / "empty.pkl"
    path.write_bytes(pickle.dumps({"smpl_trans": np.zeros((3, 3))}))
    with pytest.raises(TwostepError, match="smpl_poses"):
        read_aist(path)


def test_aist_names():
    assert style_of(NAME) == "hiphop" and song_of(NAME) == "mBR0"
    for wrong in ("clip7", "gXX_sBM_cAll_d04_mBR0_ch01", "gBR_sBM"):
        with pytest.raises(TwostepError, match=r"clip|gXX|gBR_sBM"):
            style_of(wrong), song_of(wrong)


@pytest.mark.parametrize("key", ["mocap_framerate", "mocap_frame_rate"])
def test_amass(tmp_path, key):
    large = np.zeros((240, 156))
    large[:, :3] = UPRIGHT
    trans = np.linspace([0, 0, 1], [0, -1, 1], 240)
    (tmp_path / "Person").mkdir()
    path = tmp_path / "Person" / "Salsa_poses.npz"
    np.savez(path, poses=large, trans=trans, **{key: 120.0}, gender="neutral")
    np.savez(tmp_path / "Person" / "shape.npz", betas=np.zeros(10))
    assert amass_files(tmp_path) == [path]
    assert amass_takes(tmp_path)[0].style == "salsa"
    motion, _ = prepare_motion(read_amass(path))
    assert motion.fps == 30 and len(motion) == 60
    points = motion.positions()
    assert (points[:, INDEX["head"], 2] - points[:, INDEX["pelvis"], 2] > 0.5).all()
    assert points[0, INDEX["left_foot"], 1] < points[0, INDEX["left_ankle"], 1]
    assert motion.root[-1, 1] < -0.9


def test_real_aist_clip(data_folder):
    path = data_folder / "fixtures" / f"{NAME}.pkl"
    if not path.is_file():
        pytest.skip("the AIST++ fixture is not here")
    raw = read_aist(path)
    assert len(raw) == 720 and raw.fps == 60 and raw.seconds == 12
    motion, mending = prepare_motion(raw)
    assert len(motion) == 360 and mending.cut == 0
    points = motion.positions()
    assert (points[:, INDEX["head"], 2] > 1.2).mean() > 0.95, "a top-rock is danced standing"
    assert -0.05 < points[:, [INDEX["left_foot"], INDEX["right_foot"]], 2].min(axis=1).mean() < 0.1
    assert np.abs(np.diff(motion.root, axis=0)).max() * 30 < 4
