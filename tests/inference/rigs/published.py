# SPDX-License-Identifier: GPL-3.0-or-later
"""How the bones of a well-known rig are written down."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from twostep.inference.rigs import Rig


@dataclass(frozen=True)
class Published:
    """A rig's bones: chains that hang on each other from left to right; `{}` stands for the side.

    spine: the bones of pelvis, spine1, spine3 and head; leg, arm: those of hip, knee and ankle, and
    of shoulder, elbow and wrist; sides: how left and right are spelt. root: the bone that carries
    them all; hand: the one that marks the left hand; before: what all names begin with.
    """

    family: str
    chains: tuple[str, ...]
    spine: str
    leg: str
    arm: str
    sides: tuple[str, str] = ("Left", "Right")
    root: str | None = None
    hand: str | None = None
    before: str = ""

    def rig(self, prefix: str = "", suffix: str = "") -> Rig:
        """Without places: names alone have to do."""
        parents: dict[str, str] = {}
        for chain in self.chains:
            for side in self.sides if "{}" in chain else ("",):
                bones = chain.format(*[side] * chain.count("{}")).split(" > ")
                parents.setdefault(bones[0], "")
                parents |= {bone: above for above, bone in pairwise(bones)}
        names = list(parents)
        above = tuple(names.index(parents[name]) if parents[name] else -1 for name in names)
        spelt = tuple(f"{prefix}{self.before}{name}{suffix}" for name in names)
        return Rig(spelt, above, np.zeros((len(names), 3)))

    def expected(self) -> dict[str, str]:
        """The bones of the joints that matter most."""
        wanted = zip(("pelvis", "spine1", "spine3", "head"), self.spine.split(" > "), strict=True)
        found = dict(wanted)
        for side, spelt in zip(("left", "right"), self.sides, strict=True):
            for parts, bones in (
                (("hip", "knee", "ankle"), self.leg),
                (("shoulder", "elbow", "wrist"), self.arm),
            ):
                named = bones.format(*[spelt] * 3).split(" > ")
                found |= {f"{side}_{part}": bone for part, bone in zip(parts, named, strict=True)}
        return {joint: self.before + bone for joint, bone in found.items() if bone != "-"}
