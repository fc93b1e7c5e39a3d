# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds a Python of a version on this machine, wherever people and their tools put it."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

Version = tuple[int, int]

#: What a Python says of itself. It counts if environments can be made with it (Debian packs that
#: apart), and if wheels fit it: a free-threaded one needs others.
_SAID = """
import sys, sysconfig, venv, ensurepip
assert not sysconfig.get_config_var("Py_GIL_DISABLED")
print(*sys.version_info[:2], sys.executable)
"""
#: Seconds. A Python answers in a fraction of one; a cold disk takes longer.
_PATIENCE = 60


def spelt(version: Version) -> str:
    """The version as programs are named after it: 3.13."""
    return ".".join(map(str, version))


@functools.cache
def find(version: Version) -> Path | None:
    """The program of a Python of that version that really runs, None where there is none.

    What bears its name need not be one: pyenv and others put a stand-in on the PATH that fails
    unless the version was chosen before. So each is asked, in this order: this Python, the PATH,
    the versions of pyenv, the launcher of Windows, uv.
    """
    return next(filter(None, (_asked(command, version) for command in _commands(version))), None)


def _asked(command: list[str], version: Version) -> Path | None:
    """The program behind a command, if that is a Python of the version."""
    said = _output([*command, "-I", "-c", _SAID]).split(maxsplit=2)
    if said[:2] != [str(part) for part in version] or len(said) < 3:
        return None
    return Path(said[2])


def _commands(version: Version) -> Iterator[list[str]]:
    if sys.version_info[:2] == version:
        yield [sys.executable]
    name = spelt(version)
    # All of the PATH: behind a stand-in that fails there may be the real one.
    for folder in filter(None, os.environ.get("PATH", "").split(os.pathsep)):
        if (found := shutil.which(f"python{name}", path=folder)) is not None:
            yield [found]
    for path in _of_pyenv(name):
        yield [str(path)]
    if os.name == "nt":
        yield ["py", f"-{name}"]
    if told := _output(["uv", "python", "find", "--no-project", name]):
        yield [told]


def _of_pyenv(name: str) -> list[Path]:
    """The programs of the versions that pyenv has, the newest first."""
    home = Path.home() / ".pyenv"
    roots = {Path(os.environ.get("PYENV_ROOT") or home), home, home / "pyenv-win"}
    program = "python.exe" if os.name == "nt" else "bin/python"
    found = {path for root in roots for path in (root / "versions").glob(f"{name}.*/{program}")}
    # By length first: 3.13.10 is newer than 3.13.9.
    return sorted(found, key=lambda path: (len(str(path)), str(path)), reverse=True)


def _output(command: list[str]) -> str:
    """What a program prints; nothing if it cannot be started, fails, or does not come to an end."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
