# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes away what processes that were killed have left half-done. What is finished stays."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .store import CACHE, PREFIX, SUFFIX
from .work import Work

#: What other machines may be at is left alone until it is so old, seconds.
OLD = 3600.0


def sweep(works: Iterable[Work]) -> None:
    """Take away what is left of these units, and of any others what is old.

    What cannot be taken away does no harm and stays.
    """
    names: dict[Path, set[str]] = {}
    for work in works:
        names.setdefault(work.out, set()).add(work.name)
    for folder, ours in names.items():
        parcels = {name for name in ours if len(name) <= PREFIX}
        reports = {f".{name}{SUFFIX}" for name in ours}
        with suppress(OSError):
            for path in (folder / CACHE).iterdir():
                if (path.is_dir() and path.name.rpartition(".")[0] in parcels) or _left(path):
                    _remove(path)
        with suppress(OSError):
            for path in folder.glob(f".*{SUFFIX}.*.part"):
                if path.name.rsplit(".", 2)[0] in reports:
                    _remove(path)


def _left(path: Path) -> bool:
    """Whether this is a temporary file or folder that nobody can be at any more."""
    temporary = path.is_dir() or path.suffix == ".part"
    return temporary and time.time() - path.stat().st_mtime > OLD


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
        return
    with suppress(OSError):
        path.unlink()
