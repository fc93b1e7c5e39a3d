# SPDX-License-Identifier: GPL-3.0-or-later
"""Twostep: an armature dances to a song. Blender calls `register` and `unregister`."""


def register() -> None:
    """Make the operators and panels known to Blender."""
    from . import operators, panels

    operators.register()
    panels.register()


def unregister() -> None:
    """Take away what `register` made known, in the other order."""
    from . import operators, panels

    panels.unregister()
    operators.unregister()
