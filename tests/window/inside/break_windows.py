# SPDX-License-Identifier: GPL-3.0-or-later
"""Two windows: the one in which a dance was begun is closed, and it goes on in the other."""

from __future__ import annotations

import bpy

from . import addon, breaking, eyes, hands
from .driver import pause, step, tell
from .eyes import see


def windows():
    return list(bpy.context.window_manager.windows)


def begin_in(window, progress=0.02):
    with bpy.context.temp_override(window=window):
        assert bpy.ops.twostep.dance("INVOKE_DEFAULT") == {"RUNNING_MODAL"}
    yield breaking.hold(progress)


def close(window):
    with bpy.context.temp_override(window=window):
        bpy.ops.wm.window_close()
    yield from pause(0.5)


@step(bare=True)
def the_second_is_closed():
    yield from breaking.set_up()
    breaking.forget()
    bpy.ops.wm.window_new()
    yield from pause(0.8)
    first, second = windows()
    yield from begin_in(second)
    for each in (first, second):
        with bpy.context.temp_override(window=each):
            assert not bpy.ops.twostep.dance.poll()
    yield from see("two_windows")
    yield from close(second)
    assert windows() == [first] and addon.now().twostep_running
    yield from see("goes_on")
    yield from breaking.let_go()
    yield from see("done")
    tell(said=breaking.only("action "))
    breaking.clean()
    keys = addon.keys()
    assert keys > 1000
    bpy.ops.ed.undo()
    yield from pause(0.3)
    assert addon.action() is None, "it cannot be undone"


@step(bare=True)
def esc_in_the_other():
    yield from breaking.set_up()
    breaking.forget()
    bpy.ops.wm.window_new()
    yield from pause(0.8)
    _, second = windows()
    yield from begin_in(second)
    yield from close(second)
    yield from pause(0.5)
    assert addon.now().twostep_running
    yield from hands.press("ESC")
    yield addon.still(30)
    tell(said=breaking.only("Cancelled; nothing was changed."))
    breaking.clean()
    assert addon.action() is None


@step(bare=True)
def the_first_is_closed():
    """A second main window stays, as it does after New Main Window."""
    yield from breaking.set_up()
    breaking.forget()
    bpy.ops.wm.window_new_main()
    yield from pause(0.8)
    first, _ = windows()
    yield from begin_in(first)
    yield from close(first)
    assert len(windows()) == 1 and addon.now().twostep_running
    yield from see("goes_on")
    yield from breaking.let_go()
    tell(said=breaking.only("action "))
    breaking.clean()
    assert addon.keys() > 1000
    assert eyes.window() == windows()[0]
