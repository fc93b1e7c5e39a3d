# SPDX-License-Identifier: GPL-3.0-or-later
"""How the joints of skeletons that were measured by hand drive SMPL's."""

from __future__ import annotations

from scipy.spatial.transform import Rotation

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
