# SPDX-License-Identifier: GPL-3.0-or-later
"""What benchmarks print: stages, how long each takes, and what it may take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """One stage: its time and, where it has one, the time that it may take."""

    stage: str
    seconds: float
    budget: float | None = None

    def told(self, played: float) -> str:
        """The line as it is printed, for so many seconds of song or dance."""
        share = "" if self.budget is None else f"{self.seconds / self.budget:6.2f} of budget"
        speed = f"{played / max(self.seconds, 1e-9):8.1f} x real time"
        return f"{self.stage:34}{self.seconds:9.3f} s {speed}  {share}"


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """How many seconds it takes, and what comes of it."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def best(work: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """The least of several times, and what comes of the last."""
    runs = [timed(work) for _ in range(repeat)]
    return min(seconds for seconds, _ in runs), runs[-1][1]


def report(lines: Sequence[Line], played: float) -> list[str]:
    """Print the lines; returns the stages that broke their budgets."""
    for line in lines:
        print(line.told(played))
    return [line.stage for line in lines if line.budget and line.seconds > line.budget]


def verdict(broken: Sequence[str]) -> int:
    """Print what was broken; returns the exit code."""
    print("broken: " + ", ".join(broken) if broken else "all budgets kept")
    return 1 if broken else 0
