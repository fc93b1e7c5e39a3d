# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene that holds what shall leave Blender, and nothing else.

It is a plain skeleton that moves as the armature does, with copies of the meshes, so that the
user's scene, selection, mode and frame stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import bpy
import numpy as np
from mathutils import Matrix

from ..inference.errors import TwostepError
from . import bake, versions
from .bake import Frame, Take


@dataclass(frozen=True)
class Fitting:
    """How what leaves is made to fit where it goes.

    fitted: rotation and scale of the armature go into the data, and so do `turn` and `scale`; the
    object undoes the turn and stands at the origin. placed: the armature's place goes into the data
    too. Neither: the object stands as the armature does in the first frame. unit: metres that a
    unit of the scene stands for. root: the name of the armature's node. rigid: no bone changes its
    size.
    """

    fitted: bool = True
    placed: bool = False
    turn: Matrix = field(default_factory=lambda: Matrix.Identity(4))
    scale: float = 1.0
    unit: float = 1.0
    root: str | None = None
    rigid: bool = False


#: A root bone of this name is the engine's; the node above it then has the name that it drops.
_DROPPED = "Armature"


def dance_range(ob: bpy.types.Object) -> tuple[int, int]:
    """First and last frame of what an armature plays. Raises TwostepError when that is nothing."""
    data = ob.animation_data
    spans = []
    if data is not None:
        strips = [strip for track in data.nla_tracks if not track.mute for strip in track.strips]
        spans = [(strip.frame_start, strip.frame_end) for strip in strips if not strip.mute]
        if data.action is not None and data.action.use_frame_range:
            spans.append((data.action.frame_start, data.action.frame_end))
        elif data.action is not None:
            spans += [tuple(curve.range()) for curve in versions.playing_curves(data)]
    if not spans:
        raise TwostepError(f"{ob.name} has no dance to export; press Dance first.")
    return (
        math.floor(min(first for first, _ in spans)),
        math.ceil(max(last for _, last in spans)),
    )


def meshes_of(ob: bpy.types.Object) -> list[bpy.types.Object]:
    """The meshes that an armature moves."""
    return [
        other
        for other in bpy.data.objects
        if other.type == "MESH" and (other.find_armature() == ob or other.parent == ob)
    ]


@contextmanager
def staged(
    context: bpy.types.Context, ob: bpy.types.Object, taken: Take, fitting: Fitting, meshes: bool
) -> Iterator[bpy.types.Scene]:
    """A scene with nothing but a skeleton and its meshes; gone afterwards.

    It is called after the dance, and the objects after the user's, which meanwhile are called
    otherwise.
    """
    with _renamed() as rename, _only_meanwhile():
        scene = bpy.data.scenes.new(_title(ob))
        bake.keep_time(scene, context.scene)
        scene.frame_start, scene.frame_end = taken.frames
        scene.unit_settings.scale_length = context.scene.unit_settings.scale_length * fitting.unit
        skins = meshes_of(ob) if meshes else []
        parents = bake.skeleton(ob, frozenset(other.parent_bone for other in skins))
        frame = _frame(taken, fitting)
        rig = bpy.data.objects.new("rig", bpy.data.armatures.new("rig"))
        scene.collection.objects.link(rig)
        bake.build(context, rig, ob, parents, frame)
        rig.matrix_world = fitting.turn.inverted() if fitting.fitted else _matrix(taken.worlds[0])
        rename(rig.data, ob.data)
        rename(rig, ob)
        if fitting.root:
            own = any(name == fitting.root and not above for name, above in parents.items())
            rig.name = _DROPPED if own else fitting.root
        action = bpy.data.actions.new(_title(ob))
        playing = ob.animation_data.action if ob.animation_data else None
        if playing is not None:
            rename(action, playing)
        bake.key(rig, taken, frame, action, fitting.rigid)
        for original in skins:
            copy = _copy(original, ob, rig)
            scene.collection.objects.link(copy)
            rename(copy.data, original.data)
            rename(copy, original)
            if fitting.fitted:
                _fit(original, copy, ob, rig, frame)
        scene.view_layers[0].objects.active = rig
        scene.frame_set(taken.frames[0])
        yield scene


@contextmanager
def linked(
    template: bpy.types.Scene, objects: list[bpy.types.Object], frames: tuple[int, int]
) -> Iterator[bpy.types.Scene]:
    """A scene with nothing but those objects, which are the user's own; gone afterwards."""
    with _only_meanwhile():
        scene = bpy.data.scenes.new("export")
        bake.keep_time(scene, template)
        scene.frame_start, scene.frame_end = frames
        scene.unit_settings.scale_length = template.unit_settings.scale_length
        for ob in objects:
            scene.collection.objects.link(ob)
        scene.frame_set(frames[0])
        yield scene


def _title(ob: bpy.types.Object) -> str:
    """What a take is called: FBX calls it after the scene."""
    data = ob.animation_data
    return data.action.name if data and data.action else ob.name


def _matrix(values: bake.Doubles) -> Matrix:
    return Matrix(values.tolist())


def _frame(taken: Take, fitting: Fitting) -> Frame:
    first = _matrix(taken.worlds[0])
    if not fitting.fitted:
        return Frame(np.linalg.inv(taken.worlds[0]) @ taken.worlds)
    away = Matrix.Identity(4) if fitting.placed else Matrix.Translation(-first.translation)
    into = np.array(fitting.turn @ Matrix.Scale(fitting.scale, 4) @ away) @ taken.worlds
    volume = float(np.linalg.det(into[0, :3, :3]))
    return Frame(into, abs(volume) ** (1 / 3), volume < 0)


@contextmanager
def _only_meanwhile() -> Iterator[None]:
    """What is added to the file is gone afterwards, and windows show what they showed."""
    data = bpy.data
    touched = (data.scenes, data.objects, data.armatures, data.meshes, data.actions)
    known = {collection: set(collection) for collection in touched}
    windows = [window for manager in data.window_managers for window in manager.windows]
    shown = [(window, window.scene, window.view_layer) for window in windows]
    versions.renew_context()
    try:
        yield
    finally:
        for window, scene, layer in shown:
            _show(window, scene, layer)
        for collection, before in known.items():
            for extra in set(collection) - before:
                collection.remove(extra)
        versions.renew_context()


def _show(window: bpy.types.Window, scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> None:
    """Turn a window back to a scene, if an exporter turned it away, as Blender's own of glTF does.

    A scene must not go while a window shows it: Blender turns the window to any other one, which
    need not be the user's.
    """
    if window.scene != scene:
        window.scene, window.view_layer = scene, layer
        layer.update()


#: Gives something new the name of something of the user's.
_Rename = Callable[[bpy.types.ID, bpy.types.ID], None]


@contextmanager
def _renamed() -> Iterator[_Rename]:
    """The user's own names come back afterwards."""
    names: dict[bpy.types.ID, str] = {}

    def rename(new: bpy.types.ID, old: bpy.types.ID) -> None:
        name = names.get(old, old.name)
        if old.library is None and old not in names:
            names[old] = name
            old.name = "Twostep's original"
        new.name = name

    try:
        yield rename
    finally:
        for old, name in names.items():
            old.name = name


def _copy(
    original: bpy.types.Object, ob: bpy.types.Object, rig: bpy.types.Object
) -> bpy.types.Object:
    """A mesh, with data of its own, that the skeleton moves instead of the armature."""
    copy = original.copy()
    copy.data = original.data.copy()
    copy.hide_viewport = False
    if copy.parent == ob:
        copy.parent = rig
    for modifier in copy.modifiers:
        if modifier.type == "ARMATURE" and modifier.object == ob:
            modifier.object = rig
            # What leaves is the skin at rest; to bend it in every frame would take the most time.
            modifier.show_viewport = False
    return copy


def _fit(
    original: bpy.types.Object,
    copy: bpy.types.Object,
    ob: bpy.types.Object,
    rig: bpy.types.Object,
    frame: Frame,
) -> None:
    """Take a mesh's own transform, and what the skeleton's data went through, into its data."""
    if original.parent == ob and original.parent_type == "BONE":
        # It hangs on a bone, in the bone's space, whose matrix was evened out from the right.
        inside = np.linalg.inv(frame.even) @ original.matrix_parent_inverse @ original.matrix_basis
    else:
        inside = frame.into[0] @ ob.matrix_world.inverted() @ original.matrix_world
        copy.parent, copy.parent_type = rig, "OBJECT"
    copy.data.transform(_matrix(inside), shape_keys=True)
    if np.linalg.det(inside) < 0:
        copy.data.flip_normals()
    copy.animation_data_clear()
    copy.matrix_parent_inverse.identity()
    copy.matrix_basis.identity()
