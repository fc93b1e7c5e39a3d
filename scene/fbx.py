# SPDX-License-Identifier: GPL-3.0-or-later
"""FBX files of one dancing armature, right in scale and axes for where they go.

For the game engines what is exported is made to fit: its data is turned and scaled so that no node
of the file needs a rotation or a scale, which the engines would keep for ever.

    Generic   y-up, faces +z, centimetres by the nodes' scale of 100: what most programs expect
    Unity     y-up, faces +z, metres, the file says so; no -90° on the root, scale 1
    Unreal    z-up, faces -y, the data itself in centimetres; the root bone is called "root"
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
from mathutils import Matrix

from ..inference.errors import TwostepError
from ..inference.files import replaced
from . import bake, fbx_file
from .staging import Fitting, dance_range, staged


@dataclass(frozen=True)
class Preset:
    """Where a file goes: what the exporter is told, and what it is given."""

    settings: dict[str, Any]
    fitting: Fitting


PRESETS: dict[str, Preset] = {
    "GENERIC": Preset(
        {"axis_forward": "-Z", "axis_up": "Y", "apply_scale_options": "FBX_SCALE_NONE"},
        Fitting(fitted=False),
    ),
    # The exporter turns nodes by -90° about x to get to y-up; data turned beforehand and an object
    # turned back make that cancel out.
    "UNITY": Preset(
        {"axis_forward": "-Z", "axis_up": "Y", "apply_scale_options": "FBX_SCALE_ALL"},
        Fitting(turn=Matrix.Rotation(-math.pi / 2, 4, "X")),
    ),
    # Unreal's own axes, written as z-up with -y to the front, so that nothing has to be turned.
    "UNREAL": Preset(
        {"axis_forward": "Y", "axis_up": "Z", "apply_scale_options": "FBX_SCALE_NONE"},
        Fitting(scale=100.0, unit=0.01, root="root"),
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


def export(
    context: bpy.types.Context,
    ob: bpy.types.Object,
    path: Path,
    preset: Preset,
    taken: bake.Take | None = None,
    *,
    meshes: bool = True,
) -> None:
    """Write the armature, its meshes and what it dances, or that take of it, to an FBX file.

    Raises TwostepError when it does not dance, or the file cannot be written.
    """
    if not hasattr(bpy.ops.export_scene, "fbx") or "fbx" not in dir(bpy.ops.export_scene):
        raise TwostepError("Enable the add-on “FBX format” in the preferences and try again.")
    taken = taken or bake.take(context, ob, dance_range(ob))
    with (
        replaced(path) as temporary,
        staged(context, ob, taken, preset.fitting, meshes) as scene,
        context.temp_override(scene=scene, view_layer=scene.view_layers[0]),
    ):
        _forget()
        bpy.ops.export_scene.fbx(filepath=str(temporary), **_COMMON, **preset.settings)
        fbx_file.settle(temporary)


def _forget() -> None:
    """Empty what the exporter remembers of all files before, which grows without end."""
    remembered = sys.modules.get("io_scene_fbx.fbx_utils")
    for name in ("_keys_to_uuids", "_uuids_to_keys"):
        getattr(remembered, name, {}).clear()
