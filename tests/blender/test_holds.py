# SPDX-License-Identifier: GPL-3.0-or-later
"""Bones that are held, locked, driven or limited: what can dance does, the rest is said."""

from __future__ import annotations

import pytest
from mathutils import Vector

from twostep.inference.errors import TwostepError
from twostep.inference.skeleton import JOINTS

from .figures import smpl_armature
from .landing import land, misses, supple_motion
from .stringing import NEAR, constrain, edit, follow, holder, strings


@pytest.mark.parametrize(
    ("bone", "kind", "settings"),
    [
        ("left_elbow", "COPY_ROTATION", {}),
        ("right_wrist", "CHILD_OF", {"name": "Grab"}),
        ("left_ankle", "COPY_TRANSFORMS", {}),
        ("head", "TRACK_TO", {}),
        ("head", "DAMPED_TRACK", {"influence": 0.5}),
        ("left_ankle", "IK", {"chain_count": 3}),
        ("right_hand", "IK", {}),
        ("pelvis", "COPY_LOCATION", {}),
        ("spine2", "STRETCH_TO", {}),
    ],
)
def test_constraints_are_off_while_the_dance_plays(context, bone, kind, settings):
    ob = smpl_armature()
    constraint = constrain(ob, bone, kind, holder(), **settings)
    before = constraint.influence
    landed = land(ob, supple_motion())
    assert landed.strings.left_out == (
        f"While the dance plays these constraints are off: {constraint.name} ({bone}).",
    )
    found = misses(landed)
    assert max(found.place.values()) < NEAR and max(found.turn.values()) < 0.3
    assert constraint.influence == 0 and before > 0


def test_constraints_that_do_nothing_are_not_spoken_of(context):
    ob = smpl_armature()
    constrain(ob, "left_elbow", "COPY_ROTATION", holder(), mute=True)
    constrain(ob, "left_knee", "COPY_ROTATION", holder(), influence=0)
    constrain(ob, "head", "MAINTAIN_VOLUME")
    constrain(ob, "left_hand", "LIMIT_SCALE")
    found = strings(ob)
    assert not found.left_out and not found.switches


def test_limits_stay_and_are_named(context):
    ob = smpl_armature()
    constrain(ob, "head", "LIMIT_ROTATION", use_limit_x=True, max_x=0.2, owner_space="LOCAL")
    constrain(ob, "left_ankle", "FLOOR", holder())
    found = strings(ob)
    assert not found.switches
    assert found.left_out == (
        "These constraints stay and may hold the dance back: Limit Rotation (head), "
        "Floor (left_ankle).",
    ) or set(found.left_out[0].split(": ")[1][:-1].split(", ")) == {
        "Limit Rotation (head)",
        "Floor (left_ankle)",
    }


def test_many_constraints_are_counted(context):
    ob, target = smpl_armature(), holder()
    for side in ("left", "right"):
        for part in ("knee", "ankle", "elbow"):
            constrain(ob, f"{side}_{part}", "COPY_ROTATION", target)
    (said,) = strings(ob).left_out
    assert said.count("Copy Rotation") == 4 and said.endswith(" and 2 more.")


@pytest.mark.parametrize("path", ["rotation_quaternion", "rotation_euler"])
def test_what_drivers_move_stays_and_what_hangs_on_it_makes_up_for_it(context, path):
    """The knee is stiff; the foot is turned as it should be all the same."""
    ob = smpl_armature()
    follow(ob, "left_knee", path)
    landed = land(ob, supple_motion())
    assert landed.strings.left_out == (
        "These bones stay as they are, because drivers move them: left_knee.",
    )
    keyed = {handle.bone for handle in landed.strings.puppet.handles}
    assert "left_knee" not in keyed and "left_ankle" in keyed
    found = misses(landed)
    assert found.turn["left_ankle"] < 0.3 and found.turn["left_hip"] < 0.3
    assert found.place["right_ankle"] < NEAR and found.seat < NEAR


def test_a_driven_arm_stays_and_its_hand_is_where_it_is_said_to_be(context):
    ob = smpl_armature()
    follow(ob, "right_shoulder", "rotation_quaternion")
    landed = land(ob, supple_motion())
    found = misses(landed)
    assert found.place["right_elbow"] < NEAR and found.turn["right_wrist"] < 0.3


def test_a_driven_constraint_holds_its_bone(context):
    ob = smpl_armature()
    constraint = constrain(ob, "left_wrist", "COPY_ROTATION", holder(), name="Prop")
    constraint.driver_add("influence").driver.expression = "1.0"
    found = strings(ob)
    assert "a driver keeps the constraints on that hold them: left_wrist" in found.left_out[0]
    assert "left_wrist" not in {handle.bone for handle in found.puppet.handles}


def test_muted_drivers_and_drivers_of_other_things_hold_nothing(context):
    ob = smpl_armature()
    follow(ob, "left_knee", "rotation_quaternion")
    for curve in ob.animation_data.drivers:
        curve.mute = True
    follow(ob, "head", "scale", 1.0)
    follow(ob, "left_ankle", "location")
    found = strings(ob)
    assert not found.left_out and len(found.puppet.handles) == 24


def test_locked_bones_are_left_out_and_named(context):
    ob = smpl_armature()
    for name in ("left_hand", "right_hand"):
        ob.pose.bones[name].lock_rotation = (True, True, True)
    ob.pose.bones["head"].lock_rotation = (True, False, False)
    found = strings(ob)
    (said,) = found.left_out
    assert said == (
        "These bones stay as they are, because their rotation is locked: left_hand, right_hand."
    )
    handles = {handle.bone: handle for handle in found.puppet.handles}
    assert "left_hand" not in handles and handles["head"].free == (False, True, True)


def test_hinges_made_of_several_bones_are_one_joint(context):
    """A hip of three bones that turn about an axis each, in one of two ways of saying so."""
    ob = smpl_armature()

    def change(bones):
        hip = bones["left_hip"]
        for name in ("yaw", "roll"):
            bone = bones.new(f"left_hip_{name}")
            bone.head, bone.tail, bone.roll = hip.head, hip.tail, hip.roll
            bone.parent, hip.parent = hip.parent, bone

    edit(ob, change)
    ob.pose.bones["left_hip_yaw"].lock_rotation = (True, False, True)
    for axis in "xy":
        constrain(ob, "left_hip_roll", "LIMIT_ROTATION", owner_space="LOCAL",
                  **{f"use_limit_{axis}": True})  # fmt: skip
    ob.pose.bones["left_hip"].lock_rotation = (False, True, True)
    landed = land(ob, supple_motion())
    assert not landed.strings.left_out
    chain = [h for h in landed.strings.puppet.handles if h.joint == "left_hip"]
    assert [handle.bone for handle in chain] == ["left_hip_yaw", "left_hip_roll", "left_hip"]
    assert [sum(handle.free) for handle in chain] == [1, 1, 1]
    found = misses(landed)
    assert found.limb["left_hip"] < 3 and found.seat < 0.01


def test_limbs_of_a_bone_that_bends_and_one_that_twists(context):
    """As Daz figures have them, every axis locked that their joints have not."""
    ob = smpl_armature()
    halves = {}

    def change(bones):
        for side in ("left", "right"):
            for high, low in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee")):
                # Elbows bend about what is up in the T-pose, knees about what is left.
                bend, below = bones[f"{side}_{high}"], bones[f"{side}_{low}"]
                twist = bones.new(f"{side}_{high} twist")
                twist.head, twist.tail = (bend.head + below.head) / 2, below.head
                bend.tail, twist.parent, below.parent = twist.head, bend, twist
                across = (1, 0, 0) if high == "hip" else (0, 0, 1)
                bend.align_roll(Vector((0, 1, 0)))
                twist.align_roll(Vector((0, 1, 0)))
                assert abs(bend.x_axis @ Vector(across)) > 0.9
                halves[bend.name] = twist.name
            for part, tip in (
                ("knee", bones[f"{side}_ankle"].head),
                ("wrist", bones[f"{side}_hand"].head),
            ):
                bones[f"{side}_{part}"].tail = tip
                bones[f"{side}_{part}"].align_roll(Vector((0, 1, 0)))

    edit(ob, change)
    for bend, twist in halves.items():
        hinge = bend.endswith("elbow")
        ob.pose.bones[bend].lock_rotation = (False, True, hinge)
        ob.pose.bones[twist].lock_rotation = (True, False, True)
    for side in ("left", "right"):
        ob.pose.bones[f"{side}_knee"].lock_rotation = (False, True, True)
        ob.pose.bones[f"{side}_wrist"].lock_rotation = (False, True, False)
    landed = land(ob, supple_motion())
    assert not landed.strings.left_out
    assert {handle.bone for handle in landed.strings.puppet.handles} >= set(halves.values())
    found = misses(landed)
    assert found.seat < 1e-4 and max(found.limb.values()) < 3


def led(ob, poles):
    """IK on legs and arms as users put it there: bones to grab, and poles."""
    limbs = [
        (f"{side}_{end}", f"{side}_{middle}", ahead)
        for side in ("left", "right")
        for end, middle, ahead in (("ankle", "knee", -0.5), ("wrist", "elbow", 0.5))
    ]

    def change(bones):
        root = bones.new("root")
        root.tail = (0, 0.3, 0)
        bones["pelvis"].parent = root
        for end, middle, ahead in limbs:
            low, high = bones[end], bones[middle]
            # A solver bends bones that point along the limb.
            high.parent.tail, high.tail = high.head, low.head
            for name, head, y in (("goal", low.head, 0), ("pole", high.head, ahead)):
                bone = bones.new(f"{end} {name}")
                bone.head = head + Vector((0, y, 0))
                bone.tail, bone.parent = bone.head + Vector((0, 0, 0.1)), root

    edit(ob, change)
    for end, middle, _ in limbs:
        solver = constrain(ob, middle, "IK", ob, subtarget=f"{end} goal", chain_count=2)
        if poles:
            solver.pole_target, solver.pole_subtarget = ob, f"{end} pole"
            solver.pole_angle = pole_angle(ob.data.bones[middle], ob.data.bones[f"{end} pole"])
    return ob


def pole_angle(low, pole):
    """The angle by which the first bone's own axis lies beside the pole's direction."""
    high = low.parent
    start, along = high.head_local, high.tail_local - high.head_local
    normal = (low.tail_local - start).cross(pole.head_local - start)
    towards = normal.cross(along)
    own = high.matrix_local.to_3x3().col[0]
    angle = own.angle(towards)
    return -angle if own.cross(towards).angle(along) < 1 else angle


@pytest.mark.parametrize("poles", [False, True])
def test_a_users_own_inverse_kinematics(context, poles):
    """In keys on limbs it is off; else its goals are keyed, and the limbs under it."""
    ob = led(smpl_armature(), poles)
    motion = supple_motion()
    landed = land(ob, motion)
    assert landed.strings.left_out[0].startswith("While the dance plays these constraints are off")
    assert max(misses(landed).place.values()) < NEAR
    landed = land(ob, motion, limbs="IK")
    assert not landed.strings.left_out
    roles = {handle.bone: handle.role for handle in landed.strings.puppet.handles}
    for name in ("left_ankle", "right_ankle", "left_wrist", "right_wrist"):
        assert roles[f"{name} goal"] == "goal" and roles.get(f"{name} pole") == (
            "pole" if poles else None
        )
    found = misses(landed)
    assert max(found.place.values()) < 0.005 and max(found.limb.values()) < 2
    assert max(misses(land(ob, motion, "IK", root=True)).place.values()) < 0.005


def test_bones_that_are_tied_to_each_other_come_to_an_end(context):
    """Helpers that go by what hangs on them make a circle; Blender cuts it somewhere as well."""
    ob = smpl_armature()

    def change(bones):
        for low, high in (("spine2", "spine1"), ("spine3", "spine2")):
            helper = bones.new(f"helper {low}")
            helper.head, helper.tail = bones[low].head, bones[low].tail
            helper.parent, bones[low].parent = bones[high], helper

    edit(ob, change)
    for bone, leader in (("helper spine2", "spine3"), ("helper spine3", "spine2")):
        constrain(ob, bone, "COPY_TRANSFORMS", ob, subtarget=leader)
    with pytest.raises(TwostepError, match="not put together"):
        strings(ob)


def test_deform_bones_that_follow_controls_of_an_unknown_kind(context):
    """Their constraints are off meanwhile, and the dance is seen."""
    ob = smpl_armature()

    def change(bones):
        for name in JOINTS:
            control, bone = bones.new(f"handle {JOINTS.index(name)}"), bones[name]
            control.head, control.tail, control.roll = bone.head, bone.tail, bone.roll

    edit(ob, change)
    for name in JOINTS:
        constrain(ob, name, "COPY_TRANSFORMS", ob, subtarget=f"handle {JOINTS.index(name)}")
    landed = land(ob, supple_motion())
    assert landed.strings.left_out[0].endswith(" and 20 more.")
    assert max(misses(landed).place.values()) < NEAR


def test_locked_poles_and_goals_are_moved_all_the_same(context):
    """Riggers lock what nobody should turn by hand; limbs are led by where these bones are."""
    ob = led(smpl_armature(), poles=True)
    for bone in ob.pose.bones:
        if bone.name.endswith(("pole", "goal")):
            bone.lock_rotation = (True, True, True)
    landed = land(ob, supple_motion(), "IK")
    assert not landed.strings.left_out and max(misses(landed).place.values()) < 0.005
