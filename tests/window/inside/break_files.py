# SPDX-License-Identifier: GPL-3.0-or-later
"""Another file is opened while a dance is made: it ends, and says so in the new one."""

from __future__ import annotations

import bpy

from . import addon, breaking, driver
from .driver import pause, step, tell
from .eyes import see

SAID = "Cancelled, for another file was opened; nothing was changed."
PATH = driver.WORK / "break_files.blend"


def ended(picture=True):
    """The dance has ended by itself, and has said why."""
    yield addon.still(10)
    yield from pause(0.6)
    if picture:
        yield from see()
    tell(said=breaking.only(SAID))
    breaking.clean()


@step(bare=True)
def a_new_one():
    yield from breaking.set_up()
    bpy.ops.wm.save_as_mainfile(filepath=str(PATH))
    yield from breaking.start()
    bpy.ops.wm.read_homefile()
    yield from ended()
    assert not bpy.data.actions


@step(bare=True)
def one_from_the_disk():
    yield from breaking.set_up()
    yield from breaking.start()
    bpy.ops.wm.open_mainfile(filepath=str(PATH))
    yield from ended()
    assert not bpy.data.actions


@step(bare=True)
def the_same_again_without_its_windows():
    breaking.forget()
    yield from breaking.start()
    bpy.ops.wm.open_mainfile(filepath=str(PATH), load_ui=False)
    yield from ended(picture=False)
    assert not bpy.data.actions


@step(bare=True)
def one_that_cannot_be_read():
    broken = driver.WORK / "broken.blend"
    broken.write_bytes(PATH.read_bytes()[:5000])
    breaking.forget()
    yield from breaking.start()
    try:
        bpy.ops.wm.open_mainfile(filepath=str(broken))
    except RuntimeError as error:
        tell(blender=str(error).strip()[:80])
    yield from pause(0.3)
    yield from breaking.let_go()
    assert addon.action() is not None
    assert any("action " in line for line in breaking.lines())
    breaking.clean()


@step(bare=True)
def the_factory_settings():
    """They switch the extension off, too."""
    yield from breaking.start()
    bpy.ops.wm.read_factory_settings()
    yield from pause(1.0)
    assert not addon.enabled() and not addon.workers() and not breaking.temporary()
    yield from see()
