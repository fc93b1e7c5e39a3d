# SPDX-License-Identifier: GPL-3.0-or-later
"""Salsa: a bar is one clave, the dance beat half as fast as the written one."""

from __future__ import annotations

from collections.abc import Sequence

from . import grooves
from .band import (
    CLAVES,
    COWBELL,
    HIGH_BONGO,
    HIGH_TIMBALE,
    LOW_BONGO,
    LOW_CONGA,
    LOW_TIMBALE,
    MARACAS,
    MUTE_CONGA,
    OPEN_CONGA,
    RIM,
    SHORT_GUIRO,
    bars,
    choose,
    crash,
)
from .composer import Chord, Melody, Writer, dominant, near, triad
from .score import Part, Section


def play_salsa(w: Writer, sections: Sequence[Section]) -> None:
    """Clave, bells, congas, the anticipating bass, montuno, brass."""
    rng = w.rng
    w.parts |= {
        "percussion": Part(0, drums=True, gain=0.85),
        "bass": Part(int(rng.choice([32, 33, 35])), gain=0.95),
        "piano": Part(int(rng.choice([0, 1])), gain=0.75, pan=-0.2),
        "brass": Part(61, gain=0.7, pan=0.25),
        "lead": Part(int(rng.choice([56, 57, 73, 66])), gain=0.75, pan=0.1),
    }
    one, four = triad(w.tonic, w.scale, 0), triad(w.tonic, w.scale, 3)
    five, two = dominant(w.tonic), triad(w.tonic, w.scale, 1, seventh=True)
    turns = ([one, four, five, one], [one, five, five, one], [one, four, one, five],
             [two, five, one, one], [one, triad(w.tonic, w.scale, 5), four, five])  # fmt: skip
    halves = turns[int(rng.integers(len(turns)))]
    clave = choose(w, grooves.CLAVES)
    bell, shell = choose(w, grooves.BELLS), choose(w, grooves.SHELLS)
    montuno = choose(w, grooves.MONTUNOS)
    brass = choose(w, grooves.BRASS)
    melody = Melody.invent(rng, 0.4, 0.6)
    for bar in bars(sections, [one]):
        n, energy = bar.number, bar.energy
        first, second = halves[2 * n % 4], halves[(2 * n + 1) % 4]
        after = halves[(2 * n + 2) % 4]
        w.pattern("percussion", n, clave, CLAVES, 0.8)
        if energy > 0.3:
            _congas(w, n, energy)
        if energy > 0.55:
            w.pattern("percussion", n, bell, COWBELL, 0.5 + 0.35 * energy)
            w.pattern("percussion", n, "X.ooX.ooX.ooX.oo", MARACAS, 0.45)
        else:
            w.pattern("percussion", n, shell, RIM, 0.5)
        if energy > 0.35:
            w.pattern("percussion", n, "X.xxX.xxX.xxX.xx", SHORT_GUIRO, 0.4)
            _tumbao(w, n, first, second, after)
        if energy > 0.2:
            _montuno(w, n, montuno, first, second, 0.5 + 0.35 * energy)
        if energy > 0.75:
            for step, mark in enumerate(brass):
                if mark == "x":
                    w.chord("brass", n, step, first if step < 8 else second, 0.85, 1.4, 67)
        if 0.4 < energy < 0.8 or bar.section.name == "chorus":
            melody.play(w, "lead", n, first, 72, 0.75)
        if bar.last and energy > 0.3:
            for step in range(10, 16):
                w.note("percussion", n, step, HIGH_TIMBALE if step < 13 else LOW_TIMBALE, 0.7)
        crash(w, bar, "percussion")


def _congas(w: Writer, bar: int, energy: float) -> None:
    for half in (0, 8):
        w.note("percussion", bar, half + 2, MUTE_CONGA, 0.7)
        w.note("percussion", bar, half + 6, OPEN_CONGA, 0.85)
        w.note("percussion", bar, half + 7, OPEN_CONGA, 0.75)
        for step in (0, 1, 3, 4, 5):
            if w.rng.random() < 0.35 + 0.3 * energy:
                w.note("percussion", bar, half + step, MUTE_CONGA, 0.3)
    w.note("percussion", bar, 11, LOW_CONGA, 0.6)
    for half, drum in ((0, HIGH_BONGO), (8, LOW_BONGO)):
        for step in range(0, 8, 2):
            w.note("percussion", bar, half + step, drum if step == 6 else HIGH_BONGO, 0.35)


def _tumbao(w: Writer, bar: int, first: Chord, second: Chord, after: Chord) -> None:
    """The bass plays before the bar: the fifth on the "and" of two, the next root on four."""
    for half, chord, coming in ((0, first, second), (8, second, after)):
        fifth = near(chord.tones[2], near(chord.root, 40) + 5)
        if bar == 0 and half == 0:
            w.note("bass", bar, 0, near(chord.root, 40), 0.85, 3)
        w.note("bass", bar, half + 3, fifth, 0.8, 2.8)
        w.note("bass", bar, half + 6, near(coming.root, 40), 0.9, 4.5)


def _montuno(w: Writer, bar: int, steps: str, first: Chord, second: Chord, loud: float) -> None:
    for step, mark in enumerate(steps):
        chord = first if step < 7 else second
        if mark == "x":
            top = near(chord.tones[step % len(chord.tones)], 72)
            w.note("piano", bar, step, top, loud, 1.2)
            w.note("piano", bar, step, top - 12, loud, 1.2)
        elif mark == "o":
            for tone in chord.tones[1:3]:
                w.note("piano", bar, step, near(tone, 67), loud * 0.85, 1.0)
