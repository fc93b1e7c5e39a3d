# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of a run: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from .launch import Step


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
