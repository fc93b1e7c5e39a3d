# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures that lack parts of a body dance with what they have, and are read back so far."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from twostep.inference.errors import TwostepError
from twostep.inference.motion import forward_kinematics
from twostep.inference.retarget.options import Options
from twostep.inference.skeleton import INDEX
from twostep.scene import armature, keys
from twostep.scene.apply import apply_dance

from .figures import smpl_armature
from .landing import supple_motion
from .test_poses import read


def sided(*parts):
    return tuple(f"{side}_{part}" for side in ("left", "right") for part in parts)


LEGS = sided("hip", "knee", "ankle", "foot")
ARMS = sided("collar", "shoulder", "elbow", "wrist", "hand")
LACKING = {
    "no legs": LEGS,
    "bust": ("pelvis", "spine1", *LEGS),
    "no arms": ARMS,
    "one leg": LEGS[:4],
    "trunk": (*LEGS, *ARMS),
}


@pytest.mark.parametrize(
    ("what", "turn"),
    [
        *((what, 0.0) for what in LACKING),
        *((what, np.pi / 2) for what in LACKING if what != "trunk"),
    ],
)
def test_what_there_is_dances_and_is_read_back(context, what, turn):
    context.scene.render.fps = 30
    motion = supple_motion()
    upright = Matrix.Rotation(turn, 4, "X")
    ob = smpl_armature(skip=LACKING[what], rest=upright.inverted())
    ob.matrix_world = upright
    options = Options(reach=1.0) if what != "one leg" else Options()
    before = {bone.name: np.array(bone.head_local) for bone in ob.data.bones}
    apply_dance(ob, motion, keys.Placement(1, 30), "Dance", {}, options)
    found = armature.recognition(ob)
    assert found.lacking == () and found.left_out
    shown = read(context, ob)
    world = forward_kinematics(motion.matrices(), motion.root)[1]
    again = forward_kinematics(shown.matrices(), shown.root)[1]
    for joint in ("spine2", "spine3", "head", "left_shoulder", "right_elbow"):
        if joint in found.bones:
            turned = world[:, INDEX[joint]].swapaxes(-1, -2) @ again[:, INDEX[joint]]
            angles = np.arccos(np.clip((np.trace(turned, axis1=1, axis2=2) - 1) / 2, -1, 1))
            assert np.degrees(angles).max() < 1.0
    context.scene.frame_set(40)
    base = ob.evaluated_get(context.evaluated_depsgraph_get()).pose.bones[found.bones["spine2"]]
    if "left_hip" not in found.bones and "right_hip" not in found.bones:
        first = next(name for name in ("pelvis", "spine2") if name in found.bones)
        posed = base.id_data.pose.bones[found.bones[first]]
        assert np.allclose(posed.head, before[found.bones[first]], atol=1e-4)


def test_a_limb_without_its_middle_is_declined(context):
    ob = smpl_armature(skip=("left_knee",))
    with pytest.raises(TwostepError, match="left knee"):
        apply_dance(ob, supple_motion(), keys.Placement(1, 30), "Dance", {})
    assert ob.animation_data is None and not bpy.data.actions
