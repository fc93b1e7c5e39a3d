# SPDX-License-Identifier: GPL-3.0-or-later
"""Pop: backbeat, strummed chords, arpeggios, a tune for verse and chorus."""

from __future__ import annotations

from collections.abc import Sequence

from . import grooves
from .band import (
    CLAP,
    CLOSED,
    KICK,
    RIDE,
    SNARE,
    Bar,
    bars,
    choose,
    crash,
    fill,
    octave_bass,
    progression,
)
from .composer import Melody, Writer, near
from .score import Part, Section


def play_pop(w: Writer, sections: Sequence[Section]) -> None:
    """Drums, bass, chords, arpeggio; the chorus has the hook."""
    rng = w.rng
    w.parts |= {
        "kit": Part(int(rng.choice([0, 8, 16])), drums=True, gain=0.9),
        "bass": Part(int(rng.choice([33, 34, 38])), gain=0.9),
        "chords": Part(int(rng.choice([0, 25, 27, 4, 2])), gain=0.7, pan=-0.25),
        "arp": Part(int(rng.choice([11, 24, 81, 88, 98])), gain=0.55, pan=0.3),
        "pad": Part(int(rng.choice([48, 50, 89, 91])), gain=0.55),
        "lead": Part(int(rng.choice([80, 73, 53, 65, 30])), gain=0.65),
    }
    chords = progression(w, grooves.POP_CHORDS, seventh=False)
    kick, hats = choose(w, grooves.POP_KICKS), choose(w, grooves.POP_HATS)
    strum, bass = choose(w, grooves.STRUMS), choose(w, grooves.POP_BASS)
    verse, chorus = Melody.invent(rng, 0.35, 0.3), Melody.invent(rng, 0.45, 0.25)
    order = rng.permutation(3)
    for bar in bars(sections, chords):
        n, energy = bar.number, bar.energy
        if energy > 0.35:
            w.pattern("kit", n, kick, KICK, 0.9)
            w.pattern("kit", n, "....X.......X...", SNARE, 0.85)
            w.pattern("kit", n, hats, RIDE if energy > 0.9 else CLOSED, 0.5)
            octave_bass(w, n, bass, bar.chord, 0.85)
        elif energy > 0.2:
            w.pattern("kit", n, "x.o.x.o.x.o.x.o.", CLOSED, 0.4)
            w.note("bass", n, 0, near(bar.chord.root, 38), 0.7, 14)
        for step, mark in enumerate(strum):
            if mark in "xX":
                w.chord("chords", n, step, bar.chord, (0.5 if mark == "x" else 0.65), 2, 62)
        if energy > 0.5:
            for i, step in enumerate(range(0, 16, 2)):
                tone = bar.chord.tones[order[i % 3]]
                w.note("arp", n, step, near(tone, 74), 0.45 + 0.2 * energy, 1.6)
        if energy > 0.6 or bar.section.name == "break":
            w.chord("pad", n, 0, bar.chord, 0.5, 15.8, 66)
        if bar.section.name == "chorus":
            chorus.play(w, "lead", n, bar.chord, 76, 0.8)
            w.pattern("kit", n, "....x.......x...", CLAP, 0.55)
        elif bar.section.name == "verse":
            verse.play(w, "lead", n, bar.chord, 69, 0.6)
        _turn(w, bar)
        crash(w, bar, "kit")


def _turn(w: Writer, bar: Bar) -> None:
    """What leads into the next section: a roll that grows, or a fill."""
    if bar.section.name == "build":
        roll = "x.x.x.x.x.x.x.x." if not bar.last else "xxxxxxxxxxxxxxxx"
        w.pattern("kit", bar.number, roll, SNARE, 0.5)
    elif bar.last and bar.energy > 0.4:
        fill(w, bar.number, "kit", int(w.rng.choice([8, 12])))
