# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bones are which joints: by the names that rigs' makers publish, or by shape alone."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twostep.inference.rigs import Rig, recognise
from twostep.inference.rigs.families import families
from twostep.inference.rigs.names import key
from twostep.inference.skeleton import INDEX, JOINTS, PARENTS, rest_positions

from .families import RIGS


@pytest.mark.parametrize("affixes", [("", ""), ("Hero:", ""), ("chr_hero_", ""), ("", ".001")])
@pytest.mark.parametrize("name", RIGS)
def test_published_names(name, affixes):
    """As they are, in a namespace, with a prefix, and as Blender counts a copy's bones."""
    published, (prefix, suffix) = RIGS[name], affixes

    def spelt(bone):
        return f"{prefix}{bone}{suffix}"

    rig = published.rig(prefix, suffix)
    found = recognise(rig)
    assert (found.lacking, found.rivals, found.notes) == ((), (), ())
    assert found.family == published.family
    expected = {joint: spelt(bone) for joint, bone in published.expected().items()}
    assert {joint: found.bones[joint] for joint in expected} == expected
    assert len(set(found.bones.values())) == len(found.bones)
    assert found.root == (spelt(published.before + published.root) if published.root else None)
    if published.hand:
        assert found.marks["left_hand"] == spelt(published.before + published.hand)
    assert not set(found.marks.values()) & set(found.bones.values())


#: ASCII as Japanese keyboards type it.
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def zeroed(name: str) -> str:
    return re.sub(r"(?<!\d)([1-9])(?!\d)", r"0\1", name)


@pytest.mark.parametrize(
    "spell",
    [str.upper, str.lower, zeroed, lambda name: name.translate(WIDE),
     lambda name: re.sub(r"[_. -]", "-", name), lambda name: name.replace("_", " ")],
    ids=["upper", "lower", "zeros", "wide", "dashes", "spaces"],
)  # fmt: skip
@pytest.mark.parametrize("name", RIGS)
def test_spelling_does_not_matter(name, spell):
    rig = RIGS[name].rig()
    found = recognise(replace(rig, names=tuple(spell(bone) for bone in rig.names)))
    expected = recognise(rig)
    assert found.bones == {joint: spell(bone) for joint, bone in expected.bones.items()}
    assert found.family == expected.family


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", ["Mixamo", "Unreal 4", "VRoid"])
def test_a_missing_limb_is_named(name, side):
    published = RIGS[name]
    rig = published.rig()
    gone = {published.expected()[f"{side}_{part}"] for part in ("knee", "ankle")}
    keep = [bone for bone in range(len(rig.names)) if rig.names[bone] not in gone]
    keep = [bone for bone in keep if not any(rig.names[up] in gone for up in rig.above(bone))]
    names = tuple(rig.names[bone] for bone in keep)
    parents = tuple(keep.index(rig.parents[b]) if rig.parents[b] >= 0 else -1 for b in keep)
    found = recognise(Rig(names, parents, np.zeros((len(keep), 3))))
    assert found.lacking == (f"{side}_knee", f"{side}_ankle")


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("mixamorig:LeftUpLeg", ("L", "upleg")), ("left_up_leg", ("L", "upleg")),
        ("UpLeg.L", ("L", "upleg")), ("UP-LEG-L", ("L", "upleg")), ("leftupleg", ("L", "upleg")),
        ("lUpLeg", ("L", "upleg")), ("lupleg", ("L", "upleg")), ("LUpLeg", ("L", "upleg")),
        ("UpLegLeft", ("L", "upleg")), ("uplegleft", ("L", "upleg")),
        ("spine.001", ("", "spine1")), ("Spine_01", ("", "spine1")), ("SPINE1", ("", "spine1")),
        ("hero|Head", ("", "head")), ("左ひざ", ("L", "ひざ")), ("ひざ.L", ("L", "ひざ")),
        ("左足ＩＫ", ("L", "足ik")), ("足IK.L", ("L", "足ik")), ("Up_L_Leg", ("L", "upleg")),
        ("Left Up Leg", ("L", "upleg")), ("L_UpLeg", ("L", "upleg")), ("上半身２", ("", "上半身2")),
    ],
)  # fmt: skip
def test_spellings(spelling, expected):
    assert key(spelling, expected[0]) == expected


def person(turn=None, scale=1.0, arms=0.0, names=None) -> Rig:
    """Our own proportions, its arms lowered by an angle in degrees, turned and scaled."""
    heads = rest_positions().astype(float)
    for side, sign in (("left", 1), ("right", -1)):
        start = heads[INDEX[f"{side}_shoulder"]].copy()
        lowered = Rotation.from_euler("y", sign * arms, degrees=True)
        for part in ("elbow", "wrist", "hand"):
            row = INDEX[f"{side}_{part}"]
            heads[row] = start + lowered.apply(heads[row] - start)
    turn = np.eye(3) if turn is None else turn
    names = names or tuple(f"Bone.{i:03}" for i in range(len(JOINTS)))
    return Rig(tuple(names), PARENTS, heads @ turn.T * scale)


@pytest.mark.parametrize("arms", [0, 45, 80])
@pytest.mark.parametrize("turn", ["", "x-90", "z90", "z180"])
def test_a_person_whose_bones_have_numbers(turn, arms):
    """Z up or y up, in whatever unit, facing anywhere along an axis, in T, A or I."""
    turned = (
        Rotation.from_euler(turn[0], int(turn[1:]), degrees=True) if turn else Rotation.identity()
    )
    found = recognise(person(turned.as_matrix(), 100.0, arms))
    assert found.family == "shape"
    assert found.bones == {joint: f"Bone.{i:03}" for i, joint in enumerate(JOINTS)}


def test_the_order_of_bones_does_not_matter():
    rig = person()
    order = np.random.default_rng(0).permutation(len(JOINTS))
    places = {int(bone): place for place, bone in enumerate(order)}
    shuffled = Rig(
        tuple(rig.names[bone] for bone in order),
        tuple(places.get(rig.parents[bone], -1) for bone in order),
        rig.heads[order],
    )
    assert recognise(shuffled).bones == recognise(rig).bones


def test_names_that_say_half_are_believed_about_what_is_missing():
    """By shape alone, a leg without a knee bone would have one where its ankle is."""
    names = ["shank" if joint == "left_knee" else joint for joint in JOINTS]
    assert recognise(person(names=names)).lacking == ()  # named or not, it is where a knee is
    keep = [i for i, joint in enumerate(JOINTS) if joint != "left_knee"]
    parents = [keep.index(PARENTS[i] if PARENTS[i] != 4 else 1) if i else -1 for i in keep]
    rig = Rig(tuple(JOINTS[i] for i in keep), tuple(parents), person().heads[keep])
    assert recognise(rig).lacking == ("left_knee",)


def test_a_quadruped_a_chain_and_nothing_are_no_people():
    heads = rest_positions().astype(float)
    dog = heads.copy()
    for i, joint in enumerate(JOINTS):
        above = PARENTS[i]
        if above >= 0:
            length = np.linalg.norm(heads[i] - heads[above])
            limb = any(part in joint for part in ("hip", "knee", "ankle", "should", "elbow", "wri"))
            along = (
                np.array([0.3 * np.sign(heads[i, 0]), 0, -1]) if limb else np.array([0, -1, 0.1])
            )
            dog[i] = dog[above] + along / np.linalg.norm(along) * length
            dog[i, 0] = np.sign(heads[i, 0]) * abs(dog[i, 0])
    numbered = person().names
    for rig in (
        Rig(numbered, PARENTS, dog),
        Rig(numbered, tuple(range(-1, 23)), np.cumsum(np.ones((24, 3)), axis=0)),
        Rig((), (), np.zeros((0, 3))),
        Rig(numbered, PARENTS, np.full((24, 3), np.nan)),
        Rig(numbered, PARENTS, np.zeros((24, 3))),
    ):
        found = recognise(rig)
        assert found.family == "" and len(found.lacking) == 15


def test_every_file_names_what_a_figure_needs():
    assert len(families()) >= 14
    for family in families():
        assert family.label and {"pelvis", "spine3", "left_hip", "right_wrist"} <= set(
            family.joints
        )
    ranks = [family.rank for family in families()]
    assert len(set(ranks)) == len(ranks)
