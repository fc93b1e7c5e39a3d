# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import random
import unicodedata

import pytest

from twostep.inference.batch import naming
from twostep.inference.batch.names import MOST_BYTES, safe, same
from twostep.inference.batch.work import Work
from twostep.inference.errors import TwostepError


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("plain name-1", "plain name-1"), ('a<b>c:d"e/f\\g|h?i*j', "a_b_c_d_e_f_g_h_i_j"),
        ("tab\tline\nnul\0", "tab_line_nul_"), ("ends. . ", "ends"), (".hidden", "hidden"),
        ("con", "_con"), ("NUL.tar", "_NUL.tar"), ("com1", "_com1"), ("LPT9.x", "_LPT9.x"),
        ("console", "console"), ("com10", "com10"), ("..", ""), ("", ""),
        ("été 日本 💃", "été 日本 💃"), (" .con", "_con"), ("\udcff", "_"),
    ],
)  # fmt: skip
def test_names_that_every_system_takes(name, told):
    assert safe(name) == told


def test_a_name_is_the_same_however_its_letters_are_composed():
    assert safe(unicodedata.normalize("NFD", "été")) == safe("été")
    assert same("ÉTÉ") == same("été")


def test_long_names_are_cut_and_stay_apart():
    one, two = (safe("é" * 300 + end) for end in "ab")
    assert one != two and one.startswith("éééé")
    assert max(len(each.encode()) for each in (one, two)) <= MOST_BYTES


def test_a_safe_name_is_safe():
    draw = random.Random(1)
    for _ in range(2000):
        name = "".join(
            draw.choice("aé. _-conul1/:\0日💃\u0301") for _ in range(draw.randrange(120))
        )
        assert safe(safe(name)) == safe(name)


def dance(**more):
    values = {"kind": "dance", "name": "a", "out": "/o", "rig": "/x/hero.v2.blend", **more}
    return Work.from_fields({"dance": {"song": "/m/My Song.mp3", "seed": 7}, **values})


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("{song}_{style}_{seed}_{rig}", "My Song_auto_7_hero.v2"),
        ("{n:04}-{seed:03d}", "0012-007"),
        ("{{x}} {preset}", "{x} generic"), ("{song}_{genre}_{armature}_{fps}", "My Song"),
        ("{energy} {energy:.2f}", "1 1.00"), ("{limbs}{travel}", "FKWORLD"), ("{kind}", "dance"),
        ("{fps}-{song}", "My Song"), ("a__b_{song}", "a__b_My Song"),
    ],
)  # fmt: skip
def test_patterns(pattern, told):
    naming.check(pattern)
    assert naming.name(pattern, dance(), 12) == told


def test_music_and_exports_have_names_too():
    score = {"kind": "score", "name": "a", "out": "/o"}
    work = Work.from_fields({**score, "score": {"motion": "walk.bvh", "genre": "house"}})
    assert naming.name(naming.usual(work), work, 1) == "walk_house_0"
    assert naming.name("{song}", work, 1) == "walk"
    work = Work.from_fields({**score, "score": {}, "rig": "hero.blend", "action": "Wave"})
    assert naming.name(naming.usual(work), work, 1) == "hero_Wave_auto_0"
    work = Work.from_fields({**score, "kind": "export", "rig": "hero.blend"})
    assert naming.name(naming.usual(work), work, 1) == "hero"
    work = dance(rig="", music={"genre": "house"})
    assert naming.name("{rig} {genre} {seed}", work, 1) == "twostep house 7"


@pytest.mark.parametrize(
    "pattern", ["", 3, None, "a/{n}", "a\\{n}", "{hat}", "{}", "{song!r}", "{song.x}", "{n", "n}"]
)
def test_what_is_no_pattern_is_told(pattern):
    with pytest.raises(TwostepError):
        naming.check(pattern)


@pytest.mark.parametrize("pattern", ["{genre}", "...", "{song:d}", "{n:zz}"])
def test_what_makes_no_name_is_told(pattern):
    with pytest.raises(TwostepError) as caught:
        naming.name(pattern, dance(), 1)
    assert "\n" not in str(caught.value)


def test_what_the_pattern_lacks():
    one, two = dance(), dance(rig="villain.blend", preset="unity")
    assert naming.lacking("{song}", one, two) == "{rig} or {preset} or {n}"
    assert naming.lacking("{song}", one, one) == "{n}"
