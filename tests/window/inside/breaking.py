# SPDX-License-Identifier: GPL-3.0-or-later
"""For breaking it: begins anew, and says what was told in the Info editor and what is left."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import bpy

from . import addon, driver, eyes

#: How many lines the Info editor had.
_before: list[int] = []


def set_up() -> addon.Doing:
    """To be yielded from: a new file with tab, dancer and song, for steps without a context."""
    if not addon.enabled():
        bpy.ops.preferences.addon_enable(module=addon.NAME)
    bpy.ops.wm.read_homefile()
    yield from driver.pause(0.5)
    eyes.viewport().spaces.active.show_region_ui = True
    yield from driver.pause(0.3)
    eyes.region("UI").active_panel_category = "Twostep"
    with _viewport():
        addon.empty_scene()
        assert bpy.ops.twostep.add_dancer() == {"FINISHED"}
        addon.load_song()
        bpy.ops.view3d.view_selected()
        bpy.ops.ed.undo_push(message="set up")
    yield from driver.pause(0.3)
    forget()


def start(progress: float = 0.02) -> addon.Doing:
    """To be yielded from: Dance is pressed and on its way so far, and the worker held up there."""
    with _viewport():
        assert bpy.ops.twostep.dance("INVOKE_DEFAULT") == {"RUNNING_MODAL"}
    yield hold(progress)


def hold(progress: float = 0.02) -> driver.Wait:
    """To be yielded: the worker is so far, and stands still until `let_go`."""

    def held() -> bool:
        there = addon.now().twostep_fraction >= progress
        if there:
            signal_workers(signal.SIGSTOP)
        return there

    return driver.wait(held, f"at {progress:.0%}", 180)


def let_go() -> addon.Doing:
    """To be yielded from: the worker goes on, until nothing is made any more, and all is told."""
    go_on()
    yield addon.still()
    yield from driver.pause(0.4)


def go_on() -> None:
    """The worker is held up no longer."""
    assert addon.now().twostep_running, "it has not lasted until now"
    signal_workers(signal.SIGCONT)


def signal_workers(number: int) -> None:
    """Send a signal to the worker, if there is one."""
    for each in addon.workers():
        os.kill(each, number)


def temporary() -> list[str]:
    """What the extension has in Blender's own folder for this session."""
    return sorted(each.name for each in Path(bpy.app.tempdir).glob("twostep-*"))


def _viewport() -> Any:
    window = eyes.window()
    return bpy.context.temp_override(
        window=window, screen=window.screen, area=eyes.viewport(), region=eyes.region("WINDOW")
    )


def forget() -> None:
    """From now on only what comes is of interest."""
    _before[:] = [len(_lines())]


def lines() -> list[str]:
    """What was reported since, oldest first; Blender's own notes of operators are left out."""
    every = _lines()
    known = _before[0] if _before else 0
    new = every[known:] if known <= len(every) else every  # a new file begins without any
    return [line for line in new if not line.startswith(("bpy.", "Saved ", "Deleted "))]


def only(part: str) -> str:
    """The one sentence that was told, which has this part."""
    said = lines()
    assert len(said) == 1 and part in said[0], f"{part!r} was to be told, not {said}"
    assert said[0].rstrip().endswith((".", ")")) or ":" in said[0]
    return said[0]


def clean() -> None:
    """Nothing goes on, shows progress or is left of what went on."""
    signal_workers(signal.SIGCONT)
    assert not addon.now().twostep_running
    assert not addon.part("operators.work")._going and not addon.part("operators.work")._ticking
    assert not addon.part("operators.work")._homeless
    left = temporary()
    assert not left, f"left in Blender's folder: {left}"
    assert len(addon.workers()) <= 1


def _lines() -> list[str]:
    """All that the Info editor shows."""
    window = eyes.window()
    area = min(window.screen.areas, key=lambda each: each.width * each.height)
    kind, area.type = area.type, "INFO"
    try:
        region = next(each for each in area.regions if each.type == "WINDOW")
        with bpy.context.temp_override(window=window, area=area, region=region):
            bpy.context.window_manager.clipboard = ""
            bpy.ops.info.select_all(action="SELECT")
            bpy.ops.info.report_copy()
            bpy.ops.info.select_all(action="DESELECT")
    finally:
        area.type = kind
    return bpy.context.window_manager.clipboard.splitlines()
