# SPDX-License-Identifier: GPL-3.0-or-later
"""Hip-hop: sparse kick, backbeat, swing, a deep bass and a loop."""

from __future__ import annotations

from collections.abc import Sequence

from . import grooves
from .band import CLAP, CLOSED, KICK, OPEN, SNARE, bars, choose, progression
from .composer import Chord, Melody, Writer, near
from .score import Part, Section


def play_hiphop(w: Writer, sections: Sequence[Section]) -> None:
    """Kick and sub bass together, snare on two and four, hats that double."""
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
    chords = progression(w, grooves.HIPHOP_CHORDS, seventh=True)
    kicks = [choose(w, grooves.HIPHOP_KICKS) for _ in range(2)]
    hats, double = choose(w, grooves.HIPHOP_HATS), choose(w, grooves.TRAP_HATS)
    melody = Melody.invent(rng, 0.3, 0.5)
    for bar in bars(sections, chords):
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
