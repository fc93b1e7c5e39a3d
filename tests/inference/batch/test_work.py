# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from twostep.inference.batch import landing
from twostep.inference.batch.work import LATER, Work
from twostep.inference.errors import TwostepError, WrongField
from twostep.inference.jobs import DanceJob, ScoreJob
from twostep.inference.retarget.options import Options

DANCE = {"kind": "dance", "name": "a", "out": "/o", "dance": {"song": "s.wav"}}
SCORE = {"kind": "score", "name": "a", "out": "/o", "score": {"motion": "m.bvh"}}
EXPORT = {"kind": "export", "name": "a", "out": "/o", "rig": "r.blend"}

#: Something unusual for every field that a dance, a score and a landing have.
DANCED = {
    "song": "s.wav", "start": 1.5, "length": 20, "style": "house", "energy": 1.5, "seed": 7,
    "retime": False, "context": "c.npz", "provider": "cpu", "candidates": 4, "loop": True,
}  # fmt: skip
SCORED = {
    "genre": "waltz", "seed": 3, "start": 0.5, "length": 9, "loop": True, "bpm": 90,
    "beats_per_bar": 3, "first_downbeat": 0.25, "provider": "cpu",
}  # fmt: skip
LANDED = {
    "limbs": "IK", "travel": "ROOT", "reach": 0.5, "loop": True, "keys": "FEW",
    "tolerance_mm": 3.5, "tolerance_deg": 2, "onto": "NLA", "bones": "Arms", "blend_in": 5,
    "blend_out": 6,
}  # fmt: skip


def wrong(values, **more):
    with pytest.raises(WrongField) as caught:
        Work.from_fields({**values, **more})
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")
    return caught.value


def test_every_field_of_a_job_is_reached():
    work = Work.from_fields({**DANCE, "dance": DANCED, "landing": LANDED, "music": SCORED})
    assert work.dance == DanceJob.from_fields(DANCED)
    assert work.landing == Options(**LANDED)
    assert work.music == ScoreJob(motion=LATER, out=work.music.out, **SCORED)
    score = Work.from_fields({**SCORE, "score": {**SCORED, "motion": "m.npz"}}).score
    assert score == ScoreJob(motion="m.npz", out=score.out, **SCORED)
    for job, given, left in (
        (DanceJob, DANCED, {"out"}),
        (ScoreJob, SCORED, {"out", "motion"}),
        (Options, LANDED, set()),
    ):
        usual = {each.name: each.default for each in fields(job)}
        assert set(usual) - left == set(given)
        assert all(given[name] != usual[name] for name in given)


@pytest.mark.parametrize(
    "values",
    [
        DANCE, SCORE, EXPORT,
        {**DANCE, "dance": DANCED, "landing": LANDED, "music": SCORED, "rig": "r.fbx", "fps": 24,
         "preset": "unreal", "formats": ["glb", "fbx"], "meshes": False, "armature": "A",
         "models": {"dance": "1", "style": "2"}},
        {"kind": "score", "name": "é", "out": "o", "rig": "r.blend", "action": "W", "score": {}},
        {**EXPORT, "rig": None, "contents": "0" * 64},
    ],
)  # fmt: skip
def test_a_unit_survives_json(values):
    work = Work.from_fields(values)
    assert Work.from_fields(json.loads(json.dumps(work.to_fields()))) == work


@pytest.mark.parametrize(
    ("values", "stages"),
    [
        (DANCE, ("sample", "apply")),
        ({**DANCE, "formats": ["npz"]}, ("sample",)),
        ({**DANCE, "formats": ["npz", "fbx"]}, ("sample", "apply")),
        (SCORE, ("sample",)),
        ({**SCORE, "score": {}, "rig": "r.blend"}, ("read", "sample")),
        (EXPORT, ("apply",)),
    ],
)
def test_stages(values, stages):
    assert Work.from_fields(values).stages == stages


def test_what_it_is_made_of():
    work = Work.from_fields({**DANCE, "dance": DANCED, "rig": "r.blend"})
    assert set(work.inputs) == {Path("r.blend"), Path("s.wav"), Path("c.npz")}
    assert Work.from_fields(SCORE).inputs == (Path("m.bvh"),)
    rigged = Work.from_fields({**SCORE, "score": {}, "rig": "r.blend"})
    assert rigged.inputs == (Path("r.blend"),)


def test_what_lands_and_what_is_heard_closes_with_the_dance():
    looping = {**DANCE, "dance": {"song": "s.wav", "loop": True}, "music": {}}
    work = Work.from_fields(looping)
    assert work.landing.loop and work.music.loop
    work = Work.from_fields({**looping, "landing": {"loop": False}, "music": {"loop": False}})
    assert not work.landing.loop and not work.music.loop


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "opera"), ("name", ""), ("name", "a/b"), ("name", "CON"), ("name", 3),
        ("name", "x" * 400), ("out", ""), ("out", None), ("rig", 3), ("rig", "a.obj"),
        ("armature", None), ("action", 1), ("contents", "xyz"), ("fps", 0), ("fps", -1),
        ("fps", True), ("fps", "30"), ("fps", float("nan")), ("fps", 1e9), ("preset", "UNITY"),
        ("preset", None), ("formats", "fbx"), ("formats", ["wav"]), ("formats", [["fbx"]]),
        ("formats", None), ("meshes", 1), ("models", {"judge": "1"}), ("models", 3),
        ("dance", 3), ("landing", []), ("music", "house"), ("hat", 1), ("score", {"motion": "m"}),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(field, value):
    assert wrong(DANCE, **{field: value}).field == field


@pytest.mark.parametrize(
    ("values", "part", "field", "value"),
    [
        (DANCE, "dance", "seed", -1), (DANCE, "dance", "out", "x.npz"), (DANCE, "dance", "hat", 1),
        (DANCE, "dance", "style", "polka"), (DANCE, "music", "genre", "polka"),
        (DANCE, "music", "motion", "m.npz"), (SCORE, "score", "bpm", 0),
        (SCORE, "score", "out", "x.wav"), (DANCE, "landing", "limbs", "fk"),
        (DANCE, "landing", "reach", 1.5), (DANCE, "landing", "reach", True),
        (DANCE, "landing", "blend_in", 1.5), (DANCE, "landing", "loop", 1),
        (DANCE, "landing", "bones", None), (DANCE, "landing", "hat", 1),
        (DANCE, "landing", "tolerance_mm", float("nan")),
    ],
)  # fmt: skip
def test_a_wrong_field_of_a_part_is_named(values, part, field, value):
    given = {**values.get(part, {}), field: value}
    told = wrong(values, **{part: given}).field
    assert told == (f"{part}.{field}" if field != "motion" else "music")


def test_what_is_missing_is_named():
    for name in ("kind", "name", "out"):
        assert wrong({key: value for key, value in DANCE.items() if key != name}).field == name
    assert wrong(DANCE, dance={}).field == "dance.song"
    assert wrong(DANCE, dance=None).field == "dance"
    assert wrong(SCORE, score={}).field == "score.motion"
    assert wrong(SCORE, rig="r.blend").field == "score.motion"
    assert wrong(EXPORT, rig="").field == "rig"
    assert wrong(SCORE, landing={"limbs": "IK"}).field == "landing"


def test_formats_are_as_usual_or_each_once():
    assert Work.from_fields(DANCE).formats == ("fbx",)
    assert Work.from_fields(SCORE).formats == ("wav",)
    assert Work.from_fields({**DANCE, "formats": ["glb", "fbx", "glb"]}).formats == ("glb", "fbx")


def test_every_option_of_a_landing_is_checked():
    """Whatever is added to the options has a range or a list of what it may be."""
    for each in fields(Options):
        with pytest.raises(TwostepError, match=f"“{each.name}” must be"):
            landing.options({each.name: object()})
        landing.options({each.name: each.default})
