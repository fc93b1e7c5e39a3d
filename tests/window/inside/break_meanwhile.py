# SPDX-License-Identifier: GPL-3.0-or-later
"""The user goes on working while a dance is made: it lands all the same, or one sentence says why.

Undo, other modes, areas, workspaces and scenes, playback, rendering, a second job.
"""

from __future__ import annotations

import bpy

from . import addon, driver, eyes, hands, told
from .driver import pause, step, tell, wait
from .eyes import see


@step
def set_up():
    if not addon.enabled():
        bpy.ops.preferences.addon_enable(module=addon.NAME)
    yield from addon.set_up()
    bpy.context.scene.frame_end = 400
    addon.settings().length = "RANGE"
    bpy.ops.ed.undo_push(message="set up")


def landed(ob=None):
    """The dance is there, whole, and told of in one sentence."""
    told.clean()
    ob = ob or addon.dancer()
    action = ob.animation_data.action
    assert action is not None and addon.keys(action) > 1000
    for each in bpy.data.workspaces:
        each.status_text_set(None)
    said = told.only("action ")
    tell(said=said)
    action.user_clear()
    bpy.data.actions.remove(action)


@step
def a_second_one_is_refused():
    told.forget()
    yield from addon.start_dance()
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
    yield addon.still()
    yield from pause(0.3)
    landed()


@step
def undo_and_redo():
    ob = addon.dancer()
    ob.location.x = 1.0
    bpy.ops.ed.undo_push(message="moved")
    told.forget()
    yield from addon.start_dance()
    bpy.ops.ed.undo()
    yield from pause(0.3)
    assert addon.now().twostep_running and addon.dancer().location.x == 0
    bpy.ops.ed.redo()
    yield from pause(0.3)
    assert addon.now().twostep_running and addon.dancer().location.x == 1
    yield addon.still()
    yield from pause(0.3)
    assert addon.action() is not None
    bpy.ops.ed.undo()
    yield from pause(0.3)
    assert addon.action() is None and addon.dancer().location.x == 1
    bpy.ops.ed.redo()
    yield from pause(0.3)
    landed()
    addon.dancer().location.x = 0


@step
def areas_and_workspaces():
    told.forget()
    yield from addon.start_dance()
    window = eyes.window()
    before = window.workspace
    bpy.ops.screen.screen_full_area()
    yield from pause(0.5)
    assert window.screen.show_fullscreen
    yield from see("maximised")
    bpy.ops.screen.back_to_previous()
    yield from pause(0.5)
    window.workspace = next(each for each in bpy.data.workspaces if each != before)
    yield from pause(0.5)
    yield from see("other_workspace")
    assert addon.now().twostep_running
    yield addon.still()
    window.workspace = before
    yield from pause(0.8)
    yield from see("afterwards")
    landed()


@step
def playback():
    told.forget()
    bpy.ops.screen.animation_play()
    yield from addon.start_dance()
    frame = bpy.context.scene.frame_current
    yield from pause(0.6)
    assert bpy.context.scene.frame_current != frame
    yield addon.still()
    assert bpy.context.screen.is_animation_playing
    yield from pause(0.6)
    bpy.ops.screen.animation_cancel(restore_frame=False)
    yield from pause(0.3)
    landed()


@step
def rendering():
    scene = bpy.context.scene
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_x = scene.render.resolution_y = 64
    scene.render.filepath = str(driver.WORK / "render" / "frame_")
    if scene.camera is None:
        scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
        scene.collection.objects.link(scene.camera)
    scene.frame_start, scene.frame_end = 1, 150
    told.forget()
    yield from addon.start_dance()
    bpy.ops.render.render("INVOKE_DEFAULT", animation=True)
    yield wait(lambda: bpy.app.is_job_running("RENDER"), "rendering", 20)
    yield from pause(0.5)
    yield addon.still()
    rendering = bpy.app.is_job_running("RENDER")
    yield wait(lambda: not bpy.app.is_job_running("RENDER"), "rendered", 120)
    yield from pause(0.5)
    frames = len(list((driver.WORK / "render").glob("*.png")))
    assert frames == 150
    tell(rendered=frames, landed_while_rendering=rendering, windows=len(addon.now().windows))
    for extra in list(addon.now().windows)[1:]:
        with bpy.context.temp_override(window=extra):
            bpy.ops.wm.window_close()
    yield from pause(0.5)
    scene.frame_end = 400
    landed()


@step
def moving_a_bone():
    """While the user drags a bone, the dance lands when the bone has been let go."""
    ob = addon.dancer()
    bpy.ops.object.mode_set(mode="POSE")
    told.forget()
    yield from addon.start_dance()
    yield from hands.press("G", place=hands.middle())
    names = [each.bl_idname for each in eyes.window().modal_operators]
    assert any("translate" in name for name in names), names
    x, y = hands.middle()
    for share in range(3000):
        eyes.window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=x + share % 50, y=y)
        yield
        if not addon.now().twostep_running:
            break
        if addon.now().twostep_fraction >= 1 and share > 60:
            break
    yield from pause(1.0)
    tell(landed_while_moving=not addon.now().twostep_running)
    yield from hands.press("ESC")
    yield addon.still(60)
    yield from pause(0.3)
    bpy.ops.object.mode_set(mode="OBJECT")
    landed(ob)


@step
def edit_mode():
    told.forget()
    yield from addon.start_dance()
    bpy.ops.object.mode_set(mode="EDIT")
    yield addon.still()
    yield from see()
    yield from hands.move((800, 880))
    bpy.ops.object.mode_set(mode="OBJECT")
    yield from pause(0.3)
    told.clean()
    tell(said=told.only("in edit mode; leave it"))
    assert addon.action() is None and not bpy.data.actions


@step
def another_scene():
    ob = addon.dancer()
    told.forget()
    yield from addon.start_dance()
    window, scene = eyes.window(), bpy.context.scene
    window.scene = bpy.data.scenes.new("Other")
    yield from pause(0.5)
    yield from see("other_scene")
    yield addon.still()
    assert window.scene.name == "Other"
    bpy.data.scenes.remove(window.scene)
    window.scene = scene
    yield from pause(0.5)
    landed(ob)
