# SPDX-License-Identifier: GPL-3.0-or-later
"""The first minutes of somebody who has just installed it: enable, dance, cancel, undo, save."""

from __future__ import annotations

import bpy

from . import addon, driver, hands, looks
from .driver import pause, step, tell, wait
from .eyes import see
from .watching import Watching

BLEND = "dance.blend"


@step
def enable():
    yield from looks.dress()
    assert addon.folder().is_dir() and not addon.enabled()
    bpy.ops.preferences.addon_enable(module=addon.NAME)
    assert addon.enabled()
    assert hasattr(bpy.types, "TWOSTEP_PT_dance") and not addon.workers()


@step
def open_the_tab():
    addon.empty_scene()
    yield from addon.open_tab()
    yield from looks.narrow()
    yield from see()


@step
def add_the_dancer():
    yield from hands.push("twostep.add_dancer")
    yield wait(addon.dancer, "a dancer", 10)
    ob = addon.dancer()
    assert ob.type == "ARMATURE" and len(ob.data.bones) == 24
    assert addon.action() is None
    yield from looks.frame()
    yield from see()
    tell(bones=len(ob.data.bones))


@step
def load_the_song():
    addon.load_song(addon.LONG)
    yield from pause(0.3)
    strips = addon.sound_strips()
    assert bool(strips) != bool(addon.settings().song_file), "a strip, or a file where none can be"
    yield from see()
    tell(song="a sound strip" if strips else "a file: this Blender has no sound")


@step
def press_dance():
    yield from hands.push("twostep.dance")
    yield wait(lambda: addon.now().twostep_running, "running", 5)
    yield wait(lambda: addon.now().twostep_fraction > 0.1, "a tenth done", 240)
    yield from see("progress", 0.2)
    assert len(addon.workers()) == 1


@step
def cancel_by_its_button():
    assert addon.now().twostep_running, "it must not be done yet"
    clicks = 0
    while addon.now().twostep_running:
        clicks += 1
        assert clicks <= 3, "it does not cancel"
        yield from hands.push("twostep.cancel", near="twostep.dance")
        yield from addon.until_still(6)
    tell(clicks=clicks)
    assert addon.action() is None and not bpy.data.actions
    yield from see()


@step
def cancel_by_esc():
    yield from addon.start_dance()
    assert addon.now().twostep_running
    yield from hands.press("ESC")
    yield addon.still(20)
    assert addon.action() is None and not bpy.data.actions


@step
def load_another_song():
    for strip in addon.sound_strips():
        addon.strips().remove(strip)
    addon.settings().song = ""
    addon.load_song()
    yield from see()


@step
def dance_to_the_end():
    watching = Watching()
    yield from addon.start_dance()
    yield addon.still()
    watching.stop()
    watching.check()
    tell(**watching.facts())
    action = addon.action()
    assert action is not None, "no dance was keyed"
    frames = int(action.frame_range[1] - action.frame_range[0])
    curves = addon.curves()
    assert frames > 200 and len(curves) >= 24 * 4
    assert all(len(curve.keyframe_points) >= frames for curve in curves)
    bpy.context.scene.frame_set(int(action.frame_range[0]) + frames // 2)
    yield from looks.frame()
    yield from see()
    tell(frames=frames, curves=len(curves), keys=addon.keys())


@step
def undo():
    before = addon.keys()
    bpy.ops.ed.undo()
    yield from pause(0.3)
    assert addon.dancer().type == "ARMATURE" and addon.action() is None
    yield from see()
    bpy.ops.ed.redo()
    yield from pause(0.3)
    assert addon.action() is not None and addon.keys() == before
    tell(keys_again=addon.keys())


@step(bare=True)
def save_and_reload():
    keys, path = addon.keys(), driver.WORK / BLEND
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_homefile()
    yield from pause(0.5)
    assert addon.dancer() is None or addon.dancer().type != "ARMATURE"
    bpy.ops.wm.open_mainfile(filepath=str(path))
    yield from pause(0.5)
    assert addon.keys() == keys > 0
    assert addon.enabled() and not addon.now().twostep_running
    tell(keys=keys, megabytes=round(path.stat().st_size / 1e6, 1))


@step
def quit_blender():
    assert len(addon.workers()) <= 1
