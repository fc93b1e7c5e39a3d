# SPDX-License-Identifier: GPL-3.0-or-later
"""The session's state as properties of the window manager, for panels and scripts to read.

They are computed, so nothing of them is saved with a file or undone. They lie on the window
manager itself: in a property group, their functions make Blender 4.2 crash when it exits.
"""

from typing import Any

import bpy

from .session import state

_PREFIX = "twostep_"


def _properties() -> dict[str, Any]:
    return {
        "running": bpy.props.BoolProperty(
            name="Running",
            description="Whether something is being made",
            get=lambda _self: state.running,
        ),
        "fraction": bpy.props.FloatProperty(
            name="Progress",
            description="Which share of it is made, 0 to 1",
            get=lambda _self: state.fraction,
        ),
        "stage": bpy.props.StringProperty(
            name="Stage",
            description="What is being done just now",
            get=lambda _self: state.stage,
        ),
        "move": bpy.props.StringProperty(
            name="Move",
            description="Whether it is a dance or a score",
            get=lambda _self: state.move,
        ),
        "provider": bpy.props.StringProperty(
            name="Provider",
            description="What the networks really ran on the last time",
            get=lambda _self: state.provider,
        ),
        "provider_note": bpy.props.StringProperty(
            name="Note", description="Why it was that", get=lambda _self: state.provider_note
        ),
        "trouble": bpy.props.StringProperty(
            name="Trouble",
            description="What went wrong that nobody foresaw, as far as it was not dismissed",
            get=lambda _self: state.trouble,
        ),
    }


def register() -> None:
    """Make them known to Blender."""
    for name, kind in _properties().items():
        setattr(bpy.types.WindowManager, _PREFIX + name, kind)


def unregister() -> None:
    """Take them back."""
    for name in _properties():
        delattr(bpy.types.WindowManager, _PREFIX + name)
