# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender that nobody has installed anything into, and the built zip put into it."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

INSTALL = """
import sys, bpy
zip_path = sys.argv[1]
print(bpy.ops.extensions.package_install_files(
    filepath=zip_path, repo="user_default", enable_on_install=False))
"""
NAME = "bl_ext.user_default.twostep"

#: What Blender's own Python holds, as far as this wheel needs it.
BLENDERS_OWN = ("bpy", "numpy", "numpy.libs", "requests", "urllib3", "certifi", "idna", "zstandard")
BLENDERS_OWN += ("charset_normalizer",)


def bare(folder: Path) -> Path:
    """A folder of packages, made in this one, as in a Blender that was just unpacked."""
    made = folder / "site-packages"
    made.mkdir()
    there = Path(sysconfig.get_path("platlib"))
    for name in BLENDERS_OWN:
        if (there / name).exists():
            (made / name).symlink_to(there / name, target_is_directory=True)
    return made


def command(script: str, *arguments: str | Path) -> list[str]:
    """A Blender that runs a script.

    -P, -S: nothing of the folder and the environment where the tests run is found by chance.
    """
    return [sys.executable, "-P", "-S", "-c", script, *map(str, arguments)]
