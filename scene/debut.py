# SPDX-License-Identifier: GPL-3.0-or-later
"""A first dance at once: dancer, song, keys and camera, in whatever scene there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from ..inference.motion import Motion
from . import framing, keys, playback, staging, strips, versions
from .apply import apply_dance
from .dancer import add_dancer
from .stage import lights

#: The song that comes with Twostep, and what its strip is called.
SONG = Path(__file__).parent.parent / "assets" / "first_steps.ogg"
TITLE = "First Steps"

#: What Blender starts with, and where.
_STARTUP = {
    "Cube": ("MESH", (0.0, 0.0, 0.0)),
    "Light": ("LIGHT", (4.0762, 1.0055, 5.9039)),
    "Camera": ("CAMERA", (7.3589, -6.9258, 4.9583)),
}
#: Colours of the floor that a fresh scene gets, linear, and how far it goes beyond the dance, m.
_FLOOR = (0.74, 0.38, 0.22)
_RIM = 0.35
#: What is made, by its place in the file.
_KINDS = (
    "objects", "armatures", "meshes", "lights", "cameras", "materials", "actions", "sounds",
    "collections",
)  # fmt: skip


@dataclass(frozen=True)
class Debut:
    """What was put into the scene. frames: first and last of the dance; warnings: sentences."""

    rig: bpy.types.Object
    camera: bpy.types.Object
    action: bpy.types.Action
    frames: tuple[int, int]
    warnings: tuple[str, ...]


def is_fresh(scene: bpy.types.Scene) -> bool:
    """Whether nobody has begun anything in a scene: what Blender starts with, or less."""
    return not versions.strips(scene) and all(_is_startup(ob) for ob in scene.objects)


def perform(
    context: bpy.types.Context, motion: Motion, name: str, recipe: dict[str, object]
) -> Debut:
    """Put a dance to `SONG` into the context's scene, with all that it needs; or change nothing.

    A fresh scene becomes a little stage: the cube and the light that Blender starts with make room
    for a floor and three lights, its camera is moved, its frame range becomes the dance's. In any
    other scene all that is there stays as it is: the dancer stands at the 3D cursor or to the right
    of what is there, has a camera of its own, lights only where there are none, and what plays is
    set by the preview range. Playing is set to follow the sound in both.
    """
    scene = context.scene
    fresh = is_fresh(scene)
    with _all_or_nothing(context):
        warnings = _add_song(scene)
        positions = motion.positions()
        points = framing.boxes(positions)
        low, high = points.min(axis=0), points.max(axis=0)
        place = Vector()
        if not fresh:
            place = framing.room(context, (low, high), scene.cursor.location)
        rig = add_dancer(context, location=place)
        placement = keys.Placement(scene.frame_start, keys.scene_fps(scene))
        rig.show_in_front = False  # the figure shall be seen, not its bones
        landed = apply_dance(rig, motion, placement, name, recipe)
        frames = staging.dance_range(rig)
        stage = bpy.data.collections.new("Stage")
        scene.collection.children.link(stage)
        points = points + np.array(place)
        if fresh:
            ring = _ring(low, high)
            stage.objects.link(_floor(ring))
            points = np.concatenate([points, ring])
        _light(scene, stage, Vector((*0.5 * (low + high)[:2], 0)) + place, fresh)
        camera = _camera(scene, stage, fresh)
        # From here on what was there changes, too, and nothing is left that could fail.
        framing.frame_all(scene, camera, points)
        playback.set_up(scene, frames, preview=not fresh)
        scene.frame_set(frames[0])
        if fresh:
            _clear(scene)
    return Debut(rig, camera, landed.written.action, frames, (*warnings, *landed.warnings))


def _add_song(scene: bpy.types.Scene) -> tuple[str, ...]:
    """The song as a strip, inside the .blend: where Twostep lies may change or go."""
    settings = scene.twostep
    try:
        strip = strips.open_song(scene, SONG, scene.frame_start)
    except strips.NoSoundError as error:
        settings.song, settings.song_file = "", str(SONG)
        return (str(error),)
    strip.name = strip.sound.name = TITLE
    strip.sound.pack()
    strip.sound.filepath = f"//{SONG.name}"  # where it would go if it were unpacked
    settings.song, settings.song_file = strip.name, ""
    return ()


def _is_startup(ob: bpy.types.Object) -> bool:
    """Whether it is of what Blender starts with, untouched."""
    kind, place = _STARTUP.get(ob.name, ("", ()))
    if ob.type != kind or ob.mode != "OBJECT" or ob.animation_data or ob.children or ob.parent:
        return False
    if len(ob.modifiers) or len(ob.constraints):
        return False
    if not np.allclose(ob.location, place, atol=1e-3) or not np.allclose(ob.scale, 1):
        return False
    if ob.type != "MESH":
        return True
    corners = [vertex.co for vertex in ob.data.vertices]
    turned = not np.allclose(ob.rotation_euler, 0)
    return not turned and len(corners) == 8 and np.allclose(np.abs(corners), 1)


def _clear(scene: bpy.types.Scene) -> None:
    """Take away what Blender starts with and the stage needs no more; undo brings it back."""
    for name in ("Cube", "Light"):
        if (ob := scene.objects.get(name)) is not None and ob.users_scene == (scene,):
            bpy.data.objects.remove(ob)


def _camera(scene: bpy.types.Scene, stage: bpy.types.Collection, fresh: bool) -> bpy.types.Object:
    """A camera for the dance: a fresh scene's own one, else a new one.

    It becomes the scene's only if that has none.
    """
    if fresh and scene.camera is not None and scene.camera.name in scene.objects:
        return scene.camera
    camera = bpy.data.objects.new("Dance Camera", bpy.data.cameras.new("Dance Camera"))
    stage.objects.link(camera)
    if scene.camera is None:
        scene.camera = camera
    return camera


def _light(
    scene: bpy.types.Scene, stage: bpy.types.Collection, middle: Vector, fresh: bool
) -> None:
    if fresh or not any(ob.type == "LIGHT" for ob in scene.objects):
        for light in lights(middle):
            stage.objects.link(light)


def _ring(low: framing.Floats, high: framing.Floats) -> framing.Floats:
    """The edge of a round floor that all of the dance is on, (N, 3)."""
    radius = 0.5 * np.hypot(*(high - low)[:2]) + _RIM
    turn = np.linspace(0, 2 * np.pi, 128, endpoint=False)
    ring = radius * np.column_stack([np.cos(turn), np.sin(turn), np.zeros_like(turn)])
    ring[:, :2] += 0.5 * (low + high)[:2]
    return ring


def _floor(ring: framing.Floats) -> bpy.types.Object:
    mesh = bpy.data.meshes.new("Floor")
    mesh.from_pydata(ring.tolist(), [], [tuple(range(len(ring)))])
    material = bpy.data.materials.new("Floor")
    material.diffuse_color = (*_FLOOR, 1.0)
    shader = versions.shader(material, "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*_FLOOR, 1.0)
    shader.inputs["Roughness"].default_value = 0.6
    mesh.materials.append(material)
    return bpy.data.objects.new("Floor", mesh)


@contextmanager
def _all_or_nothing(context: bpy.types.Context) -> Iterator[None]:
    """When anything fails, what was added to the file is gone, and selected is what was."""
    scene, layer = context.scene, context.view_layer
    known = {kind: set(getattr(bpy.data, kind)) for kind in _KINDS}
    song, file = scene.twostep.song, scene.twostep.song_file
    strips_before = set(versions.strips(scene))
    active, selected = layer.objects.active, list(context.selected_objects)
    try:
        yield
    except BaseException:
        for strip in set(versions.strips(scene)) - strips_before:
            versions.remove_strip(scene, strip)
        added = [set(getattr(bpy.data, kind)) - before for kind, before in known.items()]
        bpy.data.batch_remove(set().union(*added))
        scene.twostep.song, scene.twostep.song_file = song, file
        for ob in selected:
            ob.select_set(True)
        layer.objects.active = active
        raise
