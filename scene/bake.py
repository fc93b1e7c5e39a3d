# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain skeleton that moves as an armature does, whatever makes that move.

An armature's bones are where its actions, NLA, constraints, drivers, switches and parents put them.
What leaves Blender knows nothing of these, so the evaluated pose of each frame is read, and keyed
on a skeleton without any: of the bones that bend the skin, hung on each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..inference.errors import TwostepError
from ..inference.pose_features import continuous
from . import fcurves, versions

Doubles = NDArray[np.float64]

#: Bones whose ends are nearer to each other than this share of their length lie on each other.
_SAME = 1e-3
#: Scales and places that are never farther from rest than this need no keys.
_STILL = 1e-6


@dataclass(frozen=True)
class Take:
    """How an armature moves.

    frames: the scene's first and last one. worlds (T, 4, 4): the object's matrix. poses
    (T, B, 4, 4): the bones' matrices in the object's space, in the order of `bones`.
    """

    frames: tuple[int, int]
    bones: tuple[str, ...]
    worlds: Doubles
    poses: Doubles


def take(context: bpy.types.Context, ob: bpy.types.Object, frames: tuple[int, int]) -> Take:
    """Read an armature's motion in a scene of its own: the user's stays on its frame.

    Raises TwostepError when the armature is nowhere in some frame.
    """
    numbers = range(frames[0], frames[1] + 1)
    names = tuple(ob.pose.bones.keys())
    worlds = np.empty((len(numbers), 4, 4))
    poses = np.empty((len(numbers), len(names), 4, 4))
    flat = np.empty(16 * len(names), dtype=np.float32)
    with _alone(context.scene, ob) as scene:
        for place, number in enumerate(numbers):
            scene.frame_set(number)
            evaluated = ob.evaluated_get(scene.view_layers[0].depsgraph)
            worlds[place] = evaluated.matrix_world
            evaluated.pose.bones.foreach_get("matrix", flat)
            # Blender keeps matrices column by column.
            poses[place] = flat.reshape(-1, 4, 4).swapaxes(1, 2)
    sizes = np.linalg.det(worlds[:, :3, :3])
    lost = np.flatnonzero(~(np.isfinite(worlds).all(axis=(1, 2)) & (np.abs(sizes) > 0)))
    if len(lost):
        raise TwostepError(
            f"{ob.name} has no place or no size in frame {numbers[lost[0]]} (its transform is zero "
            "or no number); repair its keys there."
        )
    return Take(frames, names, worlds, poses)


@contextmanager
def _alone(template: bpy.types.Scene, ob: bpy.types.Object) -> Iterator[bpy.types.Scene]:
    """A scene that evaluates an armature, hidden or not, and what moves it."""
    scene = bpy.data.scenes.new(f"{ob.name} alone")
    hidden = ob.hide_viewport
    try:
        keep_time(scene, template)
        scene.collection.objects.link(ob)
        if hidden:
            ob.hide_viewport = False
        yield scene
    finally:
        bpy.data.scenes.remove(scene)
        if hidden:
            ob.hide_viewport = True


def keep_time(scene: bpy.types.Scene, template: bpy.types.Scene) -> None:
    """Let time pass in a scene as in another one."""
    for name in ("fps", "fps_base", "frame_map_old", "frame_map_new"):
        setattr(scene.render, name, getattr(template.render, name))


def skeleton(ob: bpy.types.Object, held: frozenset[str] = frozenset()) -> dict[str, str | None]:
    """The bones that leave, parents first, each with the bone that it hangs on.

    They are the bones that deform (all, where none does), what they hang on in the end, and those
    of `held`. A bone whose own parent stays hangs on the nearest one above it that leaves,
    or on one that lies where such a one does: Rigify's skin hangs on bones that the skin's own ones
    go with.
    """
    bones = ob.data.bones
    deforming = {bone.name for bone in bones if bone.use_deform} or set(bones.keys())
    kept = deforming | (held & set(bones.keys()))
    loose = [bones[name] for name, above in _hung(ob, kept).items() if above is None]
    tops = {bone.parent_recursive[-1].name for bone in loose if bone.parent}
    parents = _hung(ob, kept | tops)
    depth = {name: len(list(_line(name, parents))) for name in parents}
    return {name: parents[name] for name in sorted(parents, key=depth.__getitem__)}


def _hung(ob: bpy.types.Object, kept: set[str]) -> dict[str, str | None]:
    parents: dict[str, str | None] = {}
    for bone in ob.data.bones:
        if bone.name in kept:
            parents[bone.name] = next(_carriers(bone, ob, kept, parents), None)
    return parents


def _carriers(
    bone: bpy.types.Bone, ob: bpy.types.Object, kept: set[str], parents: dict[str, str | None]
) -> Iterator[str]:
    """The bones that a bone may hang on, the best first; none of them hangs on the bone."""
    for above in bone.parent_recursive:
        lying = (name for name in kept if _lies_on(ob.data.bones[name], above))
        for name in [above.name] if above.name in kept else sorted(lying):
            if bone.name not in _line(name, parents):
                yield name


def _lies_on(bone: bpy.types.Bone, other: bpy.types.Bone) -> bool:
    apart = (bone.head_local - other.head_local).length
    ways = [(each.tail_local - each.head_local).normalized() for each in (bone, other)]
    aside = (ways[0] - ways[1]).length
    return apart < _SAME * other.length and aside < _SAME


def _line(name: str | None, parents: dict[str, str | None]) -> Iterator[str]:
    """A bone, and those that it hangs on as far as that is settled."""
    while name is not None:
        yield name
        name = parents.get(name)


@dataclass(frozen=True)
class Frame:
    """Where a skeleton stands instead of its armature.

    into (T, 4, 4): from the armature's own space to the skeleton's. size: by how much that makes
    things larger. mirrored: whether it also turns right into left.
    """

    into: Doubles
    size: float = 1.0
    mirrored: bool = False

    @property
    def even(self) -> Doubles:
        """What takes the size, and the mirroring, out of a bone's matrix from the right, (4, 4)."""
        side = -1.0 if self.mirrored else 1.0
        return np.diag([side / self.size, 1.0 / self.size, 1.0 / self.size, 1.0])


def build(
    context: bpy.types.Context,
    rig: bpy.types.Object,
    ob: bpy.types.Object,
    parents: dict[str, str | None],
    frame: Frame,
) -> None:
    """Put the bones on an empty armature that is alone in its scene, at rest as `ob`'s are."""
    scene = rig.users_scene[0]
    layer = scene.view_layers[0]
    layer.objects.active = rig
    with context.temp_override(
        scene=scene, view_layer=layer, object=rig, active_object=rig, selected_objects=[rig]
    ):
        bpy.ops.object.mode_set(mode="EDIT")
        try:
            for name, above in parents.items():
                bone, model = rig.data.edit_bones.new(name), ob.data.bones[name]
                rest = frame.into[0] @ np.array(model.matrix_local) @ frame.even
                bone.tail = (0.0, model.length * frame.size, 0.0)
                bone.matrix = Matrix(rest.tolist())
                bone.parent = rig.data.edit_bones[above] if above else None
        finally:
            bpy.ops.object.mode_set(mode="OBJECT")
    some = any(ob.data.bones[name].use_deform for name in parents)
    for name in parents:
        rig.data.bones[name].use_deform = ob.data.bones[name].use_deform or not some


def key(
    rig: bpy.types.Object, taken: Take, frame: Frame, action: bpy.types.Action, rigid: bool = False
) -> None:
    """Let a skeleton move as the take, with a key on every frame.

    rigid: no bone changes its size.
    """
    where = versions.new_curves(action, rig)
    numbers = np.arange(taken.frames[0], taken.frames[1] + 1, dtype=float)
    render = rig.users_scene[0].render
    numbers *= render.frame_map_old / render.frame_map_new  # where the scene looks for them
    rows = {name: row for row, name in enumerate(taken.bones)}
    reached: dict[str, Doubles] = {}
    for bone in rig.data.bones:
        rest, above = np.array(bone.matrix_local), np.tile(np.eye(4), (len(numbers), 1, 1))
        if bone.parent:
            rest = np.linalg.inv(np.array(bone.parent.matrix_local)) @ rest
            above = reached[bone.parent.name]
        wanted = frame.into @ taken.poses[:, rows[bone.name]] @ frame.even
        carried = above @ rest
        places, turns, sizes = _parts(np.linalg.inv(carried) @ wanted)
        if rigid:
            sizes[:] = 1.0
        # What hangs on it goes by what keys can say, which is no shear.
        reached[bone.name] = carried @ _joined(places, turns, sizes)
        path = rig.pose.bones[bone.name].path_from_id()
        group = where.groups.new(bone.name)
        for channel, values, still in (
            ("location", places, 0.0),
            ("rotation_quaternion", continuous(turns[:, None])[:, 0], None),
            ("scale", sizes, 1.0),
        ):
            if still is not None and np.abs(values - still).max() < _STILL:
                continue
            for index, column in enumerate(values.T):
                curve = where.fcurves.new(f"{path}.{channel}", index=index)
                curve.group = group
                fcurves.write(curve, fcurves.straight(numbers, column))
    versions.use_action(rig.animation_data_create(), action)


def _parts(matrices: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Places (T, 3), turns (T, 4) and sizes (T, 3) of matrices without shear (T, 4, 4)."""
    linear = matrices[:, :3, :3]
    sizes = np.linalg.norm(linear, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        straight = np.where(sizes[:, None] > 0, linear / sizes[:, None], np.eye(3))
    mirrored = np.linalg.det(straight) < 0
    straight[mirrored, :, 0] *= -1
    sizes[mirrored, 0] *= -1
    u, _, v = np.linalg.svd(straight)
    u[np.linalg.det(u @ v) < 0, :, -1] *= -1
    turns = Rotation.from_matrix(u @ v).as_quat(scalar_first=True)
    return matrices[:, :3, 3], turns, sizes


def _joined(places: Doubles, turns: Doubles, sizes: Doubles) -> Doubles:
    made = np.tile(np.eye(4), (len(places), 1, 1))
    made[:, :3, :3] = Rotation.from_quat(turns, scalar_first=True).as_matrix() * sizes[:, None]
    made[:, :3, 3] = places
    return made
