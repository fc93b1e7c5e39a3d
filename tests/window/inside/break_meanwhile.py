# SPDX-License-Identifier: GPL-3.0-or-later
"""The user goes on working while a dance is made: it lands all the same, or one sentence says why.

Undo, other modes, areas, workspaces and scenes, playback, rendering, a second job.
"""

from __future__ import annotations

import time

import bpy

from . import addon, breaking, driver, eyes, hands
from .driver import pause, step, tell, wait
from .eyes import see


@step
def set_up():
    if not addon.enabled():
        bpy.ops.preferences.addon_enable(module=addon.NAME)
    yield from addon.set_up()
    bpy.ops.ed.undo_push(message="set up")


def landed():
    """The dance is there, whole, and told of in one sentence; then it is taken away again."""
    breaking.clean()
    (ob,) = (each for each in bpy.data.objects if each.type == "ARMATURE")
    action = ob.animation_data.action
    assert action is not None and addon.keys(action) > 1000
    tell(said=breaking.only("action "))
    bpy.data.actions.remove(action)
    bpy.ops.ed.undo_push(message="as before")


@step
def a_second_one_is_refused():
    breaking.forget()
    yield from breaking.start()
    for name in ("dance", "score", "batch", "quick_start"):
        operator = getattr(bpy.ops.twostep, name)
        assert not operator.poll()
        try:
            operator("INVOKE_DEFAULT")
        except RuntimeError as error:
            assert "A dance is being made; wait for it or cancel it" in str(error)
        else:
            raise AssertionError("it was begun")
    yield from see("running")
    yield from breaking.let_go()
    landed()


@step
def undo_and_redo():
    addon.dancer().location.x = 1.0
    bpy.ops.ed.undo_push(message="moved")
    breaking.forget()
    yield from breaking.start()
    bpy.ops.ed.undo()
    yield from pause(0.3)
    assert addon.now().twostep_running and addon.dancer().location.x == 0
    bpy.ops.ed.redo()
    yield from pause(0.3)
    assert addon.dancer().location.x == 1
    yield from breaking.let_go()
    keys = addon.keys()
    assert addon.action() is not None
    bpy.ops.ed.undo()
    yield from pause(0.3)
    assert addon.action() is None and addon.dancer().location.x == 1
    bpy.ops.ed.redo()
    yield from pause(0.3)
    assert addon.keys() == keys
    addon.dancer().location.x = 0
    landed()


@step
def areas_and_workspaces():
    breaking.forget()
    yield from breaking.start()
    window = eyes.window()
    before = window.workspace
    bpy.ops.screen.screen_full_area()
    yield from pause(0.5)
    assert window.screen.show_fullscreen
    yield from see("maximised")
    bpy.ops.screen.back_to_previous()
    yield from pause(0.5)
    window.workspace = bpy.data.workspaces["Scripting"]
    yield from pause(0.5)
    yield from see("other_workspace")
    window.workspace = before
    yield from pause(0.5)
    yield from breaking.let_go()
    window.workspace = bpy.data.workspaces["Scripting"]
    yield from pause(0.5)
    yield from see("other_workspace_afterwards")
    window.workspace = before
    yield from pause(0.5)
    landed()


@step
def playback():
    breaking.forget()
    bpy.ops.screen.animation_play()
    yield from breaking.start()
    frame = bpy.context.scene.frame_current
    yield from pause(0.6)
    assert bpy.context.scene.frame_current != frame
    yield from breaking.let_go()
    assert bpy.context.screen.is_animation_playing
    bpy.ops.screen.animation_cancel(restore_frame=False)
    yield from pause(0.3)
    landed()


@step
def rendering():
    """It lands when the last frame is rendered, not in the middle of them."""
    scene, folder = bpy.context.scene, driver.WORK / "render"
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_x = scene.render.resolution_y = 64
    scene.render.filepath = str(folder / "frame_")
    if scene.camera is None:
        scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
        scene.collection.objects.link(scene.camera)
    before = scene.frame_end
    scene.frame_end = 200
    bpy.context.preferences.view.render_display_type = "NONE"
    breaking.forget()
    yield from breaking.start()
    bpy.ops.render.render("INVOKE_DEFAULT", animation=True)
    yield wait(lambda: bpy.app.is_job_running("RENDER"), "rendering", 20)
    yield wait(lambda: len(list(folder.glob("*.png"))) > 3, "pictures", 60)
    yield from see("rendering")
    yield from breaking.let_go()
    assert not bpy.app.is_job_running("RENDER"), "it landed in the middle of the pictures"
    tell(rendered=len(list(folder.glob("*.png"))))
    scene.frame_end = before
    landed()


@step
def moving_a_bone():
    """While a bone is dragged the dance waits, and lands when it has been let go."""
    bpy.ops.object.mode_set(mode="POSE")
    breaking.forget()
    yield from breaking.start()
    bpy.ops.pose.select_all(action="SELECT")
    yield from hands.press("R", place=hands.middle())
    assert any("TRANSFORM" in each.bl_idname for each in eyes.window().modal_operators)
    breaking.go_on()
    (x, y), until = hands.middle(), time.monotonic() + 90
    while addon.now().twostep_stage != "Waiting for your move" and time.monotonic() < until:
        yield from hands.move((x + 40 + round(time.monotonic()) % 20, y + 5))
        assert addon.now().twostep_running, "it landed under the user's hands"
    assert addon.action() is None
    tell(stage=addon.now().twostep_stage)
    yield from see()
    yield from hands.press("ESC")
    yield addon.still(60)
    yield from pause(0.3)
    assert not any("TRANSFORM" in each.bl_idname for each in eyes.window().modal_operators)
    bpy.ops.object.mode_set(mode="OBJECT")
    landed()


@step
def edit_mode():
    breaking.forget()
    yield from breaking.start()
    bpy.ops.object.mode_set(mode="EDIT")
    yield from breaking.let_go()
    yield from see()
    yield from hands.move((30, 890))
    bpy.ops.object.mode_set(mode="OBJECT")
    yield from pause(0.3)
    breaking.clean()
    tell(said=breaking.only("in edit mode; leave it"))
    assert addon.action() is None and not bpy.data.actions


@step
def another_scene():
    breaking.forget()
    yield from breaking.start()
    window, scene = eyes.window(), bpy.context.scene
    window.scene = bpy.data.scenes.new("Other")
    yield from pause(0.5)
    yield from see()
    yield from breaking.let_go()
    assert window.scene.name == "Other"
    other, window.scene = window.scene, scene
    bpy.data.scenes.remove(other)
    yield from pause(0.5)
    landed()
