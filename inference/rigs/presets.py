# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's own readings of rigs, one file each in a folder of the user's.

label = "My robot"

[bones]              # by SMPL joint, spelt as the rig spells them; "": the rig has none
pelvis = "Torso_01"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import preset_files
from ..preset_files import delete
from ..skeleton import JOINTS

__all__ = ["Preset", "delete", "read_all", "write"]


@dataclass(frozen=True)
class Preset:
    """A choice of bones by SMPL joint, "" for a joint without one; name: its file's."""

    name: str
    label: str
    bones: tuple[tuple[str, str], ...]


def read_all(folder: Path) -> tuple[tuple[Preset, ...], tuple[str, ...]]:
    """The presets of a folder by label, and a sentence about each file that is none."""
    found, damaged = preset_files.read_all(folder, _read)
    return tuple(sorted(found, key=lambda preset: preset.label.casefold())), damaged


def write(folder: Path, label: str, bones: Mapping[str, str]) -> Preset:
    """Keep a choice of bones, in place of the preset of that label if there is one.

    Raises TwostepError when it cannot be written or has no label.
    """
    label = preset_files.plain(label)
    chosen = {joint: bones[joint] for joint in JOINTS if joint in bones}
    taken = {preset.label: preset.name for preset in read_all(folder)[0]}
    name = preset_files.write(folder, label, "bones", chosen, taken)
    return Preset(name, label, tuple(chosen.items()))


def _read(path: Path) -> Preset:
    with path.open("rb") as file:
        data = tomllib.load(file)
    label, bones = data.get("label"), data.get("bones")
    if not isinstance(label, str) or not isinstance(bones, dict) or not bones:
        raise ValueError("it has no label or no bones")
    for joint, bone in bones.items():
        if joint not in JOINTS or not isinstance(bone, str):
            raise ValueError(f"{joint} is no joint with a bone")
    return Preset(path.stem, label, tuple(bones.items()))
