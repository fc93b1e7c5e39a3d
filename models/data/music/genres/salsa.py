# SPDX-License-Identifier: GPL-3.0-or-later
"""Salsa: clave, bells, congas, the anticipating bass, montuno, brass.

A bar is one clave, the dance beat half as fast as the written one.
"""

from ..band import (
    CLAVES,
    COWBELL,
    CRASH,
    GUIRO,
    HIGH_BONGO,
    HIGH_TIMBALE,
    LOW_BONGO,
    LOW_CONGA,
    MARACAS,
    MUTE_CONGA,
    OPEN_CONGA,
    RIM,
    Band,
    Lane,
    Strike,
    Voice,
)

SALSA = Band(
    kits=(0, 8),
    lanes={
        "C": Lane(CLAVES, 0.8),
        "B": Lane(COWBELL, 0.72, 0.5),
        "R": Lane(RIM, 0.6, 0.1, 0.5),
        "M": Lane(MARACAS, 0.55, 0.55),
        "G": Lane(GUIRO, 0.5, 0.3),
        "m": Lane(MUTE_CONGA, 0.75, 0.22),
        "c": Lane(OPEN_CONGA, 0.9, 0.22),
        "d": Lane(LOW_CONGA, 0.8, 0.35),
        "h": Lane(HIGH_BONGO, 0.6, 0.28, 0.75),
        "l": Lane(LOW_BONGO, 0.7, 0.28, 0.75),
        "T": Lane(HIGH_TIMBALE, 0.65, 0.7),
    },
    grooves=(
        """
C X..x..x...x.x...
B X.x.X.xxX.x.X.xx
R x.x.xx.xx.xx.x.x
M X.ooX.ooX.ooX.oo
G X.xxX.xxX.xxX.xx
m ??x??o..??x??o..
c ......xx......xx
d ...........x....
h x.x.x...x.x.x...
l ......x.......x.
T ...x......x.....
""",
        """
C ..x.x...X..x..x.
B X.xxX.x.X.xxX.x.
R x.xx.x.xx.x.xx.x
M xoxoxoxoxoxoxoxo
G X.xxX.xxX.xxX.xx
m o?x?o?..o?x?o?..
c ......xx......xx
d ...x............
h x.o.x.o.x.o.x.o.
l ..............x.
T ......x......xx.
""",
        """
C X..x...x..x.x...
B X...X.x.X...X.x.
R x.xx.x.xx.x.xx.x
M X.ooX.ooX.ooX.oo
G x..xx..xx..xx..x
m x?x?x?..x?x?x?..
c ......xx..x...xx
d ..........xx....
l ......x.......x.
h x.x.x...x.x.x.xx
""",
    ),
    fills=("..TTTttt", "T.TT.Ttt", "....TTTt", "TTT.ttt."),
    voices={
        "bass": Voice("bass", (32, 33, 35), ("...f--n-...f--n-", "...f--n----f--n-",
                      "x..f--n-...f--n-"), 40, 0.9, 0.95, above=0.25, tight=0.97),
        "piano": Voice("montuno", (0, 1), ("x.ox.ox.ox.ox.ox", "x.xo.xo.xo.xo.x.",
                       "xo.x.xo.x.xo.xo.", "x.ox.x.xo.ox.x.x"), 62, 0.78, 0.8, -0.2, 0.08),
        "brass": Voice("chords", (61, 56), ("......xx......x.", "x..x..x.........",
                       "...x..x....x..x.", "......x---..x.xx"), 68, 0.85, 0.75, 0.25, 0.62),
        "lead": Voice("tune", (56, 57, 73, 66), (), 72, 0.75, 0.75, 0.1, 0.45, density=0.36,
                      syncopation=0.6),
        "pad": Voice("pad", (48, 21), (), 64, 0.45, 0.45, 0.0, below=0.3),
    },
    strike=Strike((HIGH_TIMBALE, COWBELL, CRASH), (61, 56), 68),
    ring=(48, 61),
)  # fmt: skip
