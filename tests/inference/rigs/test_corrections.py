# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user chose: single bones, presets, and the files that presets are kept in."""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace

import numpy as np
import pytest

from twostep.inference.errors import TwostepError
from twostep.inference.rigs import Preset, Rig, presets, recognise
from twostep.inference.skeleton import JOINTS, PARENTS, rest_positions

from .families import RIGS

NUMBERED = Rig(tuple(f"Bone.{i:03}" for i in range(24)), PARENTS, rest_positions().astype(float))
CHAIN = Rig(NUMBERED.names, tuple(range(-1, 23)), np.zeros((24, 3)))


def test_a_chosen_bone_stands_and_the_rest_stays():
    rig = RIGS["Unreal 4"].rig()
    plain = recognise(rig)
    found = recognise(rig, {"left_hip": "thigh_twist_01_l", "head": ""})
    expected = {**plain.bones, "left_hip": "thigh_twist_01_l"}
    del expected["head"]
    assert found.bones == expected


def test_choosing_the_other_sides_thigh_swaps_the_legs():
    rig = RIGS["Mixamo"].rig()
    found = recognise(rig, {"left_hip": "RightUpLeg"})
    for part, bone in (("hip", "UpLeg"), ("knee", "Leg"), ("ankle", "Foot"), ("foot", "ToeBase")):
        assert found.bones[f"left_{part}"] == f"Right{bone}"
        assert found.bones[f"right_{part}"] == f"Left{bone}"
    assert found.bones["left_elbow"] == "LeftForeArm"


def test_a_bone_is_used_once():
    rig = RIGS["Mixamo"].rig()
    found = recognise(rig, {"spine1": "Spine1"})
    assert found.bones["spine1"] == "Spine1"
    assert len(set(found.bones.values())) == len(found.bones)
    both = recognise(rig, {"neck": "Head", "head": "Head"})
    assert both.bones["neck"] == "Head" and "head" not in both.bones
    assert len(both.notes) == 1 and "Head" in both.notes[0]


def test_bones_that_are_gone_are_told_and_ignored():
    rig = RIGS["Mixamo"].rig()
    found = recognise(rig, {"left_hip": "Gone", "head": "HeadTop_End"})
    assert found.bones["left_hip"] == "LeftUpLeg" and found.bones["head"] == "HeadTop_End"
    assert found.notes == ("The bone Gone, chosen for the left hip, is gone; choose another.",)


def test_a_shape_is_corrected_too():
    wanted = {"neck": "", "left_wrist": "Bone.022", "left_hand": ""}
    found = recognise(NUMBERED, wanted)
    assert found.family == "shape" and found.lacking == ()
    assert "neck" not in found.bones
    assert "left_hand" not in found.bones and found.bones["left_wrist"] == "Bone.022"


def test_a_limb_may_be_left_out_by_choice():
    corrections = {f"left_{part}": "" for part in ("collar", "shoulder", "elbow", "wrist", "hand")}
    for names, family in ((NUMBERED.names, "shape"), (JOINTS, "smpl")):
        found = recognise(replace(NUMBERED, names=names), corrections)
        assert (found.family, found.lacking, found.left_out) == (family, (), ("left arm",))


def test_where_nothing_is_recognised_all_may_be_chosen():
    assert recognise(CHAIN).bones == {}
    chosen = {joint: f"Bone.{place:03}" for place, joint in enumerate(JOINTS)}
    found = recognise(CHAIN, chosen)
    assert (found.family, found.lacking, found.bones) == ("chosen", (), chosen)
    some = recognise(CHAIN, {"pelvis": "Bone.000", "left_hip": "Bone.001"})
    assert some.bones == {"pelvis": "Bone.000", "left_hip": "Bone.001"}
    assert some.lacking == ("left_knee", "left_ankle")


def test_controls_of_joints_without_a_bone_go_too():
    rig = RIGS["MMD"].rig()
    assert {"left_ankle", "left_foot"} < recognise(rig).controls.goals.keys()
    gone = dict.fromkeys(["left_hip", "left_knee", "left_ankle", "left_foot"], "")
    found = recognise(rig, gone)
    assert found.controls.travel == "センター"
    assert set(found.controls.goals) == {"right_ankle", "right_foot"}
    marked = recognise(rig, {"left_hand": "左手先"})
    assert marked.bones["left_hand"] == "左手先" and set(marked.marks) == {"right_hand"}


def preset(bones, name="mine"):
    return Preset(name, "My robot", tuple(bones.items()))


def test_a_preset_goes_before_the_families_if_all_its_bones_are_there():
    rig = RIGS["MMD"].rig()
    mine = preset({**recognise(rig).bones, "head": "両目", "neck": ""})
    found = recognise(rig, presets=[mine])
    assert (found.family, found.label) == ("mine", "My robot")
    assert found.bones == {joint: bone for joint, bone in mine.bones if bone}
    assert found.controls == recognise(rig).controls and found.root == "全ての親"
    assert recognise(rig, {"head": "頭"}, [mine]).bones["head"] == "頭"
    assert recognise(RIGS["Mixamo"].rig(), presets=[mine]).family == "mixamo"
    empty = preset(dict.fromkeys(JOINTS, ""))
    assert recognise(rig, presets=[empty]).family == "mmd"


def test_of_two_presets_the_fuller_one_is_taken():
    bones = {joint: f"Bone.{place:03}" for place, joint in enumerate(JOINTS)}
    few = dict(list(bones.items())[:18])
    for order in ([preset(few, "few"), preset(bones)], [preset(bones), preset(few, "few")]):
        assert recognise(CHAIN, presets=order).family == "mine"


HARD = ('a "quoted" \\ name', "名前 ＩＫ.L", "tab\there", "del\x7f and \x01", "emoji 💃", "x" * 200)


@pytest.mark.parametrize("label", [*HARD, "CON", "../../etc/passwd", "...", "a/b\\c:d"])
def test_presets_come_back_as_they_were_written(tmp_path, label):
    folder = tmp_path / "not there yet"
    bones = dict(zip(JOINTS, HARD, strict=False)) | {"head": ""}
    written = presets.write(folder, label, bones)
    assert presets.read_all(folder) == ((written,), ())
    assert dict(written.bones) == bones
    (file,) = folder.iterdir()
    assert file.name == f"{written.name}.toml" and len(os.fsencode(file.name)) < 200
    assert file.stem.upper() != "CON"
    assert tomllib.loads(file.read_text(encoding="utf-8"))["label"] == written.label
    presets.delete(folder, written.name)
    presets.delete(folder, written.name)
    assert presets.read_all(folder) == ((), ())


def test_a_label_is_one_preset_and_others_get_files_of_their_own(tmp_path):
    first = presets.write(tmp_path, "My rig!", {"pelvis": "a"})
    again = presets.write(tmp_path, " My  rig! ", {"pelvis": "b"})
    other = presets.write(tmp_path, "my rig?", {"pelvis": "c"})
    assert first.name == again.name != other.name
    assert presets.read_all(tmp_path) == ((again, other), ())


def test_damaged_presets_are_told_and_left_alone(tmp_path):
    good = presets.write(tmp_path, "good", {"pelvis": "a"})
    damage = {
        "toml": b"label = ", "bytes": b"\xff\xfe", "empty": b"", "no_bones": b'label = "x"',
        "joint": b'label = "x"\n[bones]\ntail = "b"', "number": b'label = "x"\n[bones]\nhead = 3',
        "label": b'label = 3\n[bones]\nhead = "b"',
    }  # fmt: skip
    for name, content in damage.items():
        (tmp_path / f"{name}.toml").write_bytes(content)
    (tmp_path / "folder.toml").mkdir()
    found, sentences = presets.read_all(tmp_path)
    assert found == (good,) and len(sentences) == len(damage) + 1
    for name in damage:
        assert any(f"{name}.toml" in sentence for sentence in sentences)
    assert all(sentence.endswith("repair or delete it.") for sentence in sentences)


def test_what_cannot_be_kept_is_refused(tmp_path):
    with pytest.raises(TwostepError, match="name"):
        presets.write(tmp_path, "  ", {"pelvis": "a"})
    with pytest.raises(TwostepError, match="letter"):
        presets.write(tmp_path, "x", {"pelvis": "a\udc80"})
    (tmp_path / "file").write_text("")
    with pytest.raises(TwostepError, match="folder"):
        presets.write(tmp_path / "file", "x", {"pelvis": "a"})
    with pytest.raises(TwostepError, match="no preset"):
        presets.delete(tmp_path / "inner", "../file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
