# SPDX-License-Identifier: GPL-3.0-or-later
"""A dance of a batch: danced for a moment in the open file, exported, and taken back."""

from __future__ import annotations

import bpy

from ..inference.batch import store
from ..inference.batch.work import Work as Unit
from ..inference.errors import TwostepError
from ..inference.motion import Motion
from ..scene import (
    apply,
    armature,
    bake,
    batches,
    borrowed,
    exporters,
    keys,
    prints,
    puppets,
    versions,
)
from .batch_plan import Order


def contents(ob: bpy.types.Object, order: Order, frame: int) -> str:
    """What the unit is made of in the open file."""
    if order.unit.dance is None:
        action = _action(order)
        return prints.character(
            ob, batches.bones_of(action), order.unit.meshes, prints.action(action)
        )
    landing = order.unit.landing
    found = armature.recognition(ob)
    strings = puppets.puppet(ob, found, landing.limbs, landing.travel == "ROOT")
    moved = {handle.bone for handle in strings.puppet.handles} | set(strings.still)
    told = (str(frame), *found.bones.values())
    return prints.character(ob, moved, order.unit.meshes, *told)


def _action(order: Order) -> bpy.types.Action:
    action = armature.by_uid(bpy.data.actions, order.action)
    if action is None:
        raise TwostepError(f"The action {order.unit.action} was deleted before it was its turn.")
    return action


def export(ob: bpy.types.Object, unit: Unit, action: int, frame: int) -> tuple[str, ...]:
    """Dance from that frame on, export, and leave everything as it was.

    Returns what the user should know.
    """
    context = bpy.context
    with borrowed.borrowed(ob) as data, store.delivery(unit) as parcel:
        if unit.dance is None:
            made = armature.by_uid(bpy.data.actions, action)
            versions.play_of(data, made, ob)
        else:
            made = _danced(ob, unit, parcel, frame)
        frames = batches.frames_of(made)
        taken = bake.take(context, ob, frames)
        for each in unit.formats:
            path = parcel.folder / f"{unit.name}.{each}"
            exporters.export(context, ob, path, each, unit.preset, unit.meshes, frames, taken)
        parcel.versions["blender"] = bpy.app.version_string
    return parcel.made.warnings if parcel.made is not None else ()


def _danced(ob: bpy.types.Object, unit: Unit, parcel: store.Parcel, frame: int) -> bpy.types.Action:
    """The unit's dance as the action that the armature plays."""
    sample = store.sampled(unit)
    if sample is None or sample.motion is None or unit.dance is None or unit.fps is None:
        raise TwostepError(f"The dance of {unit.name} was lost; try again.")
    placement = keys.Placement(frame, unit.fps)
    recipe = {**unit.dance.to_fields(), "danced_style": sample.facts.get("style", "")}
    motion = Motion.load(sample.motion)
    landed = apply.apply_dance(ob, motion, placement, unit.name, recipe, unit.landing)
    parcel.warnings += landed.warnings
    return landed.written.action
