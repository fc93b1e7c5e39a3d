# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody comes back to a saved dance: it is there, gets its music, is exported; off and on."""

from __future__ import annotations

import bpy

from . import addon, driver, hands, looks
from .driver import pause, step, tell, wait
from .eyes import see
from .watching import Watching


@step
def the_dance_is_there():
    assert addon.enabled(), "it was enabled and saved when Blender was left"
    assert bpy.data.filepath.endswith("dance.blend") and addon.keys() > 0
    assert not addon.workers(), "nothing runs before it is needed"
    yield from looks.dress()
    yield from addon.open_tab()
    yield from see()
    tell(keys=addon.keys(), action=addon.action().name)


@step
def score_the_dance():
    before = len(addon.sound_strips())
    score = addon.settings().score
    score.genre, score.use_length, score.length = "house", True, 8
    yield from hands.unfold("TWOSTEP_PT_score")
    watching = Watching()
    yield from hands.push("twostep.score")
    yield wait(lambda: addon.now().twostep_running, "running", 5)
    yield wait(lambda: addon.now().twostep_fraction > 0.2, "a fifth done", 900)
    yield from see("score_progress", 0.2)
    yield addon.still()
    watching.stop()
    watching.check()
    (music,) = driver.WORK.glob("dance_*.wav")
    assert music.stat().st_size > 7 * 44_100 * 2
    assert len(addon.sound_strips()) == before + 1
    yield from see()
    tell(**watching.facts(), megabytes=round(music.stat().st_size / 1e6, 1))


@step
def export_fbx():
    for preset in ("GENERIC", "UNITY", "UNREAL"):
        path = driver.WORK / f"{preset.lower()}.fbx"
        done = bpy.ops.twostep.export_fbx(filepath=str(path), preset=preset)
        assert done == {"FINISHED"}
        assert path.read_bytes()[:18] == b"Kaydara FBX Binary" and path.stat().st_size > 300_000
        yield
    tell(megabytes=round(path.stat().st_size / 1e6, 1))


@step
def disable():
    keys, style = addon.keys(), addon.settings().seed
    addon.settings().seed = 42
    assert addon.workers()
    bpy.ops.preferences.addon_disable(module=addon.NAME)
    yield wait(lambda: not addon.workers(), "without its worker", 10)
    assert not addon.enabled() and not addon.registered()
    assert addon.keys() == keys and style != 42, "what it made stays"
    yield from see()


@step
def enable_again():
    bpy.ops.preferences.addon_enable(module=addon.NAME)
    assert addon.enabled() and addon.registered()
    assert addon.settings().seed == 42, "the scene remembers"
    yield from addon.open_tab()
    yield from pause(0.5)
    assert "TWOSTEP_PT_dance" in addon.registered()


@step
def dance_after_that():
    yield from addon.start_dance(0.3)
    yield from hands.press("ESC")
    yield addon.still(20)
    assert len(addon.workers()) == 1, "kept warm for the next dance"
