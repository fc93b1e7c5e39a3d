# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigify's human, as Blender's own add-on makes it: the meta-rig, and the rig generated from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import addon_utils
import bpy

from ...inference.errors import TwostepError
from .build import Part, add_body, parts_of

#: The bones of both rigs that a body is drawn around begin so; the face has more of them than all.
_DRAWN = ("spine", "pelvis", "breast", "shoulder", "upper_arm", "forearm", "hand", "palm", "f_",
          "thumb", "thigh", "shin", "foot", "toe")  # fmt: skip


@contextmanager
def enabled() -> Iterator[None]:
    """The add-on is on meanwhile; it stays on if it was. TwostepError where there is none."""
    was_on = addon_utils.check("rigify")[1]
    # Rigify reads its preferences while it is registered, so they have to be there.
    if not was_on and addon_utils.enable("rigify", default_set=True) is None:
        raise TwostepError("This Blender comes without Rigify.")
    try:
        yield
    finally:
        if not was_on:
            addon_utils.disable("rigify", default_set=True)


def metarig(context: bpy.types.Context) -> bpy.types.Object:
    """The human meta-rig. Raises TwostepError where Blender has no Rigify."""
    with enabled():
        bpy.ops.object.armature_human_metarig_add()
    ob = context.view_layer.objects.active
    add_body(context, ob, _drawn(ob, ""), 1.0)
    return ob


def generated(context: bpy.types.Context) -> bpy.types.Object:
    """The control rig, without its meta-rig. Raises TwostepError where Blender has no Rigify."""
    with enabled():
        bpy.ops.object.armature_human_metarig_add()
        meta = context.view_layer.objects.active
        before = set(bpy.data.objects)
        bpy.ops.pose.rigify_generate()
        ob = next(
            each for each in bpy.data.objects if each.type == "ARMATURE" and each not in before
        )
        bpy.data.objects.remove(meta)
    context.view_layer.objects.active = ob
    add_body(context, ob, _drawn(ob, "DEF-"), 1.0)
    return ob


def _drawn(ob: bpy.types.Object, prefix: str) -> list[Part]:
    starts = tuple(prefix + name for name in _DRAWN)
    return [part for part in parts_of(ob, prefix) if part[0].startswith(starts)]
