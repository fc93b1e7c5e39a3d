# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of a run: a table for people, JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from .launch import Step

#: Where something lies on the machine that it ran on.
_FOLDERS = re.compile(r"(/[\w.-]+)+/")


def failed(runs: Iterable[Sequence[Step]]) -> int:
    """The exit code of a run: 1 when a step failed, or when there was none."""
    steps = [each for run in runs for each in run]
    return int(not steps or not all(each.ok for each in steps))


def table(steps: Sequence[Step]) -> str:
    """A line a step, and below it why it failed."""
    width = max((len(f"{each.session} {each.name}") for each in steps), default=0)
    lines = []
    for each in steps:
        sign = "ok  " if each.ok else "FAIL"
        facts = ", ".join(f"{name} {value}" for name, value in each.facts.items())
        name = f"{each.session} {each.name}"
        lines.append(f"{sign} {name:{width}} {each.seconds:6.1f} s  {facts}".rstrip())
        lines += [f"     {line}" for line in each.error.splitlines()]
    return "\n".join(lines)


def write(path: Path, runs: dict[str, Sequence[Step]]) -> None:
    """All of it as JSON: the steps of each Blender, by its version."""
    told = {version: [asdict(each) for each in steps] for version, steps in runs.items()}
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def report(runs: Mapping[str, Sequence[Step]], system: str) -> str:
    """A page of it for the documentation.

    runs: the steps of each Blender, by its version; system: on what it ran.
    """
    versions = list(runs)
    count = sum(len(steps) for steps in runs.values())
    good = sum(each.ok for steps in runs.values() for each in steps)
    lines = [
        "# In a real window",
        "",
        "What `python -m tests.window --blender PROGRAM ...` did: real Blenders with a window, a",
        "new user's settings, the extension's zip as it is built, mouse and keys through Blender's",
        "own queue of events, and after every step a look at what has become of the scene, the",
        "files and the processes. `(end)` is the end of Blender: its exit code, no fault in all",
        "that it said, no process left. `break_...`: what `--breaks` does to break it.",
        "",
        f"{good} of {count} steps passed. {system}",
        "",
        f"| Session, step | {' | '.join(f'Blender {each}' for each in versions)} |",
        f"|---|{'---|' * len(versions)}",
    ]
    named = {(each.session, each.name): None for steps in runs.values() for each in steps}
    for session, name in named:
        cells = [_cell(runs[each], session, name) for each in versions]
        lines.append(f"| {session}: {name.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(steps: Sequence[Step], session: str, name: str) -> str:
    for each in steps:
        if (each.session, each.name) == (session, name):
            facts = [
                f"{key.replace('_', ' ')} {_brief(value)}" for key, value in each.facts.items()
            ]
            return "; ".join([f"{each.seconds:g} s" if each.ok else "**failed**", *facts])
    return "not run"


def _brief(value: object) -> str:
    """The first line, without the folders of a machine."""
    first = next(iter(str(value).splitlines()), "")
    return _FOLDERS.sub("…/", first)
