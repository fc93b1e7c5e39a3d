# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigs that Blender's own Rigify generates, danced by their controls."""

from __future__ import annotations

import bpy
import pytest
from mathutils import Quaternion

from twostep.scene import versions

from .landing import land, misses, supple_motion


@pytest.fixture(scope="module")
def files(rigify, tmp_path_factory):
    """Files with generated rigs, each made once."""
    folder, made = tmp_path_factory.mktemp("rigs"), {}

    def file(kind):
        if kind not in made:
            bpy.ops.wm.read_homefile(use_empty=True)
            generate(kind)
            made[kind] = folder / f"{kind}.blend"
            bpy.ops.wm.save_as_mainfile(filepath=str(made[kind]))
        return made[kind]

    return file


@pytest.fixture
def generated(context, files):
    """A generated rig of a kind: "basic", "full", or "lowered", with its arms and legs re-posed."""

    def rig(kind):
        bpy.ops.wm.open_mainfile(filepath=str(files(kind)))
        return bpy.data.objects["rig"]

    return rig


def generate(kind):
    name = "human" if kind == "full" else "basic_human"
    getattr(bpy.ops.object, f"armature_{name}_metarig_add")()
    meta = bpy.context.view_layer.objects.active
    if kind == "lowered":
        for bone, axis, angle in (
            ("upper_arm.L", "Y", 0.5), ("upper_arm.R", "Y", -0.5), ("forearm.L", "Y", -0.3),
            ("thigh.L", "Y", -0.2), ("thigh.R", "Y", 0.2),
        ):  # fmt: skip
            turn_bone(meta, bone, axis, angle)
        before = meta.data.bones["hand.L"].head_local.copy()
        bpy.ops.object.mode_set(mode="POSE")
        bpy.ops.pose.armature_apply()
        bpy.ops.object.mode_set(mode="OBJECT")
        assert (meta.data.bones["hand.L"].head_local - before).length > 0.1
    bpy.ops.pose.rigify_generate()


def turn_bone(ob, name, axis, angle):
    """Turn a bone about an axis of the armature."""
    bone = ob.pose.bones[name]
    rest = bone.bone.matrix_local.to_quaternion()
    about = Quaternion([float(axis == each) for each in "XYZ"], angle)
    bone.rotation_mode = "QUATERNION"
    bone.rotation_quaternion = rest.inverted() @ about @ rest


@pytest.mark.parametrize("kind", ["basic", "full", "lowered"])
def test_by_its_own_limbs(generated, kind):
    ob = generated(kind)
    landed = land(ob, supple_motion())
    assert not landed.strings.left_out
    found = misses(landed)
    assert found.seat < 1e-4
    assert max(found.place.values()) < 0.001
    assert max(found.turn.values()) < 0.5


@pytest.mark.parametrize("kind", ["basic", "full", "lowered"])
def test_by_hands_and_feet(generated, kind):
    ob = generated(kind)
    landed = land(ob, supple_motion(), limbs="IK")
    keyed = {handle.bone for handle in landed.strings.puppet.handles}
    assert keyed >= {"foot_ik.L", "hand_ik.R", "toe_ik.L", "thigh_ik_target.R"}
    assert not keyed & {"thigh_fk.L", "forearm_fk.R", "toe_fk.L"}
    found = misses(landed)
    assert found.seat < 1e-4
    assert max(found.place.values()) < 0.005
    assert max(found.limb.values()) < 2
    hands_and_feet = ("ankle", "foot", "wrist", "collar", "pelvis", "spine1", "head")
    assert max(v for joint, v in found.turn.items() if joint.endswith(hands_and_feet)) < 0.5


@pytest.mark.parametrize("limbs", ["FK", "IK"])
def test_its_root_goes_over_the_floor(generated, limbs):
    ob = generated("basic")
    motion = supple_motion()
    found = misses(land(ob, motion, limbs, root=True))
    assert max(found.place.values()) < 0.005 and max(found.limb.values()) < 2
    bpy.context.scene.frame_set(60)
    assert ob.pose.bones["root"].location.length > 1


def test_skin_bones_go_with_what_is_shown(generated):
    """Skin hangs on DEF bones; where Rigify bends nothing they are where the joints are."""
    ob = generated("full")
    land(ob, supple_motion())
    bpy.context.scene.frame_set(31)
    bones = ob.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
    for joint in ("thigh.L", "shin.R", "foot.L", "upper_arm.R", "forearm.L", "hand.R", "spine.006"):
        assert (bones[f"DEF-{joint}"].head - bones[f"ORG-{joint}"].head).length < 1e-4


def test_one_dance_after_the_other(generated):
    """Feet led before, limbs keyed now, and back: switches go with the action that plays."""
    ob = generated("basic")
    motion = supple_motion()
    first = land(ob, motion, "IK")
    action = ob.animation_data.action
    second = land(ob, motion, "FK")
    assert max(misses(second).place.values()) < 0.001
    versions.use_action(ob.animation_data, action)
    assert max(misses(first).place.values()) < 0.005


def test_controls_that_were_moved_do_not_show(generated):
    """Bones between the keyed ones, and those that their helpers go by, are put to rest."""
    ob = generated("basic")
    for name in ("hips", "chest", "tweak_spine", "root"):
        ob.pose.bones[name].location = (0.1, 0.05, 0.02)
    ob.pose.bones["chest"].rotation_quaternion = (0.9, 0.3, 0.2, 0.2)
    for bone, name, value in (
        ("torso", "neck_follow", 0.3), ("torso", "torso_parent", 0),
        ("thigh_parent.L", "FK_limb_follow", 1.0), ("thigh_parent.R", "IK_parent", 2),
        ("upper_arm_parent.L", "pole_parent", 3),
    ):  # fmt: skip
        ob.pose.bones[bone][name] = value
    for limbs in ("FK", "IK"):
        found = misses(land(ob, supple_motion(), limbs))
        assert max(found.place.values()) < 0.005 and max(found.limb.values()) < 2


def test_a_rig_without_some_of_its_controls_dances_on(generated):
    """Switches and bones that older or pruned rigs do not have are done without."""
    ob = generated("basic")
    del ob.pose.bones["torso"]["head_follow"]
    bpy.ops.object.mode_set(mode="EDIT")
    ob.data.edit_bones.remove(ob.data.edit_bones["toe_ik.L"])
    bpy.ops.object.mode_set(mode="OBJECT")
    landed = land(ob, supple_motion(), "IK")
    assert not any("head_follow" in path for path, _ in landed.strings.switches)
    found = misses(landed)
    assert found.place["left_ankle"] < 0.005 and found.limb["left_knee"] < 2


@pytest.mark.parametrize("limbs", ["FK", "IK"])
def test_linked_and_overridden(files, limbs):
    """Its switches are properties of the library's; the action sets them all the same."""
    path = files("basic")
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(path), link=True) as (source, target):
        target.objects = [name for name in source.objects if name == "rig"]
    scene = bpy.context.scene
    scene.collection.objects.link(target.objects[0])
    ob = target.objects[0].override_hierarchy_create(scene, bpy.context.view_layer)
    bpy.context.view_layer.update()
    found = misses(land(ob, supple_motion(), limbs))
    assert max(found.place.values()) < 0.005 and max(found.limb.values()) < 2
