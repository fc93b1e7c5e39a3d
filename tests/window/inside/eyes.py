# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user sees: the window and its parts, and pictures of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import bpy

from . import addon, driver


def window() -> bpy.types.Window:
    """The first window."""
    return bpy.context.window_manager.windows[0]


def viewport() -> bpy.types.Area:
    """The 3D viewport of the first window."""
    return next(area for area in window().screen.areas if area.type == "VIEW_3D")


def region(kind: str = "WINDOW") -> bpy.types.Region:
    """A part of the viewport: WINDOW, UI (the sidebar), HEADER ..."""
    return next(each for each in viewport().regions if each.type == kind)


def scale() -> float:
    """How many pixels a unit of the interface is."""
    return bpy.context.preferences.system.ui_scale


def redraw() -> None:
    """Everything shall be drawn anew."""
    for each in bpy.context.window_manager.windows:
        for area in each.screen.areas:
            area.tag_redraw()


def see(name: str = "", seconds: float = 0.5) -> Generator[None, Any, Path | None]:
    """To be yielded from: a picture of the screen, when it has been drawn as things are now."""
    redraw()
    yield from driver.pause(seconds)
    return take(name or driver.current())


def take(name: str) -> Path | None:
    """A picture of the screen as it was drawn last; nothing where there is no window."""
    if bpy.app.background:
        return None
    folder = driver.WORK / "shots"
    folder.mkdir(exist_ok=True)
    file = re.sub(r"[^\w.-]+", "_", name)
    path = folder / f"{len(list(folder.iterdir())):02d}_{file}.png"
    if shutil.which("import") and os.environ.get("DISPLAY"):
        subprocess.run(["import", "-window", "root", str(path)], check=True, timeout=60)
    else:
        with bpy.context.temp_override(window=window()):
            bpy.ops.screen.screenshot(filepath=str(path))
    driver.showed(path)
    return path


def panels() -> Generator[Any, Any, frozenset[str]]:
    """To be yielded from: which of the extension's panels are drawn, that is, open."""
    _listen()
    yield from drawn()
    _drawn.clear()
    yield from drawn()
    return frozenset(_drawn)


def drawn() -> Generator[Any, Any, None]:
    """To be yielded from: until the sidebar has been drawn anew."""
    if not _redraws:
        _redraws.append(0)
        bpy.types.SpaceView3D.draw_handler_add(_count, (), "UI", "POST_PIXEL")
    before = _redraws[0]
    region("UI").tag_redraw()
    yield driver.wait(lambda: _redraws[0] > before, "drawn anew", 60)


#: How often the sidebar was drawn.
_redraws: list[int] = []


def _count() -> None:
    _redraws[0] += 1


#: The panels that were drawn since it was last cleared.
_drawn: set[str] = set()


def sections() -> list[str]:
    """The panels of the sidebar's tab that have headers, in their order."""
    kinds = [kind for kind in addon.part("panels").CLASSES if issubclass(kind, bpy.types.Panel)]
    return [
        kind.__name__
        for kind in kinds
        if getattr(kind, "bl_category", "") and "HIDE_HEADER" not in getattr(kind, "bl_options", ())
    ]


def _listen() -> None:
    """Have every panel note that it is drawn."""
    for name in sections():
        kind = getattr(bpy.types, name)
        if not hasattr(kind.draw, "listens"):
            kind.draw = _noting(name, kind.draw)


def _noting(name: str, draw: Any) -> Any:
    def drawn(self: Any, context: bpy.types.Context) -> None:
        _drawn.add(name)
        draw(self, context)

    drawn.listens = True  # type: ignore[attr-defined]
    return drawn


def picture(
    name: str, *, sidebar: bool = False, seconds: float = 1.0, now: bool = False
) -> Generator[Any, Any, None]:
    """To be yielded from: a picture for the documentation, of the viewport or its sidebar alone.

    Small, in few colours; only where ImageMagick is, else a picture as any other. now: as it was
    drawn last, for what does not wait.
    """
    system = bpy.context.preferences.system
    if not now:
        system.viewport_aa = "FXAA" if sidebar else "8"
        redraw()
        yield from driver.pause(seconds)
    taken = take(name)
    system.viewport_aa = "FXAA"
    magick = shutil.which("magick") or shutil.which("convert")
    if taken is None or magick is None:
        return
    cut = region("UI") if sidebar else viewport()
    top = window().height - cut.y - cut.height
    folder = driver.WORK / "docs"
    folder.mkdir(exist_ok=True)
    subprocess.run(
        [
            magick, str(taken), "-crop", f"{cut.width}x{cut.height}+{cut.x}+{top}", "+repage",
            "+dither", "-colors", "128", "-strip", f"PNG8:{folder / name}.png",
        ],
        check=True,
        timeout=60,
    )  # fmt: skip
