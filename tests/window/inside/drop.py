# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip is dropped into the window: Blender asks, OK is pressed, and it is there, enabled."""

from __future__ import annotations

import bpy

from . import addon, driver, hands, looks
from .driver import pause, step, tell, wait
from .eyes import picture, see


@step
def drop_the_zip():
    yield from looks.dress()
    assert not addon.folder().exists()
    path = driver.WORK / driver.config["zip"]
    yield from hands.move(hands.middle())
    # What Blender's drop box for URLs and files calls when a zip falls into its window.
    bpy.ops.preferences.extension_url_drop("INVOKE_DEFAULT", url=str(path))
    yield from pause(1.0)
    yield from picture("drop")


@step
def press_ok():
    yield from hands.press("RET")
    yield wait(addon.folder().is_dir, "on the disk", 120)
    yield wait(addon.enabled, "enabled", 60)
    yield from addon.open_tab()
    assert "TWOSTEP_PT_dance" in addon.registered()
    yield from see()
    tell(files=sum(1 for path in addon.folder().rglob("*") if path.is_file()))
