# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender is left while a dance is made; the run looks for processes after it."""

from __future__ import annotations

import bpy

from . import addon, breaking, driver
from .driver import step, tell


@step(bare=True)
def in_the_middle_of_a_dance():
    yield from breaking.set_up()
    yield from breaking.start()
    assert breaking.temporary() and len(addon.workers()) == 1
    (driver.WORK / "tempdir.txt").write_text(bpy.app.tempdir)
    tell(tempdir=bpy.app.tempdir)
