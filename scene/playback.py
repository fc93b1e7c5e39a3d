# SPDX-License-Identifier: GPL-3.0-or-later
"""Playing a dance together with its song."""

from __future__ import annotations

import bpy

from ..inference.errors import TwostepError
from . import armature, staging, strips
from .keys import RECIPE

Frames = tuple[int, int]


def dance_frames(context: bpy.types.Context) -> Frames | None:
    """First and last frame of the dance that the character plays, None if it plays none."""
    ob = armature.character(context)
    data = ob.animation_data if ob is not None and ob.type == "ARMATURE" else None
    if data is None:
        return None
    played = [strip.action for track in data.nla_tracks for strip in track.strips]
    if not any(action and action.get(RECIPE) for action in (data.action, *played)):
        return None
    try:
        return staging.dance_range(ob)
    except TwostepError:  # all of it is muted
        return None


def is_set(scene: bpy.types.Scene, frames: Frames) -> bool:
    """Whether playing shows the dance, in time with what is heard.

    A preview range that the user set within the dance is as good as all of it.
    """
    if scene.sync_mode != "AUDIO_SYNC" or not scene.use_audio:
        return False
    if scene.use_preview_range:
        return scene.frame_preview_start < frames[1] and scene.frame_preview_end > frames[0]
    return scene.frame_start <= frames[0] and scene.frame_end >= frames[1]


def is_offered(context: bpy.types.Context) -> bool:
    """Whether there are a dance and a song that would not be played together."""
    if strips.chosen(context, context.scene.twostep.song) is None:
        return False
    frames = dance_frames(context)
    return frames is not None and not is_set(context.scene, frames)


def set_up(scene: bpy.types.Scene, frames: Frames, *, preview: bool) -> None:
    """Let playing show those frames in time with what is heard; they become the preview range.

    preview: else the scene's own range.
    """
    scene.sync_mode, scene.use_audio = "AUDIO_SYNC", True
    scene.use_preview_range = preview
    if preview:
        scene.frame_preview_start, scene.frame_preview_end = frames
    else:
        scene.frame_start, scene.frame_end = frames
    if not frames[0] <= scene.frame_current <= frames[1]:
        scene.frame_set(frames[0])


def play(context: bpy.types.Context) -> None:
    """As the space bar does, unless it plays already or there is no window."""
    if context.window is None or bpy.app.background or context.screen.is_animation_playing:
        return
    bpy.ops.screen.animation_play()


def look_through(context: bpy.types.Context, camera: bpy.types.Object) -> None:
    """Show what the camera sees in the 3D viewport: the one at hand, else the largest."""
    area = context.area
    if area is None or area.type != "VIEW_3D":
        areas = context.screen.areas if context.screen is not None else ()
        found = [each for each in areas if each.type == "VIEW_3D"]
        area = max(found, key=lambda each: each.width * each.height, default=None)
    if area is None:
        return
    space = area.spaces.active
    space.use_local_camera = camera != context.scene.camera
    if space.use_local_camera:
        space.camera = camera
    space.region_3d.view_perspective = "CAMERA"
    space.region_3d.view_camera_zoom = 0
    space.region_3d.view_camera_offset = 0, 0


def frame_timelines(context: bpy.types.Context) -> None:
    """Let the timelines show all that plays."""
    for area in context.screen.areas if context.screen is not None else ():
        if area.ui_type != "TIMELINE":
            continue
        region = next(each for each in area.regions if each.type == "WINDOW")
        with context.temp_override(area=area, region=region):
            if bpy.ops.action.view_all.poll():
                bpy.ops.action.view_all()


def silence(context: bpy.types.Context) -> str:
    """Why the song is not heard when this scene plays, "" if it is.

    A scene plays its own strips. From 5.0 the sequencer may show those of another scene.
    """
    home = strips.home(context)
    if home == context.scene:
        return ""
    return f"The song is a strip of the scene {home.name}; show that scene, or open the song here"
