# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever hangs on, locks, drives or limits a figure's bones: what can dance does, the rest is
said."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector

from twostep.inference.errors import TwostepError
from twostep.inference.skeleton import JOINTS, STANDING_HEIGHT, rest_positions
from twostep.scene import armature, keys, puppets

from .figures import smpl_armature, wild_motion
from .landing import land, misses, supple_motion

NEAR = 1e-3


def strings(ob, **options):
    return puppets.puppet(ob, armature.recognition(ob), **options)


def edit(ob, change):
    bpy.context.view_layer.objects.active = ob
    bpy.ops.object.mode_set(mode="EDIT")
    change(ob.data.edit_bones)
    bpy.ops.object.mode_set(mode="OBJECT")


def above(ob, *names, **settings):
    """New bones over the pelvis, the first one on top."""

    def change(bones):
        parent = None
        for name in names:
            bone = bones.new(name)
            bone.head, bone.tail, bone.roll = (0.1, 0.2, 0.3), (0.3, 0.1, 0.9), 0.7
            bone.parent = parent
            parent = bone
            for setting, value in settings.items():
                setattr(bone, setting, value)
        bones["pelvis"].parent = parent

    edit(ob, change)


def holder(name="Holder"):
    """An empty that is somewhere, and turned."""
    ob = bpy.data.objects.new(name, None)
    bpy.context.scene.collection.objects.link(ob)
    ob.location, ob.rotation_euler = (0.3, 0.4, 0.5), (0.2, 0.9, 0.4)
    return ob


def constrain(ob, bone, kind, target=None, **settings):
    constraint = ob.pose.bones[bone].constraints.new(kind)
    if target is not None:
        constraint.target = target
    for setting, value in settings.items():
        setattr(constraint, setting, value)
    return constraint


def follow(ob, bone, path, value=0.0):
    """Drivers on all components of a bone's channel, by which it rests."""
    for curve in ob.pose.bones[bone].driver_add(path):
        whole = path == "rotation_quaternion" and curve.array_index == 0
        curve.driver.type = "SCRIPTED"
        curve.driver.expression = "1.0" if whole else str(value)


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


@pytest.mark.parametrize("way", ["connected", "locked", "driven"])
def test_when_the_pelvis_cannot_travel_what_it_hangs_on_does(context, way):
    ob = smpl_armature()
    above(ob, "mover")
    hinder(ob, way)
    landed = land(ob, wild_motion())
    handles = landed.strings.puppet.handles
    assert handles[landed.strings.puppet.travel].bone == "mover"
    assert max(misses(landed).place.values()) < NEAR


@pytest.mark.parametrize("way", ["connected", "locked", "driven"])
def test_when_nothing_can_travel_it_is_said(context, way):
    ob = smpl_armature()
    above(ob, "mover")
    hinder(ob, way)
    ob.pose.bones["mover"].lock_location = (True, True, True)
    with pytest.raises(TwostepError, match=r"bone pelvis of Figure cannot travel.* try again\.$"):
        strings(ob)


def hinder(ob, way):
    if way == "connected":

        def change(bones):
            bones["mover"].tail = bones["pelvis"].head
            bones["pelvis"].use_connect = True

        edit(ob, change)
    elif way == "locked":
        ob.pose.bones["pelvis"].lock_location = (True, True, True)
    else:
        follow(ob, "pelvis", "location")


@pytest.mark.parametrize("root", [False, True])
def test_a_pelvis_beside_the_spine_hangs_on_what_carries_both(context, root):
    ob = smpl_armature()
    above(ob, "root", "centre")
    edit(ob, lambda bones: setattr(bones["spine1"], "parent", bones["centre"]))
    landed = land(ob, supple_motion(), root=root)
    handles = landed.strings.puppet.handles
    assert handles[landed.strings.puppet.travel].bone == "centre"
    found = misses(landed)
    assert max(found.turn.values()) < 0.3 and found.seat < NEAR


def test_a_spine_that_hangs_on_nothing_is_declined(context):
    ob = smpl_armature()
    edit(ob, lambda bones: setattr(bones["spine1"], "parent", None))
    with pytest.raises(TwostepError, match="bone spine1 does not hang on pelvis"):
        strings(ob)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("use_inherit_rotation", False),
        ("use_local_location", False),
        ("inherit_scale", "NONE"),
        ("inherit_scale", "ALIGNED"),
        ("inherit_scale", "FIX_SHEAR"),
    ],
)
@pytest.mark.parametrize("bone", ["pelvis", "left_elbow", "mover"])
def test_settings_of_bones(context, setting, value, bone):
    """Also where what is above stands turned and scaled; it is put to rest."""
    ob = smpl_armature()
    above(ob, "top", "mover")
    setattr(ob.data.bones[bone], setting, value)
    ob.pose.bones["top"].rotation_quaternion = (0.8, 0.3, 0.4, 0.1)
    ob.pose.bones["mover"].scale = (1.5, 0.8, 1.2)
    found = misses(land(ob, wild_motion()))
    assert max(found.place.values()) < NEAR and max(found.turn.values()) < 0.3


def rooted(ob, **settings):
    above(ob, "root", **settings)
    return ob


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("inherits", [True, False])
def test_a_root_bone_goes_over_the_floor(context, local, inherits):
    ob = rooted(smpl_armature())
    pelvis = ob.data.bones["pelvis"]
    pelvis.use_local_location, pelvis.use_inherit_rotation = local, inherits
    assert armature.recognition(ob).root == "root"
    landed = land(ob, supple_motion(), root=True)
    found = misses(landed)
    assert max(found.place.values()) < NEAR and max(found.turn.values()) < 0.3
    bpy.context.scene.frame_set(60)
    assert ob.pose.bones["root"].location.length > 1


def test_without_a_root_bone_the_hips_travel(context):
    found = strings(smpl_armature(), root=True, limbs="IK")
    assert found.left_out == (
        "Figure has no bones that its hands and feet follow; the limbs are keyed.",
        "Figure has no root bone; its hips travel.",
    )
    assert found.puppet.handles[0].role == "travel"


def test_what_carries_the_whole_rig_may_move(context):
    """A Child Of on the root to something that travels carries the dance."""
    ob, target = rooted(smpl_armature()), holder()
    child = constrain(ob, "root", "CHILD_OF", target)
    motion = supple_motion()
    for root in (False, True):
        landed = land(ob, motion, root=root)
        assert not landed.strings.left_out and not landed.strings.switches
    child.inverse_matrix = Matrix.Identity(4)
    bpy.context.scene.frame_set(31)
    bones = ob.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
    here = np.array(target.matrix_world.inverted() @ bones["head"].head)
    place = landed.pose.places[:, 15, 30]
    assert np.linalg.norm(here - place) < NEAR


def test_the_object_itself_may_be_anywhere(context):
    ob = smpl_armature()
    ob.parent = holder()
    ob.location, ob.delta_location, ob.scale = (1, 2, 3), (0.5, 0, 0), (2, 2, 2)
    ob.constraints.new("COPY_ROTATION").target = ob.parent
    landed = land(ob, supple_motion())
    assert not landed.strings.left_out and max(misses(landed).place.values()) < NEAR
    assert tuple(ob.location) == (1, 2, 3) and tuple(ob.delta_location) == (0.5, 0, 0)


def test_uneven_scale_is_spoken_of(context):
    ob = smpl_armature()
    ob.scale = (1, 1, 2)
    context.view_layer.update()
    (said,) = strings(ob).left_out
    assert "scaled unevenly" in said
    ob.scale = (-2, 2, 2)
    context.view_layer.update()
    assert not strings(ob).left_out


def test_two_objects_with_one_armature_dance_apart(context):
    first = smpl_armature("First")
    second = bpy.data.objects.new("Second", first.data)
    context.scene.collection.objects.link(second)
    context.view_layer.update()
    one = land(first, supple_motion())
    other = land(second, wild_motion())
    for landed in (one, other):
        assert max(misses(landed).place.values()) < NEAR


def test_hidden_in_another_collection_and_in_two_scenes(context):
    ob = smpl_armature()
    aside = bpy.data.collections.new("Aside")
    context.scene.collection.children.link(aside)
    aside.objects.link(ob)
    context.scene.collection.objects.unlink(ob)
    bpy.data.scenes.new("Other").collection.objects.link(ob)
    ob.hide_viewport = ob.hide_render = True
    land(ob, supple_motion())
    ob.hide_viewport = False
    landed = land(ob, supple_motion())
    assert max(misses(landed).place.values()) < NEAR


def linked(path):
    """A figure from another file."""
    ob = smpl_armature("Guest")
    bpy.data.libraries.write(str(path), {ob})
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(path), link=True) as (source, target):
        target.objects = source.objects
    (ob,) = target.objects
    bpy.context.scene.collection.objects.link(ob)
    return ob


def test_a_linked_figure_is_declined(context, tmp_path):
    ob = linked(tmp_path / "library.blend")
    with pytest.raises(TwostepError, match="make a library override"):
        land(ob, supple_motion())


def test_a_library_override_dances(context, tmp_path):
    ob = linked(tmp_path / "library.blend")
    own = ob.override_create(remap_local_usages=True)
    constrained = own.pose.bones["left_elbow"].constraints.new("COPY_ROTATION")
    constrained.target = holder()
    landed = land(own, supple_motion())
    assert "Copy Rotation (left_elbow)" in landed.strings.left_out[0]
    found = misses(landed)
    assert max(found.place.values()) < NEAR and max(found.turn.values()) < 0.3
    assert own.data.library is not None


def test_odd_bone_names(context):
    """Quotes and backslashes in names of bones, constraints and properties."""
    ob = smpl_armature(rename=lambda joint: joint)
    for bone in ob.data.bones:
        bone.name = f'{bone.name} "x\\'
    constrain(ob, 'left_elbow "x\\', "COPY_ROTATION", holder(), name='a "b\\')
    follow(ob, 'head "x\\', "rotation_quaternion")
    found = armature.recognition(ob)
    if found.lacking:
        pytest.skip("such names are not recognised")
    landed = land(ob, supple_motion())
    assert 'drivers move them: head "x\\.' in landed.strings.left_out[1]
    assert misses(landed).turn["left_elbow"] < 0.3


def test_when_every_bone_is_held_it_is_declined(context):
    ob = smpl_armature()
    for bone in ob.pose.bones:
        bone.lock_rotation = (True, True, True)
    with pytest.raises(TwostepError, match=r"Figure cannot dance.* locked .* try again\.$"):
        strings(ob)


def test_an_upright_figure_with_a_twist_bone_between(context):
    """A helper in an arm that goes by the hand is switched off; one that goes by nothing stays."""
    ob = smpl_armature()

    def change(bones):
        elbow = bones["left_elbow"]
        twist = bones.new("arm twist helper")
        twist.head, twist.tail, twist.roll = elbow.head, elbow.tail, elbow.roll
        twist.parent, elbow.parent = elbow.parent, twist

    edit(ob, change)
    landed = land(ob, supple_motion())
    assert not landed.strings.left_out and max(misses(landed).place.values()) < NEAR
    constrain(ob, "arm twist helper", "COPY_ROTATION", ob, subtarget="head", influence=0.5,
              owner_space="LOCAL", target_space="LOCAL")  # fmt: skip
    landed = land(ob, supple_motion())
    assert "Copy Rotation (arm twist helper)" in landed.strings.left_out[0]
    assert max(misses(landed).place.values()) < NEAR


def test_keys_stay_within_the_action(context):
    """What is switched is switched by curves of the dance's action."""
    ob = smpl_armature()
    constrain(ob, "left_elbow", "COPY_ROTATION", holder())
    land(ob, supple_motion())
    action = ob.animation_data.action
    paths = {curve.data_path for curve in keys.versions.curves(action)}
    assert 'pose.bones["left_elbow"].constraints["Copy Rotation"].influence' in paths


def test_an_ordinary_figure_has_nothing_to_say(context):
    found = strings(smpl_armature(heads=rest_positions() + np.array([0, 0, STANDING_HEIGHT])))
    assert not found.left_out and not found.switches and len(found.still) == 24


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


def test_what_moves_the_bones_above_is_said(context):
    ob = rooted(smpl_armature())
    constrain(ob, "root", "COPY_LOCATION", holder())
    assert strings(ob).left_out == (
        "The whole dance goes along with what moves the bones above it: Copy Location (root).",
    )
    follow(ob, "root", "location")
    assert strings(ob).left_out[0].endswith(": Copy Location (root), drivers (root).")


def test_locked_poles_and_goals_are_moved_all_the_same(context):
    """Riggers lock what nobody should turn by hand; limbs are led by where these bones are."""
    ob = led(smpl_armature(), poles=True)
    for bone in ob.pose.bones:
        if bone.name.endswith(("pole", "goal")):
            bone.lock_rotation = (True, True, True)
    landed = land(ob, supple_motion(), "IK")
    assert not landed.strings.left_out and max(misses(landed).place.values()) < 0.005


def test_a_pelvis_that_may_not_rise_stays_down(context):
    ob = smpl_armature()
    pelvis = ob.pose.bones["pelvis"]
    pelvis.lock_location = (False, True, False)
    landed = land(ob, supple_motion())
    assert landed.strings.left_out == (
        "The bone pelvis moves only along the axes that are not locked.",
    )
    bpy.context.scene.frame_set(31)
    assert pelvis.location.y == 0 and abs(pelvis.location.x) > 0.01


def test_a_locked_root_stays_and_the_hips_travel(context):
    ob = rooted(smpl_armature())
    ob.pose.bones["root"].lock_location = (True, True, True)
    landed = land(ob, supple_motion(), root=True)
    assert "locked: root." in landed.strings.left_out[0]
    assert max(misses(landed).place.values()) < NEAR


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
