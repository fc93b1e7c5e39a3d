# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets rigs dance for real, and measures where their bones are."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from twostep.inference.motion import FPS, Motion
from twostep.inference.pose_features import continuous
from twostep.inference.retarget import fit, planted, turns
from twostep.inference.retarget.posed import Posed, posed
from twostep.inference.skeleton import INDEX, JOINT_COUNT, JOINTS, STANDING_HEIGHT
from twostep.inference.travel import track
from twostep.scene import armature, keys, puppets

#: Joints of limbs, and the next one along.
LIMBS = {
    f"{side}_{high}": f"{side}_{low}"
    for side in ("left", "right")
    for high, low in (
        ("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"),
    )
}  # fmt: skip


def supple_motion(frames: int = 60, seed: int = 2) -> Motion:
    """Every joint turning as a dancer's may, knees and elbows only bending, and travelling."""
    random = np.random.default_rng(seed)
    vectors = gaussian_filter1d(random.normal(size=(frames, JOINT_COUNT, 3)), 6, axis=0)
    vectors *= 0.3 / vectors.std()
    for joint, axis in (
        ("left_knee", (1, 0, 0)), ("right_knee", (1, 0, 0)),
        ("left_elbow", (0, 0, -1)), ("right_elbow", (0, 0, 1)),
    ):  # fmt: skip
        bend = 0.8 + 0.5 * np.sin(np.linspace(0, 9, frames) + random.uniform(0, 6))
        vectors[:, INDEX[joint]] = bend[:, None] * axis
    quaternions = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_quat(scalar_first=True)
    root = gaussian_filter1d(random.normal(size=(frames, 3)), 8, axis=0) * 0.5
    root[:, 0] += np.linspace(0, 2, frames)
    root += (0, 0, STANDING_HEIGHT - 0.05)
    return Motion(
        FPS, root, continuous(quaternions.reshape(frames, JOINT_COUNT, 4)), np.zeros((frames, 4))
    )


@dataclass(frozen=True)
class Landed:
    """What was keyed, from frame 1 on, and what it should look like."""

    ob: bpy.types.Object
    strings: puppets.Strings
    pose: Posed


def land(ob: bpy.types.Object, motion: Motion, limbs: str = "FK", root: bool = False) -> Landed:
    """Key the motion at frame 1, a frame a pose."""
    bpy.context.scene.render.fps = 30
    strings = puppets.puppet(ob, armature.recognition(ob), limbs, root)
    figure = strings.puppet.figure
    own = planted(fit(motion, figure), figure)
    way = track(own) if root else None
    keys.write_dance(ob, strings, own, keys.Placement(1, 30), "Dance", {}, track=way)
    return Landed(ob, strings, posed(own, figure))


@dataclass(frozen=True)
class Misses:
    """By joint: by how much a bone is not turned as it should be, degrees, and not where, metres;
    how far the directions of limbs are off, degrees; and the middle between the hips, metres."""

    turn: dict[str, float]
    place: dict[str, float]
    limb: dict[str, float]
    seat: float


def misses(landed: Landed, frames=range(1, 61, 9)) -> Misses:
    """The most that the evaluated bones miss in those frames of the scene."""
    ob, figure = landed.ob, landed.strings.puppet.figure
    found = armature.recognition(ob)
    joints = [joint for joint in JOINTS if joint in found.bones and figure.present[INDEX[joint]]]
    wanted = turns.matrices(landed.pose.turns)
    turn, place, limb = {}, {}, {}
    seat = 0.0
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        evaluated = ob.evaluated_get(bpy.context.evaluated_depsgraph_get())
        heads = {}
        for joint in joints:
            row = INDEX[joint]
            matrix = np.array(evaluated.pose.bones[found.bones[joint]].matrix)
            mark = found.marks.get(joint, found.bones[joint])
            heads[joint] = np.array(evaluated.pose.bones[mark].head)
            expected = wanted[:, :, row, frame - 1] @ figure.rest[row]
            own = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
            worst(turn, joint, _angle((np.trace(expected.T @ own) - 1) / 2))
            away = heads[joint] - landed.pose.places[:, row, frame - 1]
            worst(place, joint, float(np.linalg.norm(away)) / figure.scale)
        for high, low in LIMBS.items():
            if high in heads and low in heads:
                there = landed.pose.places[:, [INDEX[low], INDEX[high]], frame - 1]
                worst(limb, high, _between(heads[low] - heads[high], there[:, 0] - there[:, 1]))
        middle = (heads["left_hip"] + heads["right_hip"]) / 2
        away = middle - landed.pose.seat[:, frame - 1]
        seat = max(seat, float(np.linalg.norm(away)) / figure.scale)
    return Misses(turn, place, limb, seat)


def worst(found: dict[str, float], joint: str, value: float) -> None:
    """Remember the larger one."""
    found[joint] = max(found.get(joint, 0.0), value)


def _between(first, second) -> float:
    return _angle(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def _angle(cosine: float) -> float:
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
