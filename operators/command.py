# SPDX-License-Identifier: GPL-3.0-or-later
"""`blender --command twostep batch JOBS.toml`: Twostep's command line inside Blender.

It starts other processes of this Blender, and of its Python, as many as it needs.
"""

from __future__ import annotations

import bpy

from ..inference import cli
from . import session

NAME = "twostep"
_handles: list[object] = []


def run(arguments: list[str]) -> int:
    """What Blender calls with all that follows the command's name; returns the exit code."""
    try:
        return cli.main(arguments, bpy.app.binary_path, session.wheel_folders())
    except SystemExit as ended:  # --help, or an option that is none
        return ended.code if isinstance(ended.code, int) else 0


def register() -> None:
    """Make the command known to Blender."""
    _handles.append(bpy.utils.register_cli_command(NAME, run))


def unregister() -> None:
    """Take it back."""
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())
