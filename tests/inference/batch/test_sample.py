# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks that ship, on a few seconds."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from scipy.io import wavfile

from twostep.inference import dance as chain
from twostep.inference.batch import sample, stamp, store
from twostep.inference.batch.work import Work
from twostep.inference.errors import Cancelled, TwostepError
from twostep.inference.files import replaced
from twostep.inference.jobs import DanceJob
from twostep.inference.motion import Motion

from ...dancers import dancer
from ..conftest import song


def test_a_dance_without_a_rig_is_made_and_delivered(sampled):
    report = store.finished(sampled)
    assert set(report.files) == {"a.npz"} and report.facts["provider"] == "CPU"
    motion = Motion.load(sampled.out / "a.npz")
    assert len(motion) == 60 and report.facts["seconds"] == 2.0
    straight = chain.dance(replace(sampled.dance, out=None)).motion
    np.testing.assert_array_equal(motion.rotations, straight.rotations)


def test_what_is_there_is_not_made_again(sampled, tmp_path, monkeypatch):
    """Another unit of the same dance takes the sample; the finished one is left as it is."""
    monkeypatch.setattr(chain, "dance", None)
    before = {path: path.stat().st_mtime_ns for path in sampled.out.rglob("*")}
    assert sample.sample(sampled) == store.sampled(sampled)
    assert {path: path.stat().st_mtime_ns for path in sampled.out.rglob("*")} == before
    other = replace(sampled, name="b", fps=60.0)
    sample.sample(other)
    assert (sampled.out / "b.npz").read_bytes() == (sampled.out / "a.npz").read_bytes()
    for path in (sampled.out / "b.npz", store.report_path(other)):
        path.unlink()


def test_the_same_unit_is_the_same_file(sampled, tmp_path):
    again = replace(sampled, out=tmp_path)
    sample.sample(again)
    assert (tmp_path / "a.npz").read_bytes() == (sampled.out / "a.npz").read_bytes()
    assert store.finished(again).files == store.finished(sampled).files


def test_a_unit_for_blender_is_sampled_but_not_delivered(unit):
    work = unit(formats=["fbx"])
    told = []
    made = sample.sample(work, lambda share, stage: told.append(share))
    assert made.motion == store.place(work) and made.music is None
    assert os.listdir(work.out) == [".twostep"] and store.finished(work) is None
    assert told == sorted(told) and told[-1] == 1


@pytest.mark.slow
def test_a_dance_gets_new_music(unit):
    work = unit({"length": 3.0}, music={"genre": "house", "provider": "cpu"})
    told = []
    made = sample.sample(work, lambda share, stage: told.append(share))
    assert told == sorted(told) and told[-1] == 1
    assert set(store.finished(work).files) == {"a.npz", "a.wav"}
    rate, samples = wavfile.read(work.out / "a.wav")
    assert len(samples) == 3 * rate and made.facts["music"]["genre"] == "house"
    assert made.facts["music"]["bpm"] == made.facts["bpm"] == pytest.approx(120, rel=0.03)


@pytest.mark.slow
def test_the_music_of_a_loop_is_as_long_as_the_loop(unit, tmp_path):
    whole = song(tmp_path / "whole.wav", seconds=6.0)
    work = unit({"song": str(whole), "length": 5.0, "loop": True}, music={"provider": "cpu"})
    made = sample.sample(work)
    assert made.facts["music"]["seconds"] == pytest.approx(made.facts["seconds"], abs=1 / 30)


@pytest.mark.slow
def test_music_for_a_motion_and_for_what_was_read_of_a_rig(tmp_path):
    dancer(120.0, seconds=3.0).save(tmp_path / "m.npz")
    (tmp_path / "rig.blend").write_bytes(b"rig")
    values = {"kind": "score", "name": "filed", "out": tmp_path / "out"}
    score = {"genre": "house", "provider": "cpu"}
    filed = Work.from_fields({**values, "score": {**score, "motion": tmp_path / "m.npz"}})
    assert sample.sample(filed).music == store.place(filed)
    rigged = Work.from_fields(
        {**values, "name": "rigged", "rig": tmp_path / "rig.blend", "score": score}
    )
    with pytest.raises(TwostepError, match="rig.blend has not been read yet"):
        sample.sample(rigged)
    with replaced(store.motion_place(rigged)) as path:
        path.write_bytes((tmp_path / "m.npz").read_bytes())
    sample.sample(rigged)
    assert set(store.finished(rigged).files) == {"rigged.wav"}
    one, two = ((tmp_path / "out" / f"{name}.wav").read_bytes() for name in ("filed", "rigged"))
    assert one == two


def test_a_damaged_sample_is_made_again(sampled, tmp_path):
    work = replace(sampled, out=tmp_path)
    store.cache(work)
    store.place(work).write_bytes(b"half")
    sample.sample(work)
    assert store.finished(work) is not None


def test_stopping_leaves_nothing(unit):
    work = unit()
    seen = []
    with pytest.raises(Cancelled):
        sample.sample(work, lambda _, stage: seen.append(stage), lambda: "Dancing" in seen)
    assert os.listdir(work.out / ".twostep") == [] and os.listdir(work.out) == [".twostep"]


@pytest.mark.parametrize("content", [None, b"no sound"])
def test_a_bad_song_is_one_sentence_and_no_file(unit, tmp_path, content):
    song = tmp_path / "bad.wav"
    if content is not None:
        song.write_bytes(content)
    work = unit({"song": str(song)})
    with pytest.raises(TwostepError, match="bad.wav") as caught:
        sample.sample(work)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.rglob("*.npz")) and not list(tmp_path.rglob("*.json"))


def test_other_networks_than_asked_for_are_refused(unit):
    with pytest.raises(TwostepError, match="made for other dance networks"):
        sample.sample(unit(models={"dance": "0" * 64}))
    assert stamp.models().keys() == {"dance", "score", "style"}


def test_an_export_is_not_sampled(tmp_path):
    values = {"kind": "export", "name": "a", "out": tmp_path, "rig": "r.blend"}
    with pytest.raises(TwostepError, match="exported as it is"):
        sample.sample(Work.from_fields(values))


def test_the_dance_is_that_of_the_job(sampled):
    assert isinstance(sampled.dance, DanceJob) and sampled.dance.out is None
