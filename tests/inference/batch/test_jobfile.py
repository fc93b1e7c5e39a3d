# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from twostep.inference.batch import jobfile, landing
from twostep.inference.errors import TwostepError
from twostep.inference.jobs import DanceJob, ScoreJob

from .test_work import DANCED, LANDED, SCORED


@pytest.fixture
def folder(tmp_path):
    """A folder whose name looks like a pattern, with songs and rigs in it."""
    here = tmp_path / "a[1] x"
    for name in ("songs/b.wav", "songs/A.mp3", "songs/.hidden.mp3", "songs/cover.jpg",
                 "songs/more/c.flac", "songs/x[1].wav", "rigs/hero.blend", "rigs/villain.fbx",
                 "rigs/hero.blend1", "m/walk.bvh", "m/run.npz"):  # fmt: skip
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return here


def read(folder, text, name="JOBS.toml", **more):
    (folder / name).write_text(text, encoding="utf-8")
    return jobfile.read(folder / name, **more)


def job(text, head='target = "out"\n'):
    return f"{head}[[jobs]]\n{text}"


def error(folder, text, name="JOBS.toml"):
    with pytest.raises(TwostepError) as caught:
        read(folder, text, name)
    told = str(caught.value)
    assert "\n" not in told and told.endswith(".")
    return told


def names(batch):
    return [work.name for work in batch.works]


def test_lists_multiply_and_seeds_have_ranges(folder):
    batch = read(folder, job("""
songs = ["songs/b.wav", "songs/A.mp3"]
styles = ["pop", "house"]
seeds = ["1-2", 9, "2-3"]
rigs = ["rigs/hero.blend", ""]
"""))  # fmt: skip
    assert batch.target == folder / "out"
    assert len(batch.works) == 2 * 2 * 4 * 2
    assert names(batch)[:9] == [
        "b_pop_1_hero", "b_pop_1_twostep", "b_pop_2_hero", "b_pop_2_twostep", "b_pop_9_hero",
        "b_pop_9_twostep", "b_pop_3_hero", "b_pop_3_twostep", "b_house_1_hero",
    ]  # fmt: skip
    first = batch.works[0]
    assert first.dance.song == folder / "songs/b.wav" and first.rig == folder / "rigs/hero.blend"
    assert (first.out, first.dance.style, first.dance.seed) == (batch.target, "pop", 1)


def test_any_field_may_be_a_list(folder):
    batch = read(folder, job("""
pattern = "{n}"
song = "songs/b.wav"
limbs = ["FK", "IK"]
energy = [0.5, 1.5]
fps = [24, 30]
formats = ["fbx", "glb"]
music = [true, false, {genre = "house", seed = 3}]
"""))  # fmt: skip
    assert len(batch.works) == 2 * 2 * 2 * 3
    assert {work.formats for work in batch.works} == {("fbx", "glb")}
    assert {work.music and work.music.genre for work in batch.works} == {"auto", "house", None}
    assert {(work.landing.limbs, work.fps) for work in batch.works} == {
        ("FK", 24), ("FK", 30), ("IK", 24), ("IK", 30)}  # fmt: skip


def test_every_field_of_a_job_is_reached(folder):
    """What a dance, a landing and a score can be told, a job file can tell."""
    told = {**LANDED, **DANCED, "music": SCORED}
    text = json.dumps({"target": "out", "jobs": [told]})
    (work,) = read(folder, text, "JOBS.json").works
    here = {"song": folder / "s.wav", "context": folder / "c.npz"}
    assert work.dance == DanceJob.from_fields({**DANCED, **here})
    assert work.landing == landing.options(LANDED)
    assert work.music.to_fields().items() >= SCORED.items()
    text = json.dumps({"target": "o", "jobs": [{"kind": "score", "motion": "m.npz", **SCORED}]})
    (work,) = read(folder, text, "JOBS.json").works
    assert work.score.to_fields().items() >= SCORED.items()
    assert work.score.motion == folder / "m.npz"
    for kind, job in (("dance", DanceJob), ("score", ScoreJob)):
        assert {each.name for each in fields(job)} - {"out"} <= set(jobfile.FIELDS[kind])


@pytest.mark.parametrize(
    ("songs", "found"),
    [
        ('"songs"', ["A", "b", "x[1]"]), ('"songs/*.wav"', ["b", "x[1]"]),
        ('"songs/*"', ["A", "b", "x[1]"]), ('"songs/**/*.flac"', ["c"]),
        ('"songs/../songs/*.mp3"', ["A"]), ('["songs/b.wav", "songs/*.wav"]', ["b", "x[1]"]),
        ('"songs/x[1].wav"', ["x[1]"]), ('"songs/[ab].*"', ["b"]), ('"songs/*.jpg"', ["cover"]),
        ('"~mine.mp3"', ["~mine"]), ('["songs/more", "songs"]', ["c", "A", "b", "x[1]"]),
    ],
)  # fmt: skip
def test_folders_and_patterns_of_files_are_sorted(folder, songs, found):
    batch = read(folder, job(f'songs = {songs}\npattern = "{{song}}"'))
    assert [work.dance.song.stem for work in batch.works] == found


def test_absolute_paths_and_patterns(folder, tmp_path):
    songs = json.dumps([str(folder / "songs/b.wav"), str(tmp_path / "*" / "songs" / "*.mp3")])
    batch = read(folder, job(f"songs = {songs}"))
    assert [work.dance.song for work in batch.works] == [
        folder / "songs/b.wav", folder / "songs/A.mp3"]  # fmt: skip


def test_folders_of_rigs_and_motions(folder):
    batch = read(folder, job('kind = "export"\nrigs = "rigs"'))
    assert names(batch) == ["hero", "villain"]
    batch = read(folder, job('kind = "score"\nmotions = "m"\ngenres = ["house", "waltz"]'))
    assert names(batch) == ["run_house_0", "run_waltz_0", "walk_house_0", "walk_waltz_0"]


def test_defaults_hold_where_the_kind_has_such_a_thing(folder):
    batch = read(folder, """
target = "out"
pattern = "{kind}_{n:02}"
[defaults]
rigs = ["rigs/hero.blend", "rigs/villain.fbx"]
formats = ["glb"]
style = "pop"
genre = "house"
seed = 5
[[jobs]]
song = "songs/b.wav"
seed = 6
[[jobs]]
kind = "score"
motion = "m/walk.bvh"
[[jobs]]
kind = "score"
action = "Wave"
[[jobs]]
kind = "export"
pattern = "only_{rig}"
""")  # fmt: skip
    assert names(batch) == [
        "dance_01", "dance_02", "score_03", "score_04", "score_05", "only_hero", "only_villain"
    ]  # fmt: skip
    dance, _, motion, action, *_ = batch.works
    assert (dance.dance.style, dance.dance.seed, dance.formats) == ("pop", 6, ("glb",))
    assert (motion.score.genre, motion.score.seed, motion.rig) == ("house", 5, None)
    assert action.rig == folder / "rigs/hero.blend" and action.stages == ("read", "sample")
    assert batch.works[-1].formats == ("glb",)


def test_target_and_preset_can_be_replaced(folder, tmp_path):
    text = job('preset = "unity"\nsong = "songs/b.wav"', "")
    batch = read(folder, text, target=tmp_path / "there", preset="unreal")
    assert batch.target == batch.works[0].out == tmp_path / "there"
    assert batch.works[0].preset == "unreal"


def test_units_can_be_given_as_they_are(folder):
    unit = {"kind": "dance", "name": "a", "out": "o", "dance": {"song": "songs/b.wav"}}
    (work,) = read(folder, json.dumps(unit), "one.json").works
    assert (work.out, work.dance.song) == (folder / "o", folder / "songs/b.wav")
    other = {"kind": "export", "name": "b", "out": "o", "rig": "rigs/hero.blend"}
    batch = read(folder, json.dumps([unit, other]), "two.json", preset="unity")
    assert [work.preset for work in batch.works] == ["unity", "unity"]
    again = read(folder, json.dumps([work.to_fields() for work in batch.works]), "three.json")
    assert again == batch
    told = error(folder, '[\n{},\n{"kind": "dance"}]', "two.json")
    assert told == "two.json, line 2: units[1].kind is missing."
    unit["dance"]["seed"] = -1
    told = error(folder, json.dumps(unit, indent=1), "one.json")
    assert told.startswith("one.json, line 7: dance.seed must be a whole number")
    unit["dance"]["seed"] = 1
    assert "units[2] is called “A” as units[1] is" in error(
        folder, json.dumps([unit, {**unit, "name": "A"}]), "two.json"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (job('song = "s"\nseed = -1'), "line 4: jobs[1].seed must be a whole number, 0 or more"),
        (job('song = "s"\nseeds = [1,\n2,\n-3]'), "line 6: jobs[1].seeds[3] must be"),
        (job('song = "s"\n[[jobs]]\nsong = "t"\nstyle = "polka"'), "line 6: jobs[2].style must be"),
        ('target = "o"\n[defaults]\n\nenergy = 3\n[[jobs]]\nsong = "s"', "line 4: defaults.energy"),
        (job("song = 3"), "line 3: jobs[1].song must be the path"),
        (job('song = ["s", 3]'), "line 3: jobs[1].song[2] must be the path"),
        (job('rig = "a.obj"\nsong = "s"'), "line 3: jobs[1].rig must be a file that ends"),
        (job("style = 'pop'"), "line 2: jobs[1].song is missing"),
        (job('song = "s"\nlimbs = "BOTH"'), "line 4: jobs[1].limbs must be one of FK, IK"),
        (job('song = "s"\nblend_in = "a lot"'), "line 4: jobs[1].blend_in must be a whole"),
        (job('song = "s"\nformats = ["fbx", "wav"]'), "line 4: jobs[1].formats must be some of"),
        (job('song = "s"\n[jobs.music]\n\ngenre = "polka"'), "line 6: jobs[1].music.genre must"),
        (job('song = "s"\nmusic = "house"'), "line 4: jobs[1].music must be a table"),
        (job('song = "s"\n[jobs.music]\nhat = 1'), "line 5: jobs[1].music.hat is not known"),
        (job('song = "s"\nhat = 1'), "line 4: jobs[1].hat is not known; there are"),
        (job('song = "s"\ngenre = "house"'), "line 4: jobs[1].genre is no field of a dance"),
        (job('song = "s"\nsongs = ["t"]'), "line 4: jobs[1].songs is the same as “song”"),
        (job('song = "s"\nkind = "opera"'), "line 4: jobs[1].kind must be one of dance, score"),
        (job('song = "s"\nkind = ["dance"]'), "line 4: jobs[1].kind must be one of"),
        (job('song = "s"\nseeds = []'), "line 4: jobs[1].seeds is an empty list"),
        (job('song = "s"\nseeds = "5-1"'), "line 4: jobs[1].seeds must be a range that goes up"),
        (job('song = "s"\nseeds = "1-9999999"'), "must be a range of no more than"),
        (job('song = "s"\nseeds = "many"'), "must be a whole number or a range such as"),
        (job('song = "s"\nseeds="0-49999"\nfps = [1, 2, 3]'), "line 2: jobs[1] makes 150000 units"),
        (job('songs = "none/*.mp3"'), "line 3: jobs[1].songs must name files, but in “none/*.mp3”"),
        (job('songs = "m"'), "jobs[1].songs must name files, but in the folder"),
        (job('song = "s"\npattern = "{hat}"'), "line 4: jobs[1].pattern has {hat} in it"),
        ('target = "o"\npattern = "a/b"\n[[jobs]]\nsong = "s"', "line 2: pattern must be the name"),
        (job('song = "s"\npattern = "{genre}"'), "line 4: jobs[1].pattern makes an empty name"),
        (job('song = "s"\nseeds = "1-2"\npattern = "x"'), "“x” twice; put {seed} or {n} into"),
        (job('song = ["a/s.mp3", "b/S.mp3"]'), "line 2: jobs[1] makes “S_auto_0_twostep” twice"),
        (job('song = "s"\n[[jobs]]\nsong = "s"'), "line 4: jobs[2] makes “s_auto_0_twostep” as"),
        (job('kind = "score"\ngenre = "house"'), "line 2: jobs[1].motion or rig must be named"),
        (job('kind = "score"\nmotion = "m"\nrig = "r.blend"'), "line 4: jobs[1].motion or rig"),
        (job('kind = "export"'), "line 2: jobs[1].rig is missing"),
        (job('song = "s"', 'target = "o"\nhat = 1\n'), "line 2: hat is not known; there are"),
        (job('song = "s"', ""), "line 1: target must be the folder"),
        (job('song = "s"', "target = 3\n"), "line 1: target must be the folder"),
        ('target = "o"', "line 1: jobs must be a list"),
        ('target = "o"\njobs = 3', "line 2: jobs must be a list"),
        ('target = "o"\njobs = [3]', "line 2: jobs[1] must be a table"),
        ('target = "o"\ndefaults = 3\njobs = [{song = "s"}]', "line 2: defaults must be a table"),
        ('target = "o"\njobs = [\n{song = "s"},\n{song = "t",seed = -1}]', "line 4: jobs[2].seed"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_line_and_field(folder, text, told):
    said = error(folder, text)
    assert said.startswith("JOBS.toml, line ") and told in said


@pytest.mark.skipif(sys.platform == "win32", reason="there it is just not there")
def test_a_path_that_cannot_be_is_told(folder):
    said = error(folder, job(f'song = "{"x" * 5000}"'))
    assert "line 3: jobs[1].song names what cannot be looked at" in said


@pytest.mark.parametrize("text", ["3", "null", "[]", "[3]", "{}"])
def test_other_json_is_no_job_file(folder, text):
    assert error(folder, text, "JOBS.json").startswith("JOBS.json")


def test_all_missing_files_are_told_at_once(folder):
    batch = read(folder, job("""
songs = ["songs/b.wav", "one.mp3", "two.mp3"]
seeds = [1, 2]
rigs = "gone.blend"
"""))  # fmt: skip
    told = jobfile.missing(batch.works)
    assert len(batch.works) == 6 and len(told) == 3
    assert told[0].startswith(f"There is no file {folder / 'gone.blend'}, which “b_auto_1_gone”")
    assert "“one_auto_1_gone” and 1 more" in told[1]


def test_the_order_of_units_is_that_of_the_file_wherever_it_is_read(folder):
    text = job('songs = "songs"\nseeds = "1-3"\nrigs = "rigs"')
    assert read(folder, text) == read(folder, text)
    assert names(read(folder, text))[:3] == ["A_auto_1_hero", "A_auto_1_villain", "A_auto_2_hero"]


def test_paths_start_from_the_folder_of_the_job_file(folder, tmp_path, monkeypatch):
    (folder / "JOBS.toml").write_text(job('song = "songs/b.wav"'))
    monkeypatch.chdir(folder.parent)
    batch = jobfile.read(Path(folder.name) / "JOBS.toml", target=Path("here"))
    assert batch.works[0].dance.song == folder / "songs/b.wav"
    assert batch.target == tmp_path / "here"
