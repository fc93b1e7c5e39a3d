# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives work by hand, as an operator's timer does in a window, so that something may happen."""

from __future__ import annotations

import contextlib
import os
import resource
import time
from types import SimpleNamespace

import bpy

from twostep.operators import session, trouble, work

LIMIT = 240.0


def going(asked, until=lambda: False):
    """Go on with work that was started, until it is done or something is so."""
    limit = time.monotonic() + LIMIT
    while not asked.done and not until():
        assert time.monotonic() < limit, "it takes for ever"
        if not asked.step():
            time.sleep(0.005)


def finished(asked):
    """Go on to the end; returns what is told of it."""
    try:
        going(asked)
        return asked.apply()
    finally:
        asked.close()


@contextlib.contextmanager
def started(asked):
    """The worker is at it, and tells how far it is."""
    try:
        asked.start()
        begun = getattr(asked, "READING", 0.0)
        going(asked, lambda: session.state.fraction > begun)
        yield asked
    finally:
        asked.close()


def is_there(pid: int) -> bool:
    """Whether there is such a process, be it a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid: int) -> bool:
    """Whether a process ends and leaves no zombie."""
    limit = time.monotonic() + 30
    while is_there(pid) and time.monotonic() < limit:
        time.sleep(0.02)
    return not is_there(pid)


def pid() -> int:
    """Of the worker's process, which is started if need be."""
    worker = session.worker()
    worker.start()
    return worker._process.pid


@contextlib.contextmanager
def limited(process: int, kind: int, least: int):
    """A process that may have no more of something, such as memory, for a while."""
    _, most = resource.prlimit(process, kind)
    resource.prlimit(process, kind, (least, most))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(process, kind, (most, most))


TIMER = SimpleNamespace(type="TIMER", value="NOTHING")


@trouble.covered
class Pressed(work.WorkOperator):
    """A button's operator as it is in a window, without one: it stays until its work is done."""

    bl_idname = "twostep.pressed"

    def __init__(self, asked) -> None:
        self._work = asked
        self.reports: list[tuple[str, str]] = []
        asked.start()
        manager = bpy.context.window_manager
        work._ticking.append(manager.event_timer_add(0.1, window=manager.windows[0]))

    def report(self, kind, text) -> None:
        (kind,) = kind
        self.reports.append((kind, text))

    def ticks(self):
        """The timer ticks until it has ended."""
        limit = time.monotonic() + LIMIT
        while (outcome := self.modal(bpy.context, TIMER)) == {"PASS_THROUGH"}:
            assert time.monotonic() < limit, "it takes for ever"
            time.sleep(0.005)
        return outcome
