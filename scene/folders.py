# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of the user's own: nothing may be written where the add-on lies."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..inference.files import make_folder

_PACKAGE = __package__.rpartition(".")[0]


def user_folder(name: str, *, create: bool = True) -> Path:
    """The user's folder of that name, made if need be.

    Raises TwostepError when it cannot be made.
    """
    try:
        path = bpy.utils.extension_path_user(_PACKAGE, path=name, create=False)
    except ValueError:  # run from source, not as an extension
        path = bpy.utils.user_resource("DATAFILES", path=f"twostep/{name}", create=False)
    # Blender's own way of making it prints a traceback and goes on without a folder.
    if create:
        make_folder(Path(path), "; see to it that it may be written.")
    return Path(path)
