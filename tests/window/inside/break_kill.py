# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender is killed while a dance is made; the run looks for processes after it."""

from __future__ import annotations

import os
import signal

from . import addon
from .driver import step


@step(bare=True)
def nothing_is_left_of_the_last_one():
    from . import driver

    from pathlib import Path

    assert not Path((driver.WORK / "tempdir.txt").read_text()).exists()


@step(bare=True)
def blender_is_killed():
    yield from addon.set_up_anew()
    yield from addon.start_dance()
    assert len(addon.workers()) == 1
    os.kill(os.getpid(), signal.SIGKILL)
    yield
