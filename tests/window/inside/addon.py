# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed extension as a user and a curious onlooker see it: state, worker, keys."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import addon_utils
import bpy

from . import driver, eyes

#: What Blender calls the extension.
NAME = "bl_ext.user_default.twostep"
#: A song of half a minute, and one that takes its time.
SONG, LONG = "first_steps.ogg", "long.wav"

Doing = Generator[Any, Any, Any]


def part(name: str) -> Any:
    """A module of the running extension, for instance part("operators.session")."""
    return sys.modules[f"{NAME}.{name}"]


def folder() -> Path:
    """Where it is installed."""
    return Path(bpy.utils.user_resource("EXTENSIONS")) / "user_default" / "twostep"


def enabled() -> bool:
    """Whether Blender has it switched on."""
    return all(addon_utils.check(NAME)) and NAME in bpy.context.preferences.addons


def registered() -> list[str]:
    """Its classes that Blender knows, and its settings of a scene."""
    names = [name for name in dir(bpy.types) if name.startswith("TWOSTEP_")]
    return names + ["Scene.twostep"] * hasattr(bpy.types.Scene, "twostep")


def now() -> bpy.types.WindowManager:
    """Where the extension tells what it does: twostep_running, twostep_fraction ..."""
    return bpy.context.window_manager


def settings() -> Any:
    """Of the scene."""
    return bpy.context.scene.twostep


def open_tab() -> Doing:
    """To be yielded from: the sidebar at the tab Twostep."""
    eyes.viewport().spaces.active.show_region_ui = True
    yield from driver.pause(0.3)
    eyes.region("UI").active_panel_category = "Twostep"
    eyes.redraw()
    yield from driver.pause(0.3)


def empty_scene() -> None:
    """As a user does who wants no cube."""
    for ob in list(bpy.data.objects):
        bpy.data.objects.remove(ob)


def dancer() -> bpy.types.Object:
    """The armature that is active."""
    return bpy.context.view_layer.objects.active


def load_song(name: str = SONG) -> None:
    """By the operator, as the file browser calls it."""
    assert bpy.ops.twostep.open_song(filepath=str(driver.WORK / name)) == {"FINISHED"}


def set_up(song: str = SONG) -> Doing:
    """To be yielded from: an empty scene with tab, dancer and song, ready to press Dance."""
    empty_scene()
    yield from open_tab()
    assert bpy.ops.twostep.add_dancer() == {"FINISHED"}
    load_song(song)
    bpy.ops.view3d.view_selected()
    yield from driver.pause(0.3)


def start_dance(progress: float = 0.02) -> Doing:
    """To be yielded from: Dance is pressed and on its way so far."""
    assert bpy.ops.twostep.dance("INVOKE_DEFAULT") == {"RUNNING_MODAL"}
    assert now().twostep_running
    yield driver.wait(
        lambda: now().twostep_fraction >= progress or not now().twostep_running,
        f"at {progress:.0%} of the dance",
        180,
    )


def still(seconds: float = 900.0) -> driver.Wait:
    """To be yielded: nothing is being made any more."""
    return driver.wait(lambda: not now().twostep_running, "done", seconds)


def until_still(seconds: float) -> Doing:
    """To be yielded from: as long as something is being made, but no longer than that."""
    end = time.monotonic() + seconds
    while now().twostep_running and time.monotonic() < end:
        yield


def action() -> bpy.types.Action | None:
    """What the active object plays."""
    data = dancer() and dancer().animation_data
    return data.action if data else None


def curves(of: bpy.types.Action | None = None) -> list[bpy.types.FCurve]:
    """The f-curves of an action, in every Blender."""
    of = of or action()
    if of is None:
        return []
    if hasattr(of, "fcurves"):
        return list(of.fcurves)
    return [
        curve
        for layer in of.layers
        for strip in layer.strips
        for bag in strip.channelbags
        for curve in bag.fcurves
    ]


def keys(of: bpy.types.Action | None = None) -> int:
    """How many keyframes an action has."""
    return sum(len(curve.keyframe_points) for curve in curves(of))


def strips() -> Any:
    """The strips of the scene's sequencer, in every Blender; none without one."""
    editor = bpy.context.scene.sequence_editor
    if editor is None:
        return ()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def sound_strips() -> list[Any]:
    """Those that sound."""
    return [strip for strip in strips() if strip.type == "SOUND"]


def workers() -> list[int]:
    """The processes that this Blender has started (Linux; elsewhere none is found)."""
    mark, found = f"TWOSTEP_WINDOW_RUN={driver.config['run']}".encode(), []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            zombie = (each / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            if (
                not zombie
                and int(each.name) != os.getpid()
                and mark in (each / "environ").read_bytes()
            ):
                found.append(int(each.name))
        except OSError:
            continue
    return found


def forget_scene() -> None:
    """As in a new file: no objects, no strips, no song."""
    empty_scene()
    for strip in sound_strips():
        strips().remove(strip)
    settings().song = settings().song_file = ""


def fill_batch() -> None:
    """The dancer, two songs, two styles, three seeds of each."""
    bpy.ops.wm.save_as_mainfile(filepath=str(driver.WORK / "batch.blend"))
    bpy.ops.twostep.batch_add_job()
    batch = settings().batch
    job = batch.jobs[0]
    for name in (SONG, LONG):
        job.songs.add().path = f"//{name}"
    job.styles, job.seeds = {"house", "salsa"}, "1-3"
