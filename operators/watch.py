# SPDX-License-Identifier: GPL-3.0-or-later
"""Watching a dance: which armature, from when to when, on what beat; and reading its poses."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import bpy

from ..inference.errors import TwostepError
from ..inference.motion import Motion
from ..inference.score.cues import SHORTEST
from ..scene import armature, poses
from ..scene.keys import scene_fps
from .session import state
from .work import Work

#: How long poses are read at a time, seconds; Blender answers to its user in between.
_SLICE = 0.1


@dataclass(frozen=True)
class Rhythm:
    """bpm: beats a minute; beats_per_bar: 3 or 4; downbeat: a frame in which a bar starts."""

    bpm: float
    beats_per_bar: int
    downbeat: float


@dataclass(frozen=True)
class Watch:
    """What is watched, read when it was asked for.

    Armature and scene are remembered by their session uid: the user may rename things, undo, and
    delete meanwhile. fps: of the scene. first: the frame in which the music will start.
    """

    armature: int
    scene: int
    bones: dict[str, str]
    frames: poses.Frames
    fps: float

    @property
    def first(self) -> int:
        return round(self.frames[0])

    def seconds(self, frame: float) -> float:
        """When a frame comes, in seconds of the music."""
        return (frame - self.first) / self.fps

    def frame(self, seconds: float) -> float:
        """The frame of a moment of the music."""
        return self.first + seconds * self.fps


def of_settings(context: bpy.types.Context, settings: Any) -> Watch:
    """What the panel says shall be watched.

    Changes nothing. Raises TwostepError that says what the user has to do.
    """
    ob = poses.check(armature.character(context))
    seconds = settings.length if settings.use_length else 0.0
    return over(context, ob, poses.frames(context, ob, settings.range), seconds)


def over(
    context: bpy.types.Context, ob: bpy.types.Object, frames: poses.Frames, seconds: float = 0.0
) -> Watch:
    """To watch an armature in these frames, or in so many seconds of them."""
    bones = armature.readable_bones(ob)
    scene, fps = context.scene, scene_fps(context.scene)
    first, last = float(round(frames[0])), frames[1]
    if seconds > 0:
        last = min(last, first + seconds * fps)
    if last - first < SHORTEST * fps - 1:
        raise TwostepError(
            f"The dance of {ob.name} is only {max(last - first, 0.0) / fps:.1f} s long (frames "
            f"{first:g} to {last:g}); music needs at least {SHORTEST:g} s."
        )
    return Watch(ob.session_uid, scene.session_uid, bones, (first, last), fps)


class Watching(Work):
    """Work that begins with reading a motion out of the scene; `_seen` is told of it."""

    #: The share of the time that reading takes.
    READING = 1.0

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.watch = watch
        ob = armature.by_uid(bpy.data.objects, watch.armature)
        scene = armature.by_uid(bpy.data.scenes, watch.scene)
        self._reader = poses.Reader(scene, ob, watch.bones, watch.frames)
        self._told = False

    @property
    def touches(self) -> bool:
        """While the poses are read, too."""
        return self.done or not self._reader.done

    def _advance(self) -> bool:
        if not self._reader.done:
            self._reader.read(bpy.context, _SLICE)
            state.fraction, state.stage = self.READING * self._reader.fraction, "Reading the poses"
            return True
        if not self._told:
            self._told = True
            self._seen(self._reader.motion())
            return True
        self._hear(self.READING)
        return False

    @abstractmethod
    def _seen(self, motion: Motion) -> None:
        """Go on with what was read."""

    def _found(self, doing: str) -> tuple[bpy.types.Object, bpy.types.Scene]:
        """The armature and the scene, if they are still there."""
        ob = armature.by_uid(bpy.data.objects, self.watch.armature)
        scene = armature.by_uid(bpy.data.scenes, self.watch.scene)
        if ob is None:
            raise TwostepError(f"The character was deleted while {doing}.")
        if scene is None:
            raise TwostepError(f"The scene was deleted while {doing}.")
        return ob, scene


def shown(settings: Any, rhythm: Rhythm) -> None:
    """Put a rhythm into the panel."""
    settings.bpm = rhythm.bpm
    settings.meter = str(rhythm.beats_per_bar)
    settings.downbeat = rhythm.downbeat
    settings.rhythm_known = True


def by_hand(settings: Any) -> Rhythm | None:
    """The rhythm that the user set, if any."""
    if not settings.use_rhythm:
        return None
    return Rhythm(settings.bpm, int(settings.meter), settings.downbeat)
