# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests do to a figure before it dances: bones above, holders, constraints, drivers."""

from __future__ import annotations

import bpy

from twostep.scene import armature, puppets

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
