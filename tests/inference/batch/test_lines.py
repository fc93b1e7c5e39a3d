# SPDX-License-Identifier: GPL-3.0-or-later
"""Each value of these files stands in the line that is noted beside it."""

from __future__ import annotations

import json
import random
import tomllib

import pytest

from twostep.inference.batch import lines
from twostep.inference.errors import TwostepError

NASTY = r'''# a comment with a [header] and a "quote
target = "a # no comment" # a comment

pattern = 'C:\no\escape'
long = """
[[jobs]]
seed = 1 \"""
""two quotes at the end"""""
literal = QQQ
[not]
a = bQQQ''
numbers = [ 1, # one
  2,

  [3,
   4], { five = 5, "six" = [6,
   7] }, # an inline table
]
dates = [1979-05-27 07:32:00, 1979-05-28]
a . "b.c" . 'd' = { x.y = true }
"" = "empty name"
1.5 = "two numbers"

[defaults]   # here
seed=3

  [[jobs]]
  song = "]"
  [jobs.music]
  genre = "house"
  [[jobs.parts]]
  x = 1
  [[jobs.parts]]
  x = 2
[[jobs]]
"s\u006fng" = "[["
music.genre = "waltz"
'''.replace("QQQ", "'''")


def test_every_value_of_a_nasty_file_is_found():
    values = tomllib.loads(NASTY)
    found = lines.of_toml(NASTY)
    rows = NASTY.splitlines()
    expected = {
        ("target",): "target =", ("pattern",): "pattern =", ("long",): "long =",
        ("literal",): "literal =", ("numbers",): "numbers =", ("numbers", 0): "numbers =",
        ("numbers", 1): "  2,", ("numbers", 2): "  [3,", ("numbers", 2, 1): "   4]",
        ("numbers", 3): "   4]", ("numbers", 3, "six", 0): "   4]",
        ("numbers", 3, "six", 1): "   7] }", ("dates", 1): "dates",
        ("a", "b.c", "d", "x", "y"): "a . ", ("",): '"" =', ("1", "5"): "1.5",
        ("defaults",): "[defaults]", ("defaults", "seed"): "seed=3",
        ("jobs", 0, "song"): '  song = "]"', ("jobs", 0, "music"): "  [jobs.music]",
        ("jobs", 0, "music", "genre"): '  genre = "house"', ("jobs", 0, "parts", 1, "x"): "  x = 2",
        ("jobs", 1, "song"): '"s\\u006fng"', ("jobs", 1, "music", "genre"): "music.genre",
    }  # fmt: skip
    for where, start in expected.items():
        assert rows[found[where] - 1].startswith(start), where
    assert set(_ways(values)) <= set(found)


def _ways(value, where=()):
    """The way to every value."""
    if where:
        yield where
    inside = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        inside = enumerate(value)
    for name, each in inside:
        yield from _ways(each, (*where, name))


TEXTS = ['"a"', "'b'", '"""c\n]"""', "'''d\n}'''", '"\\"#"', '""', "''", "1", "-2.5e3", "true",
         "1979-05-27", "0x1f", "inf", "[]", "{}", "[ ]", '"é😀"']  # fmt: skip


def _value(random, depth, lines_allowed=True):
    choice = random.random()
    gap = random.choice(["", " ", "\n", " # c ]\n", "\r\n"]) if lines_allowed else " "
    if depth and choice < 0.25:
        inner = [_value(random, depth - 1) for _ in range(random.randrange(4))]
        tail = "," if inner and random.random() < 0.5 else ""
        return "[" + gap + f"{gap},{gap}".join(inner) + gap + tail + gap + "]"
    if depth and choice < 0.45:
        pairs = [f"k{i} = {_value(random, depth - 1)}" for i in range(random.randrange(3))]
        return "{ " + ", ".join(pairs) + " }"
    return random.choice(TEXTS)


@pytest.mark.parametrize("seed", range(60))
def test_a_random_file_is_followed_to_its_end(seed):
    """A mark at the start of every field's line tells which line it is."""
    draw = random.Random(seed)
    text, expected = "", {}

    def put(row, where=None):
        nonlocal text
        if where is not None:
            expected[where] = text.count("\n") + 1
        text += row + draw.choice(["\n", "\n\n", " # c = [\n", "\r\n"])

    for number in range(draw.randrange(1, 4)):
        put(f"a{number} = {_value(draw, 3)}", (f"a{number}",))
    counts = {}
    for number in range(draw.randrange(1, 8)):
        if draw.random() < 0.5:
            table = (f"t{number}", "u")
            put(draw.choice(["[t{} . u]", '["t{}".u]', "[ 't{}'.u ]"]).format(number))
        else:
            name = draw.choice("xy")
            put(f"[[ {name} ]]", None)
            table = (name, counts.get(name, 0))
            counts[name] = counts.get(name, 0) + 1
        for field in range(draw.randrange(3)):
            put(f"f{field}.g = {_value(draw, 3)}", (*table, f"f{field}", "g"))
    values = tomllib.loads(text)
    found = lines.of_toml(text)
    assert {where: found[where] for where in expected} == expected
    assert set(_ways(values)) <= set(found)


@pytest.mark.parametrize("indent", [None, 0, 3])
def test_every_value_of_a_json_file_is_found(indent):
    values = {"jobs": [{"song": 'a"\\', "seeds": [1, 2], "": {}}, {"x": [[], {}, None, -1e5]}]}
    text = "\n " + json.dumps(values, indent=indent)
    found = lines.of_json(text)
    assert set(_ways(values)) == {where for where in found if where}
    if indent is None:
        assert set(found.values()) == {2}
    else:
        rows = text.splitlines()
        assert '"seeds"' in rows[found["jobs", 0, "seeds"] - 1]
        assert rows[found["jobs", 0, "seeds", 1] - 1].strip() == "2"
        assert "null" in rows[found["jobs", 1, "x", 2] - 1]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.toml", b"a = 1\nb = \n", "a.toml, line 2: this is no TOML (Invalid value)."),
        ("a.toml", b"a = 1\na = 2\n", "a.toml, line 2: this is no TOML"),
        ("a.json", b'{\n"a": 1,\n}', "a.json, line 3: this is no JSON"),
        ("a.json", b'{"a": 1, "a": 2}', "“a” is there twice"),
        ("a.json", b"[" * 100_000, "a.json: this is no JSON"),
        ("a.toml", b"a = \xff", "a.toml is no text in UTF-8"),
        ("a.toml", None, "There is no job file"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, name, content, told):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(TwostepError) as caught:
        lines.parsed(tmp_path / name)
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_a_mark_at_the_start_of_a_file_is_no_part_of_it(tmp_path):
    (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")
    values, found = lines.parsed(tmp_path / "a.toml")
    assert values == {"a": 1, "b": 2} and found["b",] == 2
