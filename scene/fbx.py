# SPDX-License-Identifier: GPL-3.0-or-later
"""FBX files of one dancing armature, right in scale and axes for where they go.

What is exported is a copy in a scene of its own, so the user's scene, selection, mode and frame
stay as they are. For the game engines the copy is made to fit: its data is turned and scaled so
that no node of the file needs a rotation or a scale, which the engines would keep for ever.

    Generic   y-up, faces +z, centimetres by the nodes' scale of 100: what most programs expect
    Unity     y-up, faces +z, metres, the file says so; no -90° on the root, scale 1
    Unreal    z-up, faces -y, the data itself in centimetres; the root bone is called "root"
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ..inference.errors import TwostepError
from ..inference.files import replaced
from . import versions


@dataclass(frozen=True)
class Preset:
    """Where a file goes.

    turn, scale: what is done to the copy's data, and (the turn) undone by its object. unit: metres
    that a unit of the copy's scene stands for. root: the name of the armature's node.
    """

    settings: dict[str, Any]
    fitted: bool = True
    turn: Matrix = field(default_factory=lambda: Matrix.Identity(4))
    scale: float = 1.0
    unit: float = 1.0
    root: str | None = None


PRESETS: dict[str, Preset] = {
    "GENERIC": Preset(
        {"axis_forward": "-Z", "axis_up": "Y", "apply_scale_options": "FBX_SCALE_NONE"},
        fitted=False,
    ),
    # The exporter turns nodes by -90° about x to get to y-up; data turned beforehand and an object
    # turned back make that cancel out.
    "UNITY": Preset(
        {"axis_forward": "-Z", "axis_up": "Y", "apply_scale_options": "FBX_SCALE_ALL"},
        turn=Matrix.Rotation(-math.pi / 2, 4, "X"),
    ),
    # Unreal's own axes, written as z-up with -y to the front, so that nothing has to be turned.
    "UNREAL": Preset(
        {"axis_forward": "Y", "axis_up": "Z", "apply_scale_options": "FBX_SCALE_NONE"},
        scale=100.0,
        unit=0.01,
        root="root",
    ),
}

#: What round-trips without loss: every frame keyed, nothing simplified, one take.
_COMMON: dict[str, Any] = {
    "object_types": {"ARMATURE", "MESH"},
    "add_leaf_bones": False,
    "mesh_smooth_type": "FACE",
    "bake_anim": True,
    "bake_anim_use_all_bones": True,
    "bake_anim_use_nla_strips": False,
    "bake_anim_use_all_actions": False,
    "bake_anim_force_startend_keying": True,
    "bake_anim_step": 1.0,
    "bake_anim_simplify_factor": 0.0,
}


def export(context: bpy.types.Context, ob: bpy.types.Object, path: Path, preset: Preset) -> None:
    """Write the armature, its meshes and what it dances to an FBX file.

    Raises TwostepError when it does not dance, or the file cannot be written.
    """
    frames = dance_range(ob)
    if not hasattr(bpy.ops.export_scene, "fbx") or "fbx" not in dir(bpy.ops.export_scene):
        raise TwostepError("Enable the add-on “FBX format” in the preferences and try again.")
    with _stage(context.scene, ob, frames, preset) as scene, replaced(path) as temporary:
        override = {"scene": scene, "view_layer": scene.view_layers[0]}
        with context.temp_override(**override):
            bpy.ops.export_scene.fbx(filepath=str(temporary), **_COMMON, **preset.settings)


def dance_range(ob: bpy.types.Object) -> tuple[int, int]:
    """First and last frame of what an armature plays. Raises TwostepError when that is nothing."""
    data = ob.animation_data
    spans = []
    if data is not None:
        strips = [strip for track in data.nla_tracks if not track.mute for strip in track.strips]
        spans = [(strip.frame_start, strip.frame_end) for strip in strips if not strip.mute]
        if data.action is not None and len(data.action.frame_range):
            spans.append(tuple(data.action.frame_range))
    if not spans:
        raise TwostepError(f"{ob.name} has no dance to export; press Dance first.")
    return (
        math.floor(min(first for first, _ in spans)),
        math.ceil(max(last for _, last in spans)),
    )


@contextmanager
def _stage(
    template: bpy.types.Scene, ob: bpy.types.Object, frames: tuple[int, int], preset: Preset
) -> Iterator[bpy.types.Scene]:
    """A scene with nothing but a copy of the armature and its meshes; gone afterwards."""
    known = {collection: set(collection) for collection in _touched()}
    named: list[tuple[bpy.types.Object, str]] = []
    scene = bpy.data.scenes.new(_take_name(ob))
    try:
        scene.render.fps, scene.render.fps_base = template.render.fps, template.render.fps_base
        scene.frame_start, scene.frame_end = frames
        scene.unit_settings.scale_length = template.unit_settings.scale_length * preset.unit
        copies = _copies(ob)
        for original, copy in copies.items():
            scene.collection.objects.link(copy)
            name = original.name
            named.append((original, name))
            original.name = f"{name} (original)"
            copy.name = preset.root if original == ob and preset.root else name
        if preset.fitted:
            _fit(ob, copies, preset)
        scene.view_layers[0].objects.active = copies[ob]
        yield scene
    finally:
        bpy.data.scenes.remove(scene)
        for collection, before in known.items():
            for extra in set(collection) - before:
                collection.remove(extra)
        for original, name in named:
            original.name = name


def _touched() -> tuple[bpy.types.bpy_prop_collection, ...]:
    data = bpy.data
    return (data.objects, data.armatures, data.meshes, data.actions, data.shape_keys)[:4]


def _take_name(ob: bpy.types.Object) -> str:
    """The exporter calls the take after the scene."""
    data = ob.animation_data
    return data.action.name if data and data.action else ob.name


def _copies(ob: bpy.types.Object) -> dict[bpy.types.Object, bpy.types.Object]:
    """Copies, with data of their own, of the armature and of the meshes that it moves."""
    meshes = [
        other
        for other in bpy.data.objects
        if other.type == "MESH" and (other.find_armature() == ob or other.parent == ob)
    ]
    copies = {original: original.copy() for original in (ob, *meshes)}
    for original, copy in copies.items():
        copy.data = original.data.copy()
        copy.hide_viewport = False
        if original == ob:
            copy.parent = None
            copy.matrix_world = original.matrix_world
            continue
        if copy.parent == ob:
            copy.parent = copies[ob]
        for modifier in copy.modifiers:
            if modifier.type == "ARMATURE" and modifier.object == ob:
                modifier.object = copies[ob]
    return copies


def _fit(
    ob: bpy.types.Object, copies: dict[bpy.types.Object, bpy.types.Object], preset: Preset
) -> None:
    """Take the object's rotation and scale, and the preset's, into the data of the copies."""
    rig = copies[ob]
    turned = Matrix.LocRotScale(None, *ob.matrix_world.decompose()[1:])
    into = preset.turn @ Matrix.Scale(preset.scale, 4) @ turned
    rig.data.transform(into)
    rig.matrix_world = preset.turn.inverted()
    grown = into.median_scale
    if abs(grown - 1.0) > 1e-9:
        _scale_locations(rig, grown)
    for original, copy in copies.items():
        if original == ob:
            continue
        if original.parent == ob and original.parent_type == "BONE":
            # It hangs on a bone, in the bone's space, which was turned with the armature.
            copy.data.transform(Matrix.Scale(grown, 4))
            copy.location *= grown
            copy.matrix_parent_inverse.translation *= grown
            continue
        inside = ob.matrix_world.inverted() @ original.matrix_world
        copy.data.transform(into @ inside, shape_keys=True)
        copy.parent = rig
        copy.matrix_parent_inverse.identity()
        copy.matrix_basis.identity()


def _scale_locations(rig: bpy.types.Object, factor: float) -> None:
    """Let the bones travel as much farther as the armature has grown."""
    for bone in rig.pose.bones:
        bone.location *= factor
    data = rig.animation_data
    holders = [data, *(strip for track in data.nla_tracks for strip in track.strips)]
    scaled: dict[bpy.types.Action, bpy.types.Action] = {}
    for holder in holders:
        action = holder.action
        if action is None:
            continue
        if action not in scaled:
            scaled[action] = action.copy()
            _scale_curves(scaled[action], factor)
        versions.exchange_action(holder, scaled[action])


def _scale_curves(action: bpy.types.Action, factor: float) -> None:
    for curve in versions.curves(action):
        if not (curve.data_path.startswith("pose.bones") and curve.data_path.endswith(".location")):
            continue
        keys = curve.keyframe_points
        for path in ("co", "handle_left", "handle_right"):
            values = np.empty(2 * len(keys), dtype=np.float32)
            keys.foreach_get(path, values)
            values[1::2] *= factor
            keys.foreach_set(path, values)
        curve.update()
