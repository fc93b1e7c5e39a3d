# SPDX-License-Identifier: GPL-3.0-or-later
"""The families of rigs, one data file each.

    label = "Mixamo"
    rank = 20            # of two families that fit alike, the lower one is meant
    needs = ["root"]     # bones without which it is no such rig, if there are any
    root = "root"        # the bone that carries the rig over the floor, where a name tells it

    [middle]             # bones by SMPL joint, a name or the names that it may have, best first
    pelvis = "Hips"
    [sides]              # the left one's name; the right one's follows
    hip = "LeftUpLeg"
    [marks.sides]        # bones that mark where a joint is, and do not turn it; [marks.middle]
    hand = "LeftHandMiddle1"

    [controls]           # only where other bones than those are keyed
    travel = "torso"     # what carries the figure
    [controls.middle]    # joint -> the bone, or all the bones, to turn like it; [controls.sides]
    pelvis = ["torso", "spine_fk"]
    [ik.goals]           # limb joint -> bone that is put there; [ik.poles]: where the joint points;
    ankle = "foot_ik.L"  # [ik.middle], [ik.sides]: joint -> bones that turn it while IK is on
    [[switches]]         # custom property of a bone: its values for FK and IK, either or both
    bone = "thigh_parent.L"
    property = "IK_FK"
    fk = 1.0

The spelling of names does not matter (see `names`), nor do prefixes that many bones share.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from ..errors import TwostepError
from ..retarget import OPTIONAL
from ..skeleton import JOINTS
from .controls import ControlNames, Names, by_joint, keys, read_controls
from .names import Key

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Family:
    """Rigs that name their bones alike; joints: what each SMPL joint's bone may be called.

    The joints that every figure needs come first: they choose before the others.
    """

    name: str
    label: str
    rank: int
    joints: Names
    needs: tuple[Key, ...] = ()
    root: tuple[Key, ...] = ()
    marks: Names = field(default_factory=dict)
    controls: ControlNames | None = None

    def known(self) -> Iterator[Key]:
        """Every name that it knows."""
        for names in (self.joints, self.marks):
            yield from chain.from_iterable(names.values())
        yield from (*self.needs, *self.root)
        if self.controls:
            yield from self.controls.known()


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    """All of them, in the order of their rank."""
    found = [_read(path) for path in sorted(FOLDER.glob("*.toml"))]
    return tuple(sorted(found, key=lambda family: family.rank))


def _read(path: Path) -> Family:
    try:
        with path.open("rb") as file:
            return _family(path.stem, tomllib.load(file))
    except Exception as error:  # what is no family of rigs can be wrong in any way
        raise TwostepError(f"The file {path} is damaged; reinstall Twostep.") from error


def _family(name: str, data: dict[str, Any]) -> Family:
    joints = by_joint(data)
    # From the chest down: where two spine joints may have the same bone, the upper one has it.
    order = sorted(joints, key=lambda joint: (joint in OPTIONAL, -JOINTS.index(joint)))
    return Family(
        name,
        data["label"],
        data["rank"],
        {joint: joints[joint] for joint in order},
        keys(data.get("needs", ()), ""),
        keys(data.get("root", ()), ""),
        by_joint(data.get("marks", {})),
        read_controls(data),
    )
