# SPDX-License-Identifier: GPL-3.0-or-later
"""How Blender looks: theme, scale, language, width of the sidebar, what the viewport shows."""

from __future__ import annotations

import math
from collections.abc import Generator
from pathlib import Path
from typing import Any

import bpy
from mathutils import Euler

from . import addon, driver, eyes, hands

Doing = Generator[Any, Any, Any]


def dress(
    theme: str | None = None, scale: float | None = None, language: str | None = None
) -> Doing:
    """To be yielded from: as named, and as the command line says where nothing is."""
    wanted = driver.config
    view = bpy.context.preferences.view
    view.ui_scale = wanted["scale"] if scale is None else scale
    asked = wanted["language"] if language is None else language
    view.language = asked or "en_US"
    view.use_translate_interface = view.use_translate_tooltips = bool(asked)
    _theme(theme or wanted["theme"])
    eyes.redraw()
    yield from driver.pause(0.5)


def _theme(name: str) -> None:
    folder = Path(bpy.utils.resource_path("SYSTEM"), "scripts", "presets", "interface_theme")
    folders = [folder, *(Path(each) for each in bpy.utils.preset_paths("interface_theme"))]
    path = next(
        found for each in folders if (found := each / f"Blender_{name.title()}.xml").exists()
    )
    bpy.ops.script.execute_preset(
        filepath=str(path), menu_idname="USERPREF_MT_interface_theme_presets"
    )


def narrow() -> Doing:
    """To be yielded from: the sidebar as narrow as can be, where the command line says so."""
    if driver.config["narrow"]:
        yield from narrowest()


def narrowest() -> Doing:
    """To be yielded from: the sidebar narrow; pulled any further, Blender closes it."""
    yield from widen(round(190 * eyes.scale()) - eyes.region("UI").width)


def widen(by: int) -> Doing:
    """To be yielded from: the sidebar wider by so many pixels, by pulling at its edge."""
    before = eyes.region("UI").width
    for beside in (0, 3, -3, 6, -6, 9, -9):  # how near the edge must be differs between versions
        part = eyes.region("UI")
        x, y = part.x + beside, part.y + part.height // 6
        yield from hands.drag((x, y), (x - by, y))
        yield from eyes.drawn()
        if abs(eyes.region("UI").width - before) > 10:
            return
    raise AssertionError("the sidebar's edge cannot be pulled")


def frame() -> Doing:
    """To be yielded from: the viewport shows the selected character, from a little above."""
    bpy.ops.view3d.view_selected()
    yield from driver.pause(0.4)


def from_the_front() -> None:
    """Look at the scene as who stands before the dancer, a little to the side."""
    turned = Euler((math.radians(78), 0, math.radians(18))).to_quaternion()
    eyes.viewport().spaces.active.region_3d.view_rotation = turned


def good_pose() -> None:
    """Go to the frame in which the dancer's hands are high and wide, seen from the front."""
    ob, scene = addon.dancer(), bpy.context.scene
    first, last = (round(frame) for frame in addon.action().frame_range)

    def liveliness(frame: int) -> float:
        scene.frame_set(frame)
        bones = {name: ob.pose.bones[name] for name in ("left_hand", "right_hand", "pelvis")}
        heads = {name: ob.matrix_world @ bone.head for name, bone in bones.items()}
        left, right, middle = heads["left_hand"], heads["right_hand"], heads["pelvis"]
        across = (left - right).normalized()
        # Its left to the right of who looks from the front.
        return left.z + right.z - 2 * middle.z + 0.5 * (left - right).length + 0.8 * across.x

    scene.frame_set(max(range(first, last + 1, 6), key=liveliness))
