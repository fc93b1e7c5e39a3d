# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension is switched off and on, and its worker is killed, while a dance is made."""

from __future__ import annotations

import os
import signal

import bpy

from . import addon, breaking, hands
from .driver import pause, step, tell, wait
from .eyes import see


@step(bare=True)
def switched_off_and_on():
    yield from breaking.set_up()
    yield from breaking.start()
    assert len(addon.workers()) == 1
    bpy.ops.preferences.addon_disable(module=addon.NAME)
    # Until Blender has had an event, it keeps an operator without a class among those that run,
    # and the next one would make it crash.
    yield from hands.move(hands.middle())
    yield wait(lambda: not addon.workers(), "the worker gone", 15)
    yield from pause(0.5)
    assert not breaking.temporary() and not bpy.data.actions
    yield from see("off")
    bpy.ops.preferences.addon_enable(module=addon.NAME)
    yield from pause(0.5)
    assert addon.enabled() and not addon.now().twostep_running
    yield from see("on")
    breaking.clean()


@step(bare=True)
def the_worker_is_killed():
    breaking.forget()
    yield from breaking.start()
    (worker,) = addon.workers()
    os.kill(worker, signal.SIGKILL)
    yield addon.still(20)
    yield from pause(0.8)
    yield from see()
    tell(said=breaking.only("Twostep's worker stopped unexpectedly (exit code -9"))
    breaking.clean()
    assert not bpy.data.actions and not addon.workers()
    assert "exit code -9" in addon.now().twostep_trouble
    assert bpy.ops.twostep.copy_report() == {"FINISHED"}
    report = addon.now().clipboard
    assert '"type": "dance"' in report and bpy.app.version_string in report
    tell(report=report[:400])


@step(bare=True)
def the_next_one_works():
    bpy.ops.twostep.dismiss_report()
    breaking.forget()
    yield from breaking.start()
    yield from breaking.let_go()
    tell(said=breaking.only("action "))
    assert addon.action() is not None
    yield from see()
