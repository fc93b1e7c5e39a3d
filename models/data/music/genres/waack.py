# SPDX-License-Identifier: GPL-3.0-or-later
"""Waack: disco of four on the floor, open hats off the beat, octave bass and strings."""

from ..band import (
    CLAP,
    CLOSED,
    CRASH,
    KICK,
    LOW_CONGA,
    OPEN,
    OPEN_CONGA,
    SNARE,
    TAMBOURINE,
    Band,
    Lane,
    Strike,
    Voice,
)

WAACK = Band(
    kits=(0, 8),
    lanes={
        "K": Lane(KICK, 0.92, 0.22),
        "S": Lane(SNARE, 0.85, 0.33),
        "C": Lane(CLAP, 0.7, 0.6),
        "H": Lane(CLOSED, 0.5, 0.12),
        "O": Lane(OPEN, 0.72, 0.36),
        "T": Lane(TAMBOURINE, 0.55, 0.68),
        "c": Lane(OPEN_CONGA, 0.65, 0.5),
        "d": Lane(LOW_CONGA, 0.65, 0.5),
    },
    grooves=(
        """
K X...X...X...X...
S ....X.......X...
C ....X.......X...
H x.oxx.oxx.oxx.ox
O ..x...x...x...x.
T x.xxx.xxx.xxx.xx
c ..o..xx...o..xx.
d .......x.......x
""",
        """
K X...X...X...X.x.
S ....X.......X...
C ....X.......X.x.
H xxoxxxoxxxoxxxox
O ..x...x...x...x.
T ....X.......X...
c x..x..x...xx..x.
""",
        """
K X...X...X...X...
S ....X.......X..o
H o...o...o...o...
O ..X...X...X...X.
T ..x...x...x...x.
d x.....x.x.....x.
c ...xx......xx...
""",
    ),
    fills=("S.S.SSSS", "SS11SS33", "....1133", "S.SSS.SS", "SSSSSSSS"),
    voices={
        "bass": Voice("bass", (33, 34), ("x.X.x.X.x.X.x.X.", "x.Xx..X.x.Xf..X.",
                      "x..Xx.X.f..Xf.X.", "x.X.f.X.s.X.f.a."), 38, 0.9, 0.95, above=0.25,
                      tight=0.8),
        "guitar": Voice("chords", (27, 28), ("..xo..xo..xo..xx", "xoxxxoxxxoxxxoxx",
                        ".xx..xx..xx..xx."), 67, 0.55, 0.6, 0.35, 0.4, tight=0.5),
        "piano": Voice("chords", (0, 1, 2), ("x..x..x.x..x..x.", "x...x...x...x...",
                       "..x...x...x..xx."), 62, 0.6, 0.6, -0.3),
        "strings": Voice("pad", (48, 49), (), 72, 0.7, 0.75, 0.2, 0.18),
        "runs": Voice("arp", (48, 48, 45), ("................0123456789......",
                      "0.2.4.6.7.6.4.2.................", "................7-5-4-2-1-0-...."),
                      74, 0.75, 0.75, 0.1, 0.5),
        "horns": Voice("chords", (61, 56), ("......X.........", "X.......X.......",
                       "..........x.X..."), 68, 0.75, 0.7, 0.1, 0.72, chance=0.7),
        "lead": Voice("tune", (48, 73, 60), (), 79, 0.75, 0.7, -0.1, 0.62, density=0.35,
                      syncopation=0.3),
    },
    strike=Strike((KICK, CLAP, CRASH), (61, 48), 70, steps=2),
    samples={CLAP: ("perc_snap2", "elec_mid_snare"), KICK: ("drum_bass_soft", "bd_pure")},
    ring=(48, 49),
    drift=0.006,
    drifting=0.4,
)  # fmt: skip
