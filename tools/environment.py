# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments under .venvs/, one for each Blender, with pinned packages."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import pythons, system

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
#: Each Blender, and the one Python that its module is made for.
BLENDERS = {"4.2": (3, 11), "4.5": (3, 11), "5.0": (3, 11), "5.2": (3, 13)}
DEMO_BLENDER = "4.5"
#: Seconds that a program has to end when it is asked to.
_MOMENT = 3.0


class SetupError(Exception):
    """What the user has to do before this can run, in one sentence."""


class NoPython(SetupError):
    """A Blender's Python is not on this machine."""


def environment(blender: str, extras: Sequence[str] = (), *, graphics: bool = False) -> Path:
    """The Python of the environment with this Blender ("4.5"), made or brought up to date.

    extras: more files of requirements/, without ".txt". graphics: also what rendering without a
    display needs of the system. Raises SetupError when something is missing that only the user
    can install, NoPython when that is the Python this Blender needs.
    """
    folder = ROOT / ".venvs" / blender
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        base = _base_python(blender)
        print(f"Making an environment for Blender {blender} in {folder} ...", flush=True)
        _must([base, "-m", "venv", folder], "making a virtual environment")
    _install(folder, python, ["inference", f"blender-{blender}", *extras])
    try:
        system.install_libraries(graphics=graphics)
    except system.MissingPackages as error:
        raise SetupError(str(error)) from error
    return python


def run(
    command: Sequence[str | Path],
    *,
    variables: Mapping[str, str] | None = None,
    timeout: float | None = None,
    folder: Path = ROOT,
) -> int:
    """Run a command in `folder` and tell its exit code. Raises TimeoutExpired."""
    process = subprocess.Popen(
        [str(part) for part in command], cwd=folder, env={**os.environ, **(variables or {})}
    )
    try:
        return process.wait(timeout)
    except BaseException:
        stop(process)
        raise


def stop(process: subprocess.Popen) -> None:
    """End a program: Ctrl-C, which it hears as well, then a request, then force."""
    for end in (process.terminate, process.kill):
        try:
            process.wait(_MOMENT)
            return
        except subprocess.TimeoutExpired:
            end()
    process.wait()


def _install(folder: Path, python: Path, names: Sequence[str]) -> None:
    """Install the named requirement files and the package itself, unless that was done before."""
    stamp = folder / "twostep-installed.json"
    done = _read(stamp)
    wanted = {name: _hash(REQUIREMENTS / f"{name}.txt") for name in [*names, "constraints"]}
    wanted["package"] = f"{ROOT} {_hash(ROOT / 'pyproject.toml')}"
    if all(done.get(name) == value for name, value in wanted.items()):
        return
    print(f"Installing {', '.join(names)} into {folder} ...", flush=True)
    pip: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    # Everything in one resolution with what is there already, so that no file undoes another's pin.
    files = sorted({*names, *(done.keys() - {"constraints", "package"})})
    pins: list[str | Path] = []
    for name in files:
        pins += ["-r", REQUIREMENTS / f"{name}.txt"]
    pins += ["-c", REQUIREMENTS / "constraints.txt"]
    _must([*pip, *pins], "installing the packages")
    _must([*pip, "--no-deps", "--editable", ROOT], "installing Twostep itself")
    stamp.write_text(json.dumps({**done, **wanted}, indent=1), encoding="utf-8")


def _read(stamp: Path) -> dict[str, str]:
    try:
        found = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    # A requirements file that is gone since then is no longer wanted.
    return {
        name: value
        for name, value in found.items()
        if name == "package" or (REQUIREMENTS / f"{name}.txt").exists()
    }


def _hash(path: Path) -> str:
    # Line ends differ between checkouts, pins do not.
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def _must(command: Sequence[str | Path], what: str) -> None:
    if run(command) != 0:
        raise SetupError(f"{what.capitalize()} failed; the lines above tell why.")


def _base_python(blender: str) -> Path:
    version = pythons.spelt(BLENDERS[blender])
    found = pythons.find(BLENDERS[blender])
    if found is None:
        raise NoPython(
            f"Blender {blender} needs Python {version}, and none was found here: install it, from "
            f"python.org or by your system's own means, so that python{version} starts it."
        )
    return found
