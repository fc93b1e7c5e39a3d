# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether files are there, and writing them whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from .errors import TwostepError


def is_file(path: Path) -> bool:
    """Whether a file is there that can be looked at: not in a closed folder, say."""
    try:
        return path.is_file()
    except OSError:  # also of a name that no disk has
        return False


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it takes the place of `path` when all went well.

    When anything fails the temporary file is removed and `path` is as before; a failing disk raises
    TwostepError.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        temporary = Path(name)
        os.close(handle)
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
        if isinstance(error, OSError):
            raise TwostepError(sentence(path, error)) from error
        raise


@contextmanager
def scratch(path: Path) -> Iterator[BinaryIO]:
    """A file without a name on the disk that `path` will be on; it is gone when this ends.

    A failing disk raises TwostepError, as in `replaced`.
    """
    try:
        with tempfile.TemporaryFile(prefix=".", dir=path.parent) as file:
            yield cast(BinaryIO, file)
    except OSError as error:
        raise TwostepError(sentence(path, error)) from error


def make_folder(folder: Path, rest: str) -> None:
    """Make a folder if need be; `rest` ends the sentence of the TwostepError when it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TwostepError(
            f"The folder {folder} cannot be made ({error.strerror}){rest}"
        ) from error


def remove_folder(folder: Path) -> None:
    """Remove a folder, if it is there, that another process may be about to write to.

    It gets another name first: under its own one nothing can come into it any more, and what is
    written there is gone with it. Nothing is raised; a disk may well keep a part of it.
    """
    away = folder.with_name(f"{folder.name}.gone")
    with suppress(OSError):  # Windows renames no folder with a file that is open
        folder = folder.rename(away)
    shutil.rmtree(folder, ignore_errors=True)


def sentence(path: Path, error: OSError) -> str:
    """What to tell when the disk did not take a file."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full, so {path} was not written; free some space and try again."
    if error.errno == errno.EFBIG:
        return f"{path} would be larger than a file may be here; choose another place."
    if isinstance(error, FileNotFoundError):
        return f"The folder {path.parent} does not exist; choose another place for {path.name}."
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return f"{path} may not be written; choose another place."
    return f"{path} could not be written ({error.strerror or error}); choose another place."


def _umask() -> int:
    # The mask can only be read by setting it. mkstemp makes files private, which a render farm's
    # next user could not read.
    mask = os.umask(0)
    os.umask(mask)
    return mask
