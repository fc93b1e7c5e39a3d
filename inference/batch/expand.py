# SPDX-License-Identifier: GPL-3.0-or-later
"""What a field of a job file stands for: each of a list, a range of seeds, files of a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import TwostepError, named, shown
from ..readers import SUFFIXES as MOTIONS
from .lines import Where
from .work import RIGS

SOUNDS = (".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".wma")
#: Fields that name files, and what is taken of a folder.
FILES: dict[str, tuple[str, ...]] = {"song": SOUNDS, "motion": MOTIONS, "rig": RIGS}
#: More of anything in one field is a slip of the pen.
MOST = 100_000
#: Two seeds have no more digits, with what may stand between them.
_LONGEST_RANGE = 60
_MAGIC = re.compile(r"[*?[]")
_RANGE = re.compile(r"\s*(\d+)\s*-\s*(\d+)\s*")

#: A value and where it stands.
Given = tuple[Any, Where]


def alternatives(name: str, value: Any, where: Where, folder: Path) -> list[Given]:
    """The values that a field stands for, none twice.

    folder: what paths start from. Raises TwostepError, told as what follows the field's name.
    """
    if name in ("formats", "models"):
        return [([value] if name == "formats" and isinstance(value, str) else value, where)]
    several = isinstance(value, list)
    elements = (
        [(each, (*where, i)) for i, each in enumerate(value)] if several else [(value, where)]
    )
    found: dict[str, Given] = {}
    for element, place in elements:
        for each in _each(name, element, folder):
            found.setdefault(f"{type(each).__name__} {each}", (each, place))
    if not found:
        raise TwostepError("is an empty list; leave it away, or put something in.")
    return list(found.values())


def absolute(path: str, folder: Path) -> Path:
    """A path as a job file means it: from its own folder, or from the user's with ~."""
    # Links stay as they are: a song is called what the user calls it.
    return Path(os.path.normpath(folder.absolute() / _from_home(path)))


def there(path: Path) -> bool:
    """Whether it is a file that can be found."""
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False


def _from_home(path: str) -> Path:
    """A song may be called “~mine.mp3”, which is nobody's home."""
    return Path(path).expanduser() if re.match(r"~(/|\\|$)", path) else Path(path)


def _each(name: str, value: Any, folder: Path) -> Iterator[Any]:
    if name == "seed" and isinstance(value, str):
        yield from _seeds(value)
    elif name in FILES and isinstance(value, str) and value:
        yield from _files(value, folder, FILES[name])
    elif name == "context" and isinstance(value, str) and value:
        yield absolute(value, folder)
    elif name == "music" and value is True:
        yield {}
    elif name == "music" and value is False:
        yield None
    else:
        yield value


def _seeds(text: str) -> range:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise TwostepError(f"must be a whole number or a range such as “1-20”, not {shown(text)}.")
    if len(text) > _LONGEST_RANGE:
        raise TwostepError(f"must be a range of numbers of some digits, not {shown(text)}.")
    first, last = int(match[1]), int(match[2])
    if last < first:
        raise TwostepError(f"must be a range that goes up, not {shown(text)}.")
    if last - first >= MOST:
        raise TwostepError(f"must be a range of no more than {MOST} seeds, not {shown(text)}.")
    return range(first, last + 1)


def _files(text: str, folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """A file, or all of a folder or of a pattern, in an order that is the same everywhere.

    A file that is not there is told when the unit is made.
    """
    path = absolute(text, folder)
    if path.is_dir():
        return _sorted(path.iterdir(), suffixes, f"the folder {path}")
    if path.exists() or not _MAGIC.search(text):
        return [path]
    # What the folder is called may look like a pattern, so only what was written is one.
    parts = _from_home(text).parts
    plain = next(i for i, part in enumerate(parts) if _MAGIC.search(part))
    found = absolute(str(Path(*parts[:plain])), folder).glob("/".join(parts[plain:]))
    suffix = Path(parts[-1]).suffix
    kinds = suffixes if not suffix or _MAGIC.search(suffix) else ()
    try:
        return _sorted(found, kinds, f"“{named(text)}”")
    except ValueError as error:  # such as “**.mp3”
        raise TwostepError(f"is no pattern of files ({error}).") from error


def _sorted(paths: Iterable[Path], suffixes: tuple[str, ...], told: str) -> list[Path]:
    """The files among the paths, but no hidden ones; of all kinds where no suffixes are named."""
    found = [
        path
        for path in paths
        if not path.name.startswith(".")
        and (not suffixes or path.suffix.lower() in suffixes)
        and path.is_file()
    ]
    if not found:
        kinds = f" that ends in {', '.join(suffixes)}" if suffixes else ""
        raise TwostepError(f"must name files, but in {told} there is none{kinds}.")
    return sorted(found, key=lambda path: (path.as_posix().casefold(), path.as_posix()))
