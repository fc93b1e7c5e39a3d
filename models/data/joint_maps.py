# SPDX-License-Identifier: GPL-3.0-or-later
"""Joint maps of the skeleton families that the readers know."""

from __future__ import annotations

from collections.abc import Collection

from scipy.spatial.transform import Rotation

from ...inference.errors import TwostepError
from ...inference.skeleton import JOINTS
from .retarget import Between, JointMap


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


def _motion_builder() -> JointMap:
    """Names of MotionBuilder, which Mixamo and the other CMU releases share."""
    joints: dict[str, str | Between] = {
        "pelvis": "Hips",
        "spine1": Between("Hips", "Spine"),
        "spine2": "Spine",
        "spine3": "Spine1",
        "neck": "Neck",
        "head": "Head",
    }
    for side, prefix in (("left", "Left"), ("right", "Right")):
        for joint, source in (
            ("collar", "Shoulder"), ("shoulder", "Arm"), ("elbow", "ForeArm"), ("wrist", "Hand"),
            ("hip", "UpLeg"), ("knee", "Leg"), ("ankle", "Foot"), ("foot", "ToeBase"),
        ):  # fmt: skip
            joints[f"{side}_{joint}"] = prefix + source
    return JointMap(joints)


def _humanoid_robot() -> JointMap:
    """Unitree's G1 with 29 joints; it has neither neck nor head, they follow the torso.

    At zero its arms hang with the elbows bent forward: what is 'along the arm' and 'the way the
    elbow bends' in our T-pose must map to 'forward' and 'up', or the forearm twists by 90 degrees.
    """
    joints: dict[str, str | Between] = {
        "pelvis": "pelvis",
        "spine1": Between("pelvis", "torso_link", 1 / 3),
        "spine2": Between("pelvis", "torso_link", 2 / 3),
        "spine3": "torso_link",
    }
    places: dict[str, str] = {}
    turns: dict[str, Rotation] = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        joints[f"{side}_hip"] = f"{side}_hip_yaw_link"
        joints[f"{side}_knee"] = f"{side}_knee_link"
        joints[f"{side}_ankle"] = f"{side}_ankle_roll_link"
        joints[f"{side}_shoulder"] = f"{side}_shoulder_yaw_link"
        joints[f"{side}_elbow"] = Between(f"{side}_elbow_link", f"{side}_wrist_roll_link")
        joints[f"{side}_wrist"] = f"{side}_wrist_yaw_link"
        places[f"{side}_hip"] = f"{side}_hip_roll_link"
        turns[f"{side}_shoulder"] = Rotation.from_euler("Y", sign * 90, degrees=True)
        forearm = Rotation.from_euler("ZX", [-sign * 90, -90], degrees=True)
        turns[f"{side}_elbow"] = turns[f"{side}_wrist"] = forearm
    return JointMap(joints, places, turns, level_feet=True)


DAZ = _daz()
MOTION_BUILDER = _motion_builder()
SMPL = JointMap({name: name for name in JOINTS})
HUMANOID_ROBOT = _humanoid_robot()

#: The maps that `find_map` tries on BVH files, best known first.
BVH_MAPS: tuple[JointMap, ...] = (DAZ, MOTION_BUILDER, SMPL)


def find_map(names: Collection[str]) -> JointMap:
    """The first map all of whose joints are among `names`; TwostepError when there is none."""
    for joint_map in BVH_MAPS:
        if joint_map.needs() <= set(names):
            return joint_map
    raise TwostepError(
        "This BVH skeleton is not one of the known families; give the reader a joint map for it."
    )
