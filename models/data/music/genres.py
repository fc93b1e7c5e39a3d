# SPDX-License-Identifier: GPL-3.0-or-later
"""How each genre plays a plan: who plays what, bar by bar, by the section's energy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from . import grooves
from .composer import MAJOR, MINOR, Chord, Melody, Writer, dominant, near, triad
from .score import Part, Section

KICK, RIM, SNARE, CLAP, CLOSED, PEDAL, OPEN, CRASH, RIDE = 36, 37, 38, 39, 42, 44, 46, 49, 51
TAMBOURINE, COWBELL, MARACAS, SHORT_GUIRO, LONG_GUIRO, CLAVES = 54, 56, 70, 73, 74, 75
HIGH_BONGO, LOW_BONGO, MUTE_CONGA, OPEN_CONGA, LOW_CONGA = 60, 61, 62, 63, 64
HIGH_TIMBALE, LOW_TIMBALE, SHAKER = 65, 66, 82
LOW_TOM, MID_TOM, HIGH_TOM = 45, 47, 50

Play = Callable[[Writer, Sequence[Section]], None]


@dataclass(frozen=True)
class Player:
    """tempi: range of the dance beat, bpm. drift: the most that a tempo wanders, a ratio.

    drifting: the share of pieces that wander at all. minor: the share in minor.
    """

    play: Play
    tempi: tuple[float, float]
    drift: float = 0.012
    drifting: float = 0.6
    minor: float = 0.5

    def scale(self, rng: np.random.Generator) -> tuple[int, ...]:
        return MINOR if rng.random() < self.minor else MAJOR


@dataclass(frozen=True)
class Bar:
    """Where the music is. last: the bar before another section. first: the first of a section."""

    number: int
    section: Section
    chord: Chord
    next_chord: Chord
    first: bool
    last: bool

    @property
    def energy(self) -> float:
        """The section's energy; a build grows to its end."""
        if self.section.name != "build":
            return self.section.energy
        done = (self.number - self.section.first_bar + 1) / self.section.bars
        return self.section.energy * (0.6 + 0.5 * done)


def _bars(sections: Sequence[Section], chords: Sequence[Chord]) -> Iterator[Bar]:
    for section in sections:
        for i in range(section.bars):
            number = section.first_bar + i
            yield Bar(
                number,
                section,
                chords[number % len(chords)],
                chords[(number + 1) % len(chords)],
                first=i == 0,
                last=i == section.bars - 1,
            )


def _progression(w: Writer, options: Sequence[Sequence[int]], seventh: bool) -> list[Chord]:
    degrees = options[int(w.rng.integers(len(options)))]
    return [triad(w.tonic, w.scale, degree, seventh) for degree in degrees]


def _choose(w: Writer, options: Sequence[str]) -> str:
    return options[int(w.rng.integers(len(options)))]


def _fill(w: Writer, bar: int, kit: str, start: int = 8) -> None:
    """Toms and snare into the next section."""
    drums = [SNARE, HIGH_TOM, MID_TOM, LOW_TOM]
    for step in range(start, 16):
        if w.rng.random() < 0.75:
            drum = drums[min(3, (step - start) * 4 // max(1, 16 - start))]
            w.note(kit, bar, step, drum, 0.55 + 0.03 * step)


def _crash(w: Writer, bar: Bar, kit: str) -> None:
    if bar.first and bar.energy > 0.6:
        w.note(kit, bar.number, 0, CRASH, 0.8)


# --- salsa: a bar is one clave, the dance beat half the written one ---


def play_salsa(w: Writer, sections: Sequence[Section]) -> None:
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
    clave = _choose(w, grooves.CLAVES)
    bell, shell = _choose(w, grooves.BELLS), _choose(w, grooves.SHELLS)
    montuno = _choose(w, grooves.MONTUNOS)
    brass = _choose(w, grooves.BRASS)
    melody = Melody.invent(rng, 0.4, 0.6)
    for bar in _bars(sections, [one]):
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
        _crash(w, bar, "percussion")


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


# --- house and disco ---


def play_house(w: Writer, sections: Sequence[Section]) -> None:
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
    chords = _progression(w, grooves.HOUSE_CHORDS, seventh=True)
    bass, stabs = (
        _choose(w, grooves.DISCO_BASS if disco else grooves.HOUSE_BASS),
        _choose(w, grooves.STABS),
    )
    hats = _choose(w, grooves.HOUSE_HATS)
    melody = Melody.invent(rng, 0.35, 0.4)
    for bar in _bars(sections, chords):
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
            _fill(w, n, "kit", 12)
        if energy > 0.35:
            _octave_bass(w, n, bass, bar.chord, 0.85)
        if energy > 0.2:
            for step, mark in enumerate(stabs):
                if mark == "x":
                    w.chord("keys", n, step, bar.chord, 0.45 + 0.35 * energy, 1.6, 64)
        if energy > 0.6 or bar.section.name in ("break", "intro"):
            w.chord("strings", n, 0, bar.chord, 0.4 + 0.25 * energy, 15.5, 69)
        if energy > 0.75:
            melody.play(w, "lead", n, bar.chord, 76, 0.7)
        _crash(w, bar, "kit")


def _octave_bass(w: Writer, bar: int, steps: str, chord: Chord, loud: float) -> None:
    """x the root, X its octave, f the fifth."""
    root = near(chord.root, 38)
    pitches = {"x": root, "X": root + 12, "f": root + 7}
    for step, mark in enumerate(steps):
        if mark in pitches:
            w.note("bass", bar, step, pitches[mark], loud, 1.5)


# --- hip-hop ---


def play_hiphop(w: Writer, sections: Sequence[Section]) -> None:
    rng = w.rng
    w.swing = float(rng.uniform(0.0, 0.3))
    w.parts |= {
        "kit": Part(int(rng.choice([25, 24, 8])), drums=True, gain=0.9),
        "bass": Part(int(rng.choice([38, 39, 33])), gain=1.0),
        "keys": Part(int(rng.choice([4, 5, 11, 0, 88])), gain=0.65, pan=-0.15),
        "loop": Part(int(rng.choice([8, 12, 46, 45, 24, 79])), gain=0.6, pan=0.25),
        "strings": Part(int(rng.choice([48, 49, 52])), gain=0.55),
        "punch": Part(
            0, drums=True, gain=0.75,
            samples={KICK: str(rng.choice(["bd_808", "bd_fat", "bd_boom", "drum_heavy_kick"])),
                     SNARE: str(rng.choice(["elec_snare", "elec_hi_snare", "drum_snare_hard"]))},
        ),
    }  # fmt: skip
    chords = _progression(w, grooves.HIPHOP_CHORDS, seventh=True)
    kicks = [_choose(w, grooves.HIPHOP_KICKS) for _ in range(2)]
    hats, double = _choose(w, grooves.HIPHOP_HATS), _choose(w, grooves.TRAP_HATS)
    melody = Melody.invent(rng, 0.3, 0.5)
    for bar in _bars(sections, chords):
        n, energy = bar.number, bar.energy
        kick = kicks[(n // 2) % 2]
        if energy > 0.3:
            for part in ("kit", "punch"):
                w.pattern(part, n, kick, KICK, 0.95)
                w.pattern(part, n, "....X.......X...", SNARE, 0.85)
            w.pattern("kit", n, double if energy > 0.85 else hats, CLOSED, 0.35 + 0.2 * energy)
            _sub_bass(w, n, kick, bar.chord)
        else:
            w.pattern("kit", n, "x...x...x...x...", CLOSED, 0.35)
        if energy > 0.6:
            w.pattern("kit", n, "....x.......x...", CLAP, 0.6)
            if n % 2:
                w.note("kit", n, 14, OPEN, 0.5, 2)
        if bar.last and energy > 0.4:
            w.pattern("punch", n, "..........x.x.xx", SNARE, 0.6)
        w.chord("keys", n, 0, bar.chord, 0.45 + 0.2 * energy, 7, 62)
        if rng.random() < 0.5:
            w.chord("keys", n, 10, bar.chord, 0.4, 4, 62)
        if energy > 0.45 or bar.section.name in ("break", "intro"):
            melody.play(w, "loop", n, bar.chord, 74, 0.65)
        if energy > 0.8:
            w.chord("strings", n, 0, bar.chord, 0.5, 15.5, 69)


def _sub_bass(w: Writer, bar: int, kick: str, chord: Chord) -> None:
    hits = [step for step, mark in enumerate(kick) if mark in "Xx"]
    for hit, end in zip(hits, [*hits[1:], 16], strict=True):
        w.note("bass", bar, hit, near(chord.root, 33), 0.95, max(1.0, (end - hit) * 0.85))


# --- pop ---


def play_pop(w: Writer, sections: Sequence[Section]) -> None:
    rng = w.rng
    w.parts |= {
        "kit": Part(int(rng.choice([0, 8, 16])), drums=True, gain=0.9),
        "bass": Part(int(rng.choice([33, 34, 38])), gain=0.9),
        "chords": Part(int(rng.choice([0, 25, 27, 4, 2])), gain=0.7, pan=-0.25),
        "arp": Part(int(rng.choice([11, 24, 81, 88, 98])), gain=0.55, pan=0.3),
        "pad": Part(int(rng.choice([48, 50, 89, 91])), gain=0.55),
        "lead": Part(int(rng.choice([80, 73, 53, 65, 30])), gain=0.65),
    }
    chords = _progression(w, grooves.POP_CHORDS, seventh=False)
    kick, hats = _choose(w, grooves.POP_KICKS), _choose(w, grooves.POP_HATS)
    strum, bass = _choose(w, grooves.STRUMS), _choose(w, grooves.POP_BASS)
    verse, chorus = Melody.invent(rng, 0.35, 0.3), Melody.invent(rng, 0.45, 0.25)
    order = rng.permutation(3)
    for bar in _bars(sections, chords):
        n, energy = bar.number, bar.energy
        if energy > 0.35:
            w.pattern("kit", n, kick, KICK, 0.9)
            w.pattern("kit", n, "....X.......X...", SNARE, 0.85)
            w.pattern("kit", n, hats, RIDE if energy > 0.9 else CLOSED, 0.5)
            _octave_bass(w, n, bass, bar.chord, 0.85)
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
        if bar.section.name == "build":
            w.pattern(
                "kit", n, "x.x.x.x.x.x.x.x." if not bar.last else "xxxxxxxxxxxxxxxx", SNARE, 0.5
            )
        elif bar.last and energy > 0.4:
            _fill(w, n, "kit", int(rng.choice([8, 12])))
        _crash(w, bar, "kit")


# --- slow modern ---


def play_modern(w: Writer, sections: Sequence[Section]) -> None:
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
    chords = _progression(w, grooves.MODERN_CHORDS, seventh=bool(rng.random() < 0.5))
    rolls = _choose(w, grooves.ROLLS)
    melody = Melody.invent(rng, 0.22, 0.1)
    drums = rng.random() < 0.6
    for bar in _bars(sections, chords):
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


#: One player a dance style.
GENRES: dict[str, Player] = {
    "salsa": Player(play_salsa, (76, 108), minor=0.7),
    "house": Player(play_house, (108, 128), drift=0.004, drifting=0.3),
    "hiphop": Player(play_hiphop, (76, 100), drift=0.006, minor=0.9),
    "pop": Player(play_pop, (92, 126), minor=0.35),
    "modern": Player(play_modern, (72, 96), drift=0.035, drifting=1.0, minor=0.6),
}
