# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender's user is told: the lines of the Info editor, status bars, the box of trouble."""

from __future__ import annotations

import bpy

from . import addon, eyes

_before: list[int] = []


def forget() -> None:
    """From now on only what comes is of interest."""
    _before[:] = [len(_lines())]


def lines() -> list[str]:
    """What was reported since, oldest first; Blender's own notes of operators are left out."""
    new = _lines()[_before[0] if _before else 0 :]
    return [line for line in new if not line.startswith(("bpy.", "Saved ", "Deleted "))]


def only(part: str) -> str:
    """The one sentence that was told, which has this part."""
    said = lines()
    assert len(said) == 1 and part in said[0], f"{part!r} was to be told, not {said}"
    assert said[0].rstrip().endswith((".", ")")) or ":" in said[0]
    return said[0]


def clean() -> None:
    """Nothing goes on, shows progress or is left of what went on."""
    assert not addon.now().twostep_running
    assert not addon.part("operators.work")._going and not addon.part("operators.work")._ticking
    assert not addon.part("operators.work")._homeless
    left = list(addon.temporary())
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
