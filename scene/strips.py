# SPDX-License-Identifier: GPL-3.0-or-later
"""The songs in a scene: sound strips, when they sound, and the files that they play."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..inference.errors import TwostepError
from . import versions
from .keys import RECIPE, scene_fps


@dataclass(frozen=True)
class Clip:
    """The part of a song that sounds in a scene.

    start, seconds: which part of the file, seconds. frame: the scene's frame, maybe fractional, in
    which that part begins.
    """

    name: str
    path: Path
    start: float
    seconds: float | None
    frame: float


def home(context: bpy.types.Context) -> bpy.types.Scene:
    """The scene whose songs are meant: this one, or the sequencer's when this one has none."""
    for scene in (context.scene, versions.sequencer_scene(context)):
        if any(strip.type == "SOUND" for strip in versions.strips(scene)):
            return scene
    return context.scene


def songs(context: bpy.types.Context) -> list[bpy.types.Sequence]:
    """All sound strips, in the order in which they begin."""
    found = [strip for strip in versions.strips(home(context)) if strip.type == "SOUND"]
    return sorted(found, key=lambda strip: versions.edges(strip)[0])


def chosen(context: bpy.types.Context, name: str = "") -> bpy.types.Sequence | None:
    """The sound strip of that name; without a name, the sequencer's active one or the first.

    Music that was made for a dance comes after songs that the user brought.
    """
    found = songs(context)
    if name:
        return next((strip for strip in found if strip.name == name), None)
    active = home(context).sequence_editor.active_strip if found else None
    first = min(found, key=lambda strip: strip.get(RECIPE) is not None, default=None)
    return next((strip for strip in found if strip == active), first)


def clip(
    context: bpy.types.Context,
    strip: bpy.types.Sequence,
    frames: tuple[float, float] | None = None,
) -> Clip:
    """What of the strip sounds, at most within `frames` (first, one after the last) of the scene.

    Raises TwostepError when its file is missing or none of it sounds there.
    """
    _check_speed(strip)
    fps, own = scene_fps(home(context)), scene_fps(context.scene)
    offset = getattr(strip, "sound_offset", 0.0)
    zero = versions.content_start(strip) / fps + offset
    left, right = (edge / fps for edge in versions.edges(strip))
    left, right = max(left, zero), min(right, zero + versions.content_frames(strip) / fps)
    # Asked first: a strip whose file is gone is one frame long and would be called silent.
    path = sound_file(strip)
    if frames is not None:
        left, right = max(left, frames[0] / own), min(right, frames[1] / own)
    if right - left < 1e-6:
        where = "in the scene's frame range" if frames else "anywhere"
        raise TwostepError(f"The strip {strip.name} does not sound {where}; move or untrim it.")
    return Clip(strip.name, path, left - zero, right - left, left * own)


def file_clip(
    scene: bpy.types.Scene, path: Path, frames: tuple[float, float] | None = None
) -> Clip:
    """The whole of a song that has no strip, from the scene's first frame on."""
    if not path.is_file():
        raise TwostepError(f"There is no file {path}; open a song.")
    seconds = (frames[1] - frames[0]) / scene_fps(scene) if frames else None
    return Clip(path.stem, path, 0.0, seconds, float(scene.frame_start))


def sound_file(strip: bpy.types.Sequence) -> Path:
    """The file that a strip plays; a packed sound is unpacked to Blender's temporary folder."""
    sound = strip.sound
    if sound is None:
        raise TwostepError(f"The strip {strip.name} has no sound; choose another song.")
    path = Path(bpy.path.abspath(sound.filepath, library=sound.library))
    if sound.packed_file is not None:
        return _unpacked(bytes(sound.packed_file.data), path.suffix)
    if not path.is_file():
        raise TwostepError(
            f"The song of the strip {strip.name} is missing ({path}); "
            "find it with File > External Data > Find Missing Files, or open it again."
        )
    return path


def open_song(scene: bpy.types.Scene, path: Path, frame: int | None = None) -> bpy.types.Sequence:
    """A sound strip of the file at the present frame, in the first channel that is free there.

    frame: instead of the present one. Raises TwostepError when there is no such file, it is no
    sound, or Blender has no sound.
    """
    if not path.is_file():
        raise TwostepError(f"There is no file {path}; choose a song.")
    frame = scene.frame_current if frame is None else frame
    known = set(bpy.data.sounds)
    strip = None
    try:
        strip = versions.new_sound_strip(scene, path.stem, path, 1, frame)
        if versions.content_frames(strip) <= 1:
            raise TwostepError(
                f"The file {path.name} is no sound that Blender can play; choose another."
            )
    except (RuntimeError, TwostepError) as error:
        # An empty sequencer may stay: after `sequence_editor_clear`, Blender crashes as soon as the
        # frame rate is changed.
        if strip is not None:
            versions.remove_strip(scene, strip)
        for sound in set(bpy.data.sounds) - known:
            bpy.data.sounds.remove(sound)
        if isinstance(error, TwostepError):
            raise
        raise NoSoundError(
            "This Blender was built without sound, so the song gets no strip."
        ) from error
    _to_free_channel(scene, strip)
    scene.sequence_editor.active_strip = strip
    return strip


class NoSoundError(TwostepError):
    """This Blender cannot make sound strips."""


def _to_free_channel(scene: bpy.types.Scene, strip: bpy.types.Sequence) -> None:
    strip.channel = free_channel(scene, *versions.edges(strip), leaving=strip)


def free_channel(
    scene: bpy.types.Scene,
    first: float,
    stop: float,
    leaving: bpy.types.Sequence | None = None,
) -> int:
    """The lowest channel with nothing in those frames but maybe the strip that is `leaving`.

    Strips that overlap push each other about in time. Raises TwostepError when all are taken.
    """
    taken = {
        other.channel
        for other in versions.strips(scene)
        if other != leaving and versions.edges(other)[0] < stop and versions.edges(other)[1] > first
    }
    for channel in range(1, 129):
        if channel not in taken:
            return channel
    raise TwostepError(
        "All channels of the sequencer are taken there; remove a strip and try again."
    )


def _unpacked(data: bytes, suffix: str) -> Path:
    path = Path(bpy.app.tempdir) / f"twostep-{hashlib.sha256(data).hexdigest()[:16]}{suffix}"
    if not path.is_file() or path.stat().st_size != len(data):
        path.write_bytes(data)
    return path


def _check_speed(strip: bpy.types.Sequence) -> None:
    if len(getattr(strip, "retiming_keys", ())):
        raise TwostepError(
            f"The strip {strip.name} is retimed; reset its retiming (Strip > Retiming) first."
        )
