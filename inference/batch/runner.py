# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the units of a batch that are not done yet, several at a time; one that fails harms none.

Each unit goes through its stages (see `Work.stages`) by whichever process is free: while dances are
put on rigs by Blender, the next ones are sampled. What comes out does not depend on how many
processes there are, nor on when they were stopped and started again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..errors import TwostepError
from ..progress import Asked
from . import store, tidy
from .crew import Crew, News, Role, Tools, processes
from .work import Work

State = Literal["done", "skipped", "failed", "cancelled"]
#: "sample": all that comes before Blender exports; "apply" makes up for what was not sampled.
STAGES = ("all", "sample", "apply")

_ROLES: dict[str, Role] = {"read": "station", "sample": "sampler", "apply": "station"}
#: How long is checked at a stretch what is done already, seconds.
_STRETCH = 0.1
_CANCELLED = "Stopped before it was done; start again to go on."


@dataclass(frozen=True)
class Outcome:
    """How a unit ended.

    seconds: by stage. message: why it failed, or "". files: what there is now. report: for whoever
    looks into a failure, or "". memory: of the process that did its last stage, bytes, if told.
    """

    work: Work
    state: State
    seconds: dict[str, float] = field(default_factory=dict)
    message: str = ""
    files: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()
    report: str = ""
    memory: int | None = None


#: Told the share done, 0..1, what happens, and how a unit ended if one just did.
Tell = Callable[[float, str, Outcome | None], None]


@dataclass(eq=False)
class _Unit:
    """A unit on its way.

    stages: those that are left. held: what its stage writes while others may wait for the same.
    again: the process that was at this stage failed it once.
    """

    place: int
    work: Work
    stages: list[str]
    held: Path | None = None
    again: bool = False
    share: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def role(self) -> Role:
        return _ROLES[self.stages[0]]

    @property
    def delivers(self) -> bool:
        """Whether its next stage writes the files."""
        return self.stages[0] == self.work.stages[-1]

    @property
    def shared(self) -> Path | None:
        """What its next stage writes that other units may need as well."""
        if self.stages[0] == "apply":
            return None
        read = self.stages[0] == "read"
        return store.motion_place(self.work) if read else store.place(self.work)


class Runner:
    """A batch on its way: `step` until it says that there is no more, and always `close`.

    count: how many processes are kept busy, None: as many as cores and memory allow.
    """

    def __init__(
        self,
        works: Sequence[Work],
        *,
        count: int | None = None,
        stage: str = "all",
        tools: Tools | None = None,
        tell: Tell | None = None,
    ) -> None:
        self.works = tuple(works)
        self._stage, self._tell = stage, tell
        self._tools = tools or Tools()
        self._crew = Crew(self._tools, processes(count))
        self._outcomes: dict[int, Outcome] = {}
        self._unchecked = deque(_Unit(*each, []) for each in enumerate(self.works))
        tidy.sweep(self.works)
        self._ready: dict[Role, deque[_Unit]] = {"sampler": deque(), "station": deque()}
        self._waiting: dict[Path, list[_Unit]] = {}
        self._tasks: dict[int, _Unit] = {}
        self._broken: dict[Role, str] = {}

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """How each unit ended; those that have not are cancelled."""
        return tuple(
            self._outcomes.get(place, Outcome(work, "cancelled", message=_CANCELLED))
            for place, work in enumerate(self.works)
        )

    def step(self, seconds: float = 0.1) -> bool:
        """Go on; waits no longer than so for something to happen. False: all units have ended."""
        if self._unchecked:
            self._check()
        else:
            self._give()
            for news in self._crew.wait(seconds) if self._tasks else ():
                self._take(news)
        return len(self._outcomes) < len(self.works)

    def close(self) -> None:
        """Stop all processes; what they were doing leaves no file."""
        self._crew.close()
        tidy.sweep([unit.work for unit in self._tasks.values()])

    def _check(self) -> None:
        """Sort out for a while what was done before."""
        until = time.monotonic() + _STRETCH
        while self._unchecked and time.monotonic() < until:
            unit = self._unchecked.popleft()
            with self._failing(unit):
                self._sort(unit)

    def _sort(self, unit: _Unit) -> None:
        report = store.finished(unit.work)
        if report is not None:
            self._end(unit, "skipped", files=_paths(unit.work, report))
            return
        unit.stages = [
            stage for stage in unit.work.stages if stage != "apply" or self._stage != "sample"
        ]
        if any(_ROLES[stage] == "station" for stage in unit.stages):
            self._tools.station()  # says at once, before hours of sampling, when there is none
        if not self._queue(unit):
            self._end(unit, "skipped")

    def _queue(self, unit: _Unit, *, first: bool = False) -> bool:
        """Let the unit wait for its next stage whose work is not there; False: there is none."""
        while unit.stages and not unit.delivers and self._is_there(unit):
            unit.stages.pop(0)
        if not unit.stages:
            return False
        if unit.role in self._broken:
            raise TwostepError(self._broken[unit.role])
        shared = unit.shared
        if shared in self._waiting:
            self._waiting[shared].append(unit)
            return True
        if shared is not None:
            self._waiting[shared] = []
            unit.held = shared
        ready = self._ready[unit.role]
        ready.appendleft(unit) if first else ready.append(unit)
        return True

    def _is_there(self, unit: _Unit) -> bool:
        if store.sampled(unit.work) is not None:
            return True
        return unit.stages[0] == "read" and store.motion_place(unit.work).is_file()

    def _give(self) -> None:
        """Give out as many tasks as the crew can take."""
        while self._crew.free and (role := self._next_role()) is not None:
            unit = self._ready[role].popleft()
            with self._failing(unit):
                fields = {"work": unit.work.to_fields()}
                task = self._crew.give(role, unit.stages[0], fields, fresh=unit.again)
                self._tasks[task] = unit

    def _next_role(self) -> Role | None:
        """Whose next unit comes next: Blender's first, for they are nearest to their end.

        Another process is started when none is idle; for Blender, when those there fall behind.
        """
        sampler, station = (len(self._ready[role]) for role in ("sampler", "station"))
        if station and self._crew.idle("station"):
            return "station"
        if station > 2 * self._crew.count("station") and self._crew.room("station"):
            return "station"
        if sampler and (self._crew.idle("sampler") or self._crew.room("sampler")):
            return "sampler"
        if station > 1 and self._crew.room("station"):
            return "station"
        return None

    def _take(self, news: News) -> None:
        """What happened to a task."""
        unit = self._tasks[news.task]
        if news.event == "progress":
            left, stages = len(unit.stages), len(unit.work.stages)
            unit.share = (stages - left + float(news.message["fraction"])) / stages
            self._say(f"{unit.work.name}: {news.message['stage']}")
            return
        del self._tasks[news.task]
        stage = unit.stages[0]
        unit.seconds[stage] = unit.seconds.get(stage, 0.0) + news.seconds
        unforeseen = news.event == "error" and not news.message.get("foreseen")
        if unforeseen and not unit.again:
            unit.again = True
            self._ready[unit.role].appendleft(unit)
            return
        unit.again = False
        with self._failing(unit):
            if news.event == "result":
                self._advance(unit, news)
            elif news.event == "cancelled":
                self._end(unit, "cancelled", message=_CANCELLED)
            else:
                self._fail(unit, news)

    def _advance(self, unit: _Unit, news: News) -> None:
        unit.warnings += [each for each in news.warnings if each not in unit.warnings]
        delivered = unit.delivers
        self._release(unit)
        unit.stages.pop(0)
        if delivered:
            report = store.finished(unit.work)
            if report is None:
                raise TwostepError(f"What was written for {unit.work.name} was changed meanwhile.")
            files, told = _paths(unit.work, report), news.message.get("memory")
            self._end(unit, "done", files=files, memory=told)
        elif not self._queue(unit, first=True):
            self._end(unit, "done")

    def _fail(self, unit: _Unit, news: News) -> None:
        """The unit has failed; and with it all that need a process which cannot be started."""
        message = str(news.message.get("message", ""))
        role = unit.role
        self._end(unit, "failed", message=message, report=str(news.message.get("report", "")))
        if news.fatal:
            self._broken[role] = message
            while self._ready[role]:
                self._end(self._ready[role].popleft(), "failed", message=message)

    @contextmanager
    def _failing(self, unit: _Unit) -> Iterator[None]:
        """What the user can act on is told of the unit, and the others go on."""
        try:
            yield
        except TwostepError as error:
            self._end(unit, "failed", message=str(error))

    def _end(self, unit: _Unit, state: State, **more: Any) -> None:
        outcome = Outcome(
            unit.work, state, dict(unit.seconds), warnings=tuple(unit.warnings), **more
        )
        self._outcomes[unit.place] = outcome
        unit.share = 0.0
        self._release(unit)
        self._say(f"{unit.work.name}: {state}", outcome)

    def _release(self, unit: _Unit) -> None:
        """Let those go on that wait for what this unit's stage has written, or failed to."""
        waiting = [] if unit.held is None else self._waiting.pop(unit.held)
        unit.held = None
        for each in waiting:
            with self._failing(each):
                if not self._queue(each):
                    self._end(each, "done")

    def _say(self, sentence: str, outcome: Outcome | None = None) -> None:
        if self._tell is not None:
            done = len(self._outcomes) + sum(unit.share for unit in self._tasks.values())
            self._tell(min(1.0, done / len(self.works)), sentence, outcome)


def run(
    works: Sequence[Work],
    *,
    count: int | None = None,
    stage: str = "all",
    tools: Tools | None = None,
    tell: Tell | None = None,
    cancelled: Asked | None = None,
) -> tuple[Outcome, ...]:
    """Do all units, and tell how each ended; Ctrl-C and `cancelled` end those that are left."""
    runner = Runner(works, count=count, stage=stage, tools=tools, tell=tell)
    try:
        while not (cancelled is not None and cancelled()) and runner.step():
            pass
    except KeyboardInterrupt:
        pass  # told by the outcomes
    finally:
        runner.close()
    return runner.outcomes


def _paths(work: Work, report: store.Report) -> tuple[Path, ...]:
    return tuple(work.out / name for name in report.files)
