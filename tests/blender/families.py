# SPDX-License-Identifier: GPL-3.0-or-later
"""Armatures in the manner of well-known rigs: their names, and poses and sizes of their own."""

from __future__ import annotations

import bpy
import numpy as np
from scipy.spatial.transform import Rotation

from twostep.inference.skeleton import INDEX, JOINTS, STANDING_HEIGHT, rest_positions

from .figures import smpl_armature

MIXAMO = {
    "pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck",
    "head": "Head", "hip": "UpLeg", "knee": "Leg", "ankle": "Foot", "foot": "ToeBase",
    "collar": "Shoulder", "shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand",
}  # fmt: skip
#: Mixamo's hands have fingers, and no bone that is all of them.
NO_HANDS = ("left_hand", "right_hand")


def mixamo(joint: str) -> str:
    """The Mixamo bone of a joint."""
    side, _, part = joint.rpartition("_")
    return f"mixamorig:{side.title()}{MIXAMO[part]}"


def mixamo_armature(name: str = "Mixamo", arms: float = 45.0, legs: float = 1.1):
    """An A-pose: arms lowered by degrees, legs longer than ours, bones that roll anyhow."""
    heads = rest_positions().astype(float)
    for side, sign in (("left", 1), ("right", -1)):
        start = heads[INDEX[f"{side}_shoulder"]].copy()
        lowered = Rotation.from_euler("y", sign * arms, degrees=True)
        for part in ("elbow", "wrist", "hand"):
            row = INDEX[f"{side}_{part}"]
            heads[row] = start + lowered.apply(heads[row] - start)
    heads = heads * legs + (0, 0, STANDING_HEIGHT * legs)
    return smpl_armature(name, rename=mixamo, heads=heads, skip=NO_HANDS, seed=3)


def carried(ob: bpy.types.Object) -> bpy.types.Object:
    """An empty that the armature hangs on."""
    root = bpy.data.objects.new(f"{ob.name} root", None)
    bpy.context.scene.collection.objects.link(root)
    ob.parent = root
    return root


def apart(first, second) -> tuple[float, float, float]:
    """How far two motions are apart: mean angle of all joints but the hands, degrees; mean distance
    of all joints, and of the pelvis, metres."""
    rows = [INDEX[joint] for joint in JOINTS if joint not in NO_HANDS]
    dots = np.abs((first.rotations[:, rows] * second.rotations[:, rows]).sum(-1)).clip(0, 1)
    places = np.linalg.norm(first.positions()[:, rows] - second.positions()[:, rows], axis=-1)
    root = np.linalg.norm(first.root - second.root, axis=-1)
    return float(np.degrees(2 * np.arccos(dots)).mean()), float(places.mean()), float(root.mean())
