# SPDX-License-Identifier: GPL-3.0-or-later
"""Which chords a piece goes through: what the composer plays and the music network is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from .grid import Grid, Times

#: Semitones of the scales, from the tonic.
SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic": (0, 2, 3, 5, 7, 8, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}

#: Semitones of a chord's tones from its root, by what follows the numeral.
_KINDS: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7), "m": (0, 3, 7), "5": (0, 7), "dim": (0, 3, 6), "sus": (0, 5, 7),
    "6": (0, 4, 7, 9), "m6": (0, 3, 7, 9), "7": (0, 4, 7, 10), "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11), "m7b5": (0, 3, 6, 10), "add9": (0, 4, 7, 2), "madd9": (0, 3, 7, 2),
    "9": (0, 4, 7, 10, 2), "m9": (0, 3, 7, 10, 2), "maj9": (0, 4, 7, 11, 2),
}  # fmt: skip
_NUMERALS = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_SYMBOL = re.compile(r"([b#]?)(VII|VI|IV|V|III|II|I)(.*)")

#: Turns of each genre by scale: a bar a word, two chords of half a bar joined by a stroke.
TURNS: dict[str, dict[str, tuple[str, ...]]] = {
    "break": {
        "dorian": ("Im7", "Im7 Im7 Im7 IV9", "Im9 Im9 IV7 IV7", "Im7 Im7 bVII7 Im7"),
        "minor": ("Im7", "Im7 Im7 bVIImaj7 Im7", "Im7 IVm7", "Im7 Im7 bVI7 V7"),
    },
    "pop": {
        "dorian": ("Im7 Im7 IV7 IV7", "Im7 bVII IV Im7", "Im7 Im7 bIII IV"),
        "minor": ("Im7 bVI bVII Im7", "Im7 Im7 IVm7 IVm7", "Im bVII bVI bVII", "Im7 IVm7 bVII Im7"),
    },
    "lock": {
        "mixolydian": ("I9", "I9 I9 IV9 I9", "I9 IV9", "I9 I9 bVII9 IV9", "I7 bIII7 IV9 I9"),
        "dorian": ("Im7 IV9", "Im7/IV9 Im7/IV9 Im7/IV9 bVII9", "Im9 Im9 IV9 IV9"),
    },
    "waack": {
        "minor": ("Im7 IVm7 bVII bIIImaj7", "Im Im bVII bVI", "Im7 bVII bVImaj7 V7",
                  "Im7 IVm7 bVImaj7 V7"),
        "major": ("IVmaj7 V IIIm7 VIm7", "IIm7 V7 Imaj7 VIm7", "VIm7 IIm7 V7 Imaj7"),
    },
    "middle_hiphop": {
        "dorian": ("Im7 Im7 IV9 IV9", "Im9 IV9", "Im7 bVII6"),
        "minor": ("Im7 IVm7", "Im9 bVImaj7", "IIm7b5 V7 Im7 Im7", "Im7 bVImaj7 IIm7b5 V7"),
    },
    "la_hiphop": {
        "harmonic": ("Im Im bVI V", "Im bVI Im V", "Im Im IVm V", "Im bII Im V"),
        "minor": ("Im bVI bIII bVII", "Im Im bVI bVI", "Im bVII bVI bVII", "Im Im bVI IVm"),
    },
    "house": {
        "minor": ("Im9 Im9 bVImaj7 bVImaj7", "Im7 IVm7", "Im9 bVII6 bVImaj7 bVII6",
                  "Im7 Vm7 bVImaj7 IVm7", "IVm9 IVm9 Im9 Im9"),
        "dorian": ("Im9 IV9", "Im7 Im7 bIIImaj7 IV9"),
    },
    "krump": {
        "phrygian": ("I5 I5 I5 bII5", "I5 bII5", "I5 I5 bVI5 bII5", "Im bII Im bVIIm"),
        "harmonic": ("Im Im bVI V", "I5 I5 I5 V5", "Im bVI IVm V", "Im bII V Im"),
    },
    "street_jazz": {
        "major": ("Imaj7 VIm7 IVmaj7 V", "IVmaj7 V VIm7 Imaj7", "VIm7 IVadd9 Iadd9 V",
                  "IIm9 V7 Imaj9 VIm7", "Iadd9 IIIm7 IVmaj7 IVm6"),
        "minor": ("Im9 bVImaj7 bIIImaj7 bVII", "bVImaj7 bVII Im7 Im7", "Im7 Vm7 bVImaj7 bVII"),
    },
    "ballet_jazz": {
        "major": ("Imaj7/VIm7 IIm7/V7", "Imaj9 VI7 IIm9 V7", "IIm7 V7 Imaj7 Imaj7",
                  "IVmaj7 IVm6 IIIm7/VI7 IIm7/V7", "Imaj7/I6 IIm7/V7 IIIm7/VI7 IIm7/V7"),
        "minor": ("Im6 IIm7b5/V7 Im6 V7", "Im7 IVm7 bVIImaj7/bIIImaj7 IIm7b5/V7"),
    },
    "salsa": {
        "harmonic": ("Im/IVm V7/Im", "Im/V7 V7/Im", "Im/IVm Im/V7", "Im/bVI IVm/V7"),
        "minor": ("Im/bVII bVI/V7", "Im/IVm bVII/bIII", "Im7/IV7 Im7/V7"),
        "major": ("I/IV V7/IV", "IIm7/V7 I/I", "I/VIm IIm7/V7"),
    },
    "waltz": {
        "major": ("I I V7 V7 V7 V7 I I", "I IV V7 I", "I VIm IIm V7", "I I IV IV V7 V7 I I",
                  "I IIIm IV V7"),
        "harmonic": ("Im Im V7 V7 V7 V7 Im Im", "Im IVm V7 Im", "Im bVI IVm V7"),
    },
    "modern": {
        "major": ("Iadd9 Vsus VIm7 IVmaj7", "IVmaj7 Iadd9 Vsus VIm7", "Iadd9 Iadd9 IVadd9 IVadd9",
                  "VIm7 IVmaj7 Iadd9 IIIm7"),
        "minor": ("Imadd9 bVImaj7 bIII bVIIsus", "Imadd9 Imadd9 bVImaj7 bVImaj7",
                  "bVImaj7 bIII IVmadd9 Imadd9"),
    },
}  # fmt: skip

#: Which of a piece's two turns each stretch of eight bars takes.
_ORDERS = ("AABA", "AAAB", "ABAB", "AABB", "ABAA")
_STRETCH = 8
_ROOT, _OTHERS = 1.0, 0.7


@dataclass(frozen=True)
class Chord:
    """root: semitones from C, 0..11. tones: semitones from C of all its notes, root first."""

    root: int
    tones: tuple[int, ...]


@dataclass(frozen=True)
class Harmony:
    """tonic: semitones from C. scale: semitones from the tonic. chords: two a bar, from bar 0.

    Bar 0 starts at the grid's first downbeat; before it and after the end the nearest chord holds.
    """

    tonic: int
    scale: tuple[int, ...]
    chords: tuple[Chord, ...]

    def at(self, bar: float) -> Chord:
        """The chord at a position in bars."""
        return self.chords[int(np.clip(np.floor(2 * bar), 0, len(self.chords) - 1))]


def plan(genre: str, bars: int, rng: np.random.Generator) -> Harmony:
    """Draws key and chords of a piece of at least one bar.

    Raises KeyError for a genre that is not in `genres.GENRES`.
    """
    modes = TURNS[genre]
    mode = list(modes)[int(rng.integers(len(modes)))]
    tonic = int(rng.integers(12))
    options = modes[mode]
    picked = rng.permutation(len(options))[:2]
    turns = {
        name: [_bar(word, tonic) for word in options[int(i)].split()]
        for name, i in zip("AB", picked, strict=True)
    }
    order = _ORDERS[int(rng.integers(len(_ORDERS)))]
    chosen = []
    for bar in range(max(1, bars)):
        turn = turns[order[bar // _STRETCH % len(order)]]
        chosen.append(turn[bar % _STRETCH % len(turn)])
    return Harmony(tonic, SCALES[mode], tuple(chain.from_iterable(chosen)))


def _bar(word: str, tonic: int) -> tuple[Chord, Chord]:
    """Both halves of a bar as it is written in `TURNS`."""
    first, _, second = word.partition("/")
    return _chord(first, tonic), _chord(second or first, tonic)


def _chord(symbol: str, tonic: int) -> Chord:
    found = _SYMBOL.fullmatch(symbol)
    if found is None:
        raise ValueError(f"{symbol!r} is no chord.")
    sign, numeral, kind = found.groups()
    root = (tonic + _NUMERALS[numeral] + {"": 0, "b": -1, "#": 1}[sign]) % 12
    return Chord(root, tuple((root + step) % 12 for step in _KINDS[kind]))


def chroma(harmony: Harmony, grid: Grid, times: Times) -> NDArray[np.float32]:
    """What sounds at some times, (T, 12) from C: the chord's root 1, its other tones 0.7."""
    bars = (grid.position(times) - grid.first) / grid.beats_per_bar
    table = np.zeros((len(harmony.chords), 12), np.float32)
    for row, chord in zip(table, harmony.chords, strict=True):
        row[list(chord.tones)] = _OTHERS
        row[chord.root] = _ROOT
    slots = np.clip(np.floor(2 * bars), 0, len(table) - 1).astype(int)
    return np.asarray(table[slots])
