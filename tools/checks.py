# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that has to hold before a change lands: the quick checks, then all tests."""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from . import system
from .beside import Job, run_beside
from .environment import BLENDERS, DEMO_BLENDER, ROOT, NoPython, SetupError, environment, run

#: mypy and the linters run where torch, bpy and the networks' packages are.
TOOLS = ("train", "dev", "test")
#: The packages lie here as `twostep`, whatever the checkout's folder is called: mypy goes by paths.
TYPED_SOURCE = ROOT / ".mypy_cache" / "source"
EXTENSION = ROOT / "build" / "extension"
LOGS = ROOT / "build" / "logs"
#: Seconds. A class that is still registered at exit makes some Blenders hang for ever.
BLENDER_TIMEOUT = 1800
TESTS_TIMEOUT = 2400

Check = Callable[[], int]


class Suite(NamedTuple):
    """Tests that take minutes: what gives their Python, which they are, and how long they may."""

    ready: Callable[[], Path]
    tests: tuple[str, ...]
    timeout: float
    #: Whether "all" goes without it where its Python is not on this machine.
    may_lack: bool = False


class Outcome(NamedTuple):
    """How a part ended: its exit code, None where it was left out."""

    code: int | None
    seconds: float


def main(arguments: list[str]) -> int:
    """Run all parts, or those named; each failure makes the exit code 1, after the last part."""
    checks, suites = _checks(), _suites()
    parts = [*checks, *suites]
    parser = argparse.ArgumentParser(prog="run.py test", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of: {', '.join(parts)}")
    at_once = min(2, os.cpu_count() or 1)
    told = "how many of the parts with tests run at once; here %(default)s unless told"
    parser.add_argument("--jobs", type=int, metavar="N", default=at_once, help=told)
    options = parser.parse_args(arguments)
    names = options.parts or parts
    unknown = [name for name in names if name not in parts]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; there are: {', '.join(parts)}")
    outcomes = {name: _check(name, checks[name]) for name in names if name in checks}
    chosen = {name: suites[name] for name in names if name in suites}
    at_once = max(1, min(options.jobs, len(chosen)))  # one alone has all cores
    outcomes |= _test(chosen, at_once, everything=not options.parts)
    return _summary(outcomes)


def _checks() -> dict[str, Check]:
    return {
        "lint": lambda: _tool("ruff", "check", "."),
        "format": lambda: _tool("ruff", "format", "--check", "."),
        "types": _types,
        "imports": lambda: run([_python().with_name("lint-imports")]),
        "extension": _extension,
    }


def _suites() -> dict[str, Suite]:
    # The longest first, so that the others run beside it.
    suites = {"tests": Suite(_tools, ("tests", "--ignore=tests/blender"), TESTS_TIMEOUT)}
    for version, python in BLENDERS.items():
        suites[f"blender-{version}"] = Suite(
            _blender(version),
            ("tests/blender",),
            BLENDER_TIMEOUT,
            may_lack=python != BLENDERS[DEMO_BLENDER],
        )
    return suites


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
    """Build the zip that the tests install: this platform's, as users get it."""
    return _tool("tools.build_extension", "--out", str(EXTENSION))


def _tools() -> Path:
    reason = system.install_synthesizer()
    if reason is not None:
        print(f"The tests that play MIDI will be skipped. {reason}", flush=True)
    return _python()


def _blender(version: str) -> Callable[[], Path]:
    extras = TOOLS if version == DEMO_BLENDER else ("test",)
    return lambda: environment(version, extras, graphics=True)


def _check(name: str, check: Check) -> Outcome:
    print(f"\n=== {name} ===", flush=True)
    start = time.monotonic()
    try:
        code = check()
    except SetupError as error:
        print(f"error: {error}", flush=True)
        code = 1
    return Outcome(code, time.monotonic() - start)


def _test(suites: Mapping[str, Suite], at_once: int, *, everything: bool) -> dict[str, Outcome]:
    """Make all environments, one after the other, then run the tests in them, side by side."""
    outcomes = dict.fromkeys(suites, Outcome(1, 0.0))
    pythons = {}
    for name, suite in suites.items():
        try:
            pythons[name] = suite.ready()
        except NoPython as error:
            lacking = everything and suite.may_lack
            print(f"{name} is left out: {error}" if lacking else f"error: {error}", flush=True)
            outcomes[name] = Outcome(None if lacking else 1, 0.0)
        except SetupError as error:
            print(f"error: {error}", flush=True)
    with tempfile.TemporaryDirectory(prefix="twostep-tests-") as folder:
        jobs = {
            name: Job(
                [python, "-m", "pytest", *suites[name].tests],
                _variables(Path(folder) / name, at_once),
                suites[name].timeout,
            )
            for name, python in pythons.items()
        }
        for name, code, seconds in run_beside(jobs, at_once, LOGS):
            outcomes[name] = Outcome(code, seconds)
    return outcomes


def _variables(folder: Path, at_once: int) -> dict[str, str]:
    """What tests find in their environment; folder: Blender's folder for a user, theirs alone."""
    found = {"BLENDER_USER_RESOURCES": str(folder)}
    built = sorted(EXTENSION.glob("*.zip"))
    if built:
        found["TWOSTEP_EXTENSION"] = str(built[-1])
    if at_once > 1:
        # Threads that wait for each other while a neighbour has their core cost more than they do.
        found["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // at_once))
    return found


def _summary(outcomes: Mapping[str, Outcome]) -> int:
    print("\n=== summary ===")
    words = {None: "left out", 0: "ok"}
    told = {name: words.get(outcome.code, "FAILED") for name, outcome in outcomes.items()}
    for name, word in told.items():
        print(f"{word:8} {name:12} {outcomes[name].seconds:6.0f} s")
    counts = {word: list(told.values()).count(word) for word in ("ok", "FAILED", "left out")}
    left_out = f", {counts['left out']} left out" if counts["left out"] else ""
    print(f"{counts['ok']} passed, {counts['FAILED']} failed{left_out}", flush=True)
    return 1 if counts["FAILED"] else 0
