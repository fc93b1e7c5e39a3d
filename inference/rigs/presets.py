# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's own readings of rigs, one file each in a folder of the user's.

label = "My robot"

[bones]              # by SMPL joint, spelt as the rig spells them; "": the rig has none
pelvis = "Torso_01"
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import TwostepError, named
from ..files import make_folder, replaced
from ..skeleton import JOINTS

#: A file's name is no longer than that, in characters without the suffix.
_LONGEST = 40
#: Names that Windows keeps for itself.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)$")


@dataclass(frozen=True)
class Preset:
    """A choice of bones by SMPL joint, "" for a joint without one; name: its file's."""

    name: str
    label: str
    bones: tuple[tuple[str, str], ...]


def read_all(folder: Path) -> tuple[tuple[Preset, ...], tuple[str, ...]]:
    """The presets of a folder by label, and a sentence about each file that is none."""
    found, damaged = [], []
    for path in sorted(folder.glob("*.toml")):
        try:
            found.append(_read(path))
        except (
            OSError,
            ValueError,
            RecursionError,
        ) as error:  # also of tomllib and of text that is not UTF-8
            damaged.append(
                f"The preset {path} cannot be read ({named(str(error))}); repair or delete it."
            )
    return tuple(sorted(found, key=lambda preset: preset.label.casefold())), tuple(damaged)


def write(folder: Path, label: str, bones: Mapping[str, str]) -> Preset:
    """Keep a choice of bones, in place of the preset of that label if there is one.

    Raises TwostepError when it cannot be written or has no label.
    """
    label = " ".join(label.split())
    if not label:
        raise TwostepError("Give the preset a name.")
    chosen = tuple((joint, bones[joint]) for joint in JOINTS if joint in bones)
    lines = [f"label = {_quoted(label)}", "", "[bones]"]
    lines += [f"{joint} = {_quoted(bone)}" for joint, bone in chosen]
    try:
        text = ("\n".join(lines) + "\n").encode()
    except UnicodeEncodeError as error:
        raise TwostepError(
            f"The preset cannot be kept: {error.object[error.start]!a} in a name is no letter; "
            "rename the bone or the preset."
        ) from error
    path = folder / f"{_free_name(folder, label)}.toml"
    make_folder(folder, ", so the preset was not kept.")
    with replaced(path) as temporary:
        temporary.write_bytes(text)
    return Preset(path.stem, label, chosen)


def delete(folder: Path, name: str) -> None:
    """Delete the preset of that name. Raises TwostepError when it cannot be deleted."""
    path = folder / f"{name}.toml"
    if path.parent != folder:
        raise TwostepError(f"{name} is no preset.")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise TwostepError(f"The preset {path} cannot be deleted ({error.strerror}).") from error


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


def _free_name(folder: Path, label: str) -> str:
    """A file's name for a label: its preset's, if there is one, else one that no other has."""
    presets = read_all(folder)[0]
    taken = {path.stem for path in folder.glob("*.toml")}
    for preset in presets:
        if preset.label == label:
            return preset.name
    plain = unicodedata.normalize("NFKC", label).lower()
    plain = re.sub(r"\W+", "_", plain)[:_LONGEST].strip("_") or "preset"
    if _RESERVED.match(plain):
        plain += "_"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}_{number}", number + 1
    return name


def _quoted(text: str) -> str:
    """A string of TOML: JSON's are, but for the one character that JSON lets stand."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
