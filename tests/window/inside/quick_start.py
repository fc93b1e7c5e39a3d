# SPDX-License-Identifier: GPL-3.0-or-later
"""One click in the scene that Blender starts with: it dances, and plays; one undo takes it back."""

from __future__ import annotations

import bpy

from . import addon, hands, looks
from .driver import pause, step, tell, wait
from .eyes import picture
from .watching import Watching


@step
def a_fresh_scene():
    assert addon.enabled()
    yield from looks.dress()
    yield from addon.open_tab()
    yield from picture("empty", sidebar=True)
    assert set(bpy.data.objects.keys()) == {"Camera", "Cube", "Light"}


@step
def press_quick_start():
    yield from hands.push("twostep.quick_start")
    yield wait(lambda: addon.now().twostep_running, "running", 5)
    watching = Watching()
    yield addon.still()
    watching.stop()
    watching.check(3)
    tell(**watching.facts())


@step
def it_plays():
    screen, scene = bpy.context.window_manager.windows[0].screen, bpy.context.scene
    yield wait(lambda: screen.is_animation_playing, "playing", 10)
    first = scene.frame_current
    yield wait(lambda: scene.frame_current > first + 5, "further on", 30)
    bpy.ops.screen.animation_cancel(restore_frame=False)
    assert addon.keys() > 0 and scene.camera is not None and "Cube" not in bpy.data.objects
    assert scene.sync_mode == "AUDIO_SYNC"
    looks.good_pose()
    bpy.ops.view3d.view_center_camera()
    yield from picture("quick_start", seconds=2)
    tell(keys=addon.keys(), frames=[scene.frame_start, scene.frame_end])


@step
def undo_it():
    bpy.ops.ed.undo()
    yield from pause(0.5)
    assert set(bpy.data.objects.keys()) == {"Camera", "Cube", "Light"}
    assert not addon.sound_strips() and not addon.settings().song_file
