# SPDX-License-Identifier: GPL-3.0-or-later
"""Goes through the steps of a scenario in a Blender, one tick of a timer at a time.

A scenario is a module of functions decorated with `@step`, which run in the order in which they
are written. A step may be a generator: `yield` lets Blender go on (draw, take events, run
operators) until the next tick, `yield wait(until, "what", seconds)` until something is so. What it
asserts must hold; `tell(keys=720)` goes into the results. The first step that fails ends it.
Without a window, where timers never fire, the same steps run in a loop.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import time
import traceback
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

#: Where the run's files are: Blender was started in it.
WORK = Path.cwd()
#: How often it goes on, seconds.
TICK = 0.02


@dataclass(frozen=True)
class Wait:
    """until: is asked at every tick; what: is said when it has not come in so many seconds."""

    until: Callable[[], Any]
    what: str
    seconds: float = 30.0


@dataclass
class Step:
    """bare: without the viewport as the context, as steps need that load files."""

    run: Callable[[], Generator[Wait | None, Any, None] | None]
    bare: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    shots: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.run.__name__


_steps: list[Step] = []
_now: list[Step] = []
#: What the command line of the run said, and the run's number, which processes inherit.
config: dict[str, Any] = {}


def step(run: Callable[[], Any] | None = None, *, bare: bool = False) -> Any:
    """Make a function a step of the scenario."""
    if run is None:
        return lambda function: step(function, bare=bare)
    _steps.append(Step(run, bare))
    return run


def wait(until: Callable[[], Any], what: str, seconds: float = 30.0) -> Wait:
    """To be yielded: go on when it is so, fail when it is not in time."""
    return Wait(until, what, seconds)


def pause(seconds: float) -> Generator[None, Any, None]:
    """To be yielded from: let Blender be for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def tell(**facts: Any) -> None:
    """What shall stand in the results of this step."""
    _now[-1].facts.update(facts)


def showed(path: Path) -> None:
    """A picture was taken in this step."""
    _now[-1].shots.append(path.name)


def current() -> str:
    """The name of the step that is gone through."""
    return _now[-1].name


def main(scenario: str) -> None:
    """Go through that module's steps."""
    config.update(json.loads((WORK / "config.json").read_text(encoding="utf-8")))
    os.environ["TWOSTEP_WINDOW_RUN"] = config["run"]
    bpy.context.preferences.view.show_splash = False
    # A viewport at rest would be drawn again and again, slowly where there is no graphics card.
    bpy.context.preferences.system.viewport_aa = "FXAA"
    running = _Driver(scenario)
    if bpy.app.background:
        while running.tick() is not None:
            time.sleep(TICK)
    else:
        bpy.app.timers.register(running.tick, first_interval=1.0, persistent=True)


def _leave() -> None:
    bpy.ops.wm.quit_blender()


class _Driver:
    """Where it is: the step, what it waits for, and since when."""

    def __init__(self, scenario: str) -> None:
        self._results = WORK / "results" / f"{scenario}.jsonl"
        self._results.parent.mkdir(exist_ok=True)
        self._scenario = scenario
        self._left: list[Step] | None = None
        self._going: Generator[Wait | None, Any, None] | None = None
        self._wait: Wait | None = None
        self._since = self._began = 0.0

    def tick(self) -> float | None:
        """Go on a little; None at the end."""
        try:
            if self._left is None:
                importlib.import_module(f"inside.{self._scenario}")
                self._left = list(_steps)
                self._write(event="start", steps=[each.name for each in self._left])
            if self._going is None and not self._left:
                return self._quit()
            with self._place():
                self._on()
        except BaseException:
            return self._failed()
        return TICK

    def _on(self) -> None:
        if self._wait is not None:
            if self._wait.until():
                self._wait = None
            elif time.monotonic() - self._since > self._wait.seconds:
                raise AssertionError(f"{self._wait.seconds:g} s and still not {self._wait.what}")
            else:
                return
        if self._going is None:
            self._begin()
        elif (wanted := next(self._going, self)) is self:
            self._end()
        else:
            self._wait, self._since = wanted, time.monotonic()

    def _begin(self) -> None:
        each = self._left.pop(0)
        _now.append(each)
        self._began = time.monotonic()
        self._write(event="begin", step=each.name)
        made = each.run()
        self._going = made if inspect.isgenerator(made) else iter(())

    def _end(self) -> None:
        self._going = None
        self._report(True, "")

    def _report(self, ok: bool, error: str) -> None:
        each = _now[-1]
        seconds = round(time.monotonic() - self._began, 1)
        said = {"step": each.name, "ok": ok, "seconds": seconds, "error": error}
        self._write(event="end", **said, facts=each.facts, shots=each.shots)

    def _failed(self) -> None:
        error = traceback.format_exc()
        if _now:
            from inside import eyes

            try:
                eyes.take(f"FAILED {_now[-1].name}")
            except Exception:
                error += "\nNo picture of it: " + traceback.format_exc()
            self._report(False, error)
        else:
            self._write(event="end", step="(start)", ok=False, seconds=0, error=error)
        return self._quit()

    def _quit(self) -> None:
        self._write(event="quit")
        if not bpy.app.background:
            # As a user who has to go to a menu: left with the mouse on a panel's header that was
            # just clicked, Blender frees the panel twice, whatever is in it.
            for each in bpy.context.window_manager.windows:
                x, y = each.width // 3, each.height // 2
                each.event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)
            bpy.app.timers.register(_leave, first_interval=2.0, persistent=True)

    def _place(self) -> Any:
        """The context of a user whose mouse is in the viewport."""
        from inside import eyes

        following = _now[-1] if self._going is not None else self._left[0]
        if bpy.app.background or following.bare:
            return bpy.context.temp_override()
        window, area = eyes.window(), eyes.viewport()
        return bpy.context.temp_override(
            window=window, screen=window.screen, area=area, region=eyes.region("WINDOW")
        )

    def _write(self, **line: Any) -> None:
        with open(self._results, "a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")
