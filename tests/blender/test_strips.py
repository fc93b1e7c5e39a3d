# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of a song sounds when. Blender's own mixdown is the judge."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from twostep.inference.errors import TwostepError
from twostep.scene import strips, versions

from .sounds import RATE, beat, onset, write_wav

pytestmark = pytest.mark.skipif(
    bpy.app.version < (4, 4), reason="the 4.2 wheel is built without sound strips"
)

#: When the test sound clicks, seconds.
CLICK = 3.0


@pytest.fixture
def click(tmp_path):
    sound = np.zeros(6 * RATE)
    sound[int(CLICK * RATE) :][:200] = 0.8
    return write_wav(tmp_path / "Click.wav", sound)


def trim(strip, frames):
    if hasattr(strip, "left_handle_offset"):
        strip.left_handle_offset = frames
    else:
        strip.frame_offset_start = frames


def shorten(strip, frames):
    if hasattr(strip, "right_handle_offset"):
        strip.right_handle_offset = frames
    else:
        strip.frame_offset_end = frames


@pytest.mark.parametrize(
    ("fps", "frame", "trimmed", "offset"),
    [
        ((24, 1.0), 17, 0, 0.0),
        ((24, 1.001), 17, 12, 0.0),
        ((24, 1.0), 17, 12.5, 0.4),
        ((30, 1.0), 0, 12, -0.4),
        ((60, 1.0), -5, 70, 0.0),
        ((60, 1.0), 17, 0, -0.4),
    ],
)
def test_the_song_sounds_where_the_clip_says(context, click, tmp_path, fps, frame, trimmed, offset):
    scene = context.scene
    scene.render.fps, scene.render.fps_base = fps
    scene.frame_start, scene.frame_end = 0, 600
    strip = strips.open_song(scene, click)
    strip_frame(strip, frame)
    trim(strip, trimmed)
    strip.sound_offset = offset
    clip = strips.clip(context, strip)
    rate = fps[0] / fps[1]
    mixed = tmp_path / "mixed.wav"
    bpy.ops.sound.mixdown(filepath=str(mixed), container="WAV", codec="PCM", format="S16")
    heard = onset(mixed) * rate
    assert clip.frame + (CLICK - clip.start) * rate == pytest.approx(heard, abs=0.6)
    assert clip.start >= 0 and clip.frame >= versions.edges(strip)[0] - 1e-6


def strip_frame(strip, frame):
    if hasattr(strip, "content_start"):
        strip.content_start = frame
    else:
        strip.frame_start = frame


def test_the_end_of_the_clip(context, click):
    strip = strips.open_song(context.scene, click)
    assert strips.clip(context, strip).seconds == pytest.approx(6.0, abs=1 / 24)
    shorten(strip, 48)
    trim(strip, 24)
    clip = strips.clip(context, strip)
    assert (clip.start, clip.seconds) == (pytest.approx(1.0), pytest.approx(3.0, abs=1 / 24))


def test_only_within_a_range(context, click):
    context.scene.frame_set(25)
    strip = strips.open_song(context.scene, click)
    clip = strips.clip(context, strip, (49, 73))
    assert (clip.start, clip.seconds, clip.frame) == pytest.approx((1.0, 1.0, 49.0))
    with pytest.raises(TwostepError, match="does not sound in the scene's frame range"):
        strips.clip(context, strip, (1, 20))


def test_a_new_song_goes_to_a_free_channel_at_the_present_frame(context, click):
    context.scene.frame_set(31)
    first, second = (strips.open_song(context.scene, click) for _ in range(2))
    assert (first.channel, second.channel) == (1, 2)
    assert versions.edges(first) == versions.edges(second)
    assert versions.content_start(first) == 31


def test_choosing(context, click):
    assert strips.chosen(context) is None
    context.scene.frame_set(100)
    first = strips.open_song(context.scene, click)
    context.scene.frame_set(1)
    second = strips.open_song(context.scene, click)
    assert strips.songs(context) == [second, first]
    assert strips.chosen(context) == second  # the active one
    assert strips.chosen(context, first.name) == first
    assert strips.chosen(context, "no such") is None
    context.scene.sequence_editor.active_strip = None
    assert strips.chosen(context) == second


def test_a_relative_path(context, click, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    strip = strips.open_song(context.scene, click)
    strip.sound.filepath = "//Click.wav"
    assert strips.sound_file(strip) == click


def test_a_packed_song(context, click):
    strip = strips.open_song(context.scene, click)
    strip.sound.pack()
    data = click.read_bytes()
    click.unlink()
    path = strips.sound_file(strip)
    assert path.read_bytes() == data and path.suffix == ".wav"
    assert str(path).startswith(bpy.app.tempdir)


def test_a_song_that_is_not_decodable_leaves_nothing(context, tmp_path):
    path = tmp_path / "noise.mp3"
    path.write_bytes(b"\0" * 1000)
    with pytest.raises(TwostepError, match=r"noise\.mp3 is no sound"):
        strips.open_song(context.scene, path)
    assert not versions.strips(context.scene) and not bpy.data.sounds


def test_the_operator_remembers_the_strip(context, tmp_path):
    path = write_wav(tmp_path / "Tune.wav", beat(2.0))
    assert bpy.ops.twostep.open_song(filepath=str(path)) == {"FINISHED"}
    assert context.scene.twostep.song == "Tune"
