# SPDX-License-Identifier: GPL-3.0-or-later
"""Every family of rigs dances in this Blender, within the bounds of docs/rigs.md."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from twostep.demo.rigs import families, perform
from twostep.demo.rigs.measure import BOUNDS, measured, missed
from twostep.demo.rigs.watch import watch
from twostep.inference.contacts import stretches
from twostep.inference.proportions import OURS
from twostep.inference.retarget import fit
from twostep.inference.retarget.options import Options
from twostep.inference.skeleton import CONTACT_JOINTS
from twostep.scene import armature, versions

SECONDS = 8.0
CAST = families.everyone()
#: The characters that share an armature, FK and IK, dance one after the other.
BUILDERS = {family.build: family.name for family in reversed(CAST.values())}


@pytest.fixture(scope="module")
def motion():
    return perform.the_dance(SECONDS)


@pytest.mark.parametrize("name", [*BUILDERS.values()][::-1])
def test_a_family_is_recognised_and_dances(context, motion, name):
    built = CAST[name]
    ob = perform.stage(context, built, motion)
    for family in (each for each in CAST.values() if each.build is built.build):
        done = perform.perform(context, family, ob, motion)
        assert armature.recognition(ob).family == family.family
        assert not done.missed, (family.name, done.figures, done.again)


@pytest.mark.parametrize("name", ["bvh", "g1"])
def test_what_others_made_dances(context, motion, data_folder, name):
    """A file of motion capture, the G1 of its makers."""
    family = families.everyone(data_folder)[name]
    ob = perform.stage(context, family, motion)
    assert not perform.perform(context, family, ob, motion).missed


def figures(context, ob, motion, metre):
    """The figures of the dance that the armature has."""
    span = (float(perform.FIRST), perform.FIRST + len(motion) - 1.0)
    seen = watch(context, ob, armature.recognition(ob).bones, span, metre)
    return measured(motion, seen)


def test_what_is_wrong_shows_in_the_figures(context, motion):
    family = CAST["unreal4"]
    ob = perform.stage(context, family, motion)
    perform.land(family, ob, motion)
    for frame, place in ((1, (0, 0, 0)), (120, (0.3, 0, 0)), (240, (0.3, 0, -0.02))):
        ob.location = place
        ob.keyframe_insert("location", frame=frame)
    curve = next(
        each
        for each in versions.playing_curves(ob.animation_data)
        if each.data_path == ob.pose.bones["lowerarm_l"].path_from_id("rotation_quaternion")
    )
    for point in curve.keyframe_points[100:130]:
        point.co.y += 1.0
    found = set(missed(figures(context, ob, motion, family.metre)))
    assert found == {*BOUNDS} - {"limbs_mean", "float_worst"}


def strayed(ob, motion):
    """How far standing feet would be from their places if they were not planted, mean, cm.

    The hips of this body are wider than ours and turn as ours do, so they rise, sink and swing more
    while the feet stand. To plant these moves knees, and the body where a leg is nearly straight,
    by about as much (in other styles .6 to .9 of it): no way back from the rig knows of it.
    """
    figure = armature.figure(ob, armature.recognition(ob).bones)
    own, found = figure.proportions, []
    away = fit(motion, figure).positions(own.offsets) - motion.positions()
    for column, joint in enumerate(CONTACT_JOINTS):
        side, toe = divmod(column, 2)
        higher = (own.toe - OURS.toe if toe else own.ankle - OURS.ankle)[side]
        for start, stop in stretches(motion.contacts[:, column] > 0.5):
            here = away[start:stop, joint]
            place = np.r_[np.median(here[:, :2], axis=0), higher]
            found.append(np.linalg.norm(here - place, axis=1))
    return 100 * np.concatenate(found).mean()


def scaled(ob, factor):
    turn = Matrix.Translation((3, -2, 1)) @ Matrix.Rotation(1.1, 4, (0.3, 0.5, 0.8))
    ob.matrix_world = turn @ Matrix.Scale(factor, 4) @ ob.matrix_world
    return factor


def rolled(ob):
    random = np.random.default_rng(5)
    bpy.ops.object.mode_set(mode="EDIT")
    for bone in ob.data.edit_bones:
        bone.roll = random.uniform(-np.pi, np.pi)
    bpy.ops.object.mode_set(mode="OBJECT")
    return 1.0


def facing_back(ob):
    ob.data.transform(Matrix.Rotation(np.pi, 4, "Y"))  # which is up in its data
    return 1.0


def in_centimetres(ob):
    """Two centimetres are two units, in a scene that says so."""
    bpy.context.scene.unit_settings.scale_length = 0.01
    ob.matrix_world = Matrix.Scale(100, 4) @ ob.matrix_world
    return 100.0


@pytest.mark.parametrize(
    "change",
    [lambda ob: scaled(ob, 2.5), lambda ob: scaled(ob, 0.01), rolled, facing_back, in_centimetres],
    ids=["large", "tiny", "rolled", "facing back", "centimetres"],
)
def test_however_it_stands_and_its_bones_roll(context, motion, change):
    family = CAST["mixamo"]
    ob = perform.stage(context, family, motion)
    factor = change(ob)
    context.view_layer.update()
    perform.land(family, ob, motion)
    found = figures(context, ob, motion, family.metre * factor)
    assert not missed(found), found


@pytest.mark.parametrize(
    "measures",
    [
        {"arms": 85.0, "elbows": 20.0},
        {"ankle": 0.17, "foot": 0.1, "toe": 0.03},
        {"foot": 0.26},
        {"thigh": 0.55, "shin": 0.33},
        {"hips": 0.2, "thigh": 0.3, "shin": 0.3},
        {"legs": 25.0, "toes_out": 40.0},
        {"knees": 30.0},
    ],
    ids=["arms down", "heels", "big feet", "long thighs", "broad", "legs apart", "knees bent"],
)
def test_whatever_its_body_and_pose_at_rest(context, motion, measures):
    family = families.planned("unreal4", "unreal", **measures)
    ob = perform.stage(context, family, motion)
    done = perform.perform(context, family, ob, motion)
    within = {"trip_cm"} if done.figures.trip_cm <= strayed(ob, motion) else set()
    assert not set(done.missed) - within, (done.figures, strayed(ob, motion))


def test_a_moving_carrier_takes_the_dance_along(context, motion):
    """The armature is a child of what moves: in its own space it dances as ever."""
    family, short = CAST["unreal4"], motion[:30]
    ob = perform.stage(context, family, short)
    perform.land(family, ob, short)
    still = poses(context, ob, 20)
    cart = bpy.data.objects.new("Cart", None)
    context.scene.collection.objects.link(cart)
    constraint = ob.constraints.new("CHILD_OF")
    constraint.target = cart
    for frame, place in ((1, 0.0), (30, 4.0)):
        cart.location.x = cart.rotation_euler.z = place
        for path in ("location", "rotation_euler"):
            cart.keyframe_insert(path, frame=frame)
    before = ob.animation_data.action
    perform.land(family, ob, short)
    assert ob.animation_data.action != before
    assert np.abs(poses(context, ob, 20) - still).max() < 1e-4 * 100


def poses(context, ob, frame):
    context.scene.frame_set(frame)
    evaluated = ob.evaluated_get(context.evaluated_depsgraph_get())
    return np.array([bone.matrix for bone in evaluated.pose.bones])


def test_names_as_mmd_tools_turns_them(context, motion):
    """Its importer moves the side to the end, where Blender mirrors names."""
    family = CAST["mmd_ik"]
    ob = perform.stage(context, family, motion)
    for bone in ob.data.bones:
        for side, end in (("左", ".L"), ("右", ".R")):
            if side in bone.name:
                bone.name = bone.name.replace(side, "") + end
    done = perform.perform(context, family, ob, motion)
    assert done.recognised == "MMD"
    assert not done.missed, done.figures


def test_few_keys_keep_the_bounds(context, motion):
    family = CAST["mixamo"]
    ob = perform.stage(context, family, motion)
    perform.land(family, ob, motion, Options(keys="FEW"))
    found = figures(context, ob, motion, family.metre)
    assert not missed(found), found


def test_over_the_floor_by_the_root_bone_it_is_the_same_dance(context, motion):
    """Root motion: the figures are those of a dance whose hips travel."""
    family = CAST["unreal5"]
    ob = perform.stage(context, family, motion)
    perform.land(family, ob, motion, Options(travel="ROOT"))
    assert "root" in perform.keyed(ob)
    found = figures(context, ob, motion, family.metre)
    assert not missed(found), found
