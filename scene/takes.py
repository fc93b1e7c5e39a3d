# SPDX-License-Identifier: GPL-3.0-or-later
"""The music made for an armature: its files, its strips, and the recipes that the strips keep."""

from __future__ import annotations

import json
import re
import shutil
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..inference.files import replaced
from . import strips, versions
from .keys import RECIPE, scene_fps

#: Strips of music have this colour.
_COLOUR = "COLOR_05"

Recipe = dict[str, Any]


@dataclass(frozen=True)
class Take:
    """A strip of music and how it was made."""

    strip: bpy.types.Sequence
    recipe: Recipe


def of(scene: bpy.types.Scene, ob: bpy.types.Object) -> list[Take]:
    """The takes of an armature that are in the sequencer, the latest last."""
    found = []
    for strip in versions.strips(scene):
        recipe = _recipe(strip)
        if recipe is not None and recipe.get("armature") == ob.name:
            found.append(Take(strip, recipe))
    return sorted(found, key=lambda take: take.recipe.get("take", 0))


def chosen(scene: bpy.types.Scene, ob: bpy.types.Object) -> Take | None:
    """The armature's take that is selected and active in the sequencer, else its latest."""
    found = of(scene, ob)
    active = scene.sequence_editor.active_strip if found else None
    meant = (take for take in found if take.strip == active and take.strip.select)
    return next(meant, found[-1] if found else None)


def folder(fallback: Path) -> Path:
    """Where takes go: beside the .blend, or to the fall-back when it was never saved."""
    return Path(bpy.data.filepath).parent if bpy.data.filepath else fallback


def next_path(where: Path, ob: bpy.types.Object, genre: str, seed: int) -> tuple[Path, int]:
    """A file that is not there yet, and its number, higher than those of all the armature's takes.

    Such as `Show_Dancer_house_s7_003.wav`.
    """
    title = Path(bpy.data.filepath).stem if bpy.data.filepath else "untitled"
    stem = f"{bpy.path.clean_name(title)}_{bpy.path.clean_name(ob.name)}"
    pattern = re.compile(re.escape(stem) + r"_.+_s\d+_(\d+)\.wav", re.IGNORECASE)
    matches = (pattern.fullmatch(path.name) for path in where.glob("*.wav"))
    number = max((int(match[1]) for match in matches if match), default=0) + 1
    return where / f"{stem}_{genre}_s{seed}_{number:03}.wav", number


def recipe(
    ob: bpy.types.Object,
    number: int,
    frames: tuple[float, float],
    downbeat: float,
    asked: Mapping[str, Any],
    made: Mapping[str, Any],
) -> Recipe:
    """How a take was made, as its strip remembers it.

    frames: what of the dance was scored. downbeat: a frame in which a bar starts. asked:
    asked_genre, seed, loop and rhythm; made: genre, bpm, beats_per_bar and weights.
    """
    action = ob.animation_data.action if ob.animation_data else None
    return {
        "move": "score",
        "take": number,
        "armature": ob.name,
        "action": action.name if action else "",
        "frames": list(frames),
        "first_downbeat": downbeat,
        **asked,
        **{name: made[name] for name in ("genre", "bpm", "beats_per_bar", "weights")},
    }


def keep(source: Path, target: Path) -> None:
    """Put a finished file where it belongs. Raises TwostepError, nothing left, when it cannot be.

    Another folder may be on another disk, so it is copied and not moved.
    """
    with replaced(target) as path:
        shutil.copyfile(source, path)


def add(scene: bpy.types.Scene, path: Path, frame: int, name: str, recipe: Recipe) -> Take:
    """A strip of the music from that frame on, on a channel that is free there.

    Which strips are selected and active stays as it was. Raises TwostepError, and leaves nothing
    behind, when Blender has no sound.
    """
    with wave.open(str(path)) as file:
        seconds = file.getnframes() / file.getframerate()
    stop = frame + int(seconds * scene_fps(scene)) + 1
    active = scene.sequence_editor.active_strip if scene.sequence_editor else None
    known = set(bpy.data.sounds)
    try:
        channel = strips.free_channel(scene, frame, stop)
        strip = versions.new_sound_strip(scene, name, path, channel, frame)
    except RuntimeError as error:
        for sound in set(bpy.data.sounds) - known:
            bpy.data.sounds.remove(sound)
        raise strips.NoSoundError(
            "This Blender was built without sound, so the music gets no strip."
        ) from error
    strip.color_tag = _COLOUR
    strip.select = False
    strip[RECIPE] = json.dumps(recipe, sort_keys=True)
    scene.sequence_editor.active_strip = active
    if bpy.data.filepath and path.parent == Path(bpy.data.filepath).parent:
        strip.sound.filepath = f"//{path.name}"
    return Take(strip, recipe)


def _recipe(strip: bpy.types.Sequence) -> Recipe | None:
    """The recipe of a strip that is a take; whatever else anybody put there is none."""
    text = strip.get(RECIPE) if strip.type == "SOUND" else None
    if not isinstance(text, str):
        return None
    try:
        recipe = json.loads(text)
    except ValueError:
        return None
    return recipe if isinstance(recipe, dict) and recipe.get("move") == "score" else None
