# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything about the open file that a failed operator must not have changed."""

from __future__ import annotations

import bpy
import numpy as np

from twostep.scene import versions


def snapshot() -> dict[str, object]:
    """A comparable picture of the file: what is in it, how it is posed, keyed and selected."""
    context = bpy.context
    active = context.view_layer.objects.active
    return {
        "blocks": {
            name: sorted(block.name_full for block in getattr(bpy.data, name))
            for name in ("actions", "armatures", "meshes", "objects", "scenes", "sounds", "texts")
        },
        "objects": {ob.name: _object(ob) for ob in bpy.data.objects},
        "actions": {action.name: _action(action) for action in bpy.data.actions},
        "scenes": {scene.name: _scene(scene) for scene in bpy.data.scenes},
        "active": active.name if active else None,
        "mode": context.mode,
    }


def _object(ob: bpy.types.Object) -> tuple:
    data = ob.animation_data
    pose = (
        [(bone.name, _round(bone.matrix_basis), bone.rotation_mode) for bone in ob.pose.bones]
        if ob.pose
        else []
    )
    tracks = [
        (track.name, [strip.action.name for strip in track.strips])
        for track in (data.nla_tracks if data else ())
    ]
    playing = data.action.name if data and data.action else None
    parent = ob.parent.name if ob.parent else None
    state = (_round(ob.matrix_world), ob.select_get(), ob.mode, parent)
    return (*state, data is None, playing, tracks, pose)


def _action(action: bpy.types.Action) -> tuple:
    curves = []
    for curve in versions.curves(action):
        values = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
        curve.keyframe_points.foreach_get("co", values)
        curves.append((curve.data_path, curve.array_index, hash(values.tobytes())))
    return action.use_fake_user, action.users, curves


def _scene(scene: bpy.types.Scene) -> tuple:
    strips = [
        (strip.name, strip.channel, strip.mute, strip.select, *versions.edges(strip))
        for strip in versions.strips(scene)
    ]
    settings = scene.twostep
    return (
        scene.frame_current, scene.frame_start, scene.frame_end, scene.render.fps,
        scene.render.fps_base, strips,
        settings.song, settings.song_file, settings.style, settings.seed, settings.score.seed,
        settings.score.bpm, settings.score.meter, settings.score.downbeat,
        settings.score.rhythm_known,
    )  # fmt: skip


def _round(matrix) -> tuple:
    return tuple(round(value, 5) for row in matrix for value in row)
