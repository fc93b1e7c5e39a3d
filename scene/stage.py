# SPDX-License-Identifier: GPL-3.0-or-later
"""A stage for one dancer: tiled floor and backdrop, three lights, a world, a gliding camera."""

from __future__ import annotations

from math import radians

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from . import versions
from .framing import half_angles

#: The set: half its width, where the floor starts and where it bends up, the bend's radius and
#: the height of the backdrop, metres.
HALF_WIDTH, FRONT, BACK, BEND, TOP = 9.0, -9.0, 3.6, 1.0, 7.0
TILE = 0.5
PIXELS_PER_METRE = 48

Floats = NDArray[np.floating]
_FLOOR = (0.80, 0.78, 0.74)
_WALL = (0.93, 0.87, 0.79)
_DISC = (0.98, 0.66, 0.42)
_DISC_CENTRE, _DISC_RADIUS = 1.75, 1.15


def build_stage(
    scene: bpy.types.Scene, positions: Floats, first_frame: float, fps: float
) -> bpy.types.Object:
    """Dress the scene around a dance and return its camera, which becomes the scene's.

    positions: joints in the world, (T, 24, 3), metres, `fps` of them a second; the first is shown
    at `first_frame`. The stage stands under the middle of the path, so nobody dances off it.
    """
    middle = 0.5 * (positions[:, 0, :2].min(axis=0) + positions[:, 0, :2].max(axis=0))
    collection = bpy.data.collections.new("Stage")
    scene.collection.children.link(collection)
    scene.world = _world()
    backdrop = _backdrop()
    backdrop.location = (*middle, 0)
    collection.objects.link(backdrop)
    for light in lights(Vector((*middle, 0))):
        collection.objects.link(light)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    collection.objects.link(camera)
    scene.camera = camera
    _follow(scene, camera, positions, first_frame, fps)
    return camera


def _follow(
    scene: bpy.types.Scene,
    camera: bpy.types.Object,
    positions: Floats,
    first_frame: float,
    fps: float,
    pitch: float = radians(7),
) -> None:
    """Key a camera that glides along with the root, as near as the whole body stays in view."""
    camera.data.lens = 50
    camera.rotation_euler = (radians(90) - pitch, 0, 0)
    root = gaussian_filter1d(positions[:, 0].astype(float), 1.2 * fps, axis=0, mode="nearest")
    middle = 0.5 * (positions[..., 2].min() + positions[..., 2].max())
    target = np.column_stack([root[:, :2], np.full(len(root), middle)])
    tan_u, tan_v = half_angles(scene, camera)
    axes = np.array(camera.rotation_euler.to_matrix())
    needed = _distances((positions - target[:, None]) @ axes, tan_u, tan_v)
    calm = gaussian_filter1d(maximum_filter1d(needed, round(4 * fps)), fps, mode="nearest")
    distance = np.maximum(3.0, calm + (needed - calm).max().clip(0))
    scene_fps = scene.render.fps / scene.render.fps_base
    step = max(1, round(0.5 * fps))
    for row in sorted({*range(0, len(target), step), len(target) - 1}):
        camera.location = target[row] + distance[row] * axes[:, 2]
        camera.keyframe_insert("location", frame=first_frame + row / fps * scene_fps)


def _distances(around: Floats, tan_u: float, tan_v: float) -> Floats:
    """How far back the camera must stand to see the whole body in each frame, (T,).

    around: the joints as the camera sees them from its target: right, up, back, (T, 24, 3), m.
    """
    margin = 0.22  # what a head, a hand or a foot reaches beyond its joint, and some air
    right, up, back = np.moveaxis(around, -1, 0)
    across = (np.abs(right) + margin) / tan_u + back
    height = (np.abs(up) + margin) / tan_v + back
    return np.maximum(across, height).max(axis=1)


def _backdrop() -> bpy.types.Object:
    """A floor that bends up into a wall, with its picture packed into the file."""
    arc = np.linspace(0, 0.5 * np.pi, 13)
    profile = np.concatenate(
        [
            [(FRONT, 0.0), (BACK, 0.0)],
            np.column_stack([BACK + BEND * np.sin(arc), BEND * (1 - np.cos(arc))])[1:],
            [(BACK + BEND, TOP)],
        ]
    )
    lengths = np.concatenate([[0], np.hypot(*np.diff(profile, axis=0).T).cumsum()])
    rows = len(profile)
    sides = np.repeat([-HALF_WIDTH, HALF_WIDTH], rows)
    vertices = np.column_stack([sides, np.tile(profile, (2, 1))])
    faces = [(i, rows + i, rows + i + 1, i + 1) for i in range(rows - 1)]
    mesh = bpy.data.meshes.new("Stage")
    mesh.from_pydata(vertices.tolist(), [], faces)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), dtype=bool))
    uv = np.column_stack([np.repeat([0.0, 1.0], rows), np.tile(lengths / lengths[-1], 2)])
    layer = mesh.uv_layers.new(name="UVMap")
    corners = np.array(faces).ravel()
    layer.data.foreach_set("uv", uv[corners].astype(np.float32).ravel())
    mesh.materials.append(_painted(_picture(float(lengths[-1]))))
    return bpy.data.objects.new("Stage", mesh)


def _picture(length: float) -> bpy.types.Image:
    """Floor tiles that show when a foot slides, a pool of light, and a disc on the wall."""
    width, height = int(2 * HALF_WIDTH * PIXELS_PER_METRE), int(length * PIXELS_PER_METRE)
    x = (np.arange(width) + 0.5) / PIXELS_PER_METRE - HALF_WIDTH
    along = (np.arange(height)[:, None] + 0.5) / PIXELS_PER_METRE + FRONT
    floor = _step(along, BACK + 0.4, BACK - 1.2)
    near = np.exp(-(x**2 + along**2) / 3.2**2)
    tile = np.where((np.floor(x / TILE) + np.floor(along / TILE)) % 2, 1.0, -1.0)
    shade = 1 + 0.16 * near + 0.060 * tile * np.exp(-(x**2 + along**2) / 3.6**2)
    wall_height = along - BACK - (0.5 * np.pi - 1) * BEND
    disc = _step(np.hypot(x, wall_height - _DISC_CENTRE), _DISC_RADIUS + 0.02, _DISC_RADIUS - 0.02)
    dusk = 1 - 0.10 * _step(wall_height, 1.0, 6.0) - 0.03 * np.abs(x) / HALF_WIDTH
    pixels = np.ones((height, width, 4), dtype=np.float32)
    for channel in range(3):
        wall = _WALL[channel] * dusk * (1 - disc) + _DISC[channel] * disc
        pixels[..., channel] = (floor * _FLOOR[channel] * shade + (1 - floor) * wall).clip(0, 1)
    image = bpy.data.images.new("Stage", width, height)
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    return image


def _step(value: Floats, low: float, high: float) -> Floats:
    share = np.clip((value - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


def _painted(image: bpy.types.Image) -> bpy.types.Material:
    material = bpy.data.materials.new("Stage")
    shader = versions.shader(material, "BSDF_PRINCIPLED")
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader.inputs["Roughness"].default_value = 0.75
    texture = nodes.new("ShaderNodeTexImage")
    texture.image = image
    texture.location = (-320, 280)
    nodes.active = texture
    links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    return material


def lights(middle: Vector) -> list[bpy.types.Object]:
    """Key, fill and rim light as area lights aimed at the dancer's chest."""
    made = []
    for name, place, watts, size, colour in (
        ("Key", (-3.0, -4.0, 5.0), 520.0, 2.5, (1.0, 0.93, 0.85)),
        ("Fill", (4.0, -3.5, 2.5), 170.0, 4.0, (0.82, 0.90, 1.0)),
        ("Rim", (2.0, 2.6, 4.5), 320.0, 1.5, (1.0, 0.85, 0.72)),
    ):
        lamp = bpy.data.lights.new(name, "AREA")
        lamp.energy, lamp.size, lamp.color = watts, size, colour
        lamp.cutoff_distance = 0.5  # not used, but viewports draw a line as long as that
        light = bpy.data.objects.new(name, lamp)
        light.location = middle + Vector(place)
        aim = middle + Vector((0, 0, 1.1)) - light.location
        light.rotation_euler = aim.to_track_quat("-Z", "Y").to_euler()
        made.append(light)
    return made


def _world() -> bpy.types.World:
    world = bpy.data.worlds.new("Stage")
    world.color = (0.55, 0.51, 0.46)
    background = versions.shader(world, "BACKGROUND")
    background.inputs["Color"].default_value = (0.75, 0.78, 0.85, 1.0)
    background.inputs["Strength"].default_value = 0.45
    return world
