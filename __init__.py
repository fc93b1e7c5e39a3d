# SPDX-License-Identifier: GPL-3.0-or-later
"""Twostep: an armature dances to a song. Blender calls `register` and `unregister`."""


def register() -> None:
    from . import operators, panels

    operators.register()
    panels.register()


def unregister() -> None:
    from . import operators, panels

    panels.unregister()
    operators.unregister()
