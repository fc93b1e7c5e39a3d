# SPDX-License-Identifier: GPL-3.0-or-later
"""Break: drum breaks with ghost snares, bongos, a busy bass, horn stabs."""

from ..band import (
    CLOSED,
    CRASH,
    HIGH_BONGO,
    KICK,
    LOW_BONGO,
    OPEN,
    RIDE,
    SNARE,
    SOFT_SNARE,
    Band,
    Lane,
    Strike,
    Voice,
)

BREAK = Band(
    kits=(0, 8, 16),
    lanes={
        "K": Lane(KICK, 0.95, 0.28),
        "S": Lane(SNARE, 0.95, 0.33),
        "g": Lane(SOFT_SNARE, 0.9, 0.42),
        "H": Lane(CLOSED, 0.6, 0.15, 0.72),
        "R": Lane(RIDE, 0.72, 0.72),
        "O": Lane(OPEN, 0.6, 0.5),
        "B": Lane(HIGH_BONGO, 0.72, 0.38),
        "b": Lane(LOW_BONGO, 0.75, 0.38),
    },
    grooves=(
        """
K X.X.......xx....X.X.......xx....
S ....X.......X.......X.........X.
g .......o.o.....o.......o.o......
H x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.
R x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.
B ..x..x....x..x....x..x....x..xx.
b ........x...............x......x
""",
        """
K X.x...x...x..x..
S ....X.......X...
g .......o.o.o...?
H x.x.x.xxx.x.x.x.
R x...x...x...x...
O ......x.......x.
B x..x..x.x..x....
b ............x.x.
""",
        """
K X.......x.x.....X..x......x.....
S ....X.......X.......X.......X..x
g ..?....o......?...o....o.o......
H xxx.xxx.xxx.xxx.xxx.xxx.xxx.xxx.
R x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.
B x.o.x.o.x.ox..o.x.o.x.o.xxox..o.
b ......x.........x.....x.......x.
""",
        """
K X..x..x...x...x.
S ....X..o.o..X...
g .o...........o.o
H x.x.x.x.x.x.x.x.
R xoxoxoxoxoxoxoxo
O ..............x.
B ..xx..x...xx....
b x.......x.....x.
""",
    ),
    fills=("S.SS.S.S", "K.SSK.SS", "S.S.S123", "gSgSgSgS", "BBbbBBbb"),
    voices={
        "bass": Voice("bass", (33, 34), ("x..x..X.x.s.f.x.", "x.x...s.x..xX.f.",
                      "x..X.x.s..x.f.a.", "xx.x....xX.x..s."), 38, 0.85, 0.95, above=0.3,
                      tight=0.8),
        "organ": Voice("chords", (16, 17, 4), ("......x.......x.", "x--.......x.....",
                       "....x..x........"), 60, 0.6, 0.5, -0.25, 0.15, chance=0.7),
        "stabs": Voice("chords", (61, 56, 65), ("x.....x.........................",
                       "..........X.x..............X.x..", "......X.............x.X........."),
                       67, 0.85, 0.8, 0.2, 0.58, tight=0.7),
        "drone": Voice("pad", (16, 48, 18), (), 62, 0.4, 0.45, 0.1, below=0.3),
        "flute": Voice("tune", (73, 66, 87), (), 74, 0.7, 0.6, 0.3, 0.8, chance=0.5,
                       density=0.3, syncopation=0.7),
    },
    strike=Strike((KICK, SNARE, CRASH), (61, 61, 55), 65),
    samples={KICK: ("bd_fat", "drum_bass_hard", "drum_heavy_kick"),
             SNARE: ("drum_snare_hard", "sn_dolf")},
    ring=(16, 61),
    swing=(0.0, 0.14),
)  # fmt: skip
