# SPDX-License-Identifier: GPL-3.0-or-later
"""The Score button from the armature to the strip, with the real worker and tiny networks."""

from __future__ import annotations

import json
import time
import wave
from pathlib import Path

import bpy
import numpy as np
import pytest

from twostep.inference import weights
from twostep.inference.errors import Cancelled
from twostep.operators import session
from twostep.operators.score_run import ScoreRun, plan
from twostep.scene import keys, strips, takes, versions

from ..dancers import dancer
from .families import mixamo_armature
from .figures import smpl_armature
from .snapshots import snapshot
from .sounds import beat, write_wav
from .test_keys import dance
from .test_strips import strip_frame

SOUND = bpy.app.build_options.audaspace
with_strips = pytest.mark.skipif(not SOUND, reason="this Blender is built without sound strips")
pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def folder(context, tmp_path):
    """Where the .blend is saved, and so the music."""
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "Show.blend"))
    return tmp_path


@pytest.fixture
def performer(context, folder):
    """Somebody on a Mixamo rig who dances for 8 s at 120 bpm, from frame 11 on."""
    context.scene.render.fps = 30
    ob = mixamo_armature("Ann")
    dance(ob, dancer(120.0, seconds=8.0), frame=11, name="Groove")
    context.scene.frame_set(1)
    context.scene.frame_end = 250
    context.scene.twostep.score.genre = "house"
    return ob


def music(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.wav"))


def seconds(path: Path) -> float:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getsampwidth()) == (44_100, 2)
        return file.getnframes() / file.getframerate()


def test_the_button_scores(context, performer, folder):
    scene, settings = context.scene, context.scene.twostep.score
    settings.seed = 7
    before = snapshot()
    assert bpy.ops.twostep.score() == {"FINISHED"}
    assert music(folder) == ["Show_Ann_house_s7_001.wav"]
    assert seconds(folder / "Show_Ann_house_s7_001.wav") == pytest.approx(8.0, abs=0.1)
    after = snapshot()
    assert {key: after[key] for key in ("objects", "actions", "active", "mode")} == {
        key: before[key] for key in ("objects", "actions", "active", "mode")
    }
    assert (scene.frame_current, scene.frame_start, scene.frame_end) == (1, 1, 250)
    assert settings.rhythm_known and settings.bpm == pytest.approx(120, rel=0.02)
    assert settings.meter == "4" and not settings.use_rhythm
    period = 30 * 60 / settings.bpm
    assert 11 <= settings.downbeat + 0.1 < 11 + 4 * period + 0.2
    off = (settings.downbeat - 11) / period
    assert abs(off - round(off)) < 0.2
    assert context.window_manager.twostep_provider == "CPU"
    assert not context.window_manager.twostep_running
    assert not list(Path(bpy.app.tempdir).glob("twostep-score-*"))


@with_strips
def test_the_strip_and_what_it_remembers(context, performer, folder):
    scene = context.scene
    bpy.ops.twostep.score()
    (strip,) = versions.strips(scene)
    assert strip.name == "Ann - House" and strip.channel == 1 and not strip.mute
    assert versions.content_start(strip) == 11
    assert versions.edges(strip)[1] == pytest.approx(11 + 8 * 30, abs=2)
    assert strip.sound.filepath == "//Show_Ann_house_s1_001.wav"
    assert strip.color_tag != "NONE" and not strip.select
    recipe = json.loads(strip[keys.RECIPE])
    assert (recipe["genre"], recipe["seed"], recipe["armature"]) == ("house", 1, "Ann")
    assert (recipe["action"], recipe["frames"]) == ("Groove", [11, 250])
    assert recipe["bpm"] == pytest.approx(120, rel=0.02) and recipe["beats_per_bar"] == 4
    assert recipe["weights"] and recipe["first_downbeat"] == pytest.approx(
        scene.twostep.score.downbeat, abs=1e-3
    )
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    (take,) = takes.of(bpy.context.scene, bpy.data.objects["Ann"])
    assert take.recipe == recipe


@with_strips
def test_takes_are_added_and_never_overwritten(context, performer, folder):
    """Beside a song of the user's, each on a free channel, and the song stays as it is."""
    scene = context.scene
    song = strips.open_song(scene, write_wav(folder / "Song.wav", beat(4.0)))
    song.select = True
    scene.twostep.score.use_mute_earlier = False
    for _ in range(2):
        bpy.ops.twostep.score()
    assert music(folder) == ["Show_Ann_house_s1_001.wav", "Show_Ann_house_s1_002.wav", "Song.wav"]
    found = takes.of(scene, performer)
    assert [take.strip.channel for take in found] == [2, 3]
    assert not any(take.strip.mute for take in found)
    assert scene.sequence_editor.active_strip == song and song.select and song.channel == 1
    scene.sequence_editor.active_strip = None
    strip_frame(song, 100)  # later than the takes, and still what is danced to
    assert strips.chosen(context) == song
    scene.twostep.score.use_mute_earlier = True
    bpy.ops.twostep.score()
    assert [take.strip.mute for take in takes.of(scene, performer)] == [True, True, False]
    assert not song.mute


@with_strips
def test_variations_go_on_from_the_selected_or_the_latest_take(context, performer, folder):
    scene, settings = context.scene, context.scene.twostep.score
    settings.genre, settings.seed = "salsa", 5
    bpy.ops.twostep.score()
    settings.genre, settings.seed = "krump", 9
    assert bpy.ops.twostep.score_variation() == {"FINISHED"}
    assert bpy.ops.twostep.score_variation() == {"FINISHED"}
    first, second, third = takes.of(scene, performer)
    assert [take.recipe["seed"] for take in (first, second, third)] == [5, 6, 7]
    assert {take.recipe["genre"] for take in (first, second, third)} == {"salsa"}
    scene.sequence_editor.active_strip = first.strip
    first.strip.select = True
    bpy.ops.twostep.score_variation()
    assert takes.of(scene, performer)[-1].recipe["seed"] == 8  # 6 and 7 are there already
    assert (settings.genre, settings.seed) == ("krump", 9)


@with_strips
def test_undo_takes_the_strip_back_in_one_step(context, performer, folder):
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.twostep.score("EXEC_DEFAULT", True)
    assert versions.strips(bpy.context.scene)
    bpy.ops.ed.undo()
    assert not versions.strips(bpy.context.scene)
    assert not bpy.context.scene.twostep.score.rhythm_known
    assert music(folder)  # files are not undone


@pytest.mark.skipif(SOUND, reason="this Blender has sound strips")
def test_without_strips_the_file_is_there_and_it_is_said(context, performer, folder, capfd):
    assert bpy.ops.twostep.score() == {"FINISHED"}
    assert music(folder) == ["Show_Ann_house_s1_001.wav"]
    assert "built without sound" in capfd.readouterr().out
    assert not versions.strips(context.scene)


def test_an_unsaved_file_writes_into_the_users_folder(context, tmp_path):
    context.scene.render.fps = 30
    ob = smpl_armature("Bob")
    dance(ob, dancer(120.0, seconds=4.0))
    context.scene.twostep.score.genre = "pop"
    place = session.user_folder("music")
    before = set(place.iterdir())
    bpy.ops.twostep.score()
    (made,) = set(place.iterdir()) - before
    try:
        assert made.name.startswith("untitled_Bob_pop_s1_")
    finally:
        made.unlink()


def test_the_same_seed_sounds_the_same_and_another_does_not(context, performer, folder):
    sounds = []
    for seed in (1, 1, 2):
        context.scene.twostep.score.seed = seed
        bpy.ops.twostep.score()
    for name in music(folder):
        with wave.open(str(folder / name)) as file:
            sounds.append(np.frombuffer(file.readframes(file.getnframes()), "<i2"))
    first, again, other = sounds
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_a_rhythm_that_is_set_by_hand_is_played_exactly(context, performer, folder):
    settings = context.scene.twostep.score
    settings.use_rhythm = True
    settings.bpm, settings.meter, settings.downbeat = 96.0, "3", 5.0
    run = ScoreRun(*plan(context))
    run.start()
    while not run.done:
        if not run.step():
            time.sleep(0.01)
    run.apply()
    run.close()
    assert (run.result["bpm"], run.result["beats_per_bar"]) == (96.0, 3)
    # A bar lasts 1.875 s; one starts 0.2 s before the music does.
    assert run.result["first_downbeat"] == pytest.approx(-0.2 + 1.875, abs=1e-3)
    assert (settings.bpm, settings.meter, settings.downbeat) == (96.0, "3", 5.0)


def test_reading_the_rhythm(context, performer):
    settings = context.scene.twostep.score
    before = snapshot()
    assert bpy.ops.twostep.read_rhythm() == {"FINISHED"}
    assert settings.rhythm_known and settings.bpm == pytest.approx(120, rel=0.02)
    after = snapshot()
    assert all(after[key] == before[key] for key in before if key != "scenes")
    assert session.state.running is False


def test_a_range_a_length_and_a_loop(context, performer, folder):
    scene, settings = context.scene, context.scene.twostep.score
    scene.frame_start, scene.frame_end = 71, 220
    settings.range = "SCENE"
    bpy.ops.twostep.score()
    settings.use_length, settings.length = True, 3.0
    bpy.ops.twostep.score()
    settings.use_length, settings.use_loop = False, True
    bpy.ops.twostep.score()
    whole, short, loop = (seconds(folder / name) for name in music(folder))
    assert whole == pytest.approx(150 / 30, abs=0.05)
    assert short == pytest.approx(3.0, abs=0.05)
    assert loop == pytest.approx(4.0, rel=0.02)  # two bars of four at 120 bpm
    if SOUND:
        assert {versions.content_start(strip) for strip in versions.strips(scene)} == {71}


@pytest.mark.skipif(
    not (weights.folder("style") / "motion.json").is_file(), reason="Auto has no networks yet"
)
def test_auto_names_the_genre_that_it_plays(context, performer, folder):
    context.scene.twostep.score.genre = "auto"
    bpy.ops.twostep.score()
    (name,) = music(folder)
    assert not name.startswith("Show_Ann_auto")


@pytest.mark.parametrize("when", ["reading", "composing"])
def test_cancel_half_way(context, performer, folder, when):
    before, files = snapshot(), set(folder.iterdir())
    run = ScoreRun(*plan(context))
    run.start()
    least = 0.0 if when == "reading" else run.READING
    while session.state.fraction <= least:
        if not run.step():
            time.sleep(0.005)
    assert bpy.ops.twostep.cancel() == {"FINISHED"}
    with pytest.raises(Cancelled, match="nothing was changed"):
        run.step()
    run.close()
    assert snapshot() == before and set(folder.iterdir()) == files
    assert not session.state.running
    assert not list(Path(bpy.app.tempdir).glob("twostep-score-*"))
    # The worker is free for the next one, and not confused by the answers to the old one.
    assert bpy.ops.twostep.score() == {"FINISHED"}


def test_one_move_at_a_time(context, performer):
    run = ScoreRun(*plan(context))
    run.start()
    try:
        for move in (bpy.ops.twostep.score, bpy.ops.twostep.dance, bpy.ops.twostep.read_rhythm):
            with pytest.raises(RuntimeError, match="Music is being made"):
                move()
    finally:
        run.close()


def test_our_own_dancer_and_another_seed_for_the_music(context, folder):
    context.scene.render.fps = 24
    bpy.ops.twostep.add_dancer()
    ob = context.view_layer.objects.active
    dance(ob, dancer(100.0, seconds=6.0))
    settings = context.scene.twostep.score
    settings.genre = "waltz"
    bpy.ops.twostep.dice(move="SCORE")
    assert settings.seed != 1 and context.scene.twostep.seed == 1
    assert bpy.ops.twostep.score() == {"FINISHED"}
    assert music(folder) == [f"Show_Dancer_waltz_s{settings.seed}_001.wav"]
    assert settings.meter == "3"
