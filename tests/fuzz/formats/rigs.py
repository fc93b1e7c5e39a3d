# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's presets of bones, and the files of rig families."""

from __future__ import annotations

import tomllib
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from twostep.inference.errors import TwostepError
from twostep.inference.rigs import families, presets, recognise
from twostep.inference.rigs.rig import Rig

from .. import mutate
from .form import Format

_PRESET: dict[str, Any] = {
    "label": "My robot",
    "bones": {"pelvis": "Torso_01", "head": "Head", "left_hip": "LegL", "right_hip": ""},
}
_NAMES = ("pelvis", "left_knee", "label", "bones", "middle", "sides", "controls", "needs")
_RIG = Rig(("Torso_01", "Head", "LegL"), (-1, 0, 0), np.array([[0.0, 0, 1], [0, 0, 2], [1, 0, 0]]))


def _damaged(rng: Random, value: dict[str, Any]) -> bytes:
    value = mutate.some_value(rng, value, _NAMES)
    text = mutate.as_toml(value if isinstance(value, dict) else {"bones": value})
    return mutate.often_whole(rng, text, _NAMES)


def _read_preset(path: Path) -> None:
    """A damaged preset is told of by a sentence, and the others are there."""
    found, damaged = presets.read_all(path.parent)
    assert len(found) + len(damaged) == 1
    recognise(_RIG, presets=found)
    if damaged:
        raise TwostepError(damaged[0])


def _family(rng: Random) -> tuple[str, bytes]:
    names = sorted(families.FOLDER.glob("*.toml"))
    value = tomllib.loads(rng.choice(names).read_text(encoding="utf-8"))
    return "family.toml", _damaged(rng, value)


FORMS = (
    Format("preset", lambda rng: ("mine.toml", _damaged(rng, _PRESET)), _read_preset),
    Format("family", _family, families._read, lambda: recognise(_RIG)),
)
