# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rig was recognised as."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..retarget import OPTIONAL, missing
from ..skeleton import JOINTS
from .controls import Controls

#: The joints that a whole body has.
WHOLE = tuple(joint for joint in JOINTS if joint not in OPTIONAL)

#: What may dance for itself: the joints that it cannot be without, any one of the torso's.
_PARTS: dict[str, tuple[str, ...]] = {
    "head": ("head",),
    "torso": ("spine1", "spine2", "spine3"),
    "left arm": ("left_shoulder", "left_elbow", "left_wrist"),
    "right arm": ("right_shoulder", "right_elbow", "right_wrist"),
    "left leg": ("left_hip", "left_knee", "left_ankle"),
    "right leg": ("right_hip", "right_knee", "right_ankle"),
}


@dataclass(frozen=True)
class Recognition:
    """What a rig is.

    family: its file's name, "shape" when names did not help, "chosen" when all of its bones are
    the user's choice, a preset's name, "" when nothing did; label: as users know it; bones: the
    bone that shows each SMPL joint that has one. root: the bone that carries the whole rig over the
    floor; controls: the bones to key, None when `bones` are keyed themselves; marks: bones that
    mark where a joint is, whether another one turns it or none does. rivals: other skeletons that
    it could have been as well; notes: what the user has to know of that choice; sentences.
    """

    family: str
    label: str
    bones: dict[str, str]
    root: str | None = None
    controls: Controls | None = None
    marks: dict[str, str] = field(default_factory=dict)
    rivals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def lacking(self) -> tuple[str, ...]:
        """The joints that must have a bone before the rig can dance; () when it can."""
        return missing(np.array([joint in self.bones for joint in JOINTS]))

    @property
    def without(self) -> tuple[str, ...]:
        """The joints of a whole body that have no bone."""
        return tuple(joint for joint in WHOLE if joint not in self.bones)

    @property
    def parts(self) -> tuple[str, ...]:
        """What of the body there is: "head", "torso", "left arm" ..."""
        there = self.bones.keys()
        return tuple(part for part, joints in _PARTS.items() if not there.isdisjoint(joints))

    @property
    def left_out(self) -> tuple[str, ...]:
        """What of the body there is not, both arms and both legs in one word."""
        gone = [part for part in _PARTS if part not in self.parts]
        for pair in ("arm", "leg"):
            both = [f"left {pair}", f"right {pair}"]
            if set(both) <= set(gone):
                gone = [part for part in gone if part not in both] + [f"{pair}s"]
        return tuple(gone)
