# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user sees: every section, both themes, a HiDPI screen, a narrow sidebar, languages."""

from __future__ import annotations

from . import addon, driver, hands, looks
from .driver import pause, step, wait
from .eyes import drawn, picture, region

#: In the order in which they are opened.
SECTIONS = ("character", "timing", "movement", "keys", "score", "export", "batch")


@step
def song_and_dancer():
    yield from looks.dress()
    addon.forget_scene()
    yield from addon.set_up()
    yield from looks.frame()
    yield from picture("ready")


@step
def progress():
    yield from hands.push("twostep.dance")
    yield wait(lambda: addon.now().twostep_fraction > 0.3, "a third done", 300)
    yield from drawn()
    yield from picture("progress", now=True)
    yield addon.still()
    assert addon.keys() > 0
    looks.good_pose()
    looks.from_the_front()
    yield from looks.frame()
    yield from picture("dance")


@step
def light_theme():
    yield from looks.dress(theme="light")
    yield from picture("light")
    yield from looks.dress(theme="dark")


@step
def languages():
    for language in ("ja_JP", "fr_FR"):
        yield from looks.dress(language=language)
        yield from picture(f"language_{language}", sidebar=True)
        yield from hands.unfold("TWOSTEP_PT_score")
        yield from picture(f"language_{language}_score", sidebar=True)
        yield from hands.unfold("TWOSTEP_PT_dance")
    yield from looks.dress(language="")


@step
def narrow_sidebar():
    yield from looks.narrowest()
    assert 100 < region("UI").width < 230
    yield from picture("narrow", sidebar=True)
    yield from hands.unfold("TWOSTEP_PT_score")
    yield from picture("narrow_score", sidebar=True)
    yield from hands.unfold("TWOSTEP_PT_dance")
    yield from looks.widen(100)


@step
def hidpi():
    yield from looks.dress(scale=2.0)
    yield from picture("hidpi", sidebar=True)
    yield from looks.dress(scale=driver.config["scale"])
    yield from pause(0.5)


@step
def sections():
    for name in SECTIONS:
        yield from hands.unfold(f"TWOSTEP_PT_{name}")
        if name == "batch":
            addon.fill_batch()
        if name == "character":
            yield from looks.widen(60)
        if name == "export":
            yield from hands.fold("TWOSTEP_PT_score")
        yield from picture(name, sidebar=True)
        if name not in ("score", "export"):
            yield from hands.fold(f"TWOSTEP_PT_{name}")
