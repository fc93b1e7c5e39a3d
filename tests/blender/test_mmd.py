# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of MikuMikuDance as mmd_tools imports them: legs that solve themselves, and copies."""

from __future__ import annotations

import bpy
import pytest

from twostep.demo.rigs import families
from twostep.scene import armature, puppets

from .landing import land, misses, supple_motion


@pytest.fixture
def mmd(context):
    return families.everyone()["mmd"].build(context)


def shadowed(ob):
    """D bones follow as mmd_tools has it: by a Transformation from a copy of a child."""
    bpy.ops.object.mode_set(mode="EDIT")
    edit = ob.data.edit_bones
    names = [f"{side}{part}" for side in "左右" for part in ("足", "ひざ", "足首")]
    for name in names:
        for kind, parent in (("dummy", edit[name]), ("shadow", edit[name].parent)):
            bone = edit.new(f"_{kind}_{name}D")
            bone.head, bone.tail, bone.roll = (getattr(edit[f"{name}D"], part)
                                               for part in ("head", "tail", "roll"))  # fmt: skip
            bone.parent = parent
    bpy.ops.object.mode_set(mode="OBJECT")
    for name in names:
        bones = ob.pose.bones
        copy = bones[f"_shadow_{name}D"].constraints.new("COPY_TRANSFORMS")
        copy.target, copy.subtarget = ob, f"_dummy_{name}D"
        copy.owner_space = copy.target_space = "POSE"
        for old in list(bones[f"{name}D"].constraints):
            bones[f"{name}D"].constraints.remove(old)
        follow = bones[f"{name}D"].constraints.new("TRANSFORM")
        follow.name = "mmd_additional_rotation"
        follow.target, follow.subtarget = ob, f"_shadow_{name}D"
        follow.owner_space = follow.target_space = "LOCAL"
        follow.map_from = follow.map_to = "ROTATION"
        follow.map_to_y_from, follow.map_to_z_from = "Y", "Z"
        follow.use_motion_extrapolate = True
        follow.from_rotation_mode = follow.to_euler_order = "XYZ"
        for axis in "xyz":
            for end, value in (("min", -3.0), ("max", 3.0)):
                setattr(follow, f"from_{end}_{axis}_rot", value)
                setattr(follow, f"to_{end}_{axis}_rot", value)
    return ob


def test_by_its_own_limbs(mmd):
    """The centre travels, the upper body does not hang on the lower one, toes hang on copies."""
    landed = land(mmd, supple_motion())
    assert not landed.strings.left_out
    handles = {handle.bone: handle for handle in landed.strings.puppet.handles}
    carriers = {
        name: landed.strings.puppet.handles[handle.carrier].bone
        for name, handle in handles.items()
        if handle.carrier >= 0
    }
    assert handles["センター"].role == "travel" and handles["センター"].joint is None
    assert carriers["上半身"] == carriers["下半身"] == "センター"
    assert carriers["左足"] == "下半身" and carriers["左足先EX"] == "左足首"
    assert not {"グルーブ", "腰", "左腕捩", "左肩P", "左肩C", "左足D", "左足ＩＫ"} & handles.keys()
    found = misses(landed)
    assert found.seat < 1e-4
    assert max(found.place.values()) < 0.001 and max(found.turn.values()) < 0.5


def test_by_feet_that_legs_follow(mmd):
    """No poles lead the knees: the legs are keyed as well, so that they bend as they should."""
    landed = land(mmd, supple_motion(), limbs="IK")
    assert {handle.bone for handle in landed.strings.puppet.handles} >= {
        "左足ＩＫ", "右足ＩＫ", "左つま先ＩＫ", "右つま先ＩＫ", "左足"
    }  # fmt: skip
    found = misses(landed)
    assert found.seat < 1e-4
    assert max(found.place.values()) < 0.005 and max(found.limb.values()) < 2


def test_keys_of_both_kinds_take_turns(mmd):
    """What one dance switched off the other one needs."""
    motion = supple_motion()
    for limbs in ("IK", "FK", "IK"):
        assert max(misses(land(mmd, motion, limbs)).place.values()) < 0.005


@pytest.mark.parametrize("limbs", ["FK", "IK"])
def test_copies_as_mmd_tools_makes_them(mmd, limbs):
    landed = land(shadowed(mmd), supple_motion(), limbs)
    assert not landed.strings.left_out
    bpy.context.scene.frame_set(31)
    bones = mmd.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
    for side in "左右":
        for part in ("足", "ひざ", "足首"):
            assert (bones[f"{side}{part}D"].head - bones[f"{side}{part}"].head).length < 0.02
    handles = landed.strings.puppet.handles
    toe = next(handle for handle in handles if handle.bone == "左足先EX")
    assert handles[toe.carrier].bone == "左足首"


def test_limits_of_its_solver_go_with_it(mmd):
    """mmd_tools keeps knees from turning sideways by limits that are meant for the solver."""
    limit = mmd.pose.bones["左ひざ"].constraints.new("LIMIT_ROTATION")
    limit.name, limit.owner_space = "mmd_ik_limit_override", "LOCAL"
    limit.use_limit_x, limit.min_x, limit.max_x = True, 0.0, 0.1
    landed = land(mmd, supple_motion())
    assert not landed.strings.left_out
    assert max(misses(landed).place.values()) < 0.001


def test_mmd_tools_own_switch_is_set_where_it_is(mmd):
    path = 'pose.bones["左足ＩＫ"].mmd_ik_toggle'
    found = armature.recognition(mmd)
    assert path not in dict(puppets.puppet(mmd, found).switches)
    bpy.types.PoseBone.mmd_ik_toggle = bpy.props.BoolProperty(default=True)
    try:
        assert dict(puppets.puppet(mmd, found).switches)[path] == 0
        assert dict(puppets.puppet(mmd, found, "IK").switches)[path] == 1
        landed = land(mmd, supple_motion())
        assert max(misses(landed).place.values()) < 0.001
        assert not mmd.pose.bones["左足ＩＫ"].mmd_ik_toggle
    finally:
        del bpy.types.PoseBone.mmd_ik_toggle


@pytest.mark.parametrize("limbs", ["FK", "IK"])
def test_its_root_goes_over_the_floor(mmd, limbs):
    found = misses(land(mmd, supple_motion(), limbs, root=True))
    assert found.seat < 1e-4 and max(found.place.values()) < 0.005
    bpy.context.scene.frame_set(60)
    assert mmd.pose.bones["全ての親"].location.length > 1


@pytest.mark.parametrize("limbs", ["FK", "IK"])
def test_sides_where_mmd_tools_puts_them(mmd, limbs):
    """It renames 左足 to 足.L, so that Blender's mirroring knows the sides."""
    for bone in mmd.data.bones:
        for side, mark in (("左", ".L"), ("右", ".R")):
            if side in bone.name:
                bone.name = bone.name.replace(side, "") + mark
    landed = land(mmd, supple_motion(), limbs)
    assert not landed.strings.left_out
    assert ("足ＩＫ.L" in {handle.bone for handle in landed.strings.puppet.handles}) == (
        limbs == "IK"
    )
    assert max(misses(landed).place.values()) < 0.005
