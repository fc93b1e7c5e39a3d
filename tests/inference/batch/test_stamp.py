# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import fields, replace

import pytest

from twostep.inference.batch import stamp
from twostep.inference.batch.work import Work
from twostep.inference.errors import TwostepError
from twostep.inference.weights import ALL_SHIPPED, VARIABLE

from .test_work import DANCED, LANDED, SCORED

_STAMP = """
import json, sys
from twostep.inference.batch import stamp
from twostep.inference.batch.work import Work
work = Work.from_fields(json.loads(sys.argv[1]))
print(stamp.stamp(work), stamp.sample_stamp(work))
"""


@pytest.fixture
def rig(tmp_path):
    path = tmp_path / "hero.blend"
    path.write_bytes(b"hero")
    return path


def test_another_process_says_the_same(unit, rig):
    work = unit(rig=str(rig), music={}, landing=LANDED)
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    said = subprocess.run(
        [sys.executable, "-c", _STAMP, json.dumps(work.to_fields())],
        capture_output=True, text=True, check=True, env=environment,
    ).stdout.split()  # fmt: skip
    assert said == [stamp.stamp(work), stamp.sample_stamp(work)]


def test_where_files_lie_does_not_matter_and_what_is_in_them_does(unit, rig, tmp_path):
    work = unit(rig=str(rig))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    song = shutil.copy(work.dance.song, elsewhere / "other name.wav")
    moved = unit({"song": str(song)}, rig=shutil.copy(rig, elsewhere / "b.blend"), out="/x")
    assert stamp.stamp(moved) == stamp.stamp(work)
    with open(song, "ab") as file:
        file.write(b"\0")
    assert stamp.sample_stamp(moved) != stamp.sample_stamp(work)
    assert stamp.stamp(moved) != stamp.stamp(work)


def test_a_file_that_has_changed_is_read_again(unit, rig):
    work = unit(rig=str(rig))
    before = stamp.stamp(work), stamp.sample_stamp(work)
    rig.write_bytes(b"villain")
    assert stamp.stamp(work) != before[0]
    assert stamp.sample_stamp(work) == before[1], "the rig has nothing to do with the dance"


def test_what_dances_and_in_which_form_shares_the_sample(unit, rig):
    work = unit()
    others = [
        unit(rig=str(rig)), unit(formats=["fbx"]), unit(fps=60), unit(name="b"),
        unit(preset="unity"), unit(landing=LANDED), unit(meshes=False), unit(armature="A"),
        unit(music={}), unit(contents="0" * 64),
    ]  # fmt: skip
    assert {stamp.sample_stamp(each) for each in others} == {stamp.sample_stamp(work)}
    stamps = {stamp.stamp(each) for each in (work, *others)}
    assert len(stamps) == len(others) + 1


def test_every_field_of_a_dance_counts_but_what_computes_it(unit, tmp_path):
    (tmp_path / "c.npz").write_bytes(b"c")
    danced = {**DANCED, "context": str(tmp_path / "c.npz")}
    plain = stamp.sample_stamp(unit())
    for name in set(danced) - {"song", "provider"}:
        assert stamp.sample_stamp(unit({name: danced[name]})) != plain, name
    assert stamp.sample_stamp(unit({"provider": "auto"})) == plain
    assert stamp.sample_stamp(unit({"length": 2})) == plain, "2 is 2.0"


def test_every_field_of_a_landing_and_of_music_counts(unit):
    plain, music = stamp.stamp(unit()), stamp.stamp(unit(music={}))
    for name, value in LANDED.items():
        assert stamp.stamp(unit(landing={name: value})) != plain, name
    for name in set(SCORED) - {"provider"}:
        assert stamp.stamp(unit(music={name: SCORED[name]})) != music, name


def test_every_field_of_a_unit_counts_but_where_it_goes(unit, rig):
    work = unit(rig=str(rig))
    told = {
        "name": "b", "rig": None, "armature": "A", "action": "W", "contents": "1" * 64, "fps": 24.0,
        "preset": "unity", "formats": ("fbx",), "meshes": False,
    }  # fmt: skip
    apart = {"kind", "out", "models", "dance", "landing", "score", "music"}
    assert {each.name for each in fields(Work)} == set(told) | apart
    for name, value in told.items():
        assert stamp.stamp(replace(work, **{name: value})) != stamp.stamp(work), name


def test_music_of_a_file_and_of_a_rig(tmp_path, rig):
    (tmp_path / "m.npz").write_bytes(b"m")
    values = {"kind": "score", "name": "a", "out": str(tmp_path)}
    filed = Work.from_fields({**values, "score": {"motion": str(tmp_path / "m.npz")}})
    rigged = Work.from_fields({**values, "rig": str(rig), "score": {}})
    waving = replace(rigged, action="Wave")
    assert len({stamp.sample_stamp(each) for each in (filed, rigged, waving)}) == 3
    assert stamp.read_stamp(rigged) != stamp.read_stamp(waving)
    (tmp_path / "m.npz").write_bytes(b"other")
    assert stamp.sample_stamp(filed) not in (stamp.sample_stamp(rigged), None)


def test_other_networks_are_other_files(unit, tmp_path, monkeypatch):
    work = unit()
    before, models = stamp.stamp(work), stamp.models()
    stamp.check_models(replace(work, models=models))
    shutil.copytree(ALL_SHIPPED, tmp_path / "weights", ignore=shutil.ignore_patterns("*.onnx"))
    card = tmp_path / "weights" / "style" / "style.json"
    card.write_text(card.read_text().replace('"version": "1"', '"version": "2"'))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "weights"))
    assert stamp.stamp(work) != before
    with pytest.raises(TwostepError, match="was made for other style networks than"):
        stamp.check_models(replace(work, models=models))


def test_another_version_is_other_files(unit, monkeypatch):
    before = stamp.stamp(unit())
    monkeypatch.setattr(stamp, "version", lambda: "99.0.0")
    assert stamp.stamp(unit()) != before


@pytest.mark.parametrize("song", ["/nowhere/a.wav", "/", "nul\0.wav"])
def test_a_song_that_cannot_be_read_is_one_sentence(unit, song):
    with pytest.raises(TwostepError, match="choose another") as caught:
        stamp.stamp(unit({"song": song}))
    assert "\n" not in str(caught.value)


def test_the_version_is_the_packages():
    assert stamp.version().count(".") == 2
