# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes that work on a batch: hired when needed, replaced when they die, hang or grow."""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..client import Message, Worker, blender_command, command
from ..errors import TwostepError
from ..networks import VARIABLE as CORES
from . import memory

#: A sampler runs the networks; a station is a Blender that puts dances on rigs and exports them.
Role = Literal["sampler", "station"]

#: What users call them.
NAMES: Mapping[Role, str] = {"sampler": "Twostep's worker", "station": "Blender"}
_STATION = "scene.station"
#: Names the Blender to use.
VARIABLE = "TWOSTEP_BLENDER"
#: What a process may need before its first task has told, bytes.
EXPECTED: Mapping[Role, int] = {"sampler": 600 << 20, "station": 800 << 20}
#: A process that has grown by so much since its first task is replaced, bytes.
GROWTH = 512 << 20
#: A process that has said nothing for so long hangs, seconds. Exporters say nothing for minutes.
PATIENCE = 900.0
#: Each process computes on one core: there are several of them, and what libraries add up in
#: another order with another number of threads would not be the same to the last bit.
ONE_CORE = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", CORES),
    "1",
)

_ENDS = ("result", "error", "cancelled")


@dataclass(frozen=True)
class Tools:
    """With what the processes are started.

    blender: the path of one, else TWOSTEP_BLENDER, this Python's bpy, or the first on PATH.
    extra_path: folders of wheels that they shall import from. patience: seconds of silence.
    """

    blender: str = ""
    extra_path: Sequence[str | Path] = ()
    patience: float = PATIENCE

    def hired(self, role: Role, heard: Callable[[], None]) -> Worker:
        """A process of this role, not started yet. Raises TwostepError without a Blender."""
        return Worker(
            extra_path=self.extra_path,
            instead=command() if role == "sampler" else self.station(),
            name=NAMES[role],
            environment=ONE_CORE,
            heard=heard,
        )

    def station(self) -> list[str]:
        """The command that starts Blender. Raises TwostepError when there is none."""
        named = self.blender or os.environ.get(VARIABLE, "")
        if named:
            found = shutil.which(named)
            if found is None:
                raise TwostepError(f"There is no Blender {named}; give the path of its program.")
            return blender_command(found, _STATION, self._packages())
        if importlib.util.find_spec("bpy") is not None:
            return command(_STATION)
        found = shutil.which("blender")
        if found is None:
            raise TwostepError(
                f"There is no Blender to export with; name one by --blender or {VARIABLE}, or "
                "install bpy (pip install bpy)."
            )
        return blender_command(found, _STATION, self._packages())

    def _packages(self) -> list[str]:
        """Where a Blender without preferences finds scipy and what else it has not itself."""
        ours = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
        return [*map(str, self.extra_path), *ours]


@dataclass
class Child:
    """A process, and the task that it is at.

    first: the memory it had after its first task, bytes. ready: it has come to life.
    """

    role: Role
    worker: Worker
    task: int | None = None
    begun: float = 0.0
    heard: float = 0.0
    first: int | None = None
    memory: int = 0
    ready: bool = False
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class News:
    """What happened to a task: "progress", or one of the ends "result", "error", "cancelled".

    seconds: how long it has taken. warnings: all of them, at the end. fatal: its process never
    came to life.
    """

    task: int
    event: str
    message: Message
    seconds: float
    warnings: tuple[str, ...] = ()
    fatal: bool = False


class Crew:
    """At most so many processes busy at a time, of whichever role is needed."""

    def __init__(self, tools: Tools, most: int) -> None:
        self._tools, self._most = tools, most
        self._children: list[Child] = []
        self._numbers = itertools.count(1)
        self._heard = threading.Event()
        self._needs: dict[Role, int] = dict(EXPECTED)

    @property
    def free(self) -> int:
        """How many more tasks can be given."""
        return self._most - sum(child.task is not None for child in self._children)

    def count(self, role: Role) -> int:
        """How many processes of this role there are, busy or idle."""
        return sum(child.role == role for child in self._children)

    def idle(self, role: Role) -> bool:
        """Whether a process of this role waits for a task."""
        return any(child.role == role and child.task is None for child in self._children)

    def room(self, role: Role) -> bool:
        """Whether one more of this role can be had; an idle one of the other gives way to it."""
        if self.count(role) >= self._most:
            return False
        if all(child.task is None for child in self._children):
            return True
        available = memory.free()
        if available is None or available > self._needs[role]:
            return True
        idle = [child for child in self._children if child.task is None and child.role != role]
        return sum(child.memory for child in idle) + available > self._needs[role]

    def give(self, role: Role, kind: str, fields: dict[str, Any], *, fresh: bool = False) -> int:
        """Give a task to an idle process, or to a new one; returns the task's number.

        fresh: to a new one in any case. Raises TwostepError when it cannot be started.
        """
        idle = [child for child in self._children if child.role == role and child.task is None]
        if idle and (fresh or not idle[0].worker.alive):
            self._dismiss(idle.pop(0))
        child = idle[0] if idle and not fresh else self._hire(role)
        task = next(self._numbers)
        child.worker.submit({"id": task, "type": kind, **fields})
        child.task, child.warnings = task, []
        child.begun = child.heard = time.monotonic()
        return task

    def wait(self, seconds: float) -> list[News]:
        """What has happened since the last call; waits for it no longer than so."""
        self._heard.wait(seconds)
        self._heard.clear()
        news: list[News] = []
        for child in list(self._children):
            for message in child.worker.poll():
                child.heard = time.monotonic()
                news += self._hear(child, message)
            silent = time.monotonic() - child.heard
            if child.task is not None and silent > self._tools.patience:
                said = f"{NAMES[child.role]} did not answer for {silent:.0f} s and was stopped."
                news.append(self._end(child, {"event": "error", "message": said}))
        return news

    def close(self) -> None:
        """Stop them all; what they were doing leaves no file."""
        for child in self._children:
            child.worker.leave()
        while self._children:
            self._dismiss(self._children[0])

    def _hire(self, role: Role) -> Child:
        self._make_room(role)
        child = Child(role, self._tools.hired(role, self._heard.set))
        child.worker.start()
        self._children.append(child)
        return child

    def _make_room(self, role: Role) -> None:
        """Dismiss idle ones while there is too little memory, or too many of this role."""
        for child in [each for each in self._children if each.task is None]:
            available = memory.free()
            short = available is not None and available < self._needs[role]
            if short or (child.role == role and self.count(role) >= self._most):
                self._dismiss(child)

    def _dismiss(self, child: Child) -> None:
        self._children.remove(child)
        child.worker.close()

    def _hear(self, child: Child, message: Message) -> list[News]:
        event = message.get("event")
        if event == "ready":
            child.ready = True
        if child.task is None or message.get("id") != child.task:
            return []
        if event == "warning":
            child.warnings.append(message["message"])
        if event in _ENDS:
            return [self._end(child, message)]
        if event == "progress":
            return [News(child.task, event, message, time.monotonic() - child.begun)]
        return []

    def _end(self, child: Child, message: Message) -> News:
        """A task's end. Its process goes too if it is not to be trusted, or has grown."""
        assert child.task is not None
        unforeseen = message["event"] == "error" and not message.get("foreseen")
        news = News(
            child.task, message["event"], message, time.monotonic() - child.begun,
            tuple(child.warnings), fatal=unforeseen and not child.ready,
        )  # fmt: skip
        child.task = None
        told = message.get("memory")
        if isinstance(told, int):
            child.first = told if child.first is None else child.first
            child.memory = told
            self._needs[child.role] = max(self._needs[child.role], told)
        if unforeseen or child.memory - (child.first or child.memory) > GROWTH:
            self._dismiss(child)
        return news


def processes(asked: int | None = None) -> int:
    """How many processes to keep busy: as asked, else by cores and free memory."""
    if asked is not None:
        return max(1, asked)
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not told on Windows and Mac
        cores = os.cpu_count() or 1
    available = memory.free()
    # Each busy process may have an idle partner of the other role.
    fitting = cores if available is None else available // sum(EXPECTED.values())
    return max(1, min(cores, fitting))
