# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow modern: rolled piano, pads, strings, a singing cello."""

from __future__ import annotations

from collections.abc import Sequence

from . import grooves
from .band import KICK, RIM, SHAKER, bars, choose, progression
from .composer import Melody, Writer, near
from .score import Part, Section


def play_modern(w: Writer, sections: Sequence[Section]) -> None:
    """Piano first; the rest comes in as the energy grows."""
    rng = w.rng
    w.looseness = 0.02
    w.parts |= {
        "piano": Part(int(rng.choice([0, 0, 4, 46])), gain=0.85),
        "strings": Part(int(rng.choice([48, 49])), gain=0.7, pan=0.2),
        "pad": Part(int(rng.choice([89, 91, 94, 52])), gain=0.6, pan=-0.2),
        "cello": Part(int(rng.choice([42, 41, 40, 60])), gain=0.75),
        "bass": Part(int(rng.choice([32, 43])), gain=0.75),
        "kit": Part(int(rng.choice([40, 48, 0])), drums=True, gain=0.6),
    }
    chords = progression(w, grooves.MODERN_CHORDS, seventh=bool(rng.random() < 0.5))
    rolls = choose(w, grooves.ROLLS)
    melody = Melody.invent(rng, 0.22, 0.1)
    drums = rng.random() < 0.6
    for bar in bars(sections, chords):
        n, energy = bar.number, bar.energy
        tones = [near(tone, 64) for tone in bar.chord.tones]
        tones = sorted({*tones, *(tone + 12 for tone in tones)})
        for step, mark in enumerate(rolls):
            if mark.isdigit() and (energy > 0.3 or step % 4 == 0):
                w.note("piano", n, step, tones[int(mark) % len(tones)], 0.4 + 0.35 * energy, 4)
        w.note("piano", n, 0, near(bar.chord.root, 43), 0.55 + 0.2 * energy, 12)
        if energy > 0.35:
            w.chord("pad", n, 0, bar.chord, 0.3 + 0.4 * energy, 15.8, 62)
            w.note("bass", n, 0, near(bar.chord.root, 38), 0.6, 14)
        if energy > 0.6:
            w.chord("strings", n, 0, bar.chord, 0.35 + 0.45 * energy, 15.8, 67)
        if energy > 0.45:
            melody.play(w, "cello", n, bar.chord, 60, 0.5 + 0.3 * energy)
        if drums and energy > 0.55:
            w.pattern("kit", n, "x.......x.....o.", KICK, 0.6)
            w.pattern("kit", n, "....o.......o...", RIM, 0.5)
            w.pattern("kit", n, "o.o.o.o.o.o.o.o.", SHAKER, 0.35)
