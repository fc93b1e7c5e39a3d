# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets as files of TOML in a folder, each with a label, and nothing that could be run."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from .errors import TwostepError, named
from .files import make_folder, replaced

T = TypeVar("T")

#: A file's name is no longer than that, in characters without the suffix.
_LONGEST = 40
#: Names that Windows keeps for itself.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)$")


def read_all(folder: Path, read: Callable[[Path], T]) -> tuple[list[T], tuple[str, ...]]:
    """What `read` makes of every file of a folder, and a sentence about each that it cannot read.

    read: raises ValueError when there is something else in a file than should be.
    """
    found, damaged = [], []
    for path in sorted(folder.glob("*.toml")):
        try:
            found.append(read(path))
        except (
            OSError,
            ValueError,
            RecursionError,
        ) as error:  # also of tomllib and of text that is not UTF-8
            damaged.append(
                f"The preset {path} cannot be read ({named(str(error))}); repair or delete it."
            )
    return found, tuple(damaged)


def write(
    folder: Path, label: str, table: str, values: Mapping[str, object], taken: Mapping[str, str]
) -> str:
    """Write a preset, `values` in a table, in place of the one of that label; its file's stem.

    taken: the files' stems of the presets that can be read, by label. Raises TwostepError when it
    cannot be written or has no label.
    """
    if not label:
        raise TwostepError("Give the preset a name.")
    lines = [f"label = {_written(label)}", "", f"[{table}]"]
    lines += [f"{name} = {_written(value)}" for name, value in values.items()]
    try:
        text = ("\n".join(lines) + "\n").encode()
    except UnicodeEncodeError as error:
        raise TwostepError(
            f"The preset cannot be kept: {error.object[error.start]!a} in a name is no letter; "
            "rename the bone or the preset."
        ) from error
    name = taken.get(label) or _free_name(label, {path.stem for path in folder.glob("*.toml")})
    make_folder(folder, ", so the preset was not kept.")
    with replaced(folder / f"{name}.toml") as temporary:
        temporary.write_bytes(text)
    return name


def delete(folder: Path, name: str) -> None:
    """Delete the preset of that name. Raises TwostepError when it cannot be deleted."""
    path = folder / f"{name}.toml"
    if path.parent != folder:
        raise TwostepError(f"{name} is no preset.")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise TwostepError(f"The preset {path} cannot be deleted ({error.strerror}).") from error


def plain(label: str) -> str:
    """A label without spaces that nobody sees."""
    return " ".join(label.split())


def _free_name(label: str, taken: Iterable[str]) -> str:
    """A file's name for a label, one that no other has."""
    letters = unicodedata.normalize("NFKC", label).lower()
    letters = re.sub(r"\W+", "_", letters)[:_LONGEST].strip("_") or "preset"
    if _RESERVED.match(letters):
        letters += "_"
    name, number = letters, 2
    while name in taken:
        name, number = f"{letters}_{number}", number + 1
    return name


def _written(value: object) -> str:
    """A value of TOML: JSON's are, but for the one character that JSON lets stand."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
