# SPDX-License-Identifier: GPL-3.0-or-later
"""Joint maps of the skeleton families that the readers know."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from scipy.spatial.transform import Rotation

from ..errors import TwostepError
from ..skeleton import JOINTS
from .figures import Between, JointMap

#: What exporters put before a joint's own name.
_PREFIX = re.compile(r"^(?:.*[:|])?(?:mixamorig\d*|m_avg|f_avg)?[_.\-\s]*", re.IGNORECASE)
#: Joints that a body can do without: they follow their parent then.
_OPTIONAL = frozenset(
    ("neck", *(f"{side}_{part}" for side in ("left", "right") for part in ("hand", "foot")))
)
#: A skeleton that has less of a family's joints than this is of another kind.
_ENOUGH = 0.5


@dataclass(frozen=True)
class Family:
    """Skeletons that name their joints alike.

    spellings: other names for a joint of the map, in the spelling of `canonical`.
    """

    joint_map: JointMap
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def find(self, names: Mapping[str, str]) -> dict[str, str]:
        """The map's joints that a skeleton has, and what it calls them.

        names: the skeleton's own names by their canonical spelling.
        """
        found = {}
        for joint in self.joint_map.needs():
            spellings = (canonical(joint), *self.spellings.get(joint, ()))
            own = next((names[each] for each in spellings if each in names), None)
            if own is not None:
                found[joint] = own
        return found


def canonical(name: str) -> str:
    """A joint's name without prefix, case and gaps: mixamorig:LeftUpLeg, left_up_leg -> …"""
    return re.sub(r"[_.\-\s]", "", _PREFIX.sub("", name)).lower()


def find_map(names: Collection[str], what: str = "This file") -> JointMap:
    """The map of the family that a skeleton belongs to, in the skeleton's own names.

    what: how an error calls the file. Raises TwostepError for an unknown or half a skeleton.
    """
    spelled = {canonical(name): name for name in reversed(list(names))}
    shares = []
    for family in FAMILIES:
        found = family.find(spelled)
        needed = _needed(family.joint_map)
        if needed <= set(found):
            return _renamed(family.joint_map, found)
        lacking = sorted(needed - set(found))
        shares.append((1 - len(lacking) / len(needed), lacking))
    share, lacking = max(shares, key=lambda each: each[0])
    if share < _ENOUGH:
        raise TwostepError(
            f"{what} names its joints in a way that Twostep does not know; export it with the "
            "joint names of Mixamo, SMPL, Daz or CMU, or give the reader a joint map."
        )
    raise TwostepError(
        f"{what} holds only part of a body: the joint {lacking[0]} is missing; "
        "choose a motion of a whole body."
    )


def _needed(joint_map: JointMap) -> set[str]:
    """The source joints that a map cannot do without."""
    kept = {joint: source for joint, source in joint_map.joints.items() if joint not in _OPTIONAL}
    return JointMap(kept).needs()


def _renamed(joint_map: JointMap, own: Mapping[str, str]) -> JointMap:
    """The map in a skeleton's `own` names, without what the skeleton has not."""
    joints: dict[str, str | Between] = {}
    for joint, source in joint_map.joints.items():
        if isinstance(source, Between):
            joints[joint] = Between(own[source.start], own[source.end], source.share)
        elif source in own:
            joints[joint] = own[source]
    places = {joint: own[name] for joint, name in joint_map.places.items() if name in own}
    return JointMap(joints, places, joint_map.turns, joint_map.level_feet)


def _limbs(names: Mapping[str, str], left: str, right: str) -> dict[str, str | Between]:
    """Limb joints of both sides from their names without the side, which goes in front."""
    return {
        f"{side}_{joint}": prefix + source
        for side, prefix in (("left", left), ("right", right))
        for joint, source in names.items()
    }


def _daz() -> Family:
    """The Daz-friendly CMU release: hip, abdomen, chest, lShldr, lThigh …"""
    joints: dict[str, str | Between] = {
        "pelvis": "hip",
        "spine1": Between("hip", "abdomen"),
        "spine2": "abdomen",
        "spine3": "chest",
        "neck": "neck",
        "head": "head",
    }
    limbs = {
        "collar": "Collar", "shoulder": "Shldr", "elbow": "ForeArm", "wrist": "Hand",
        "hip": "Thigh", "knee": "Shin", "ankle": "Foot",
    }  # fmt: skip
    joints |= _limbs(limbs, "l", "r")
    places: dict[str, str] = {}
    turns: dict[str, Rotation] = {}
    for side, letter, sign in (("left", "l", 1.0), ("right", "r", -1.0)):
        # Planted feet of 60, 61 and 05 point 9.5 degrees too high when aligned with the rest bone
        # (which ends at the toes' tip): this turn lays them flat and keeps the rest bone's toe-out.
        turns[f"{side}_ankle"] = Rotation.from_euler("ZX", [-3.4 * sign, 3.5], degrees=True)
        places[f"{side}_hand"] = letter + "Mid1"
        places[f"{side}_foot"] = letter + "Foot_end"
    return Family(JointMap(joints, places, turns))


def _motion_builder(spine: Mapping[str, str | Between]) -> Family:
    """Names of MotionBuilder, which Mixamo and most releases of CMU share."""
    limbs = {
        "collar": "Shoulder", "shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand",
        "hip": "UpLeg", "knee": "Leg", "ankle": "Foot", "foot": "ToeBase",
    }  # fmt: skip
    joints = {"pelvis": "Hips", **spine, "neck": "Neck", "head": "Head"}
    joints |= _limbs(limbs, "Left", "Right")
    return Family(JointMap(joints), {f"{side}ToeBase": (f"{side.lower()}toe",) for side in _SIDES})


def _biovision() -> Family:
    """The names of the oldest BVH files: Hips, Chest, LeftCollar, LeftUpArm, LeftLowArm …"""
    joints: dict[str, str | Between] = {
        "pelvis": "Hips",
        "spine1": Between("Hips", "Chest", 1 / 3),
        "spine2": Between("Hips", "Chest", 2 / 3),
        "spine3": "Chest",
        "neck": "Neck",
        "head": "Head",
    }
    limbs = {
        "collar": "Collar", "shoulder": "Shoulder", "elbow": "Elbow", "wrist": "Wrist",
        "hip": "Hip", "knee": "Knee", "ankle": "Ankle", "foot": "Toe",
    }  # fmt: skip
    others = {
        "Shoulder": "uparm", "Elbow": "lowarm", "Wrist": "hand", "Hip": "upleg", "Knee": "lowleg",
        "Ankle": "foot",
    }  # fmt: skip
    spellings = {
        side + name: (side.lower() + other,) for side in _SIDES for name, other in others.items()
    }
    return Family(JointMap(joints | _limbs(limbs, "Left", "Right")), spellings)


def _smpl() -> Family:
    """SMPL's own names, with the side as a word or a letter, before or after."""
    spellings: dict[str, tuple[str, ...]] = {"pelvis": ("hips", "root")}
    for joint in JOINTS:
        side, _, part = joint.rpartition("_")
        if side:
            parts = (part, "toe", "toebase") if part == "foot" else (part,)
            spellings[joint] = tuple(
                spelling
                for each in parts
                for spelling in (side + each, side[0] + each, each + side, each + side[0])
            )
    return Family(JointMap({name: name for name in JOINTS}), spellings)


_SIDES = ("Left", "Right")
#: The families that `find_map` tries, best known first.
FAMILIES: tuple[Family, ...] = (
    _daz(),
    _motion_builder({"spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2"}),
    _motion_builder({"spine1": Between("Hips", "Spine"), "spine2": "Spine", "spine3": "Spine1"}),
    _smpl(),
    _biovision(),
)
