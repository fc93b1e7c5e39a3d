# SPDX-License-Identifier: GPL-3.0-or-later
"""TOML and JSON files, and in which line each value stands, which their readers do not tell."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import TwostepError, named

#: A value's way from the outside in: names of tables and fields, numbers in lists (from 0).
Where = tuple[str | int, ...]

_GAP = re.compile(r"(?:\s|#[^\n]*)*")
# Up to two quotes may stand before the three that end a text of several lines.
_TEXT = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?!")|\'\'\'.*?\'\'\'(?!\')|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL
)
_BARE = re.compile(r"[^,\]}#\n]+")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def parsed(path: Path) -> tuple[Any, dict[Where, int]]:
    """What is in a TOML or JSON file, and in which lines.

    Raises TwostepError when it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise TwostepError(f"There is no job file {path}; choose another.") from error
    except OSError as error:
        raise TwostepError(f"The job file {path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise TwostepError(f"{path.name} is no text in UTF-8; save it as such.") from error
    try:
        if path.suffix.lower() == ".json":
            return json.loads(text, object_pairs_hook=_once), of_json(text)
        return tomllib.loads(text), of_toml(text)
    except json.JSONDecodeError as error:
        told = f"{path.name}, line {error.lineno}: this is no JSON ({error.msg})."
        raise TwostepError(told) from error
    except (ValueError, RecursionError) as error:
        # tomllib ends such as “(at line 3, column 5)”.
        what, at, where = str(error).partition(" (at ")
        number = re.match(r"line (\d+)", where) if at else None
        line = f", line {number[1]}" if number else ""
        kind = path.suffix.lower().removeprefix(".").upper() or "TOML"
        raise TwostepError(f"{path.name}{line}: this is no {kind} ({what}).") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, in which no field may be twice, as in TOML."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"“{named(name)}” is there twice")
        found[name] = value
    return found


def of_toml(text: str) -> dict[Where, int]:
    """The line, from 1, of every table, field and list element of a TOML file."""
    return _Scan(text, lambda raw: next(iter(tomllib.loads(f"{raw} = 0")))).toml()


def of_json(text: str) -> dict[Where, int]:
    """The line, from 1, of every object, field and list element of a JSON file."""
    return _Scan(text, json.loads).json()


class _Scan:
    """Goes over a text once, which has been read without an error: it is taken to be right.

    unquoted: a field's name from its quoted form.
    """

    def __init__(self, text: str, unquoted: Callable[[str], str]) -> None:
        self._text, self._unquoted = text, unquoted
        self._at = 0
        self._counted, self._line = 0, 1
        self._found: dict[Where, int] = {}

    def toml(self) -> dict[Where, int]:
        table: Where = ()
        counts: dict[Where, int] = {}
        self._skip()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header(counts)
            else:
                self._field(table)
            self._skip()
        return self._found

    def json(self) -> dict[Where, int]:
        self._skip()
        self._value(())
        return self._found

    def _header(self, counts: dict[Where, int]) -> Where:
        """[name] or [[name]]; a list of tables that is passed through means its last one."""
        listed = self._text.startswith("[[", self._at)
        line = self._present_line()
        self._at += 2 if listed else 1
        *outer, last = self._keys()
        self._at += 2 if listed else 1
        where: Where = ()
        for name in outer:
            where = self._last((*where, name), counts)
            self._found.setdefault(where, line)
        where = (*where, last)
        self._found.setdefault(where, line)
        if listed:
            counts[where] = counts.get(where, 0) + 1
            where = self._last(where, counts)
        self._found.setdefault(where, line)
        return where

    @staticmethod
    def _last(where: Where, counts: dict[Where, int]) -> Where:
        return (*where, counts[where] - 1) if where in counts else where

    def _field(self, table: Where) -> None:
        """Name, = or :, value. A dotted name makes tables on its way."""
        line = self._present_line()
        where = table
        for name in self._keys():
            where = (*where, name)
            self._found.setdefault(where, line)
        self._at += 1
        self._skip()
        self._value(where)

    def _keys(self) -> list[str]:
        """The parts of a dotted name; ends at what follows it."""
        names = []
        while True:
            self._skip()
            if quoted := _TEXT.match(self._text, self._at):
                names.append(self._unquoted(quoted[0]))
                self._at = quoted.end()
            elif bare := _BARE_KEY.match(self._text, self._at):
                names.append(bare[0])
                self._at = bare.end()
            else:
                raise ValueError(f"no name at {self._at}")
            self._skip()
            if not self._text.startswith(".", self._at):
                return names
            self._at += 1

    def _value(self, where: Where) -> None:
        self._found.setdefault(where, self._present_line())
        opening = self._text[self._at : self._at + 1]
        if opening in ("{", "["):
            self._at += 1
            self._several(where, "}" if opening == "{" else "]")
            return
        match = _TEXT.match(self._text, self._at) or _BARE.match(self._text, self._at)
        if match is None:
            raise ValueError(f"no value at {self._at}")
        self._at = match.end()

    def _several(self, where: Where, closing: str) -> None:
        """What a list or a table in braces holds, up to its end."""
        number = 0
        self._skip()
        while not self._text.startswith(closing, self._at):
            if closing == "}":
                self._field(where)
            else:
                self._value((*where, number))
                number += 1
            self._skip()
            if self._text.startswith(",", self._at):
                self._at += 1
                self._skip()
        self._at += 1

    def _skip(self) -> None:
        """Go past blanks, line ends and comments."""
        match = _GAP.match(self._text, self._at)
        assert match is not None
        self._at = match.end()

    def _present_line(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line
