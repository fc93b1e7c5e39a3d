# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a figure hangs on, and wherever its object is: it dances, or it is said why not."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from twostep.inference.errors import TwostepError
from twostep.inference.skeleton import STANDING_HEIGHT, rest_positions
from twostep.scene import armature, keys

from .figures import smpl_armature, wild_motion
from .landing import land, misses, supple_motion
from .stringing import NEAR, above, constrain, edit, follow, holder, strings


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


@pytest.mark.parametrize("bone", ["root", "pelvis"])
def test_what_carries_the_whole_rig_may_move(context, bone):
    """A Child Of on the root, or the hips, to something that travels carries the dance."""
    ob, target = smpl_armature(), holder()
    if bone == "root":
        rooted(ob)
    child = constrain(ob, bone, "CHILD_OF", target)
    motion = supple_motion()
    for root in (False, True) if bone == "root" else (False,):
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


def test_what_moves_the_bones_above_is_said(context):
    ob = rooted(smpl_armature())
    constrain(ob, "root", "COPY_LOCATION", holder())
    assert strings(ob).left_out == (
        "The whole dance goes along with what moves the bones above it: Copy Location (root).",
    )
    follow(ob, "root", "location")
    assert strings(ob).left_out[0].endswith(": Copy Location (root), drivers (root).")


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
