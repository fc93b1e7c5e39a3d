# SPDX-License-Identifier: GPL-3.0-or-later
"""The families of rigs, one data file each.

    label = "Mixamo"
    rank = 20            # of two families that fit alike, the lower one is meant
    keyable = true       # whether keys on these bones move the figure (else controls do)

    [middle]             # bones by SMPL joint, a name or the names that it may have, best first
    pelvis = "Hips"
    [sides]              # the left one's name; the right one's follows
    hip = "LeftUpLeg"

The spelling of names does not matter (see `names`), nor do prefixes that many bones share.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..retarget import OPTIONAL
from ..skeleton import JOINTS
from .names import Key, key

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Family:
    """Rigs that name their bones alike; joints: what each SMPL joint's bone may be called.

    The joints that every figure needs come first: they choose before the others.
    """

    name: str
    label: str
    rank: int
    keyable: bool
    joints: dict[str, tuple[Key, ...]]


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    """All of them, in the order of their rank."""
    found = [_read(path) for path in sorted(FOLDER.glob("*.toml"))]
    return tuple(sorted(found, key=lambda family: family.rank))


def _read(path: Path) -> Family:
    with path.open("rb") as file:
        data = tomllib.load(file)
    joints = {joint: _keys(names, "") for joint, names in data["middle"].items()}
    for part, names in data["sides"].items():
        keys = _keys(names, "L")
        joints[f"left_{part}"] = keys
        joints[f"right_{part}"] = tuple(("R", word) for _, word in keys)
    unknown = set(joints) - set(JOINTS)
    if unknown:
        raise ValueError(f"{path.name} names joints that there are not: {sorted(unknown)}")
    # From the chest down: where two spine joints may have the same bone, the upper one has it.
    order = sorted(joints, key=lambda joint: (joint in OPTIONAL, -JOINTS.index(joint)))
    return Family(
        path.stem,
        data["label"],
        data["rank"],
        data.get("keyable", True),
        {joint: joints[joint] for joint in order},
    )


def _keys(names: Any, side: str) -> tuple[Key, ...]:
    return tuple(key(name, side) for name in ([names] if isinstance(names, str) else names))
