# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of its own for one dance: dancer, keys, song, stage and camera, ready to play."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy

from ..inference.errors import TwostepError
from ..inference.genres import GENRES
from ..inference.motion import Motion
from ..inference.score.score import ScoreResult
from . import fbx, takes
from .apply import apply_dance
from .dancer import add_dancer
from .keys import Placement
from .render import set_up, shade
from .stage import build_stage
from .strips import NoSoundError, open_song

#: Songs up to this size travel inside the .blend, bytes.
_PACKED = 64 << 20


@dataclass(frozen=True)
class Show:
    """The scene with a dance in it; warnings: sentences for the user."""

    scene: bpy.types.Scene
    rig: bpy.types.Object
    camera: bpy.types.Object
    warnings: tuple[str, ...]


def new_show(
    motion: Motion,
    song: Path,
    name: str,
    recipe: dict[str, object],
    size: tuple[int, int],
    workbench: bool = True,
) -> Show:
    """Start a new file, losing the one that is open, and put the dance in it from frame 1.

    The scene's rate becomes the motion's, which must be whole. size: of the picture, pixels.
    """
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    bpy.data.batch_remove([*bpy.data.objects, *bpy.data.materials])
    bpy.data.orphans_purge()
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = round(motion.fps), 1.0
    scene.frame_start, scene.frame_end = 1, max(1, len(motion))
    scene.frame_set(1)
    set_up(scene, size, workbench)
    rig = add_dancer(bpy.context, location=(0.0, 0.0, 0.0))
    apply_dance(rig, motion, Placement(1, motion.fps), name, recipe)
    camera = build_stage(scene, motion.positions(), 1, motion.fps)
    warnings = _add_song(scene, song)
    _dress_windows()
    return Show(scene, rig, camera, warnings)


def add_music(show: Show, music: ScoreResult, seed: int) -> None:
    """A muted strip of the music that was made for the dance, as *Score* adds it.

    The file is to be saved beside the music: it finds it then wherever both are moved. In a
    Blender without sound there is no strip, and the show's warnings say so already.
    """
    scene, grid = show.scene, music.cues.grid
    asked = {"asked_genre": music.genre, "seed": seed, "loop": False, "rhythm": None}
    made = {
        "genre": music.genre,
        "bpm": grid.bpm,
        "beats_per_bar": grid.beats_per_bar,
        "weights": music.weights,
    }
    frames = (float(scene.frame_start), float(scene.frame_end))
    downbeat = scene.frame_start + music.first_downbeat * scene.render.fps
    recipe = takes.recipe(show.rig, 1, frames, downbeat, asked, made)
    name = f"{show.rig.name} - {GENRES[music.genre].label}"
    try:
        take = takes.add(scene, music.path, scene.frame_start, name, recipe)
    except NoSoundError:
        return
    take.strip.mute = True
    take.strip.sound.filepath = f"//{music.path.name}"


def save_blend(path: Path) -> None:
    """Write the open file. Raises TwostepError."""
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(path), check_existing=False, compress=True)
    except RuntimeError as error:
        raise TwostepError(f"{path} could not be written; choose another place.") from error


def save_fbx(show: Show, path: Path) -> None:
    """Write the dancer and its dance as most programs expect it. Raises TwostepError."""
    fbx.export(bpy.context, show.rig, path, fbx.PRESETS["GENERIC"])


def _add_song(scene: bpy.types.Scene, song: Path) -> tuple[str, ...]:
    scene.sync_mode = "AUDIO_SYNC"
    try:
        strip = open_song(scene, song)
    except NoSoundError as error:
        return (str(error),)
    if song.stat().st_size <= _PACKED:
        strip.sound.pack()
    return ()


def _dress_windows() -> None:
    """Every 3D viewport looks through the camera and shows the stage."""
    for screen in bpy.data.screens:
        for area in screen.areas:
            for space in area.spaces:
                if space.type == "VIEW_3D":
                    space.shading.type = "SOLID"
                    shade(space.shading)
                    space.overlay.show_floor = space.overlay.show_axis_x = False
                    space.overlay.show_axis_y = space.overlay.show_cursor = False
                    space.region_3d.view_perspective = "CAMERA"
