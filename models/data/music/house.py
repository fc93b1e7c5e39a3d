# SPDX-License-Identifier: GPL-3.0-or-later
"""House and disco: four on the floor."""

from __future__ import annotations

from collections.abc import Sequence

from . import grooves
from .band import (
    CLAP,
    CLOSED,
    KICK,
    OPEN,
    SNARE,
    TAMBOURINE,
    Bar,
    bars,
    choose,
    crash,
    fill,
    octave_bass,
    progression,
)
from .composer import Melody, Writer
from .score import Part, Section


def play_house(w: Writer, sections: Sequence[Section]) -> None:
    """Kick on every beat, hats between, octave bass, stabs, strings."""
    rng = w.rng
    disco = rng.random() < 0.45
    kit_samples = {KICK: "bd_haus", CLAP: "drum_snare_soft"} if rng.random() < 0.5 else {}
    w.parts |= {
        "kit": Part(0 if disco else int(rng.choice([24, 25])), drums=True, gain=0.9),
        "bass": Part(int(rng.choice([33, 36]) if disco else rng.choice([38, 39])), gain=0.9),
        "keys": Part(int(rng.choice([0, 4, 90] if not disco else [4, 27, 28])), gain=0.7, pan=-0.2),
        "strings": Part(int(rng.choice([48, 50])), gain=0.6, pan=0.2),
        "lead": Part(int(rng.choice([80, 81, 61, 62])), gain=0.55, pan=0.1),
    }
    if kit_samples and not disco:
        w.parts["punch"] = Part(0, drums=True, gain=0.7, samples=kit_samples)
    chords = progression(w, grooves.HOUSE_CHORDS, seventh=True)
    bass = choose(w, grooves.DISCO_BASS if disco else grooves.HOUSE_BASS)
    stabs = choose(w, grooves.STABS)
    hats = choose(w, grooves.HOUSE_HATS)
    melody = Melody.invent(rng, 0.35, 0.4)
    for bar in bars(sections, chords):
        n, energy = bar.number, bar.energy
        _drums(w, bar, hats)
        if energy > 0.35:
            octave_bass(w, n, bass, bar.chord, 0.85)
        if energy > 0.2:
            for step, mark in enumerate(stabs):
                if mark == "x":
                    w.chord("keys", n, step, bar.chord, 0.45 + 0.35 * energy, 1.6, 64)
        if energy > 0.6 or bar.section.name in ("break", "intro"):
            w.chord("strings", n, 0, bar.chord, 0.4 + 0.25 * energy, 15.5, 69)
        if energy > 0.75:
            melody.play(w, "lead", n, bar.chord, 76, 0.7)
        crash(w, bar, "kit")


def _drums(w: Writer, bar: Bar, hats: str) -> None:
    n, energy = bar.number, bar.energy
    if energy > 0.3 and bar.section.name != "break":
        w.pattern("kit", n, "X...X...X...X...", KICK, 0.95)
        if "punch" in w.parts:
            w.pattern("punch", n, "X...X...X...X...", KICK, 0.9)
    elif energy <= 0.3:
        w.pattern("kit", n, "x...o...x...o...", KICK, 0.5)
    if energy > 0.25:
        w.pattern("kit", n, "..x...x...x...x.", OPEN if energy > 0.5 else CLOSED, 0.65)
    if energy > 0.45:
        w.pattern("kit", n, "....X.......X...", CLAP, 0.85)
        w.pattern("kit", n, hats, CLOSED, 0.5)
    if energy > 0.8:
        w.pattern("kit", n, "x.x.x.x.x.x.x.x.", TAMBOURINE, 0.4)
    if bar.section.name == "build":
        roll = "x...x...x...x..." if not bar.last else "xxxxxxxxxxxxxxxx"
        w.pattern("kit", n, roll, SNARE, 0.35 + 0.5 * energy)
    elif bar.last and energy > 0.5:
        fill(w, n, "kit", 12)
