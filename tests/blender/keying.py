# SPDX-License-Identifier: GPL-3.0-or-later
"""Dances that are keyed as they are, and what hands have keyed before."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
from scipy.spatial.transform import Rotation

from twostep.inference.retarget import fit
from twostep.inference.retarget.options import Options
from twostep.scene import armature, keys, puppets, versions


def strings_of(ob, **changes):
    return replace(puppets.puppet(ob, armature.recognition(ob)), **changes)


def dance(ob, motion, frame=1.0, strings=None, track=None, recipe=None, **options) -> keys.Written:
    strings = strings or strings_of(ob)
    own = fit(motion, strings.puppet.figure)
    placement = keys.Placement(frame, keys.scene_fps(bpy.context.scene))
    wanted = Options(**options)
    return keys.write_dance(ob, strings, own, placement, "Dance", recipe or {}, wanted, track)


def hand_keyed(ob, last=100, seed=0):
    """Keys by hand on some bones, here and there, as Blender makes them."""
    random = np.random.default_rng(seed)
    for name in ("pelvis", "left_elbow", "head", "spine1"):
        bone = ob.pose.bones[name]
        for frame in sorted({1, *random.integers(2, last, 6).tolist(), last}):
            bone.rotation_quaternion = Rotation.random(random_state=frame).as_quat(
                scalar_first=True
            )
            bone.keyframe_insert("rotation_quaternion", frame=frame)
            if name in ("pelvis", "spine1"):
                bone.location = random.normal(0, 0.2, 3)
                bone.keyframe_insert("location", frame=frame)
    return ob.animation_data.action


def shapes(ob, frames):
    """What every f-curve that plays is in those frames."""
    curves = versions.playing_curves(ob.animation_data)
    return {
        (curve.data_path, curve.array_index): [curve.evaluate(frame) for frame in frames]
        for curve in curves
    }


def outside(first, last, until=140):
    """Half frames before and after a dance."""
    return [*np.arange(-10, first - 0.9, 0.5), *np.arange(last + 1, until, 0.5)]
