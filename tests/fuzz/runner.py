# SPDX-License-Identifier: GPL-3.0-or-later
"""Has cases read by a child process, which is replaced when it dies or hangs."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: A case that takes the processor longer, or has not ended after so long, hangs; seconds.
SLOW, PATIENCE = 10.0, 45.0
#: Starting may have to wait for others.
_START = 300.0


@dataclass
class Row:
    """What came of the cases of one format. slowest: the number of a case, and its seconds."""

    format: str
    cases: int = 0
    read: int = 0
    refused: int = 0
    seconds: float = 0.0
    peak: int = 0
    slowest: tuple[int, float] = (0, 0.0)
    faults: list[dict[str, Any]] = field(default_factory=list)

    def add(self, number: int, told: dict[str, Any]) -> None:
        if told["verdict"] != "fault" and told["seconds"] > SLOW:
            told = {**told, "verdict": "fault", "why": f"took {told['seconds']:.1f} s"}
        self.cases += 1
        self.read += told["verdict"] == "read"
        self.refused += told["verdict"] == "refused"
        self.seconds += told["seconds"]
        self.peak = max(self.peak, told["peak"])
        if told["seconds"] > self.slowest[1]:
            self.slowest = (number, told["seconds"])
        if told["verdict"] == "fault":
            self.faults.append({"number": number, "why": told["why"]})


class Child:
    """The process, started anew whenever it is needed and not there."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._complaints: list[str] = []

    def ask(self, form: str, seed: int, number: int) -> dict[str, Any]:
        """What came of a case; a process that dies or hangs over it is a fault."""
        if self._process is None:
            self._start()
        assert self._process is not None and self._process.stdin is not None
        request = {"format": form, "seed": seed, "number": number}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer(PATIENCE) or self._lost()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _start(self) -> None:
        self._answers, self._complaints = queue.Queue(), []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.child"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        for collect in (_collected, _complained):
            arguments = (self._process, self._answers, self._complaints)
            threading.Thread(target=collect, args=arguments, daemon=True).start()
        if self._answer(_START) is None:
            raise RuntimeError("".join(self._complaints) or "the fuzzer's child does not start")

    def _answer(self, patience: float) -> dict[str, Any] | None:
        try:
            line = self._answers.get(timeout=patience)
        except queue.Empty:
            return None
        return None if line is None else json.loads(line)

    def _lost(self) -> dict[str, Any]:
        assert self._process is not None
        hangs = self._process.poll() is None
        try:
            code = self._process.wait(0.0 if hangs else None)
        except subprocess.TimeoutExpired:
            code = None
        why = f"hangs for {PATIENCE:g} s" if code is None else f"ends the process ({code})"
        self.close()
        said = "".join(self._complaints)[-1000:]
        return {"verdict": "fault", "why": f"{why} {said}".strip(), "seconds": 0.0, "peak": 0}


def _collected(
    process: subprocess.Popen[str], answers: queue.Queue[str | None], _: list[str]
) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        answers.put(line)
    process.wait()
    answers.put(None)


def _complained(process: subprocess.Popen[str], _: Any, complaints: list[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        complaints.append(line)
        del complaints[:-50]


def run(forms: Iterable[str], cases: int, seed: int, child: Child) -> Iterator[Row]:
    """The row of each format after so many cases of it, one after the other."""
    for form in forms:
        row = Row(form)
        for number in range(cases):
            row.add(number, child.ask(form, seed, number))
        yield row


def table(rows: Iterable[Row]) -> str:
    """The rows as a table in Markdown."""
    head = ("format", "cases", "read", "refused", "faults", "seconds", "peak MB", "slowest case")
    lines = [f"| {' | '.join(head)} |", "| --- |" + " ---: |" * (len(head) - 1)]
    for row in rows:
        number, slow = row.slowest
        cells = (row.format, row.cases, row.read, row.refused, len(row.faults),
                 f"{row.seconds:.1f}", f"{row.peak >> 20}", f"{number} ({slow:.2f} s)")  # fmt: skip
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)
