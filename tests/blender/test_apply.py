# SPDX-License-Identifier: GPL-3.0-or-later
"""A dance lands on characters of well-known families in every way that the panel offers."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

from twostep.demo.rigs import families
from twostep.demo.rigs.perform import the_dance
from twostep.inference.retarget.options import Options
from twostep.inference.skeleton import INDEX
from twostep.scene import apply, armature, keys

from .figures import heads

CAST = families.everyone()


@pytest.fixture(scope="module")
def motion():
    return the_dance(5.0)


@pytest.fixture(scope="module")
def walked(motion):
    """The dance on a travelator: two metres along the floor."""
    away = np.linspace(0, 1, len(motion))[:, None] * (1.6, -1.2, 0)
    return replace(motion, root=motion.root + away, contacts=0 * motion.contacts)


def land(context, ob, motion, **wishes):
    context.scene.render.fps = 30
    return apply.apply_dance(ob, motion, keys.Placement(1, 30), "Dance", {}, Options(**wishes))


def paths(context, ob, joints, frames):
    """Where bones of joints are in the world, in metres of the character, (T, J, 3)."""
    bones = armature.recognition(ob).bones
    found = np.array([heads(ob, [bones[joint] for joint in joints], frame) for frame in frames])
    return found / (armature.figure(ob, bones).scale * ob.matrix_world.to_scale().x)


FEET = ("left_ankle", "right_ankle", "left_hip", "right_hip")


def test_on_a_root_bone_the_character_goes_where_it_went(context, walked):
    frames = range(1, 140, 13)
    ob = CAST["unreal4"].build(context)
    land(context, ob, walked)
    plainly = paths(context, ob, FEET, frames)
    assert np.ptp([heads(ob, ["root"], frame) for frame in frames], axis=0).max() < 1e-6
    land(context, ob, walked, travel="ROOT")
    assert np.abs(plainly - paths(context, ob, FEET, frames)).max() < 2e-3
    metre = armature.figure(ob, armature.recognition(ob).bones).scale * ob.scale.x
    way = np.ptp([heads(ob, ["root"], frame) for frame in frames], axis=0) / metre
    assert np.linalg.norm(way[:, :2]) > 1.5 and way[0, 2] < 1e-6


def test_in_place_the_hips_stay_where_they_began(context, walked):
    ob = CAST["mixamo"].build(context)
    frames = range(1, 140, 3)

    def hips():
        return paths(context, ob, ("left_hip", "right_hip"), frames).mean(axis=1)

    land(context, ob, walked)
    away = np.ptp(hips(), axis=0)
    land(context, ob, walked, travel="PLACE")
    here = np.ptp(hips(), axis=0)
    assert np.linalg.norm(away[:2]) > 1.7
    assert np.linalg.norm(here[:2]) < 0.35
    assert here[2] == pytest.approx(away[2], abs=0.01)


def test_hands_keep_their_places_when_asked(context, motion):
    """The source's wrists, on a body as tall as the character by its legs."""
    ob = CAST["makehuman"].build(context)
    frames = np.arange(1, 140, 7)
    hands = ("left_wrist", "right_wrist", "left_hip", "right_hip")
    rows = [INDEX[joint] for joint in hands]
    true = motion.positions()[frames - 1][:, rows]
    wanted = true[:, :2] - true[:, 2:].mean(axis=1, keepdims=True)

    def apart(reach):
        land(context, ob, motion, reach=reach)
        found = paths(context, ob, hands, frames)
        own = found[:, :2] - found[:, 2:].mean(axis=1, keepdims=True)
        return np.linalg.norm(own - wanted, axis=-1).mean()

    assert apart(1.0) < min(0.03, 0.5 * apart(0.0))


@pytest.mark.parametrize("name", ["rigify_fk", "mixamo"])
def test_few_keys_stay_within_the_tolerance_that_is_told(context, motion, name):
    ob = CAST[name].build(context)
    joints = ("left_ankle", "right_wrist", "head")
    frames = range(1, 140, 3)
    every = land(context, ob, motion)
    true = paths(context, ob, joints, frames)
    few = land(context, ob, motion, keys="FEW", tolerance_mm=4.0, tolerance_deg=1.0)
    apart = np.linalg.norm(paths(context, ob, joints, frames) - true, axis=-1).max()
    assert few.written.keys < every.written.keys / 3
    assert apart * 1000 <= few.written.error_mm + 0.5
    assert few.written.error_deg <= 1.0 + 1e-3


def test_a_loop_ends_as_it_begins_and_goes_on(context, motion):
    from twostep.inference.loop import closed

    ob = CAST["vrm"].build(context)
    land(context, ob, closed(motion), loop=True)
    last = round(ob.animation_data.action.frame_range[1])
    joints = ("left_ankle", "right_wrist", "head", "left_hip")
    first, end, again, later = paths(context, ob, joints, (1, last, 30, 30 + last - 1))
    assert np.abs(first - end).max() < 1e-3
    assert np.abs(again - later).max() < 1e-3


def test_a_character_without_legs_dances_and_is_told_of(context, motion):
    ob = CAST["mixamo"].build(context)
    bpy.ops.object.mode_set(mode="EDIT")
    bones = ob.data.edit_bones
    for bone in [bone for bone in bones if "Leg" in bone.name or "Foot" in bone.name
                 or "Toe" in bone.name]:  # fmt: skip
        bones.remove(bone)
    bpy.ops.object.mode_set(mode="OBJECT")
    said = land(context, ob, motion).warnings
    assert any("legs" in sentence for sentence in said)
    wrist = [heads(ob, ["mixamorig:LeftHand"], frame) for frame in (1, 60)]
    assert np.abs(wrist[0] - wrist[1]).max() > 0.1
