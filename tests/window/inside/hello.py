# SPDX-License-Identifier: GPL-3.0-or-later
"""Only that a Blender starts, ticks and can be seen."""

from __future__ import annotations

import bpy

from .driver import step, tell
from .eyes import see, window


@step
def the_window_is_there():
    yield from see()
    if not bpy.app.background:
        tell(size=[window().width, window().height])
