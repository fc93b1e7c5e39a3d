# SPDX-License-Identifier: GPL-3.0-or-later
"""Lock: seventies funk of clavinet, muted guitar, slap bass, tambourine and horns."""

from ..band import (
    CLOSED,
    KICK,
    OPEN,
    SNARE,
    SOFT_SNARE,
    SPLASH,
    TAMBOURINE,
    Band,
    Lane,
    Strike,
    Voice,
)

LOCK = Band(
    kits=(8, 0),
    lanes={
        "K": Lane(KICK, 0.9, 0.3),
        "S": Lane(SNARE, 0.92, 0.33),
        "g": Lane(SOFT_SNARE, 0.7, 0.6),
        "H": Lane(CLOSED, 0.62, 0.12),
        "O": Lane(OPEN, 0.62, 0.5),
        "T": Lane(TAMBOURINE, 0.72, 0.4),
    },
    grooves=(
        """
K X.....x.X.......
S ....X.......X...
g .......?.o......
H xoxoxoxoxoxoxoxo
O ......x.......x.
T ....X.......X...
""",
        """
K X..x......x.....
S ....X.......X..o
H x.x.x.x.x.x.x.x.
O ..............x.
T xoXoxoXoxoXoxoXo
""",
        """
K X.x.......x..x..
S ....X..g....X...
H xoxxxoxoxoxxxoxo
O ..x.......x.....
T ..x...x...x...x.
""",
    ),
    fills=("S.SSS.SS", "SSSSSS12", "..S.S.S.", "S12S12S3"),
    voices={
        "bass": Voice("bass", (36, 37), ("x..X..x...s.X.x.", "x..xX...x.s..X.a", "xX.x..X.s.x.fX..",
                      "x.....Xsx..X..s."), 36, 0.95, 0.95, above=0.25, tight=0.6),
        "clav": Voice("chords", (7,), ("x.ox.x.o.xo.x.ox", ".xo.x.ox.x.ox.x.", "x.xo.ox.xo.x.ox.",
                      "..x.ox.x..xo.x.x"), 60, 0.64, 0.8, -0.3, 0.14, tight=0.6),
        "guitar": Voice("chords", (28, 27), ("xoxxoxxoxoxxoxxo", "..xo..xx..xo..x.",
                        "x.xxx.xxx.xxx.xx"), 66, 0.52, 0.65, 0.35, 0.4, tight=0.4),
        "organ": Voice("pad", (17, 18), (), 64, 0.45, 0.45, 0.1),
        "horns": Voice("chords", (61, 65, 61), ("X..X....................X.X.X...",
                       "......X.x...........x.x---......", "x--.....x--...........x.X.......",
                       "..x..X............x...x.x..X...."), 68, 0.85, 0.85, 0.15, 0.55, tight=0.8),
        "sax": Voice("tune", (65, 66, 67), (), 67, 0.7, 0.6, 0.25, 0.82, chance=0.6,
                     density=0.35, syncopation=0.6),
    },
    strike=Strike((KICK, SNARE, SPLASH), (61, 56), 67, steps=2),
    samples={SNARE: ("drum_snare_soft",), KICK: ("drum_bass_soft", "bd_pure")},
    ring=(17, 18),
    swing=(0.06, 0.2),
)  # fmt: skip
