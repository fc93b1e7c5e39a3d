# SPDX-License-Identifier: GPL-3.0-or-later
"""Damage: of bytes, of texts, and of values as JSON and TOML have them."""

from __future__ import annotations

import copy
import json
import re
import struct
from collections.abc import Sequence
from random import Random
from typing import Any

#: Numbers at which programs break.
ODD_NUMBERS = (0, 1, -1, 2, 3, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 10**9, 2**31 - 1, 2**31,
               2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1)  # fmt: skip
ODD_WORDS = ("0", "-1", "1", "-10", "99999999", "1000000000", "1e308", "1e-308", "nan", "inf",
             "-inf", "", "{", "}", "[", "]", '"', "'", "\0", "\ud7ff", "é", "[" * 3000,
             '{"a":' * 3000, "a" * 300, "9" * 5000,
             "0x" + "f" * 5000, "%s%n", "../../..", "**", "*", "~", "\n", "\t", "#",
             "=")  # fmt: skip
_ENDS = (">", "<")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def some_bytes(rng: Random, seed: bytes, others: Sequence[bytes] = (b"",)) -> bytes:
    """The seed with one to a dozen pieces of damage; others: files that it may be crossed with."""
    data = bytearray(seed)
    for _ in range(min(12, 1 + int(rng.expovariate(0.5)))):
        # Formats say most in their heads.
        reach = len(data) if rng.random() < 0.5 else min(len(data), 128)
        at = rng.randrange(reach) if reach else 0
        rng.choice(_DAMAGE)(rng, data, at, rng.choice(others))
    return bytes(data)


def _flip(rng: Random, data: bytearray, at: int, other: bytes) -> None:
    if data:
        data[at] ^= 1 << rng.randrange(8)


def _byte(rng: Random, data: bytearray, at: int, other: bytes) -> None:
    if data:
        data[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))


def _number(rng: Random, data: bytearray, at: int, other: bytes) -> None:
    size, form = rng.choice(((2, "H"), (4, "I"), (8, "Q")))
    value = rng.choice(ODD_NUMBERS) % 2 ** (8 * size)
    data[at : at + size] = struct.pack(rng.choice(_ENDS) + form, value)


def _float(rng: Random, data: bytearray, at: int, other: bytes) -> None:
    value = rng.choice((float("nan"), float("inf"), -1e30, 1e-30))
    data[at : at + 4] = struct.pack(rng.choice(_ENDS) + "f", value)


def _cut(rng: Random, data: bytearray, at: int, other: bytes) -> None:
    del data[at : at + rng.choice((1, 2, 4, 16, 256, 4096))]


def _truncate(rng: Random, data: bytearray, at: int, other: bytes) -> None:
    del data[at:]


def _insert(rng: Random, data: bytearray, at: int, other: bytes) -> None:
    data[at:at] = rng.randbytes(rng.choice((1, 4, 64, 1024)))


def _repeat(rng: Random, data: bytearray, at: int, other: bytes) -> None:
    piece = data[at : at + rng.choice((1, 8, 128, 2048))]
    data[at:at] = piece * rng.choice((1, 2, 8))


def _cross(rng: Random, data: bytearray, at: int, other: bytes) -> None:
    data[at:] = other[rng.randrange(len(other) + 1) :]


_DAMAGE = (_flip, _flip, _byte, _byte, _number, _number, _float, _cut, _truncate, _insert, _repeat,
           _cross)  # fmt: skip


def some_text(rng: Random, seed: str, words: Sequence[str] = ()) -> str:
    """The seed with words, numbers and lines changed, left out, doubled and exchanged.

    words: what else the format knows.
    """
    text = seed
    for _ in range(min(8, 1 + int(rng.expovariate(0.7)))):
        what = rng.random()
        if what < 0.35:
            text = _replaced(rng, text, _NUMBER, (*ODD_WORDS, str(rng.choice(ODD_NUMBERS))))
        elif what < 0.7:
            text = _replaced(rng, text, re.compile(r"\S+"), (*ODD_WORDS, *words, *words))
        else:
            text = _lines(rng, text)
    return text


def _replaced(rng: Random, text: str, what: re.Pattern[str], by: Sequence[str]) -> str:
    # The middle of a long text is numbers and more numbers: half of the time the head is chosen.
    reach = text if rng.random() < 0.5 else text[:2000]
    found = list(what.finditer(reach))
    if not found:
        return text + rng.choice(by)
    match = rng.choice(found)
    return text[: match.start()] + rng.choice(by) + text[match.end() :]


def _lines(rng: Random, text: str) -> str:
    lines = text.split("\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(4):
        case 0:
            del lines[one]
        case 1:
            lines[one:one] = [lines[other]] * rng.choice((1, 2, 50))
        case 2:
            lines[one], lines[other] = lines[other], lines[one]
        case _:
            del lines[one:]
    return "\n".join(lines)


def odd_value(rng: Random) -> Any:
    """What a field of JSON or TOML hardly expects."""
    return rng.choice((
        None, True, False, 0, 1, -1, 3, 0.5, -0.0, 1e308, 5e-324, float("nan"), float("inf"),
        10**400, 2**63, -(2**63), 2**64, "", " ", "a", "auto", "x" * 3000, "\0", "\ud800", "a\nb",
        "é", "1-5", "5-1", "1-" + "9" * 5000, "**", "[", "~", "..", "/", "\\", "%d", "{n}", "{",
        "}", [], {}, [[]], [{}], {"": 0}, {"a": {}}, [None], [1, 2, 3], ["a", "a"], [1e999],
        _nested(rng.choice((5, 50, 200)), rng.random() < 0.5),
    ))  # fmt: skip


def _nested(depth: int, listed: bool) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] if listed else {"a": value}
    return value


def some_value(rng: Random, seed: Any, names: Sequence[str] = ()) -> Any:
    """A copy of the seed, in which one to some values or names are others; names: known ones."""
    value = copy.deepcopy(seed)
    for _ in range(min(6, 1 + int(rng.expovariate(0.8)))):
        value = _changed(rng, value, names)
    return value


def _changed(rng: Random, value: Any, names: Sequence[str]) -> Any:
    if not isinstance(value, (dict, list)) or not value or rng.random() < 0.05:
        return odd_value(rng)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = rng.choice(keys)
    what = rng.random()
    if what < 0.12:
        del value[key]
    elif what < 0.24 and isinstance(value, dict):
        value[rng.choice((*names, "", "a.b", "x" * 300, "\ud800"))] = odd_value(rng)
    elif what < 0.3 and isinstance(value, list):
        value.extend([value[key]] * rng.choice((1, 2, 200)))
    elif what < 0.36:
        value[key] = value[rng.choice(keys)]
    else:
        value[key] = _changed(rng, value[key], names)
    return value


def often_whole(rng: Random, text: bytes, words: Sequence[str] = ()) -> bytes:
    """A text as it is, or, now and then, damaged once more."""
    kind = rng.random()
    if kind < 0.15:
        return some_bytes(rng, text)
    if kind < 0.35:
        return some_text(rng, text.decode("utf-8", "replace"), words).encode()
    return text


def as_json(value: Any) -> bytes:
    """The value as JSON; big numbers and halves of characters too."""
    return json.dumps(value).encode("ascii")


def as_toml(value: dict[str, Any]) -> bytes:
    """A table as TOML; what TOML has no form of is written as JSON has it, and is no TOML."""
    lines = [f"{json.dumps(name)} = {_toml(each)}" for name, each in value.items()]
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, float) and value != value:
        return "nan"
    if value in (float("inf"), float("-inf")):
        return "inf"
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value) if value >= 0 else str(value)
    return json.dumps(value, ensure_ascii=False)
