# SPDX-License-Identifier: GPL-3.0-or-later
"""`twostep batch JOBS.toml`: the units of a job file, or a part of them on a farm's machine."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import TwostepError
from ..stopping import stoppable
from . import jobfile, store, summary
from .crew import VARIABLE, Tools
from .runner import STAGES, Outcome, run
from .work import PRESETS, Work

#: Exit codes. A part of the batch that is not there is misuse, as a wrong option is.
DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130
PROGRESS = ("lines", "openjd", "none")
#: A farm is told how far it is at most so often, seconds.
OFTEN = 1.0


def add(commands: Any) -> None:
    """Make `batch` one of the commands."""
    parser = commands.add_parser("batch", help="do all units of a job file that are not done yet")
    parser.add_argument("jobs", type=Path, metavar="JOBS.toml", help="or .json")
    parser.add_argument("--target", type=Path, metavar="FOLDER", help="else the job file's")
    parser.add_argument("--preset", default="", help=f"{', '.join(PRESETS)}, else the job file's")
    parser.add_argument("--stage", default="all", choices=STAGES,
                        help="sample: all but the export; apply: what is left")  # fmt: skip
    parser.add_argument("--units", default="", metavar="3,17,200-203", help="some of them only")
    parser.add_argument("--chunk", default="", metavar="I/N", help="the I-th of N equal parts")
    parser.add_argument("--processes", type=_count, metavar="N",
                        help="how many work at a time, else as cores and memory allow")  # fmt: skip
    parser.add_argument("--blender", default="", metavar="PATH",
                        help=f"its program, else {VARIABLE}, bpy, or the one on PATH")  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="only list what would be done")
    parser.add_argument("--json", type=Path, metavar="SUMMARY.json", help="a summary for machines")
    parser.add_argument("--progress", default="lines", choices=PROGRESS)
    parser.add_argument("--exit-zero", action="store_true", help="even where units have failed")


def main(asked: argparse.Namespace, extra_path: Sequence[str | Path] = ()) -> int:
    """Do what was asked for; returns the exit code.

    extra_path: folders of wheels that the processes shall import from. Raises TwostepError.
    """
    try:
        works = chosen(_read(asked), asked.units, asked.chunk)
    except TwostepError as error:
        sys.stderr.write(f"{error}\n")
        return MISUSED
    for sentence in jobfile.missing(works):
        sys.stderr.write(f"{sentence}\n")
    if asked.dry_run:
        return _dry_run(works)
    if asked.json is not None and not asked.json.absolute().parent.is_dir():
        raise TwostepError(f"The folder {asked.json.parent} does not exist; make it first.")
    teller = _Teller(asked.progress, len(works))
    began = time.monotonic()
    with stoppable():
        outcomes = run(
            works,
            count=asked.processes,
            stage=asked.stage,
            tools=Tools(asked.blender, extra_path),
            tell=teller,
        )
    sys.stdout.write(f"{summary.table(outcomes)}\n")
    if asked.json is not None:
        summary.write(asked.json, outcomes, time.monotonic() - began)
    return _ended(outcomes, teller, exit_zero=asked.exit_zero)


def chosen(works: Sequence[Work], units: str = "", chunk: str = "") -> tuple[Work, ...]:
    """The units that are asked for: by their numbers, from 1, and of those one part of several.

    Raises TwostepError.
    """
    numbers = list(range(1, len(works) + 1))
    if units:
        numbers = [number for part in units.split(",") for number in _range(part, len(works))]
    if chunk:
        part, count = _pair(chunk, "/", "--chunk", "2/8")
        if not 1 <= part <= count:
            raise TwostepError(f"--chunk must be one of 1/{count} to {count}/{count}, not {chunk}.")
        numbers = numbers[len(numbers) * (part - 1) // count : len(numbers) * part // count]
    return tuple(works[number - 1] for number in dict.fromkeys(numbers))


def _read(asked: argparse.Namespace) -> tuple[Work, ...]:
    if asked.preset and asked.preset not in PRESETS:
        raise TwostepError(f"--preset must be one of {', '.join(PRESETS)}, not {asked.preset}.")
    return jobfile.read(asked.jobs, asked.target, asked.preset or None).works


def _range(part: str, count: int) -> range:
    first, last = _pair(part if "-" in part else f"{part}-{part}", "-", "--units", "3,17,200-203")
    if not 1 <= first <= last <= count:
        raise TwostepError(f"--units names {part}, but the units are 1 to {count}.")
    return range(first, last + 1)


def _pair(text: str, between: str, option: str, example: str) -> tuple[int, int]:
    first, _, second = (piece.strip() for piece in text.partition(between))
    if not (first.isdecimal() and second.isdecimal()):
        raise TwostepError(f"{option} must be like {example}, not {text}.")
    return int(first), int(second)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text}")
    return int(text)


def _dry_run(works: Sequence[Work]) -> int:
    for number, work in enumerate(works, 1):
        try:
            state = "is done" if store.finished(work) else " then ".join(work.stages)
        except TwostepError as error:
            state = str(error)
        sys.stdout.write(f"{number:5}  {work.out / work.name}: {state}\n")
    sys.stdout.write(f"{summary.units(len(works))}\n")
    return DONE


def _ended(outcomes: Sequence[Outcome], teller: _Teller, *, exit_zero: bool) -> int:
    failed = [outcome for outcome in outcomes if outcome.state == "failed"]
    if any(outcome.state == "cancelled" for outcome in outcomes):
        return INTERRUPTED
    if failed and not exit_zero:
        more = f" And {len(failed) - 1} more." if len(failed) > 1 else ""
        teller.fail(f"{summary.counted(outcomes)} {_told(failed[0])}{more}")
        return FAILED
    return DONE


def _told(outcome: Outcome) -> str:
    """What happened to a unit, and why."""
    if outcome.state == "failed":
        return f"{outcome.work.name}: failed: {outcome.message}"
    return f"{outcome.work.name}: {outcome.state}"


class _Teller:
    """Tells how far it is: a line for each unit that ends, or what an OpenJD farm listens for."""

    def __init__(self, how: str, count: int) -> None:
        self._how, self._count, self._ended, self._told = how, count, 0, -OFTEN

    def __call__(self, share: float, sentence: str, outcome: Outcome | None) -> None:
        self._ended += outcome is not None
        said = sentence if outcome is None else _told(outcome)
        if self._how == "openjd":
            if outcome is not None or time.monotonic() - self._told > OFTEN:
                self._told = time.monotonic()
                self._write(f"openjd_progress: {100 * share:.1f}\nopenjd_status: {said}\n")
        elif self._how == "lines" and outcome is not None:
            sys.stderr.write(f"{self._ended}/{self._count} {said}\n")
            sys.stderr.flush()

    def fail(self, sentence: str) -> None:
        """Tell the farm why the whole has failed."""
        if self._how == "openjd":
            self._write(f"openjd_fail: {sentence}\n")

    @staticmethod
    def _write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
