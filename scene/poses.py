# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the motion of any humanoid armature as the scene plays it, a slice at a time.

What is read is the evaluated pose: actions, NLA, constraints, drivers and parents have done their
work. So the scene has to be put on every frame; its own frame, and how the armature was posed in
it, are put back after each slice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..inference.errors import TwostepError
from ..inference.motion import FPS, Motion
from ..inference.retarget import poses
from ..inference.skeleton import INDEX
from . import versions
from .armature import BoneMap, by_uid, figure, hips, turned
from .keys import scene_fps

#: First and last frame, maybe fractional.
Frames = tuple[float, float]

#: Properties that hold a pose, of bones and of objects.
_POSED = ("location", "rotation_quaternion", "rotation_axis_angle", "rotation_euler", "scale")


def check(ob: bpy.types.Object | None) -> bpy.types.Object:
    """The armature itself, if its pose can be read. Raises TwostepError."""
    if ob is None or ob.type != "ARMATURE":
        raise TwostepError("Select the armature that dances.")
    if ob.mode == "EDIT":
        raise TwostepError(f"{ob.name} is in edit mode; leave it (Tab) and try again.")
    if ob.data.pose_position == "REST":
        raise TwostepError(
            f"{ob.name} is shown in its rest position; switch it to Pose Position "
            "(Armature properties > Pose) and try again."
        )
    return ob


def frames(context: bpy.types.Context, ob: bpy.types.Object, choice: str) -> Frames:
    """The frames that are meant: "ANIMATION", "NLA", "SCENE" or "PREVIEW".

    Raises TwostepError when there is nothing of the kind.
    """
    scene = context.scene
    if choice == "SCENE":
        return float(scene.frame_start), float(scene.frame_end)
    if choice == "PREVIEW":
        if not scene.use_preview_range:
            raise TwostepError(
                "The scene has no preview range; set one (P in the timeline), or choose another "
                "range."
            )
        return float(scene.frame_preview_start), float(scene.frame_preview_end)
    # An armature may stand still in itself, or be carried by what it is parented to.
    holder: bpy.types.Object | None = ob
    while holder is not None:
        found = _animated(holder.animation_data, choice)
        if found is not None:
            return found
        holder = holder.parent
    what = "no NLA strips" if choice == "NLA" else "no action and no NLA strips"
    raise TwostepError(f"{ob.name} has {what}; animate it, or choose the scene's range.")


def _animated(data: bpy.types.AnimData | None, choice: str) -> Frames | None:
    if data is None:
        return None
    action, ranges = data.action, []
    if action is not None and choice != "NLA":
        if action.use_frame_range:
            return float(action.frame_start), float(action.frame_end)
        ranges = [tuple(curve.range()) for curve in versions.playing_curves(data)]
    if not ranges:
        tracks = (track for track in data.nla_tracks if not track.mute)
        strips = (strip for track in tracks for strip in track.strips if not strip.mute)
        ranges = [(strip.frame_start, strip.frame_end) for strip in strips]
    if not ranges:
        return None
    return float(min(first for first, _ in ranges)), float(max(last for _, last in ranges))


class Reader:
    """A motion on its way out of the scene. `read` until it is `done`, then take the `motion`.

    Scene and armature are remembered by their session uid: between two slices the user may rename
    things, undo, and delete.
    """

    def __init__(
        self, scene: bpy.types.Scene, ob: bpy.types.Object, bones: BoneMap, span: Frames
    ) -> None:
        self._scene, self._ob = scene.session_uid, ob.session_uid
        self._name, self._bones, self._figure = ob.name, bones, figure(ob, bones)
        self._hips = hips(ob, bones)
        fps = scene_fps(scene)
        count = int(np.floor((span[1] - span[0]) / fps * FPS + 1e-4)) + 1
        #: The scene's frames in which the motion's are.
        self.frames = span[0] + np.arange(max(count, 1)) / FPS * fps
        self._rotations: list[NDArray] = []
        self._seats: list[NDArray] = []
        self._worlds: list[NDArray] = []

    @property
    def fraction(self) -> float:
        """The share that is read."""
        return len(self._seats) / len(self.frames)

    @property
    def done(self) -> bool:
        """Whether all is read."""
        return len(self._seats) == len(self.frames)

    def read(self, context: bpy.types.Context, seconds: float) -> None:
        """Read for about so long. Raises TwostepError when what is read is gone or no pose."""
        scene, ob = context.scene, by_uid(bpy.data.objects, self._ob)
        if scene.session_uid != self._scene or ob is None:
            raise TwostepError(f"{self._name} is gone or in another scene; nothing was changed.")
        until = time.monotonic() + seconds
        with _kept(context, ob):
            while not self.done:
                frame = float(self.frames[len(self._seats)])
                whole = int(np.floor(frame + 1e-6))
                scene.frame_set(whole, subframe=min(max(frame - whole, 0.0), 0.99999))
                self._take(ob.evaluated_get(context.evaluated_depsgraph_get()), frame)
                if time.monotonic() > until:
                    break

    def motion(self) -> Motion:
        """What was read, at 30 fps."""
        worlds = np.array(self._worlds)
        # What the object does beyond where it is at first counts as the figure's own doing.
        away = np.linalg.inv(worlds[0]) @ worlds
        turns = away[:, :3, :3] / np.linalg.norm(away[:, :3, :3], axis=1, keepdims=True)
        seats = np.einsum("tik,tk->ti", away[:, :3, :3], np.array(self._seats)) + away[:, :3, 3]
        return poses(turns[:, None] @ np.array(self._rotations), seats, self._figure)

    def _take(self, evaluated: bpy.types.Object, frame: float) -> None:
        world = np.array(evaluated.matrix_world)
        with np.errstate(invalid="ignore", divide="ignore"):
            rotations, seat = turned(evaluated, self._bones, self._hips)
            whole = np.linalg.det(rotations) > 1e-3
            placed = abs(np.linalg.det(world[:3, :3])) > 0 and np.isfinite(seat).all()
        if not placed:
            raise TwostepError(
                f"{self._name} has no place or no size in frame {frame:g} (its transform is zero "
                "or no number); repair its keys there."
            )
        if not whole.all():
            joint = next(joint for joint in self._bones if not whole[INDEX[joint]])
            raise TwostepError(
                f"The bone {self._bones[joint]} of {self._name} has no proper pose in frame "
                f"{frame:g} (its transform is zero, mirrored or no number); repair its keys there."
            )
        self._rotations.append(rotations)
        self._seats.append(seat)
        self._worlds.append(world)


@contextmanager
def _kept(context: bpy.types.Context, ob: bpy.types.Object) -> Iterator[None]:
    """The scene is put back on its frame, and the armature into the pose that it had there.

    A pose that was not keyed yet would be lost when the frame changes.
    """
    scene = context.scene
    frame, subframe = scene.frame_current, scene.frame_subframe
    pose = {path: _values(holder) for path, holder in _holders(ob)}
    try:
        yield
    finally:
        scene.frame_set(frame, subframe=subframe)
        for path, holder in _holders(ob):
            for name, value in pose[path].items():
                if tuple(getattr(holder, name)) != value:
                    setattr(holder, name, value)
        context.view_layer.update()


def _holders(ob: bpy.types.Object) -> Iterator[tuple[tuple[str, str], Any]]:
    """The bones, the armature and what it hangs on, each with a key of its own."""
    yield from ((("bone", bone.name), bone) for bone in ob.pose.bones)
    holder: bpy.types.Object | None = ob
    while holder is not None:
        yield ("object", holder.name_full), holder
        holder = holder.parent


def _values(holder: Any) -> dict[str, tuple[float, ...]]:
    return {name: tuple(getattr(holder, name)) for name in _POSED}
