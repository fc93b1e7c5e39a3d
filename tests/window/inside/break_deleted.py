# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dance is made for is deleted meanwhile: one sentence, and nothing is changed."""

from __future__ import annotations

import shutil

import bpy

from . import addon, breaking, driver, eyes
from .driver import pause, step, tell
from .eyes import see


@step
def the_song():
    """The worker has read it by then, so that the dance lands."""
    if not addon.enabled():
        bpy.ops.preferences.addon_enable(module=addon.NAME)
    yield from addon.set_up()
    song = driver.WORK / "deleted.ogg"
    shutil.copy2(driver.WORK / addon.SONG, song)
    for strip in addon.sound_strips():
        strip.sound.filepath = str(song)
    if addon.settings().song_file:
        addon.settings().song_file = str(song)
    breaking.forget()
    yield from breaking.start(0.5)
    editor = bpy.context.scene.sequence_editor
    for strip in addon.sound_strips():
        (editor.strips if hasattr(editor, "strips") else editor.sequences).remove(strip)
    addon.settings().song_file = ""
    song.unlink()
    yield from breaking.let_go()
    tell(said=breaking.only("action "))
    breaking.clean()
    bpy.data.actions.remove(addon.action())
    addon.load_song()


@step
def the_song_before_it_is_read():
    song = driver.WORK / "gone.ogg"
    shutil.copy2(driver.WORK / addon.SONG, song)
    for strip in addon.sound_strips():
        strip.sound.filepath = str(song)
    if addon.settings().song_file:
        addon.settings().song_file = str(song)
    session = addon.part("operators.session")
    session.close()  # so that it has to start anew, and the file goes first
    breaking.forget()
    assert bpy.ops.twostep.dance("INVOKE_DEFAULT") == {"RUNNING_MODAL"}
    song.unlink()
    yield from breaking.let_go()
    yield from see()
    tell(said=breaking.only("no file"))
    breaking.clean()
    assert addon.action() is None
    addon.settings().song_file = ""
    addon.load_song()


@step
def the_character():
    breaking.forget()
    yield from breaking.start()
    bpy.data.objects.remove(addon.dancer())
    yield from breaking.let_go()
    yield from see()
    tell(said=breaking.only("The character was deleted while it learned to dance."))
    breaking.clean()
    assert not bpy.data.actions


@step(bare=True)
def the_scene():
    yield from breaking.set_up()
    breaking.forget()
    yield from breaking.start()
    window, scene = eyes.window(), bpy.context.scene
    window.scene = bpy.data.scenes.new("Other")
    yield from pause(0.2)
    dancer = next(each for each in scene.objects if each.type == "ARMATURE")
    window.scene.collection.objects.link(dancer)
    bpy.data.scenes.remove(scene)
    yield from breaking.let_go()
    yield from see()
    tell(said=breaking.only("The scene was deleted while the dance was made."))
    breaking.clean()
    assert not bpy.data.actions


@step(bare=True)
def another_dance_works():
    yield from breaking.set_up()
    yield from breaking.start()
    yield from breaking.let_go()
    assert addon.action() is not None
