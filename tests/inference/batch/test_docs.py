# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/batch.md says what is so."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from twostep.inference import genres, providers
from twostep.inference.batch import jobfile, naming, work
from twostep.inference.jobs import DanceJob, ScoreJob
from twostep.inference.retarget.options import Options
from twostep.inference.styles import STYLES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "batch.md"


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rows(page):
    """The table of a job's fields: name -> kinds, what it is, usual value."""
    cells = (re.split(r"\s*\|\s*", line.strip("| ")) for line in page.splitlines())
    table = {row[0].strip("`"): row[1:] for row in cells if len(row) == 4 and row[0][:1] == "`"}
    assert len(table) > 30
    return table


def block(page, language):
    return re.search(rf"```{language}\n(.*?)```", page, re.DOTALL)[1]


def test_the_example_is_read(page, tmp_path):
    for name in ("songs/a.mp3", "songs/b.mp3", "extra/finale.wav", "walks/one.bvh", "walks/two.npz",
                 "rigs/hero.blend", "rigs/villain.blend"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "JOBS.toml").write_text(block(page, "toml"), encoding="utf-8")
    batch = jobfile.read(tmp_path / "JOBS.toml")
    assert jobfile.missing(batch.works) == []
    assert len(batch.works) == 3 * 2 * 3 * 3 + 3 + 2 * 2 + 2
    names = [each.name for each in batch.works]
    assert names[:3] == ["a_pop_1_hero", "a_pop_1_villain", "a_pop_1_twostep"]
    assert names[-6:] == ["one_waltz", "one_salsa", "two_waltz", "two_salsa", "hero_Idle",
                          "hero_Wave"]  # fmt: skip
    loop = batch.works[54]
    assert loop.dance.loop and loop.landing.loop and loop.landing.travel == "PLACE"
    assert loop.music.genre == "house" and loop.preset == "unity"


def test_the_unit_is_read(page, tmp_path):
    (tmp_path / "one.json").write_text(block(page, "json"), encoding="utf-8")
    (unit,) = jobfile.read(tmp_path / "one.json").works
    assert unit.name == "finale_pop_1_hero" and unit.landing.limbs == "IK"
    assert set(json.loads(block(page, "json"))) | {"action", "contents", "score"} == {
        *work.Work.__dataclass_fields__
    }


def test_every_field_is_in_the_table_with_its_kinds(rows):
    assert set(rows) == {name for names in jobfile.FIELDS.values() for name in names}
    for name, (kinds, *_) in rows.items():
        having = [kind for kind in work.KINDS if name in jobfile.FIELDS[kind]]
        assert kinds == ("all" if having == list(work.KINDS) else ", ".join(having)), name


def test_the_usual_values_are_those(rows):
    usual = {
        name: each.default
        for kind in (Options, ScoreJob, DanceJob, work.Work)
        for name, each in kind.__dataclass_fields__.items()
    }
    for name, (*_, said) in rows.items():
        if re.fullmatch(r"`[^\[]+`", said) and name not in ("kind", "rig", "music"):
            value = usual[name]
            told = json.dumps(value) if not isinstance(value, str) else value
            assert said.strip("`") in (told, told.removesuffix(".0")), name


def test_all_that_a_field_may_be_is_told(rows):
    told = {name: set(re.findall(r"`([\w.]+)`", row[1])) for name, row in rows.items()}
    assert told["style"] == {"auto", *STYLES}
    assert told["genre"] == {"auto", *genres.NAMES}
    assert told["provider"] == set(providers.CHOICES)
    assert told["formats"] == set(work.FORMATS["dance"]) == set(work.FORMATS["export"])
    assert told["preset"] == set(work.PRESETS)
    assert told["kind"] == set(work.KINDS)
    assert told["models"] == set(work.MODELS)
    assert told["rig"] >= set(work.RIGS)
    kinds = get_type_hints(Options)
    for name in ("limbs", "travel", "keys", "onto"):
        assert told[name] == set(get_args(kinds[name]))


def test_the_usual_patterns_are_told(page):
    for pattern in naming._USUAL.values():
        assert f"`{pattern}`" in page
