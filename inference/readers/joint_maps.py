# SPDX-License-Identifier: GPL-3.0-or-later
"""How the joints of a file's skeleton drive SMPL's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..errors import TwostepError
from .figures import Between, JointMap


def _daz() -> JointMap:
    """The Daz-friendly CMU release: hip, abdomen, chest, lShldr, lThigh …"""
    joints: dict[str, str | Between] = {
        "pelvis": "hip",
        "spine1": Between("hip", "abdomen"),
        "spine2": "abdomen",
        "spine3": "chest",
        "neck": "neck",
        "head": "head",
    }
    places: dict[str, str] = {}
    turns: dict[str, Rotation] = {}
    for side, letter, sign in (("left", "l", 1.0), ("right", "r", -1.0)):
        # Planted feet of 60, 61 and 05 point 9.5 degrees too high when aligned with the rest bone
        # (which ends at the toes' tip): this turn lays them flat and keeps the rest bone's toe-out.
        turns[f"{side}_ankle"] = Rotation.from_euler("ZX", [-3.4 * sign, 3.5], degrees=True)
        for joint, source in (
            ("collar", "Collar"), ("shoulder", "Shldr"), ("elbow", "ForeArm"), ("wrist", "Hand"),
            ("hip", "Thigh"), ("knee", "Shin"), ("ankle", "Foot"),
        ):  # fmt: skip
            joints[f"{side}_{joint}"] = letter + source
        places[f"{side}_hand"] = letter + "Mid1"
        places[f"{side}_foot"] = letter + "Foot_end"
    return JointMap(joints, places, turns)


#: Measured by hand, so it goes before what is recognised.
DAZ = _daz()


def find_map(
    names: Sequence[str], parents: Sequence[int], rest: NDArray[np.floating], what: str
) -> JointMap:
    """The map of a skeleton, recognised by the names of its joints, else by its shape.

    parents: the index of each joint's parent, or -1. rest: (J, 3), in any unit and axes. what: how
    an error calls the file. Raises TwostepError for an unknown or half a skeleton.
    """
    if DAZ.needs() <= set(names):
        return DAZ
    from .. import rigs  # not before: it stands on retarget, which stands on our contacts

    found = rigs.recognise(rigs.Rig(tuple(names), tuple(parents), np.asarray(rest, np.float64)))
    if not found.bones:
        raise TwostepError(
            f"{what} holds no skeleton that Twostep recognises as a human's; export it with the "
            "joint names of Mixamo, SMPL or CMU."
        )
    if found.without:
        lacking = found.without[0].replace("_", " ")
        raise TwostepError(
            f"{what} holds only part of a body: there is no joint for the {lacking}; choose a "
            "motion of a whole body."
        )
    return JointMap(found.bones)
