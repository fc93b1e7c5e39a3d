# SPDX-License-Identifier: GPL-3.0-or-later
"""Saves characters as .blend files, each in a Blender of its own file.

python make_rigs.py FOLDER FAMILY ...
"""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

from twostep.demo.rigs.families import everyone


def main(folder: Path, names: list[str]) -> None:
    families = everyone()
    for name in names:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        families[name].build(bpy.context)
        bpy.ops.wm.save_as_mainfile(filepath=str(folder / f"{name}.blend"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
