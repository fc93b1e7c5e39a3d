# SPDX-License-Identifier: GPL-3.0-or-later
"""Inverse kinematics that users put on a rig themselves: which bones legs and arms follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import bpy

from ..inference.rigs import Recognition
from ..inference.rigs.controls import Controls
from .keyed import LIMBS

#: How far a goal may lie from where its limb ends, at rest, as a share of the limb's length.
_NEAR = 0.1


def with_solvers(ob: bpy.types.Object, recognition: Recognition) -> Recognition:
    """The recognition with the goals and poles of the rig's IK constraints, if none are known."""
    controls = recognition.controls or Controls()
    if controls.goals:
        return recognition
    goals, poles = {}, {}
    for end, (high, middle, _) in LIMBS.items():
        if not {high, middle, end} <= recognition.bones.keys():
            continue
        for solver in _solvers(ob, recognition, end):
            goals[end] = str(solver.subtarget)
            if solver.pole_target == ob and solver.pole_subtarget in ob.data.bones:
                poles[middle] = str(solver.pole_subtarget)
            break
    if not goals:
        return recognition
    return replace(recognition, controls=replace(controls, goals=goals, poles=poles))


def _solvers(
    ob: bpy.types.Object, recognition: Recognition, end: str
) -> Iterator[bpy.types.KinematicConstraint]:
    """The IK constraints that put the end of a limb where a bone of the rig is."""
    high, middle, low = (ob.data.bones[recognition.bones[joint]] for joint in LIMBS[end])
    length = (middle.head_local - high.head_local).length
    length += (low.head_local - middle.head_local).length
    shown = set(recognition.bones.values())
    for bone, uses_tail, count in ((middle, True, 2), (low, False, 3)):
        for constraint in ob.pose.bones[bone.name].constraints:
            if constraint.type != "IK" or constraint.mute or constraint.target != ob:
                continue
            goal = ob.data.bones.get(constraint.subtarget)
            if goal is None or goal.name in shown or constraint.use_tail != uses_tail:
                continue
            hangs = any(above.name == high.name for above in goal.parent_recursive)
            reach = bone.tail_local if uses_tail else bone.head_local
            ends = (goal.head_local - low.head_local).length, (reach - low.head_local).length
            if constraint.chain_count == count and not hangs and max(ends) < _NEAR * length:
                yield constraint
