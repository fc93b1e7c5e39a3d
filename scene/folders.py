# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of the user's own: nothing may be written where the add-on lies."""

from __future__ import annotations

from pathlib import Path

import bpy

_PACKAGE = __package__.rpartition(".")[0]


def user_folder(name: str, *, create: bool = True) -> Path:
    """The user's folder of that name, made if need be."""
    try:
        return Path(bpy.utils.extension_path_user(_PACKAGE, path=name, create=create))
    except ValueError:  # run from source, not as an extension
        return Path(bpy.utils.user_resource("DATAFILES", path=f"twostep/{name}", create=create))
