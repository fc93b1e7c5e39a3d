# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender is killed while a dance is made; the run looks for processes after it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from . import addon, breaking, driver
from .driver import step


@step(bare=True)
def nothing_is_left_of_the_last_one():
    assert not Path((driver.WORK / "tempdir.txt").read_text()).exists()


@step(bare=True)
def blender_is_killed():
    yield from breaking.set_up()
    yield from breaking.start()
    assert len(addon.workers()) == 1
    breaking.go_on()  # a process that stands still could not notice anything
    os.kill(os.getpid(), signal.SIGKILL)
    yield
