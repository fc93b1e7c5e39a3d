# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that has to hold before a change lands, one part after the other."""

from __future__ import annotations

import argparse
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from . import system
from .environment import BLENDERS, DEMO_BLENDER, ROOT, SetupError, environment, run

#: mypy and the linters run where torch, bpy and the networks' packages are.
TOOLS = ("train", "dev", "test")
#: The packages lie here as `twostep`, whatever the checkout's folder is called: mypy goes by paths.
TYPED_SOURCE = ROOT / ".mypy_cache" / "source"
EXTENSION = ROOT / "build" / "extension"
#: Seconds. A class that is still registered at exit makes some Blenders hang for ever.
BLENDER_TIMEOUT = 1800
TESTS_TIMEOUT = 2400

Part = Callable[[], int]


def main(arguments: list[str]) -> int:
    """Run all parts, or those named; each failure makes the exit code 1, after the last part."""
    parts = _parts()
    parser = argparse.ArgumentParser(prog="run.py test", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of: {', '.join(parts)}")
    names = parser.parse_args(arguments).parts or list(parts)
    unknown = [name for name in names if name not in parts]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; there are: {', '.join(parts)}")
    results = {name: _timed(name, parts[name]) for name in names}
    return _summary(results)


def _parts() -> dict[str, Part]:
    blenders = {f"blender-{version}": _blender_tests(version) for version in BLENDERS}
    return {
        "lint": lambda: _tool("ruff", "check", "."),
        "format": lambda: _tool("ruff", "format", "--check", "."),
        "types": _types,
        "imports": lambda: run([_python().with_name("lint-imports")]),
        "extension": _extension,
        "tests": _tests,
        **blenders,
    }


def _python() -> Path:
    return environment(DEMO_BLENDER, TOOLS)


def _tool(module: str, *arguments: str) -> int:
    return run([_python(), "-m", module, *arguments])


def _types() -> int:
    python = _python()
    _link(TYPED_SOURCE / "twostep")
    paths = {"MYPYPATH": str(TYPED_SOURCE)}
    return run([python, "-m", "mypy", "-p", "twostep"], variables=paths)


def _link(link: Path) -> None:
    """Make `link` stand for the root folder; a junction on Windows, which needs no rights."""
    if link.exists():
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    if os.name == "nt":
        subprocess.run(["cmd", "/c", "mklink", "/J", str(link), str(ROOT)], check=True)
    else:
        link.symlink_to(ROOT, target_is_directory=True)


def _extension() -> int:
    """Build the zip that the tests install: this platform's, for the Python of the Blenders."""
    return _tool("tools.build_extension", "--python", "3.11", "--out", str(EXTENSION))


def _tests() -> int:
    python = _python()
    reason = system.install_synthesizer()
    if reason is not None:
        print(f"The tests that play MIDI will be skipped. {reason}", flush=True)
    return _pytest(python, ["tests", "--ignore=tests/blender"], TESTS_TIMEOUT)


def _blender_tests(version: str) -> Part:
    def part() -> int:
        extras = TOOLS if version == DEMO_BLENDER else ("test",)
        python = environment(version, extras, graphics=True)
        return _pytest(python, ["tests/blender"], BLENDER_TIMEOUT)

    return part


def _pytest(python: Path, arguments: list[str], timeout: float) -> int:
    built = sorted(EXTENSION.glob("*.zip"))
    variables = {"TWOSTEP_EXTENSION": str(built[-1])} if built else {}
    try:
        return run([python, "-m", "pytest", *arguments], variables=variables, timeout=timeout)
    except subprocess.TimeoutExpired:
        print(f"Stopped after {timeout / 60:.0f} minutes: did a class stay registered?", flush=True)
        return 1


def _timed(name: str, part: Part) -> tuple[int, float]:
    print(f"\n=== {name} ===", flush=True)
    start = time.monotonic()
    try:
        code = part()
    except SetupError as error:
        print(f"error: {error}", flush=True)
        code = 1
    return code, time.monotonic() - start


def _summary(results: dict[str, tuple[int, float]]) -> int:
    print("\n=== summary ===")
    for name, (code, seconds) in results.items():
        print(f"{'ok    ' if code == 0 else 'FAILED'} {name:12} {seconds:6.0f} s")
    failed = sum(code != 0 for code, _ in results.values())
    print(f"{len(results) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0
