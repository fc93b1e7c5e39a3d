# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets of how to dance: those that come with Twostep, and the user's own.

A file of TOML each, which sets some of the Dance panel's settings and leaves the rest:

label = "Game Loop"
about = "Whole bars that end as they begin, in one place"    # a tooltip, for ours

[dance]
use_loop = true
travel = "PLACE"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from ..inference import preset_files
from ..inference.errors import TwostepError
from ..inference.weights import available_styles
from .folders import user_folder

#: What a preset may set: not who dances to what, nor which of endless variations it is.
SETTINGS = (
    "style", "energy", "length", "use_retime", "use_loop", "limbs", "travel", "reach", "keys",
    "tolerance_mm", "tolerance_deg", "onto", "blend_in", "blend_out",
)  # fmt: skip
OURS = Path(__file__).parent / "presets"
#: The user's folder that the presets lie in.
_FOLDER = "dances"


@dataclass(frozen=True)
class Preset:
    """What to set, by name; name: its file's. about: what it is for, "" for the user's own."""

    name: str
    label: str
    about: str
    values: tuple[tuple[str, Any], ...]


@cache
def ours() -> tuple[Preset, ...]:
    """Those that come with Twostep."""
    return tuple(preset_files.read_all(OURS, partial(_read, None))[0])


def own(settings: Any) -> tuple[tuple[Preset, ...], tuple[str, ...]]:
    """The user's, by label, and a sentence about each file that is none.

    settings: the Dance panel's, of any scene.
    """
    folder = user_folder(_FOLDER, create=False)
    found, damaged = preset_files.read_all(folder, partial(_read, settings))
    return tuple(sorted(found, key=lambda preset: preset.label.casefold())), damaged


def apply(settings: Any, name: str, *, mine: bool) -> Preset:
    """Set what a preset has. mine: it is one of the user's.

    Raises TwostepError when it is not there.
    """
    known = own(settings)[0] if mine else ours()
    preset = next((each for each in known if each.name == name), None)
    if preset is None:
        raise TwostepError("That preset is not there any more.")
    for setting, value in preset.values:
        setattr(settings, setting, value)
    return preset


def save(settings: Any, label: str) -> str:
    """Keep all that presets may set, in place of the user's preset of that label, if any.

    Returns the label. Raises TwostepError when it cannot be written.
    """
    label = preset_files.plain(label)
    values = {name: getattr(settings, name) for name in SETTINGS}
    for name, value in values.items():
        if isinstance(value, float):
            values[name] = round(value, 4)
    taken = {preset.label: preset.name for preset in own(settings)[0]}
    preset_files.write(user_folder(_FOLDER), label, "dance", values, taken)
    return label


def delete(name: str) -> None:
    """Delete one of the user's. Raises TwostepError when it cannot be deleted."""
    preset_files.delete(user_folder(_FOLDER, create=False), name)


def _read(settings: Any, path: Path) -> Preset:
    with path.open("rb") as file:
        data = tomllib.load(file)
    label, about, values = data.get("label"), data.get("about", ""), data.get("dance")
    if not isinstance(label, str) or not isinstance(about, str) or not isinstance(values, dict):
        raise ValueError("it has no label or no dance")
    for name, value in values.items():
        if name not in SETTINGS:
            raise ValueError(f"{name} is no setting of a dance")
        if settings is not None and not _fits(settings.bl_rna.properties[name], value):
            raise ValueError(f"{name} cannot be so")
    return Preset(path.stem, label, about, tuple(values.items()))


def _fits(prop: Any, value: Any) -> bool:
    """Whether a setting can have that value."""
    if prop.type == "BOOLEAN":
        return isinstance(value, bool)
    if prop.type == "ENUM":
        items = prop.enum_items.keys() or ("auto", *available_styles())
        return isinstance(value, str) and value in items
    kinds = (int,) if prop.type == "INT" else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        return False
    return bool(prop.hard_min - 1e-6 <= value <= prop.hard_max + 1e-6)
