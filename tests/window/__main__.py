# SPDX-License-Identifier: GPL-3.0-or-later
"""Twostep in real Blender windows: built, installed, used and removed as a user does it.

python -m tests.window --blender PROGRAM [PROGRAM ...]

PROGRAM is any Blender (4.2 or newer): one of the PATH, or where it was unpacked. Where there is no
screen, xvfb-run gives one (Debian: apt install xvfb xauth imagemagick libgl1-mesa-dri). Nobody's
own settings are read or changed: each Blender is a new user's, in the folder of the run. The exit
code is 1 when a step failed.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from . import results
from .launch import ROOT, LaunchError, Program, Session, Step
from .sessions import FIRST_DAYS

#: Blenders' own Pythons, which a zip serves anyway.
_PYTHONS = ("3.11", "3.13")


def arguments(line: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.window",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--blender", nargs="+", required=True, metavar="PROGRAM")
    parser.add_argument("--zip", type=Path, help="the extension; it is built when none is named")
    parser.add_argument("--out", type=Path, help="a new folder for results and pictures")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="the sessions to run, by name")
    parser.add_argument("--breaks", action="store_true", help="also break it in every way")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--scale", type=float, default=1.0, help="of the interface; 2 for HiDPI")
    parser.add_argument(
        "--narrow", action="store_true", help="with the sidebar as narrow as can be"
    )
    parser.add_argument("--language", default="", help="as Blender calls it: ja_JP, fr_FR ...")
    parser.add_argument("--docs", type=Path, help="a folder for the pictures of the documentation")
    parser.add_argument("--report", type=Path, help="a page (.md) of what came of it")
    return parser.parse_args(line)


def chosen(only: Sequence[str] | None, breaks: bool) -> list[Session]:
    """The sessions to run. Raises LaunchError for a name that none has."""
    from .breaks import BREAKS

    known = {each.name: each for each in (*FIRST_DAYS, *BREAKS)}
    if only is None:
        return [*FIRST_DAYS, *(BREAKS if breaks else ())]
    unknown = [name for name in only if name not in known]
    if unknown:
        raise LaunchError(f"There is no session {unknown[0]}, only {', '.join(known)}.")
    return [session for name, session in known.items() if name in only]


def built(out: Path, programs: Sequence[Program]) -> Path:
    """The extension's zip, as everybody gets it, and for a system's own Python if one has that."""
    pythons = sorted({*_PYTHONS, *(each.python for each in programs)})
    command = [sys.executable, "-m", "tools.build_extension", "--python", *pythons]
    subprocess.run([*command, "--out", str(out)], cwd=ROOT, check=True)
    return next(out.glob("*.zip"))


def run(program: Program, sessions: Sequence[Session]) -> list[Step]:
    """Run the sessions in one Blender; after a failure only those that do not build on others."""
    steps: list[Step] = []
    for session in sessions:
        found = program.go(session)
        print(results.table(found), flush=True)
        steps += found
    return steps


def pictures(program: Program, folder: Path) -> None:
    """Copy the pictures for the documentation that one Blender made."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((program.work / "docs").glob("*.png")):
        shutil.copy2(path, folder)


def system() -> str:
    """On what it ran, as far as it matters."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} processor cores."


def main(line: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    asked = arguments(line)
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    out = (asked.out or ROOT / "out" / "window" / moment).resolve()
    try:
        sessions = chosen(asked.only, asked.breaks)
        programs = [
            Program(path, out / f"{number}-{Path(path).name}")
            for number, path in enumerate(asked.blender, 1)
        ]
        zipped = asked.zip.resolve() if asked.zip else built(out / "zip", programs)
    except (LaunchError, OSError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    settings = {
        "zip": zipped.name, "theme": asked.theme, "scale": asked.scale, "narrow": asked.narrow,
        "language": asked.language,
    }  # fmt: skip
    runs: dict[str, Sequence[Step]] = {}
    for program in programs:
        print(
            f"Blender {program.version}, Python {program.python}, {platform.system()}", flush=True
        )
        program.prepare(settings, [zipped, ROOT / "assets" / "first_steps.ogg"])
        runs[program.version] = run(program, sessions)
        results.write(out / "results.json", runs)
    if asked.docs:
        pictures(programs[-1], asked.docs)
    if asked.report:
        asked.report.write_text(results.report(runs, system()), encoding="utf-8")
    print(f"Results and pictures: {out}")
    return results.failed(runs.values())


if __name__ == "__main__":
    sys.exit(main())
