# SPDX-License-Identifier: GPL-3.0-or-later
"""Armatures and motions to test with."""

from __future__ import annotations

import math
from collections.abc import Callable

import bpy
import numpy as np
from mathutils import Matrix
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from twostep.inference.motion import FPS, Motion
from twostep.inference.pose_features import continuous
from twostep.inference.skeleton import (
    JOINT_COUNT,
    JOINTS,
    PARENTS,
    STANDING_HEIGHT,
    rest_positions,
)


def smpl_armature(
    name: str = "Figure",
    rename: Callable[[str], str] = str,
    rest: Matrix | None = None,
    heads: np.ndarray | None = None,
    skip: tuple[str, ...] = (),
    seed: int = 0,
) -> bpy.types.Object:
    """An armature on our proportions whose bones point and roll anyhow.

    rest: carries the rest pose elsewhere in armature space; heads: other rest heads (24, 3);
    skip: joints without a bone (their children hang on the bone above).
    """
    random = np.random.default_rng(seed)
    if heads is None:
        heads = rest_positions() + np.array([0, 0, STANDING_HEIGHT])
    rest = rest or Matrix.Identity(4)
    data = bpy.data.armatures.new(name)
    ob = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(ob)
    bpy.context.view_layer.objects.active = ob
    ob.select_set(True)
    bpy.ops.object.mode_set(mode="EDIT")
    bones: dict[int, bpy.types.EditBone] = {}
    for joint, label in enumerate(JOINTS):
        if label in skip:
            continue
        bone = data.edit_bones.new(rename(label))
        direction = random.normal(size=3)
        bone.head = rest @ Matrix.Translation(heads[joint]).translation
        bone.tail = bone.head + type(bone.head)(direction / np.linalg.norm(direction) * 0.08)
        bone.roll = random.uniform(-math.pi, math.pi)
        above = PARENTS[joint]
        while above >= 0 and above not in bones:
            above = PARENTS[above]
        if above >= 0:
            bone.parent = bones[above]
        bones[joint] = bone
    bpy.ops.object.mode_set(mode="OBJECT")
    return ob


def wild_motion(frames: int = 60, seed: int = 1, strength: float = 0.6) -> Motion:
    """Every joint turning smoothly about changing axes, the pelvis travelling."""
    random = np.random.default_rng(seed)
    vectors = gaussian_filter1d(random.normal(size=(frames, JOINT_COUNT, 3)), 6, axis=0)
    vectors *= strength / vectors.std()
    quaternions = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_quat(scalar_first=True)
    root = gaussian_filter1d(random.normal(size=(frames, 3)), 8, axis=0) * 0.5
    root += (0, 0, STANDING_HEIGHT - 0.05)
    return Motion(
        FPS, root, continuous(quaternions.reshape(frames, JOINT_COUNT, 4)), np.ones((frames, 4))
    )


def still_motion(frames: int = 2) -> Motion:
    """The T-pose."""
    rotations = np.zeros((frames, JOINT_COUNT, 4))
    rotations[..., 0] = 1
    root = np.tile([0, 0, STANDING_HEIGHT], (frames, 1))
    return Motion(FPS, root, rotations, np.ones((frames, 4)))


def heads(ob: bpy.types.Object, names: list[str], frame: float) -> np.ndarray:
    """Evaluated bone heads in the world, (N, 3), in a frame of the scene."""
    scene = bpy.context.scene
    scene.frame_set(int(math.floor(frame)), subframe=frame - math.floor(frame))
    evaluated = ob.evaluated_get(bpy.context.evaluated_depsgraph_get())
    world = evaluated.matrix_world
    return np.array([world @ evaluated.pose.bones[name].head for name in names])
