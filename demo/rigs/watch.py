# SPDX-License-Identifier: GPL-3.0-or-later
"""What an armature did, as Blender's evaluated scene shows it frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ...inference.motion import Motion
from ...inference.skeleton import INDEX, JOINT_COUNT
from ...scene.armature import BoneMap, figure
from ...scene.poses import Frames, Reader
from .body import Doubles

#: The joints that a rig may lack and that are measured all the same, on the bone above.
_TOES = {"left_foot": "left_ankle", "right_foot": "right_ankle"}


@dataclass(frozen=True)
class Seen:
    """A rig's dance in our axes: z up, facing -y, its left +x, upright on its own floor.

    back: the motion as Twostep reads it off the rig. turns: of each joint's bone away from the
    T-pose, (T, 24, 3, 3). places: of the joints from where they are at rest on the floor under the
    hips, scaled so that the legs are as long as ours, metres, (T, 24, 3); rest: the same at rest,
    (24, 3). present: the joints that have a bone, (24,). size: the figure's legs by ours.
    """

    back: Motion
    turns: Doubles
    places: Doubles
    rest: Doubles
    present: np.ndarray
    size: float


class _Watcher(Reader):
    """Reads the motion, and keeps what it saw."""

    seen: list[Doubles]

    def _take(self, evaluated: bpy.types.Object, frame: float) -> None:
        super()._take(evaluated, frame)
        world = np.array(evaluated.matrix_world)
        bones = np.array([evaluated.pose.bones[name].matrix for name in self._bones.values()])
        self.seen.append(world @ bones)


def watch(
    context: bpy.types.Context, ob: bpy.types.Object, bones: BoneMap, span: Frames, metre: float
) -> Seen:
    """Play the scene's frames `span` and see. metre: the scene's units in a metre of the person."""
    watcher = _Watcher(context.scene, ob, bones, span)
    watcher.seen = []
    context.scene.frame_set(int(span[0]))
    still = np.array(ob.evaluated_get(context.evaluated_depsgraph_get()).matrix_world)
    watcher.read(context, float("inf"))
    own, basis = figure(ob, bones), figure(ob, bones).basis
    posed = np.linalg.inv(still) @ np.array(watcher.seen)
    turned = posed[..., :3, :3] / np.linalg.norm(posed[..., :3, :3], axis=-2, keepdims=True)
    count = len(posed)
    turns = np.tile(np.eye(3), (count, JOINT_COUNT, 1, 1))
    places = np.full((count, JOINT_COUNT, 3), np.nan)
    rest = np.full((JOINT_COUNT, 3), np.nan)
    for column, (joint, name) in enumerate(bones.items()):
        row, bone = INDEX[joint], np.array(ob.data.bones[name].matrix_local)
        away = turned[:, column] @ bone[:3, :3].T
        turns[:, row] = basis.T @ away @ own.alignment[row].T @ basis
        rest[row] = own.heads[row]
        # Where a robot's joint is need not be where the bone that shows it begins.
        places[:, row] = posed[:, column, :3, 3] + away @ (own.heads[row] - bone[:3, 3])
        toe = next((toe for toe, ankle in _TOES.items() if ankle == joint), None)
        if toe and toe not in bones:
            reach = own.scale * basis @ own.proportions.offsets[INDEX[toe]]
            rest[INDEX[toe]] = rest[row] + reach
            places[:, INDEX[toe]] = places[:, row] + away @ reach
    size = own.scale * float(np.cbrt(abs(np.linalg.det(still[:3, :3])))) / metre
    return Seen(
        watcher.motion(),
        turns,
        (places - own.ground) @ basis / own.scale,
        (rest - own.ground) @ basis / own.scale,
        own.present,
        size,
    )
