# SPDX-License-Identifier: GPL-3.0-or-later
"""Motions from files of every kind, and what is told when there is none in them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from twostep.inference import bvh
from twostep.inference.errors import TwostepError
from twostep.inference.motion import Motion
from twostep.inference.readers import bvh as bvh_reader
from twostep.inference.readers import read_motion
from twostep.inference.skeleton import INDEX, JOINTS

from ..walking import walk

NAME = "gBR_sBM_cAll_d04_mBR0_ch01"
#: What Mixamo calls SMPL's joints.
MIXAMO = {
    "pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck",
    "head": "Head",
    **{f"{low}_{ours}": high + theirs for low, high in (("left", "Left"), ("right", "Right"))
       for ours, theirs in (
           ("collar", "Shoulder"), ("shoulder", "Arm"), ("elbow", "ForeArm"), ("wrist", "Hand"),
           ("hand", "HandIndex1"), ("hip", "UpLeg"), ("knee", "Leg"), ("ankle", "Foot"),
           ("foot", "ToeBase"))},
}  # fmt: skip


@pytest.fixture
def motion() -> Motion:
    return walk(3.0)


def renamed(path, name):
    """Change the joint names of one of our own BVH files."""
    text = path.read_text()
    for joint in JOINTS:
        for kind in ("ROOT", "JOINT"):
            text = text.replace(f"{kind} {joint}\n", f"{kind} {name(joint)}\n")
    path.write_text(text)


def assert_same_dance(found: Motion, expected: Motion, within: float = 0.02) -> None:
    assert len(found) == len(expected) and found.fps == pytest.approx(expected.fps, rel=1e-4)
    ours, theirs = expected.positions(), found.positions()
    lift = np.median(ours[..., 2]) - np.median(theirs[..., 2])  # each reader finds its own floor
    np.testing.assert_allclose(theirs + [0, 0, lift], ours, atol=within)


def test_our_own_npz_comes_back(motion, tmp_path):
    motion.save(tmp_path / "a.npz")
    found = read_motion(tmp_path / "a.npz")
    np.testing.assert_array_equal(found.rotations, motion.rotations)
    np.testing.assert_array_equal(found.contacts, motion.contacts)


def test_our_own_bvh_comes_back_with_contacts(motion, tmp_path):
    bvh.write(motion, tmp_path / "a.bvh")
    found = read_motion(tmp_path / "a.bvh")
    assert_same_dance(found, motion)
    assert 0.1 < found.contacts.mean() < 0.9


def test_a_file_read_in_blocks_is_the_file(motion, tmp_path, monkeypatch):
    bvh.write(motion, tmp_path / "a.bvh")
    whole = read_motion(tmp_path / "a.bvh")
    monkeypatch.setattr(bvh_reader, "_BLOCK", 7)
    parts = read_motion(tmp_path / "a.bvh")
    np.testing.assert_allclose(parts.rotations, whole.rotations, atol=1e-6)
    np.testing.assert_allclose(parts.root, whole.root, atol=1e-6)


@pytest.mark.parametrize(
    "name",
    [
        lambda joint: "mixamorig:" + MIXAMO[joint],
        lambda joint: MIXAMO[joint].replace("ToeBase", "Toe"),
        lambda joint: "m_avg_" + joint.replace("left_", "L_").replace("right_", "R_").title(),
        lambda joint: joint.title().replace("_", ""),
        lambda joint: f"j{JOINTS.index(joint)}",
    ],
    ids=["mixamo", "lafan", "smpl", "camel", "shape"],
)
def test_the_same_body_under_other_names(motion, tmp_path, name):
    path = tmp_path / "a.bvh"
    bvh.write(motion, path)
    renamed(path, name)
    assert_same_dance(read_motion(path), motion)


def test_a_file_with_z_up_stands_upright(motion, tmp_path, monkeypatch):
    monkeypatch.setattr(bvh, "TO_Y_UP", np.eye(3))  # as Blender's own exporter writes
    bvh.write(motion, tmp_path / "a.bvh")
    assert_same_dance(read_motion(tmp_path / "a.bvh"), motion)


def test_half_a_skeleton_is_told_by_what_is_missing(motion, tmp_path):
    path = tmp_path / "half.bvh"
    bvh.write(motion, path)
    text = path.read_text()
    start = text.index("\tJOINT left_hip")
    stop = text.index("\tJOINT right_hip")
    frames, head = text.partition("MOTION")[2], text[:start] + text[stop : text.index("MOTION")]
    rows = [line.split() for line in frames.strip().splitlines()[2:]]
    numbers = "\n".join(" ".join([*row[:6], *row[18:]]) for row in rows)
    path.write_text(f"{head}MOTION\nFrames: {len(rows)}\nFrame Time: 0.0333\n{numbers}\n")
    with pytest.raises(TwostepError, match="half.bvh holds only part of a body: .* left hip"):
        read_motion(path)


def test_a_body_without_toes_and_hands_is_a_body(motion, tmp_path):
    path = tmp_path / "a.bvh"
    bvh.write(motion, path)
    renamed(path, lambda joint: "leaf" + joint if joint.endswith(("foot", "hand")) else joint)
    found = read_motion(path)
    hips = motion.positions()[:, INDEX["left_knee"]] - motion.positions()[:, INDEX["left_hip"]]
    ours = found.positions()[:, INDEX["left_knee"]] - found.positions()[:, INDEX["left_hip"]]
    np.testing.assert_allclose(ours, hips, atol=1e-3)


def test_an_amass_file_is_read(tmp_path):
    poses = np.zeros((120, 156))
    poses[:, 0] = np.pi / 2
    np.savez(tmp_path / "a.npz", poses=poses, trans=np.zeros((120, 3)), mocap_framerate=60.0)
    found = read_motion(tmp_path / "a.npz")
    assert (len(found), found.fps) == (120, 60)
    assert found.contacts.all(), "it stands still"


def test_a_real_aist_file_is_read(data_folder):
    path = data_folder / "fixtures" / f"{NAME}.pkl"
    if not path.is_file():
        pytest.skip("the AIST++ fixture is not here")
    found = read_motion(path)
    assert (len(found), found.fps) == (720, 60)
    assert 0.2 < found.contacts.mean() < 0.9
    assert found.positions()[:, INDEX["head"], 2].mean() > 1.2


def aist(**changed) -> dict:
    frames = 60
    return {
        "smpl_poses": np.zeros((frames, 72)), "smpl_trans": np.zeros((frames, 3)),
        "smpl_scaling": np.array([90.0]), **changed,
    }  # fmt: skip


def write_pickle(path, data):
    path.write_bytes(pickle.dumps(data))


def write_nan(path):
    motion = walk(2.0)
    motion.rotations[30, 4] = np.nan
    motion.save(path)


def write_nan_bvh(path):
    bvh.write(walk(2.0), path)
    head = path.read_text().rstrip().rpartition(" ")[0]
    path.write_text(f"{head} nan")


def cut(path):
    walk(2.0).save(path)
    path.write_bytes(path.read_bytes()[:-4000])


def empty_bvh(path):
    bvh.write(walk(1.0)[:0], path)


BROKEN = {
    "missing.npz": (lambda path: None, "There is no motion file .*missing.npz; choose another"),
    "song.wav": (lambda path: path.write_bytes(b"RIFF"), "choose a .npz, .bvh or .pkl file"),
    "folder.npz": (lambda path: path.mkdir(), "There is no motion file"),
    "text.npz": (lambda path: path.write_text("no zip"), "text.npz is damaged"),
    "cut.npz": (cut, "cut.npz is damaged"),
    "other.npz": (lambda path: np.savez(path, x=np.zeros(3)), "holds neither Twostep's arrays"),
    "nan.npz": (write_nan, "nan.npz is damaged: not every value"),
    "one.npz": (walk(1.0)[:1].save, "one.npz holds no more than a pose"),
    "none.npz": (walk(1.0)[:0].save, "none.npz holds no more than a pose"),
    "text.bvh": (lambda path: path.write_text("hello"), "text.bvh is not a BVH file"),
    "nan.bvh": (write_nan_bvh, "nan.bvh is damaged: not every value"),
    "none.bvh": (empty_bvh, "none.bvh"),
    "text.pkl": (lambda path: path.write_text("no pickle"), "text.pkl is damaged"),
    "list.pkl": (lambda path: write_pickle(path, [1]), "no dictionary"),
    "bare.pkl": (lambda path: write_pickle(path, {"a": np.zeros(3)}), "bare.pkl is no AIST"),
    "texts.pkl": (lambda path: write_pickle(path, aist(smpl_poses="x")), "hold no numbers"),
    "nan.pkl": (
        lambda path: write_pickle(path, aist(smpl_trans=np.full((60, 3), np.nan))),
        "damaged: not every value",
    ),
    "zero.pkl": (lambda path: write_pickle(path, aist(smpl_scaling=0.0)), "its scaling is 0"),
    "flat.pkl": (lambda path: write_pickle(path, aist(smpl_poses=np.zeros(72))), "wrong shape"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_motion_is_one_sentence(tmp_path, name):
    make, sentence = BROKEN[name]
    make(tmp_path / name)
    with pytest.raises(TwostepError, match=sentence) as caught:
        read_motion(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_fault_of_ours_is_none_of_the_files(motion, tmp_path, monkeypatch):
    """It reaches whoever asked as what it is, and so gets reported."""
    bvh.write(motion, tmp_path / "a.bvh")
    wrong = np.zeros((3, 4))
    monkeypatch.setattr(
        "twostep.inference.readers.rigged.joined_poses",
        lambda *_: Motion(30.0, wrong, wrong, wrong),
    )
    with pytest.raises(ValueError, match=r"Motion.root has shape"):
        read_motion(tmp_path / "a.bvh")
