# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of a scene, one PNG a frame, with or without a graphics card."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import bpy

from ..inference.errors import TwostepError

#: Draws one small picture in a process of its own: where no graphics are to be had, some Blender
#: versions end the whole process.
_PROBE = """
import bpy, sys
scene = bpy.context.scene
scene.render.engine = "BLENDER_WORKBENCH"
scene.render.resolution_x = scene.render.resolution_y = 16
scene.render.image_settings.file_format = "PNG"
scene.render.filepath = sys.argv[-1]
bpy.ops.render.render(write_still=True)
"""


def workbench_draws(folder: Path) -> bool:
    """Whether Blender's Workbench engine can draw here; tries it once, with a file in `folder`."""
    picture = folder / "probe.png"
    try:
        subprocess.run(
            [sys.executable, "-c", _PROBE, str(picture)],
            capture_output=True,
            timeout=120,
            check=False,
        )
        return picture.exists() and picture.stat().st_size > 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        picture.unlink(missing_ok=True)


def set_up(scene: bpy.types.Scene, size: tuple[int, int], workbench: bool) -> None:
    """Choose the engine and its quality: Workbench where it draws, else Cycles on the CPU."""
    render = scene.render
    render.resolution_x, render.resolution_y = size
    render.resolution_percentage = 100
    render.use_file_extension = True
    if "media_type" in render.image_settings.bl_rna.properties:  # from 5.0
        render.image_settings.media_type = "IMAGE"
    render.image_settings.file_format = "PNG"
    render.image_settings.color_mode = "RGB"
    render.image_settings.compression = 15
    scene.view_settings.view_transform = "Standard"
    if workbench:
        _workbench(scene)
    else:
        render.engine = "CYCLES"
        scene.cycles.device = "CPU"
        scene.cycles.samples = 12
        scene.cycles.use_denoising = True
        render.use_persistent_data = True


def shade(shading: bpy.types.View3DShading) -> None:
    """Solid shading that shows the stage's picture: for Workbench and for the viewport."""
    shading.light = "STUDIO"
    shading.studio_light = "paint.sl"
    shading.color_type = "TEXTURE"
    shading.show_cavity = True
    shading.cavity_type = "SCREEN"
    shading.curvature_ridge_factor = 0.6
    shading.curvature_valley_factor = 0.8
    shading.show_shadows = True
    shading.shadow_intensity = 0.35
    shading.show_specular_highlight = True


def render_frames(
    scene: bpy.types.Scene, frames: Sequence[int], folder: Path
) -> Iterator[tuple[int, Path]]:
    """Draw the given frames into `folder`, yielding (frame, picture) as each is done.

    Raises TwostepError when Blender writes no picture.
    """
    for frame in frames:
        picture = folder / f"{frame:06d}.png"
        scene.frame_set(frame)
        scene.render.filepath = str(picture)
        bpy.ops.render.render(write_still=True, scene=scene.name)
        if not picture.exists():
            raise TwostepError(f"Blender could not draw frame {frame}; try again with --no-render.")
        yield frame, picture


def _workbench(scene: bpy.types.Scene) -> None:
    scene.render.engine = "BLENDER_WORKBENCH"
    display = scene.display
    display.render_aa = "FXAA"  # sampled anti-aliasing draws the whole picture once a sample
    # Blender reads this as (-x, z, -y) of the way the light travels.
    display.light_direction = (-0.40, 0.80, 0.45)
    display.shadow_shift = 0.1
    shade(display.shading)
