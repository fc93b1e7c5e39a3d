# SPDX-License-Identifier: GPL-3.0-or-later
"""A long day in one Blender, noted turn by turn, and what comes after it."""

from __future__ import annotations

import os
import platform
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import bpy

import twostep
from twostep.operators import session

from . import census, turns

Note = Callable[[dict[str, Any]], None]


def live(laps: int, songs: Path, note: Note) -> None:
    """All laps; then the worker is killed, and the add-on switched off and on, a few times."""
    twostep.register()
    try:
        note(
            {
                "blender": bpy.app.version_string,
                "python": platform.python_version(),
                "lap": turns.LAP,
            }
        )
        day = turns.Day(songs)
        for number in range(laps * turns.LAP):
            turn = turns.Turn(number % turns.LAP)
            note(
                {
                    "turn": number,
                    "end": turn.end,
                    **asdict(day.take(turn)),
                    "census": census.census(),
                }
            )
        for number in range(3):
            killed(day)
            note({"killed": number, "census": census.census()})
        for number in range(3):
            switched()
            note({"switched": number, "census": census.census()})
            day.take(turns.Turn(1))
    finally:
        twostep.unregister()
    note({"ended": True, "census": census.census()})


def killed(day: turns.Day) -> None:
    """The worker's process is killed half way; the next dance has another."""
    pid, ended = census.worker_pid(), threading.Event()

    def kill() -> None:
        while session.state.fraction <= 0 and not ended.wait(0.002):
            pass
        os.kill(pid, signal.SIGKILL)

    session.state.fraction = 0.0
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with suppress(RuntimeError):  # how Blender tells scripts of errors that users are told
            bpy.ops.twostep.dance("EXEC_DEFAULT", True)
    finally:
        ended.set()
        killer.join()
    bpy.ops.twostep.dismiss_report()
    day.take(turns.Turn(1))


def switched() -> None:
    """The add-on is switched off, with its worker, and on again."""
    twostep.unregister()
    time.sleep(0.1)  # the threads that heard the worker take a moment to end
    twostep.register()
