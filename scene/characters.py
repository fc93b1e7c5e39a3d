# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters in files of their own, opened to dance. No script of such a file is ever run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..inference.errors import TwostepError
from .dancer import add_dancer

#: Frames a second where the file does not say.
FPS = 30
#: So many names are told.
_TOLD = 6


@dataclass(frozen=True)
class Character:
    """An armature in a scene of its own file. warnings: sentences for the user."""

    ob: bpy.types.Object
    warnings: tuple[str, ...] = ()


def fresh() -> None:
    """An empty file at 30 fps instead of the open one, whose memory is given back."""
    bpy.ops.wm.read_homefile(use_empty=True)
    render = bpy.context.scene.render
    render.fps, render.fps_base = FPS, 1.0


def open_character(path: Path | None, armature: str = "") -> Character:
    """Open the character of a .blend, .fbx, .glb or .gltf file; None: Twostep's own dancer.

    armature: the name of its object, "" when there is only one. What was open is lost. The scene's
    fps is the file's; glTF has none. Raises TwostepError with one sentence.
    """
    fresh()
    if path is None:
        return Character(add_dancer(bpy.context, location=(0.0, 0.0, 0.0)))
    if not path.is_file():
        raise TwostepError(f"There is no file {path}; choose another.")
    if path.suffix.lower() == ".blend":
        _open_blend(path)
    else:
        _import(path)
    ob = _chosen(path, armature)
    _make_ready(ob)
    return Character(ob, tuple(_unscripted(ob)))


def _open_blend(path: Path) -> None:
    version = ".".join(map(str, bpy.app.version[:2]))
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False, use_scripts=False)
    except RuntimeError as error:
        raise TwostepError(
            f"{path} cannot be opened in Blender {version} ({_reason(error)}); it is damaged, or "
            "a newer Blender saved it."
        ) from error
    if tuple(bpy.data.version[:2]) > tuple(bpy.app.version[:2]):
        newer = ".".join(map(str, bpy.data.version[:2]))
        raise TwostepError(
            f"{path} was saved by Blender {newer} and this is {version}; use that one."
        )


def _import(path: Path) -> None:
    try:
        if path.suffix.lower() == ".fbx":
            bpy.ops.import_scene.fbx(filepath=str(path), anim_offset=0.0)
        else:
            bpy.ops.import_scene.gltf(filepath=str(path), disable_bone_shape=True)
    except RuntimeError as error:
        raise TwostepError(
            f"{path} cannot be imported ({_reason(error)}); it is damaged, or of a kind that "
            "Blender does not read."
        ) from error


def _reason(error: RuntimeError) -> str:
    """The first or, of a traceback, the last line that Blender said."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = lines[-1] if any(line.startswith("Traceback") for line in lines[:2]) else lines[0]
    for place in ("Location:", "Error:", "RuntimeError:"):
        told = told.removeprefix(place).strip()
    return told.rstrip(".")[:200]


def _chosen(path: Path, name: str) -> bpy.types.Object:
    """The armature that is meant, in the open scene."""
    found = {ob.name: ob for ob in bpy.data.objects if ob.type == "ARMATURE"}
    shown = {key: ob for key, ob in found.items() if ob.name in bpy.context.scene.objects}
    if not found:
        raise TwostepError(f"{path} has no armature; choose another file.")
    if name:
        if name not in found:
            raise TwostepError(
                f"{path} has no armature object {name}; it has {_list(sorted(found))}."
            )
        return found[name]
    candidates = shown or found
    if len(candidates) > 1:
        raise TwostepError(
            f"{path} has {len(candidates)} armatures; say which by “armature”: "
            f"{_list(sorted(candidates))}."
        )
    return next(iter(candidates.values()))


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return ", ".join(names[:_TOLD]) + more


def _make_ready(ob: bpy.types.Object) -> None:
    """In the open scene, in object mode, out of tweak mode, in its pose."""
    context = bpy.context
    active = context.view_layer.objects.active
    if active is not None and active.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    if context.view_layer.objects.get(ob.name) is not ob:
        context.scene.collection.objects.link(ob)
    context.view_layer.objects.active = ob
    if ob.animation_data and ob.animation_data.use_tweak_mode:
        ob.animation_data.use_tweak_mode = False
    if ob.data.library is None:
        ob.data.pose_position = "POSE"
    context.view_layer.update()


def _unscripted(ob: bpy.types.Object) -> Iterator[str]:
    """Tells when parts of the rig do not move because they need scripts."""
    owners = [ob, ob.data, *(other.data.shape_keys for other in _skins(ob))]
    count = sum(
        driver.driver.type == "SCRIPTED" and not driver.driver.is_simple_expression
        for owner in owners
        if owner is not None and owner.animation_data is not None
        for driver in owner.animation_data.drivers
    )
    if count:
        noun, verb = ("driver", "needs a script") if count == 1 else ("drivers", "need scripts")
        yield (
            f"{count} {noun} of {ob.name} {verb}, and those of rig files are not run: what they "
            "move stays as it was saved."
        )


def _skins(ob: bpy.types.Object) -> Iterator[bpy.types.Object]:
    return (
        other for other in bpy.data.objects if other.type == "MESH" and other.find_armature() == ob
    )
