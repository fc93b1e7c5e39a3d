# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage and its camera, and pictures of it."""

from __future__ import annotations

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="these tests run under the bpy wheel")
from bpy_extras.object_utils import world_to_camera_view  # noqa: E402
from mathutils import Vector  # noqa: E402

from twostep.inference.skeleton import STANDING_HEIGHT, rest_positions  # noqa: E402
from twostep.scene.render import render_frames, set_up, workbench_draws  # noqa: E402
from twostep.scene.stage import build_stage  # noqa: E402


@pytest.fixture
def positions():
    """Ten seconds in a T-pose on a wild path, with jumps to the side and off the floor."""
    t = np.arange(300) / 30
    path = np.stack(
        [1.2 * np.sin(t) + (t > 5) * 0.8, 0.7 * np.cos(1.3 * t), 0.2 * np.sin(9 * t)], 1
    )
    return (rest_positions() + np.array((0, 0, STANDING_HEIGHT)))[None] + path[:, None]


@pytest.mark.parametrize("size", [(768, 432), (360, 640), (500, 500)])
def test_camera_sees_every_joint_in_every_frame(context, positions, size):
    scene = context.scene
    scene.render.fps = 24
    scene.render.resolution_x, scene.render.resolution_y = size
    camera = build_stage(scene, positions, 11, 30)
    assert scene.camera == camera
    for row in range(0, 300, 10):
        scene.frame_set(11 + row // 10 * 8)
        seen = [world_to_camera_view(scene, camera, Vector(point)) for point in positions[row]]
        assert all(0 < x < 1 and 0 < y < 1 and z > 0 for x, y, z in seen), row


def test_camera_glides(context, positions):
    camera = build_stage(context.scene, positions, 1, 30)
    places = []
    for frame in range(1, 240):
        context.scene.frame_set(frame)
        places.append(camera.matrix_world.translation.copy())
    speed = np.linalg.norm(np.diff(places, axis=0), axis=1) * 24
    jolt = np.abs(np.diff(speed)) * 24
    assert 0.1 < speed.max() < 1.5
    assert jolt.max() < 4


def test_stage_lies_under_the_dance(context, positions):
    build_stage(context.scene, positions + np.array((40, -30, 0)), 1, 30)
    stage = bpy.data.objects["Stage"]
    assert np.allclose(stage.location[:2], (40.4, -30), atol=0.2)
    assert bpy.data.images["Stage"].packed_file is not None
    lights = [ob for ob in context.scene.objects if ob.type == "LIGHT"]
    assert len(lights) == 3


@pytest.mark.parametrize("workbench", [True, False])
def test_draws_pictures(context, positions, tmp_path, workbench):
    if workbench and not workbench_draws(tmp_path):
        pytest.skip("no graphics here, not even in software")
    scene = context.scene
    build_stage(scene, positions, 1, 30)
    set_up(scene, (64, 36), workbench)
    drawn = list(render_frames(scene, [1, 30], tmp_path))
    assert [frame for frame, _ in drawn] == [1, 30]
    for _, path in drawn:
        image = bpy.data.images.load(str(path))
        pixels = np.array(image.pixels).reshape(36, 64, -1)[..., :3]
        assert tuple(image.size) == (64, 36)
        assert pixels.std() > 0.03
        assert pixels.mean() > 0.2
