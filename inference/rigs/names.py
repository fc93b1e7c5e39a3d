# SPDX-License-Identifier: GPL-3.0-or-later
"""Bone names without their spelling: case, separators, zeros and the place of left and right."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

#: "L", "R" or "", and the words of a name without its side, run together: ("L", "upperarm").
Key = tuple[str, str]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_SIDES = {
    "l": "L", "left": "L", "lft": "L", "左": "L",
    "r": "R", "right": "R", "rgt": "R", "右": "R",
}  # fmt: skip
#: How a side may begin a name, or end it, without anything in between.
GLUED = ("left", "right", "左", "右", "l", "r")
GLUED_AFTER = ("left", "right")
_NUMBERED = re.compile(r"\.\d{3}$")
#: A prefix or suffix counts when at least so many bones bear it; longer ones are not looked for.
_SHARED, _LONGEST = 8, 6
#: So many of the commonest prefixes are tried.
_TRIED = 12
#: Numbers of more digits are read as words; Python reads none of thousands.
_DIGITS = 20


@dataclass(frozen=True)
class Name:
    """A bone's name as its side, if one of its words is a side, and its other words."""

    side: str
    words: tuple[str, ...]

    def meanings(self, prefix: tuple[str, ...] = ()) -> list[Key]:
        """What it may mean without a prefix, the likeliest first; none if it does not bear it.

        A side that is glued to the words, as in `lfemur`, is only guessed at.
        """
        if self.words[: len(prefix)] != prefix:
            return []
        joined = "".join(self.words[len(prefix) :])
        found = [(self.side, joined)]
        if not self.side:
            marks = [mark for mark in GLUED if joined.startswith(mark)]
            found += [(_SIDES[mark], joined.removeprefix(mark)) for mark in marks]
            marks = [mark for mark in GLUED_AFTER if joined.endswith(mark)]
            found += [(_SIDES[mark], joined.removesuffix(mark)) for mark in marks]
        return [key for key in found if key[1]]


@lru_cache(maxsize=1 << 13)  # a rig's names are read several times over
def read(name: str) -> Name:
    """The words of `mixamorig:LeftUpLeg`, `up_leg.L`, `lupleg`."""
    bare = re.split(r"[:|]", unicodedata.normalize("NFKC", name))[-1]
    words = [word.lower() for word in _WORD.findall(bare)]
    words = [str(int(word)) if word.isdecimal() and len(word) < _DIGITS else word for word in words]
    marked = next((i for i, word in enumerate(words) if word in _SIDES), None)
    if marked is None:
        return Name("", tuple(words))
    return Name(_SIDES[words[marked]], (*words[:marked], *words[marked + 1 :]))


def key(name: str, side: str) -> Key:
    """The key of a name of a family's file. Raises ValueError when it is not of that side.

    The name of a bone in the middle may look like a side's: L5 is a vertebra.
    """
    for found in read(name).meanings():
        if side in ("", found[0]):
            return found
    raise ValueError(f"{name!r} is no name of a bone of the side {side!r}")


def sided(key: Key, side: str) -> Key:
    """The key of the bone of that name on a side."""
    return side, key[1]


def prefixes(names: Iterable[Name]) -> list[tuple[str, ...]]:
    """Words that many names begin with, such as `mixamorig_`."""
    counted: Counter[tuple[str, ...]] = Counter()
    for name in names:
        for length in range(1, min(len(name.words), _LONGEST + 1)):
            counted[name.words[:length]] += 1
    shared = [(prefix, count) for prefix, count in counted.items() if count >= _SHARED]
    shared.sort(key=lambda pair: (-pair[1], -len(pair[0])))
    return [prefix for prefix, _ in shared[:_TRIED]]


def suffixes(names: Iterable[str]) -> list[str]:
    """What Blender adds to names that are taken, such as `.001`, where many bones bear it."""
    counted = Counter(name[-4:] for name in names if _NUMBERED.search(name))
    return [suffix for suffix, count in counted.most_common(_TRIED // 4) if count >= _SHARED]
