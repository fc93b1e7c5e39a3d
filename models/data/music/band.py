# SPDX-License-Identifier: GPL-3.0-or-later
"""A band: its drums, voices and patterns as data, and how it plays a bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ....inference.score.harmony import Chord
from .page import LOUD, Melody, Page, near
from .score import Part, Section

KICK, RIM, SNARE, CLAP, SOFT_SNARE, CLOSED, PEDAL, OPEN = 36, 37, 38, 39, 40, 42, 44, 46
CRASH, RIDE, BELL, TAMBOURINE, SPLASH, COWBELL, CRASH_2 = 49, 51, 53, 54, 55, 56, 57
LOW_TOM, MID_TOM, HIGH_TOM, FLOOR_TOM = 45, 47, 50, 41
HIGH_BONGO, LOW_BONGO, MUTE_CONGA, OPEN_CONGA, LOW_CONGA = 60, 61, 62, 63, 64
HIGH_TIMBALE, LOW_TIMBALE, CABASA, MARACAS, GUIRO, CLAVES, SHAKER = 65, 66, 69, 70, 73, 75, 82

#: What the letters of a fill strike.
_FILL = {"S": SNARE, "K": KICK, "1": HIGH_TOM, "2": MID_TOM, "3": LOW_TOM, "4": FLOOR_TOM,
         "C": CLAP, "T": HIGH_TIMBALE, "t": LOW_TIMBALE, "B": HIGH_BONGO, "b": LOW_BONGO,
         "R": RIM, "g": SOFT_SNARE}  # fmt: skip


@dataclass(frozen=True)
class Lane:
    """A line of a groove: what it strikes, how loud, and between which energies it plays.

    late: steps behind the beat.
    """

    drum: int
    level: float
    above: float = 0.0
    below: float = 1.01
    late: float = 0.0


@dataclass(frozen=True)
class Voice:
    """A melodic instrument.

    role: bass, chords, pad, arp, tune or montuno; it decides how `patterns` read, see `Player`.
    programs: General MIDI, one is drawn. above, below: energies between which it plays.
    chance: the share of pieces that have it. tight: the share of a note's length that sounds.
    density, syncopation: of a tune, 0..1.
    """

    role: str
    programs: tuple[int, ...]
    patterns: tuple[str, ...] = ()
    centre: int = 62
    level: float = 0.7
    gain: float = 0.75
    pan: float = 0.0
    above: float = 0.0
    below: float = 1.01
    chance: float = 1.0
    tight: float = 0.9
    density: float = 0.35
    syncopation: float = 0.4


@dataclass(frozen=True)
class Strike:
    """How an accent sounds: drums together with a short chord of an instrument.

    shape: chord, octaves (the root) or power (root and fifth). steps: how long the chord lasts.
    """

    drums: tuple[int, ...]
    programs: tuple[int, ...]
    centre: int = 62
    shape: str = "chord"
    steps: float = 1.5
    gain: float = 0.95


@dataclass(frozen=True)
class Band:
    """Everything that makes a genre sound like itself.

    kits: General MIDI drum kits. lanes: by the letters that start the lines of `grooves`.
    fills: letters of `_FILL` that lead out of a section. samples: one-shots that may double a
    drum. ring: programs of the chord that is left standing while the rhythm rests. swing, unit:
    as on the `Page`, the swing is drawn. drift: the most that a tempo wanders, a ratio; drifting:
    the share of pieces that wander.
    """

    kits: tuple[int, ...]
    lanes: dict[str, Lane]
    grooves: tuple[str, ...]
    voices: dict[str, Voice]
    strike: Strike
    fills: tuple[str, ...] = ("SSSS1234", "S.SS1.23", "....SSSS")
    samples: dict[int, tuple[str, ...]] = field(default_factory=dict)
    ring: tuple[int, ...] = (89,)
    swing: tuple[float, float] = (0.0, 0.0)
    unit: int = 1
    looseness: float = 0.01
    kit_gain: float = 0.9
    drift: float = 0.012
    drifting: float = 0.6


@dataclass(frozen=True)
class Bar:
    """Where the music is. fill: letters of its last steps. first: it starts a section."""

    number: int
    section: Section
    first: bool
    fill: str


class Player:
    """One piece's choice of a band: instruments, grooves and tunes, played bar by bar."""

    def __init__(self, band: Band, page: Page) -> None:
        self.band, self.page = band, page
        rng = page.rng
        page.parts["kit"] = Part(_pick(rng, band.kits), drums=True, gain=band.kit_gain)
        one_shots = {
            drum: str(rng.choice(names))
            for drum, names in band.samples.items()
            if rng.random() < 0.8
        }
        if one_shots:
            page.parts["punch"] = Part(0, drums=True, gain=0.75, samples=one_shots)
        self.voices = {
            name: voice for name, voice in band.voices.items() if rng.random() < voice.chance
        }
        for name, voice in self.voices.items():
            pan = float(np.clip(voice.pan + rng.normal(0, 0.08), -0.6, 0.6))
            gain = float(np.clip(voice.gain * rng.normal(1, 0.06), 0.2, 1))
            page.parts[name] = Part(_pick(rng, voice.programs), gain=gain, pan=pan)
        order = rng.permutation(len(band.grooves))
        self.grooves = [_lines(band.grooves[int(i)]) for i in (order[0], order[-1])]
        self.patterns = {name: self._two(voice.patterns) for name, voice in self.voices.items()}
        self.tunes = {name: self._tunes(v) for name, v in self.voices.items() if v.role == "tune"}
        self.fills = [str(rng.choice(band.fills)) for _ in range(2)]

    def _two(self, patterns: Sequence[str]) -> list[str]:
        """The usual pattern and another, for the chorus."""
        if not patterns:
            return ["", ""]
        order = self.page.rng.permutation(len(patterns))
        return [patterns[int(order[0])], patterns[int(order[-1])]]

    def _tunes(self, voice: Voice) -> list[Melody]:
        beats = self.page.grid.beats_per_bar
        return [
            Melody.invent(self.page.rng, beats, voice.density, voice.syncopation) for _ in range(2)
        ]

    def play(self, sections: Sequence[Section]) -> None:
        """Writes every bar of the sections."""
        for bar in self._bars(sections):
            self._drums(bar)
            for name, voice in self.voices.items():
                getattr(self, f"_{voice.role}")(name, voice, bar)

    def _bars(self, sections: Sequence[Section]) -> Iterator[Bar]:
        rng = self.page.rng
        for section in sections:
            for i in range(section.bars):
                number = section.first_bar + i
                last = i == section.bars - 1
                lively = self.page.level(number, self.page.steps - 1) > 0.35
                due = last or (number % 4 == 3 and rng.random() < 0.35)
                fill = self.fills[int(rng.integers(2))] if lively and due else ""
                yield Bar(number, section, i == 0, fill if last else fill[len(fill) // 2 :])

    def _drums(self, bar: Bar) -> None:
        page = self.page
        groove = self.grooves[_side(bar) ^ (bar.number % 8 == 7)]
        stop = page.steps - len(bar.fill)
        for letter, line in groove:
            lane = self.band.lanes[letter]
            part = line[bar.number * page.steps % len(line) :][: page.steps]
            for step, mark in enumerate(part[:stop]):
                if mark in LOUD and lane.above <= page.level(bar.number, step) < lane.below:
                    self._strike(bar.number, step, mark, lane)
        for i, letter in enumerate(bar.fill):
            if letter in _FILL:
                lane = Lane(_FILL[letter], 0.7 + 0.25 * i / len(bar.fill))
                self._strike(bar.number, stop + i, "x", lane)
        if bar.section.name == "build":
            lane = Lane(SNARE, 0.55)
            for step in range(0, stop, 2 if not bar.fill else 1):
                self._strike(bar.number, step, "o", lane)
        if bar.first and CRASH in self.band.strike.drums and page.level(bar.number, 0) > 0.6:
            page.note("kit", bar.number, 0, CRASH, 0.8)

    def _strike(self, bar: int, step: float, mark: str, lane: Lane) -> None:
        page = self.page
        page.hit("kit", bar, step, mark, lane.drum, lane.level, lane.late)
        punch = page.parts.get("punch")
        if punch is not None and lane.drum in punch.samples:
            page.hit("punch", bar, step, mark, lane.drum, lane.level, lane.late)

    def _steps(self, name: str, voice: Voice, bar: Bar) -> Iterator[tuple[int, str, float]]:
        """Step, mark and length of what is due in a pattern; "-" holds the note before."""
        page = self.page
        pattern = self.patterns[name][_side(bar)]
        marks = pattern[bar.number * page.steps % len(pattern) :][: page.steps]
        for step, mark in enumerate(marks):
            if mark in ".-" or not voice.above <= page.level(bar.number, step) < voice.below:
                continue
            held = len(marks[step + 1 :]) - len(marks[step + 1 :].lstrip("-"))
            yield step, mark, (1 + held) * voice.tight

    def _bass(self, name: str, voice: Voice, bar: Bar) -> None:
        """x root, X octave, f fifth, t third, s last tone, n and a the next root and under it."""
        page = self.page
        for step, mark, steps in self._steps(name, voice, bar):
            chord = page.chord(bar.number, step)
            coming = page.chord(bar.number, step + page.steps // 2)
            root = near(chord.root, voice.centre)
            pitch = {
                "x": root, "X": root + 12, "n": near(coming.root, voice.centre),
                "a": near(coming.root, voice.centre) - 1,
                "f": near(_fifth(chord), root + 5), "t": near(chord.tones[1], root + 4),
                "s": near(chord.tones[-1], root + 8),
            }[mark]  # fmt: skip
            page.note(name, bar.number, step, pitch, voice.level, steps)

    def _chords(self, name: str, voice: Voice, bar: Bar) -> None:
        """X loud, x, o soft: all tones of the chord."""
        page = self.page
        for step, mark, steps in self._steps(name, voice, bar):
            for tone in page.chord(bar.number, step).tones:
                pitch = near(tone, voice.centre)
                page.note(name, bar.number, step, pitch, voice.level * LOUD[mark], steps)

    def _pad(self, name: str, voice: Voice, bar: Bar) -> None:
        """Held as long as the chord."""
        page, half = self.page, self.page.steps / 2
        first, second = page.chord(bar.number, 0), page.chord(bar.number, half)
        due = ((0.0, 2 * half, first),) if first == second else (
            (0.0, half, first), (half, half, second))  # fmt: skip
        for step, steps, chord in due:
            if voice.above <= page.level(bar.number, step) < voice.below:
                for tone in chord.tones[:4]:
                    pitch = near(tone, voice.centre)
                    page.note(name, bar.number, step, pitch, voice.level, steps * 0.98)

    def _arp(self, name: str, voice: Voice, bar: Bar) -> None:
        """Digits: the chord's tones from below, on through the octaves."""
        page = self.page
        for step, mark, steps in self._steps(name, voice, bar):
            tones = sorted(near(tone, voice.centre) for tone in page.chord(bar.number, step).tones)
            octave, place = divmod(int(mark), len(tones))
            pitch = tones[place] + 12 * octave
            page.note(name, bar.number, step, pitch, voice.level, steps)

    def _tune(self, name: str, voice: Voice, bar: Bar) -> None:
        if voice.above <= self.page.level(bar.number, 0) < voice.below:
            tune = self.tunes[name][_side(bar)]
            tune.play(self.page, name, bar.number, voice.centre, voice.level)

    def _montuno(self, name: str, voice: Voice, bar: Bar) -> None:
        """x a tone in octaves, o the inner tones of the chord."""
        page = self.page
        for step, mark, steps in self._steps(name, voice, bar):
            chord = page.chord(bar.number, step + 1)  # it comes early
            if mark == "x":
                top = near(chord.tones[step % len(chord.tones)], voice.centre + 10)
                for pitch in (top, top - 12):
                    page.note(name, bar.number, step, pitch, voice.level, steps)
            else:
                for tone in chord.tones[1:3]:
                    pitch = near(tone, voice.centre + 5)
                    page.note(name, bar.number, step, pitch, 0.85 * voice.level, steps)


def _fifth(chord: Chord) -> int:
    return chord.tones[1] if len(chord.tones) == 2 else chord.tones[2]


def _side(bar: Bar) -> int:
    """1 for the chorus, 0 elsewhere."""
    return int(bar.section.name == "chorus")


def _pick(rng: np.random.Generator, options: Sequence[int]) -> int:
    return options[int(rng.integers(len(options)))]


def _lines(groove: str) -> list[tuple[str, str]]:
    """The letter and the pattern of each line."""
    return [(line.split()[0], line.split()[1]) for line in groove.strip().splitlines()]
