# SPDX-License-Identifier: GPL-3.0-or-later
"""What a record tells: whether memory, times and handles are at the end as they were before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap, theilslopes

#: What memory may grow by from the second lap to the last, bytes, and what a lap's dances may take
#: longer at the end. The first lap warms up.
MOST_MEMORY, MOST_TIME = 8 << 20, 1.05
#: Objects of Python's that may be more.
MOST_OBJECTS = 500
#: What must be the same after every turn, once everything was used for the first time.
SAME = ("children", "classes", "handlers", "keymaps", "going", "files")
PROCESSES = ("blender", "worker")

Line = dict[str, Any]


@dataclass(frozen=True)
class Record:
    """head: versions; turns: all that were taken; after: what came after them."""

    head: Line
    turns: list[Line]
    after: list[Line]
    lap: int

    @property
    def laps(self) -> int:
        return len(self.turns) // self.lap

    @property
    def danced(self) -> int:
        return sum(each["said"] == "danced" for each in self.turns)

    def of(self, lap: int) -> list[Line]:
        """The turns of a lap, counted from 0."""
        return self.turns[lap * self.lap : (lap + 1) * self.lap]

    def memory(self, process: str) -> NDArray[np.float64]:
        """Resident bytes after each turn."""
        return np.array([each["census"][process]["rss"] for each in self.turns], float)

    def ratios(self, lap: int, what: str = "processor") -> NDArray[np.float64]:
        """How much longer each dance of a lap took than the same one of the second lap."""
        pairs = zip(self.of(1), self.of(lap), strict=True)
        return np.array([b[what] / a[what] for a, b in pairs if a["said"] == "danced"])


@dataclass(frozen=True)
class Trend:
    """Medians of the second lap and the last; what a turn adds, and the 95 % interval of that."""

    before: float
    after: float
    slope: float
    low: float
    high: float


def read(path: Path) -> Record:
    """The record in a file."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    turns = [line for line in lines if "turn" in line]
    after = [line for line in lines[1:] if "turn" not in line]
    return Record(lines[0], turns, after, lines[0]["lap"])


def trend(record: Record, values: NDArray[np.float64]) -> Trend:
    """How values, one for each turn, go from the second lap on (Theil and Sen's slope)."""
    later = values[record.lap :]
    slope, _, low, high = theilslopes(later)
    last = values[(record.laps - 1) * record.lap :]
    first = later[: record.lap]
    return Trend(float(np.median(first)), float(np.median(last)), slope, low, high)


def slower(record: Record, what: str = "processor", pace: float = 1.0) -> tuple[float, ...]:
    """How many times longer dances take in the last lap than the same in the second; 95 %.

    pace: how many times longer everything takes then.
    """
    ratios = record.ratios(record.laps - 1, what) / pace
    found = bootstrap((ratios,), np.median, method="percentile", rng=np.random.default_rng(0))
    low, high = found.confidence_interval
    return float(np.median(ratios)), float(low), float(high)


def pace(record: Record) -> float:
    """How many times longer a fixed sum takes in the last lap than in the second."""
    first, last = (
        np.median([line["yard"] for line in record.of(lap)]) for lap in (1, record.laps - 1)
    )
    return float(last / first)


def faults(record: Record) -> list[str]:
    """A sentence for each thing that is not as it should be."""
    return [
        told
        for check in (_unlike, _left, _handles, _memory, _times, _after)
        for told in check(record)
    ]


def _unlike(record: Record) -> Iterator[str]:
    """Everything was done, and the same each time."""
    for line in record.turns:
        expected = "cancelled" if line["end"] == "cancel" else "danced"
        if line["said"] != expected:
            yield f"Turn {line['turn']} was {line['said']}."
    for place, first in enumerate(record.of(0)):
        others = {record.of(lap)[place]["keys"] for lap in range(record.laps)}
        if others != {first["keys"]}:
            yield f"The dance of place {place} is not the same in every lap."


def _left(record: Record) -> Iterator[str]:
    for line in record.turns:
        if line["left"]:
            yield f"Turn {line['turn']} left {line['left']}."
    for place in range(record.lap):
        blocks = [record.of(lap)[place]["census"]["blocks"] for lap in range(record.laps)]
        if any(each != blocks[0] for each in blocks):
            yield f"After place {place} the file does not hold the same in every lap."


def _handles(record: Record) -> Iterator[str]:
    known = record.of(0)[-1]["census"]
    for line in record.turns[record.lap :]:
        yield from other(known, line["census"], f"After turn {line['turn']}")


def other(known: Line, found: Line, when: str) -> Iterator[str]:
    """A sentence for each handle, thread or file that is more or less than it was."""
    for name in SAME:
        if found[name] != known[name]:
            yield f"{when} {name} are {found[name]}, not {known[name]}."
    for process in PROCESSES:
        for name in ("threads", "open"):
            old, new = known[process][name], found[process][name]
            if old != new:
                yield f"{when} the {name} of {process} are {new}, not {old}."
    if found["python"]["threads"] != known["python"]["threads"]:
        yield f"{when} Python's threads are {found['python']['threads']}."


def _memory(record: Record) -> Iterator[str]:
    for process in PROCESSES:
        found = trend(record, record.memory(process))
        if found.after - found.before > MOST_MEMORY:
            yield f"The memory of {process} grows by {found.slope / 1024:.0f} KiB a turn."
    found = trend(record, objects(record))
    if found.after - found.before > MOST_OBJECTS:
        yield f"Python's objects become {found.slope:.1f} more with each turn."


def objects(record: Record) -> NDArray[np.float64]:
    """How many objects Python's collector of garbage knows, after each turn."""
    return np.array([line["census"]["python"]["objects"] for line in record.turns], float)


def _times(record: Record) -> Iterator[str]:
    ratio, low, _ = slower(record, pace=pace(record))
    if low > MOST_TIME:
        yield f"Dances take {ratio:.2f} times as long at the end."


def _after(record: Record) -> Iterator[str]:
    """Handles after the worker was killed, and after the add-on was switched off and on."""
    known = record.of(0)[-1]["census"]
    killed = [line for line in record.after if "killed" in line]
    for line in killed:
        yield from other(known, line["census"], f"After the worker was killed ({line['killed']})")
    switched = [line["census"] for line in record.after if "switched" in line]
    for found in switched:
        for name in SAME:
            if found[name] != switched[0][name]:
                yield f"Switched off and on, {name} are {found[name]}, not {switched[0][name]}."
        if found["worker"] is not None or found["children"]:
            yield "Switched off, the worker goes on."
    (end,) = [line["census"] for line in record.after if "ended" in line] or [None]
    if end is None:
        yield "The run was cut short."
    elif end["children"] or end["worker"] or end["files"] != known["files"]:
        yield f"In the end there are {end['children']} and {end['files']}."


_MIB = 1 << 20


def table(record: Record) -> str:
    """The figures as a table in Markdown."""
    laps: list[str] = []
    rows = [("what", "second lap", "last lap", "a turn (95 %)")]
    for process, label in zip(PROCESSES, ("Blender", "the worker"), strict=True):
        found = trend(record, record.memory(process))
        interval = f"{found.low / 1024:+.1f} … {found.high / 1024:+.1f}"
        rows.append((
            f"memory of {label}, MiB", f"{found.before / _MIB:.1f}", f"{found.after / _MIB:.1f}",
            f"{found.slope / 1024:+.1f} KiB ({interval})",
        ))  # fmt: skip
        ends = [record.memory(process)[(lap + 1) * record.lap - 1] for lap in range(record.laps)]
        told = ", ".join(f"{end / _MIB:.1f}" for end in ends)
        laps.append(f"Memory of {label} at the ends of the laps, MiB: {told}.")
    found = trend(record, objects(record))
    rows.append((
        "objects of Python in Blender", f"{found.before:.0f}", f"{found.after:.0f}",
        f"{found.slope:+.2f} ({found.low:+.2f} … {found.high:+.2f})",
    ))  # fmt: skip
    for what, label in (("processor", "processor"), ("seconds", "clock")):
        times = [
            np.median([line[what] for line in record.of(lap) if line["said"] == "danced"])
            for lap in (1, record.laps - 1)
        ]
        ratio, low, high = slower(record, what)
        rows.append((
            f"seconds of the {label} a dance", f"{times[0]:.2f}", f"{times[1]:.2f}",
            f"× {ratio:.3f} ({low:.3f} … {high:.3f})",
        ))  # fmt: skip
    ratio, low, high = slower(record, pace=pace(record))
    rows.append((
        "the processor's, by the machine's pace", "", "",
        f"× {ratio:.3f} ({low:.3f} … {high:.3f})",
    ))  # fmt: skip
    for label, count in _counts():
        first, last = (count(record.of(lap)[-1]["census"]) for lap in (1, record.laps - 1))
        rows.append((label, str(first), str(last), ""))
    lines = [" | ".join(row) for row in rows]
    lines.insert(1, " | ".join(("---", "---:", "---:", "---:")))
    told = (
        f"Blender {record.head['blender']}, Python {record.head['python']}: {record.danced} dances"
    )
    cancelled = sum(line["said"] == "cancelled" for line in record.turns)
    scores = sum(line["score"] > 0 for line in record.turns)
    told += f", {cancelled} cancelled, {scores} scores\n"
    return "\n".join([told, *(f"| {line.strip()} |" for line in lines), "", *laps])


def _counts() -> list[tuple[str, Callable[[Line], int]]]:
    return [
        ("open files of Blender", lambda found: sum(found["blender"]["open"].values())),
        ("open files of the worker", lambda found: sum(found["worker"]["open"].values())),
        ("threads of Blender", lambda found: found["blender"]["threads"]),
        ("threads of the worker", lambda found: found["worker"]["threads"]),
        ("children", lambda found: len(found["children"])),
        ("data-blocks", lambda found: sum(count for count, *_ in found["blocks"].values())),
        (
            "data-blocks without users",
            lambda found: sum(each[2] for each in found["blocks"].values()),
        ),
        ("handlers", lambda found: found["handlers"]),
        ("classes registered", lambda found: found["classes"]),
        ("files in temporary and user's folders", lambda found: len(found["files"])),
    ]
