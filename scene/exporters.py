# SPDX-License-Identifier: GPL-3.0-or-later
"""What one armature dances, and nothing else, as a file of any format that Blender writes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
from mathutils import Matrix

from ..inference.errors import TwostepError
from ..inference.files import replaced
from . import bake, fbx, versions
from .staging import Fitting, dance_range, linked, meshes_of, staged


@dataclass(frozen=True)
class Format:
    """A kind of file.

    label: as users call it. operator: what of Blender writes it, below `bpy.ops`. meshes: it holds
    nothing but meshes.
    """

    label: str
    operator: str
    meshes: bool = False


#: By their suffixes, without the dot.
FORMATS: dict[str, Format] = {
    "fbx": Format("FBX", "export_scene.fbx"),
    "glb": Format("glTF", "export_scene.gltf"),
    "bvh": Format("BVH", "export_anim.bvh"),
    "usd": Format("USD", "wm.usd_export"),
    "abc": Format("Alembic", "wm.alembic_export", meshes=True),
}
PRESETS = tuple(name.lower() for name in fbx.PRESETS)

#: Nothing but the bones moves, nothing is scaled, and all is where it is.
_PLAIN = Fitting(placed=True)
#: BVH knows neither the object's own transform nor sizes of bones; it is y-up, in centimetres.
_BVH = Fitting(placed=True, turn=Matrix.Rotation(-math.pi / 2, 4, "X"), scale=100.0, rigid=True)

Write = Callable[[bpy.types.Scene, Path], Any]


def lacking(form: str) -> str:
    """Why this Blender cannot write a format, one sentence; "" when it can."""
    wanted = FORMATS[form]
    group, name = wanted.operator.split(".")
    if name in dir(getattr(bpy.ops, group)):
        return ""
    if group == "wm":
        return f"This Blender was built without {wanted.label}; choose another format."
    return f"Blender's add-on for {wanted.label} is off; enable it in the preferences."


def export(
    context: bpy.types.Context,
    ob: bpy.types.Object,
    path: Path,
    form: str,
    preset: str = "generic",
    meshes: bool = True,
    frames: tuple[int, int] | None = None,
    taken: bake.Take | None = None,
) -> None:
    """Write an armature, its meshes if wanted, and what it dances to a file of a format.

    frames: the first and the last one, None: those of what it plays. preset: whom an FBX is for;
    what the other formats look like is laid down. taken: its motion, if that has been read. The
    scene, its frame and the selection are as before. Raises TwostepError.
    """
    problem = lacking(form)
    if problem:
        raise TwostepError(problem)
    if FORMATS[form].meshes and not (meshes and meshes_of(ob)):
        raise TwostepError(
            f"{FORMATS[form].label} holds meshes and no bones, so there is nothing to write of "
            f"{ob.name} without one; choose another format."
        )
    if ob.mode == "EDIT":
        raise TwostepError(f"{ob.name} is in edit mode; leave it (Tab) and try again.")
    if form == "abc":
        span = frames or (taken.frames if taken else dance_range(ob))
        _write_meshes(context, ob, path, span)
        return
    taken = taken or bake.take(context, ob, frames or dance_range(ob))
    if form == "fbx":
        fbx.export(context, ob, path, fbx.PRESETS[preset.upper()], taken, meshes=meshes)
        return
    fitting = _BVH if form == "bvh" else _PLAIN
    with (
        staged(context, ob, taken, fitting, meshes and form != "bvh") as scene,
        _replaced(path) as temporary,
        context.temp_override(
            scene=scene,
            view_layer=scene.view_layers[0],
            object=scene.view_layers[0].objects.active,
            active_object=scene.view_layers[0].objects.active,
        ),
    ):
        _WRITERS[form](scene, temporary)


def _write_meshes(
    context: bpy.types.Context, ob: bpy.types.Object, path: Path, frames: tuple[int, int]
) -> None:
    """Alembic holds the shape of every frame, so the user's own meshes are the ones to ask.

    It also holds the time at which it was written, and now and then a byte that means nothing: it
    is not the same byte for byte when it is written again.
    """
    with (
        linked(context.scene, meshes_of(ob), frames) as scene,
        _replaced(path) as temporary,
        context.temp_override(scene=scene, view_layer=scene.view_layers[0]),
    ):
        bpy.ops.wm.alembic_export(
            filepath=str(temporary),
            check_existing=False,
            start=frames[0],
            end=frames[1],
            flatten=True,
            as_background_job=False,
            evaluation_mode="RENDER",
        )


@contextmanager
def _replaced(path: Path) -> Iterator[Path]:
    """As `replaced`, but what is written to ends as the file will: some exporters go by that."""
    with replaced(path) as temporary:
        written = temporary.with_name(f"{temporary.name}{path.suffix}")
        try:
            yield written
            written.replace(temporary)
        finally:
            written.unlink(missing_ok=True)


def _write_glb(scene: bpy.types.Scene, path: Path) -> None:
    bpy.ops.export_scene.gltf(
        filepath=str(path),
        check_existing=False,
        export_format="GLB",
        use_active_scene=True,
        export_animation_mode="ACTIVE_ACTIONS",
        export_nla_strips_merged_animation_name=scene.name,
        export_frame_range=True,
        export_anim_slide_to_zero=False,
        export_force_sampling=True,
        export_optimize_animation_size=False,
        export_morph_animation=True,
        export_lights=False,
        export_cameras=False,
        export_def_bones=False,
    )


def _write_bvh(scene: bpy.types.Scene, path: Path) -> None:
    bpy.ops.export_anim.bvh(
        filepath=str(path),
        check_existing=False,
        frame_start=scene.frame_start,
        frame_end=scene.frame_end,
        rotate_mode="ZXY",
        root_transform_only=False,
    )


def _write_usd(_scene: bpy.types.Scene, path: Path) -> None:
    bpy.ops.wm.usd_export(
        filepath=str(path),
        check_existing=False,
        export_animation=True,
        export_armatures=True,
        evaluation_mode="RENDER",
        **versions.USD_WITHOUT_TEXTURES,
    )


_WRITERS: dict[str, Write] = {"glb": _write_glb, "bvh": _write_bvh, "usd": _write_usd}
