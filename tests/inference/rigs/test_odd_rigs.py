# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigs that are less than a person, more than one, or none."""

from __future__ import annotations

import time

import numpy as np
import pytest

from twostep.inference.rigs import Rig, names, recognise
from twostep.inference.skeleton import INDEX, JOINTS, PARENTS, rest_positions

from .families import RIGS

SIDES = ("left", "right")


def sided(*parts):
    return {f"{side}_{part}" for side in SIDES for part in parts}


LEGS = sided("hip", "knee", "ankle", "foot")
ARMS = sided("collar", "shoulder", "elbow", "wrist", "hand")


def without(rig: Rig, gone: set[str]) -> Rig:
    """The rig without those bones; what hung on them hangs on the next one above."""
    keep = [bone for bone, name in enumerate(rig.names) if name not in gone]

    def above(bone):
        return next((keep.index(up) for up in rig.above(bone) if up in keep), -1)

    names = tuple(rig.names[bone] for bone in keep)
    return Rig(names, tuple(above(bone) for bone in keep), rig.heads[keep])


def smpl(gone=frozenset()) -> Rig:
    return without(Rig(JOINTS, PARENTS, rest_positions().astype(float)), set(gone))


def joined(first: Rig, second: Rig, on: int = -1) -> Rig:
    """Both in one armature, as Blender joins them: what is named alike is counted."""
    count = len(first.names)
    taken = set(first.names)
    names = tuple(f"{name}.001" if name in taken else name for name in second.names)
    parents = tuple(parent + count if parent >= 0 else on for parent in second.parents)
    heads = np.vstack([first.heads, second.heads + (2, 0, 0)])
    return Rig(first.names + names, first.parents + parents, heads)


@pytest.mark.parametrize(
    ("gone", "left_out", "parts"),
    [
        (LEGS, ("legs",), ("head", "torso", "left arm", "right arm")),
        (ARMS, ("arms",), ("head", "torso", "left leg", "right leg")),
        ({"pelvis"} | LEGS, ("legs",), ("head", "torso", "left arm", "right arm")),
        ({j for j in ARMS if "left" in j}, ("left arm",),
         ("head", "torso", "right arm", "left leg", "right leg")),
        (LEGS | ARMS, ("arms", "legs"), ("head", "torso")),
        ({"head", "neck"}, ("head",), ("torso", "left arm", "right arm", "left leg", "right leg")),
        (set(), (), ("head", "torso", "left arm", "right arm", "left leg", "right leg")),
    ],
)  # fmt: skip
def test_what_there_is_can_dance(gone, left_out, parts):
    found = recognise(smpl(gone))
    assert (found.family, found.lacking) == ("smpl", ())
    assert (found.left_out, found.parts) == (left_out, parts)


@pytest.mark.parametrize("keep", [sided("wrist", "hand"), {"head", "neck"}, {"pelvis"}, LEGS])
def test_parts_that_are_nobody(keep):
    assert recognise(smpl(set(JOINTS) - keep)).lacking


def test_a_limb_without_its_middle_is_lacking():
    found = recognise(smpl({"left_elbow"}))
    assert found.lacking == ("left_elbow",)
    assert found.without == ("left_elbow",)


@pytest.mark.parametrize("published", ["Mixamo", "Unreal 4", "Unity"])
def test_of_two_people_in_one_armature_the_other_is_told(published):
    rig = RIGS[published].rig()
    found = recognise(joined(rig, rig))
    assert found.lacking == ()
    assert {name.endswith(".001") for name in found.bones.values()} == {False}
    pelvis = RIGS[published].expected()["pelvis"]
    assert len(found.rivals) == 1 and f"{pelvis}.001" in found.rivals[0]
    other = recognise(joined(rig, rig), {"pelvis": f"{pelvis}.001"})
    assert other.bones == {joint: f"{bone}.001" for joint, bone in found.bones.items()}
    assert len(other.rivals) == 1 and f" {pelvis};" in other.rivals[0]


def test_two_people_are_not_mixed_when_one_lacks_a_bone():
    mixamo, other = RIGS["Mixamo"].rig("A:"), RIGS["Mixamo"].rig("Longer:")
    rig = joined(without(mixamo, {"A:Neck", "A:LeftToeBase", "A:RightToeBase"}), other)
    found = recognise(rig)
    assert len({name.split(":")[0] for name in found.bones.values()}) == 1
    assert len(found.rivals) == 1


def test_two_people_on_one_root():
    mixamo = RIGS["Mixamo"].rig()
    root = Rig(("root",), (-1,), np.zeros((1, 3)))
    rig = joined(joined(root, mixamo, on=0), mixamo, on=0)
    found = recognise(rig, {"pelvis": "Hips.001"})
    assert {name.endswith(".001") for name in found.bones.values()} == {True}
    assert found.root == "root" and recognise(rig).root == "root"


def test_controls_go_before_the_bones_that_they_deform():
    """Keys on the deforming bones would do nothing: constraints hold them."""
    controls = RIGS["Unity"].rig()
    found = recognise(joined(controls, RIGS["Unity"].rig("DEF-")))
    assert found.bones == recognise(controls).bones
    assert found.rivals


def animal(names, neck=0.3) -> Rig:
    """On our own tree: trunk along the ground, four legs down."""
    heads = np.zeros((24, 3))
    ways = {"hip": (0.1, 0, -0.05), "knee": (0, 0.1, -0.3), "ankle": (0, -0.1, -0.3),
            "foot": (0, -0.1, -0.05), "collar": (0.1, 0, -0.05), "shoulder": (0.02, 0, -0.05),
            "elbow": (0, 0.1, -0.25), "wrist": (0, -0.1, -0.3),
            "hand": (0, -0.05, -0.05)}  # fmt: skip
    for joint, name in enumerate(JOINTS[1:], start=1):
        side, _, part = name.rpartition("_")
        way = np.array(ways.get(part, (0, -0.25, neck if part == "head" else 0.02)))
        if side == "right":
            way[0] *= -1
        heads[joint] = heads[PARENTS[joint]] + way
    return Rig(tuple(names), PARENTS, heads + (0, 0, 0.7))


@pytest.mark.parametrize("names", [JOINTS, [f"Bone.{i:03}" for i in range(24)]])
@pytest.mark.parametrize("gone", [set(), ARMS, LEGS | ARMS])
def test_four_legs_are_no_person(names, gone):
    rig = without(animal(names), {names[INDEX[joint]] for joint in gone})
    found = recognise(rig)
    assert (found.family, found.bones) == ("", {})


def test_a_person_may_rest_with_arms_down_or_lying():
    heads = rest_positions().astype(float)
    lying = heads @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]).T
    for side in SIDES:
        start = heads[INDEX[f"{side}_shoulder"]].copy()
        for part, drop in (("elbow", 0.26), ("wrist", 0.51), ("hand", 0.6)):
            heads[INDEX[f"{side}_{part}"]] = start - (0, 0, drop)
    for rest in (heads, lying):
        assert recognise(Rig(JOINTS, PARENTS, rest)).lacking == ()


def dressed(rig: Rig, count: int, prefix: str) -> Rig:
    """The rig with so many more bones in chains on all of its bones, over the floor."""
    random = np.random.default_rng(0)
    names, parents = list(rig.names), list(rig.parents)
    heads = [*rig.heads]
    words = ("hair", "skirt", "tail", "wing_L", "wing_R", "cloth", "Hip_armor", "hand_sleeve")
    for i in range(count):
        chain, link = divmod(i, 5)
        parents.append(len(names) - 1 if link else int(random.integers(len(rig.names))))
        names.append(f"{prefix}{words[chain % len(words)]}_{chain:03}_{link}")
        heads.append(heads[parents[-1]] + random.normal(0, 0.05, 3))
    floor = rig.heads.min(axis=0)[2]
    return Rig(tuple(names), tuple(parents), np.maximum(heads, (-np.inf, -np.inf, floor)))


def quickest(rig: Rig) -> float:
    """Seconds of the processor's time, the machine being busy with other things at times."""
    times = []
    for _ in range(3):
        names.read.cache_clear()
        started = time.process_time()
        recognise(rig)
        times.append(time.process_time() - started)
    return min(times)


@pytest.mark.parametrize("name", ["MMD", "VRoid", "Mixamo", "Unity", "MakeHuman"])
@pytest.mark.parametrize("prefix", ["", "J_Sec_"])
def test_hundreds_of_other_bones_change_nothing_and_take_no_time(name, prefix):
    plain = RIGS[name].rig()
    rig = dressed(plain, 1500, prefix)
    assert recognise(rig) == recognise(plain)
    assert quickest(rig) < 0.1


def test_a_shape_among_hundreds_of_other_bones_takes_no_time():
    rig = dressed(smpl(), 1500, "x")
    numbered = Rig(tuple(f"Bone.{i:03}" for i in range(len(rig.names))), rig.parents, rig.heads)
    found = recognise(numbered)
    assert quickest(numbered) < 0.1
    assert found.family == "shape" and found.bones["left_knee"] == f"Bone.{INDEX['left_knee']:03}"


def split() -> Rig:
    """Our own figure, limbs of two bones a piece, a second bone at each hip, hands with fingers."""
    rig = smpl(sided("hand"))
    names, parents, heads = list(rig.names), list(rig.parents), [*rig.heads]

    def add(name, parent, head):
        names.append(name)
        parents.append(names.index(parent))
        heads.append(np.asarray(head))

    for side in SIDES:
        for high, low in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"),
                          ("elbow", "wrist")):  # fmt: skip
            upper, lower = f"{side}_{high}", f"{side}_{low}"
            ends = heads[names.index(upper)], heads[names.index(lower)]
            add(f"{upper}_twist", upper, (ends[0] + ends[1]) / 2)
            parents[names.index(lower)] = names.index(f"{upper}_twist")
        add(f"{side}_cancel", "pelvis", heads[names.index(f"{side}_hip")])
        parents[names.index(f"{side}_hip")] = names.index(f"{side}_cancel")
        wrist = heads[names.index(f"{side}_wrist")]
        for finger in range(4):
            add(f"{side}_{finger}", f"{side}_wrist", wrist * (1.1, 1, 1) + (0, 0.02 * finger, 0))
    return Rig(tuple(names), tuple(parents), np.array(heads))


def test_limbs_of_more_bones_are_seen_by_their_shape():
    rig = split()
    numbered = Rig(tuple(f"Bone.{i:03}" for i in range(len(rig.names))), rig.parents, rig.heads)
    found = recognise(numbered)
    assert found.family == "shape" and found.lacking == ()
    shown = {joint: rig.names[int(bone[5:])] for joint, bone in found.bones.items()}
    assert shown == {joint: joint for joint in JOINTS if "hand" not in joint}


def test_goals_lower_than_the_feet_are_no_legs():
    """Inverse kinematics stand on the floor; the names are a language that nobody taught us."""
    rig = smpl()
    count = len(JOINTS)
    heel = rig.heads[[INDEX["left_ankle"], INDEX["right_ankle"]]] - (0, 0, 0.1)
    goals = np.vstack([heel, heel + (0, 0, 0.1), heel - (0, 0.1, -0.05)])
    parents = (*rig.parents, -1, -1, count, count + 1, count + 2, count + 3)
    names = tuple(f"骨{i}" for i in range(count + 6))
    found = recognise(Rig(names, parents, np.vstack([rig.heads, goals])))
    assert found.bones == {joint: f"骨{i}" for i, joint in enumerate(JOINTS)}
