# SPDX-License-Identifier: GPL-3.0-or-later
"""How a batch went: a table for people, JSON for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..files import replaced
from .runner import Outcome, State

#: Version of the JSON.
FORMAT = 1
_HEAD = ("name", "result", "seconds", "why")
#: In the order in which they are counted.
_STATES: tuple[State, ...] = ("done", "skipped", "failed", "cancelled")


def table(outcomes: Sequence[Outcome]) -> str:
    """A line for every unit, and one that counts them."""
    rows = [_HEAD, *(_row(outcome) for outcome in outcomes)]
    name, result, seconds = (max(len(row[column]) for row in rows) for column in range(3))
    lines = [
        f"{row[0]:{name}}  {row[1]:{result}}  {row[2]:>{seconds}}  {row[3]}".rstrip()
        for row in rows
    ]
    return "\n".join([*lines, counted(outcomes)])


def counted(outcomes: Sequence[Outcome]) -> str:
    """One sentence: how many are done, skipped, failed and cancelled."""
    counts = Counter(outcome.state for outcome in outcomes)
    told = [f"{counts[state]} {state}" for state in _STATES if counts[state]]
    return f"{units(len(outcomes))}: {', '.join(told) or 'nothing to do'}."


def units(count: int) -> str:
    """How many units, in words."""
    return f"{count} unit" + ("" if count == 1 else "s")


def write(path: Path, outcomes: Sequence[Outcome], seconds: float) -> None:
    """Write the summary as JSON, whole or not at all; seconds: of the whole batch."""
    with replaced(path) as temporary:
        text = json.dumps(fields(outcomes, seconds), indent=1, ensure_ascii=False)
        temporary.write_text(text + "\n", "utf-8")


def fields(outcomes: Sequence[Outcome], seconds: float) -> dict[str, Any]:
    """The summary, fit for JSON."""
    counts = Counter(outcome.state for outcome in outcomes)
    return {
        "format": FORMAT,
        "counts": {state: counts[state] for state in _STATES},
        "seconds": round(seconds, 3),
        "units": [_unit(outcome) for outcome in outcomes],
    }


def _unit(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.work.name,
        "out": str(outcome.work.out),
        "state": outcome.state,
        "seconds": {stage: round(value, 3) for stage, value in outcome.seconds.items()},
        "message": outcome.message,
        "report": outcome.report,
        "files": [path.name for path in outcome.files],
        "warnings": list(outcome.warnings),
        "memory": outcome.memory,
    }


def _row(outcome: Outcome) -> tuple[str, str, str, str]:
    seconds = sum(outcome.seconds.values())
    why = outcome.message if outcome.state == "failed" else " ".join(outcome.warnings)
    return outcome.work.name, outcome.state, f"{seconds:.1f}" if seconds else "", why
