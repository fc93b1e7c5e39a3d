# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from twostep.inference.errors import TwostepError
from twostep.inference.jobs import DanceJob, ScoreJob


def test_a_job_survives_json():
    job = DanceJob(song="a.wav", out="b.npz", length=3, seed=7, style="house", retime=False,
                   loop=True)  # fmt: skip
    assert DanceJob.from_fields(json.loads(json.dumps(job.to_fields()))) == job


def test_a_score_job_survives_json():
    job = ScoreJob(
        motion="a.bvh", out="b.wav", genre="waltz", seed=7, start=1, length=3.5, loop=True,
        bpm=98.5, beats_per_bar=3, first_downbeat=0.25,
    )  # fmt: skip
    assert ScoreJob.from_fields(json.loads(json.dumps(job.to_fields()))) == job


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("motion", ""), ("motion", None), ("motion", 3), ("out", "x.mp3"), ("out", None),
        ("out", 1), ("genre", "polka"), ("genre", None), ("start", -1), ("length", 0),
        ("length", float("nan")),
        ("seed", -1), ("seed", 1.5), ("loop", 1), ("bpm", 0), ("bpm", 1000), ("bpm", "120"),
        ("bpm", True), ("beats_per_bar", 5), ("beats_per_bar", 3.5), ("beats_per_bar", True),
        ("first_downbeat", -0.1), ("first_downbeat", float("inf")), ("provider", "gpu"),
    ],
)  # fmt: skip
def test_a_wrong_field_of_a_score_is_named(name, value):
    with pytest.raises(TwostepError, match=f"“{name}” must be") as caught:
        ScoreJob.from_fields({"motion": "a.npz", "out": "a.wav", name: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("lacking", "given"), [("motion", "out"), ("out", "motion")])
def test_a_score_job_that_lacks_a_file_is_refused(lacking, given):
    with pytest.raises(TwostepError, match=f"names no {lacking}; give"):
        ScoreJob.from_fields({given: "a.wav"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("song", ""), ("song", None), ("song", 3), ("out", "x.mp3"), ("out", 1), ("context", 5),
        ("start", -1), ("start", "0"), ("start", float("nan")), ("length", 0), ("length", -3),
        ("length", True), ("style", "polka"), ("style", None), ("energy", 2.1), ("energy", -0.1),
        ("energy", float("inf")), ("seed", -1), ("seed", 1.0), ("seed", True), ("seed", 2**64),
        ("retime", 1), ("loop", 1), ("provider", "gpu"), ("candidates", 0), ("candidates", 1000),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(name, value):
    with pytest.raises(TwostepError, match=f"“{name}” must be") as caught:
        DanceJob.from_fields({"song": "a.wav", name: value})
    assert "\n" not in str(caught.value)


def test_unknown_fields_are_refused():
    with pytest.raises(TwostepError, match="field “tempo” that Twostep does not know"):
        DanceJob.from_fields({"song": "a.wav", "tempo": 120})


def test_a_job_without_a_song_is_refused():
    with pytest.raises(TwostepError, match="names no song"):
        DanceJob.from_fields({"out": "a.npz"})
