# SPDX-License-Identifier: GPL-3.0-or-later
"""Pop (popping): electro-funk of an 808, claps, synth bass, a talking lead."""

from ..band import (
    CLAP,
    CLOSED,
    COWBELL,
    HIGH_TOM,
    KICK,
    LOW_TOM,
    OPEN,
    SNARE,
    Band,
    Lane,
    Strike,
    Voice,
)

POP = Band(
    kits=(25, 24),
    lanes={
        "K": Lane(KICK, 0.95, 0.25),
        "S": Lane(SNARE, 0.8, 0.3),
        "C": Lane(CLAP, 0.95, 0.45),
        "H": Lane(CLOSED, 0.6, 0.12),
        "O": Lane(OPEN, 0.6, 0.55),
        "W": Lane(COWBELL, 0.62, 0.62),
        "T": Lane(HIGH_TOM, 0.75, 0.72),
        "t": Lane(LOW_TOM, 0.8, 0.72),
    },
    grooves=(
        """
K X.....x.x.......X.....x.x..x....
S ....X.......X.......X.......X...
C ....X.......X.......X.......X.xx
H x.x.x.x.x.x.x.x.x.x.x.x.x.x.xxx.
O ..............x.................
W x..x..x.x..x..x.x..x..x.x..x..x.
T ..............x...............x.
t ...............x...............x
""",
        """
K X..x..x...x.....
S ....X.......X...
C ....X.......X...
H xoxoxoxoxoxoxoxo
O ......x.......x.
W x.x..x.x.x..x.x.
t .......xx......x
""",
        """
K X.......X.x.....X.....x.X.x...x.
S ....X.......X.......X.......X...
C ....X.......X.......X......xX.X.
H xxx.xxx.xxx.xxx.xxx.xxx.xxx.xxx.
W ..x...x...x...x...x...x...x...x.
T ...........x...............xx...
""",
    ),
    fills=("CC.CC.CC", "1.1.3.33", "S..S..S.", "CCCC1133"),
    voices={
        "bass": Voice("bass", (38, 39, 87), ("x..x..X.x..xX.s.", "x.X.x..Xx.X..s.n",
                      "xx.X..x.xx.X.s.a", "x...x.X...x.X.s."), 36, 0.9, 0.95, above=0.22,
                      tight=0.75),
        "stabs": Voice("chords", (62, 63, 81), ("....x.......x.x.", "X.....X.........",
                       "..x..x....x..x..", "x..............."), 64, 0.7, 0.6, 0.2, 0.45),
        "square": Voice("arp", (80, 7, 82), ("0.2.1.2.3.2.1.2.", "0..1..2..3..2.1.",
                        "4.3.2.1.4.3.2.1."), 72, 0.55, 0.5, 0.3, 0.6, chance=0.75, tight=0.6),
        "pad": Voice("pad", (90, 50, 95), (), 62, 0.55, 0.55, -0.1),
        "talk": Voice("tune", (85, 54, 85), (), 67, 0.85, 0.85, 0.0, 0.42, density=0.4,
                      syncopation=0.5),
    },
    strike=Strike((KICK, CLAP, LOW_TOM), (62, 63, 55), 62, gain=1.0),
    samples={KICK: ("bd_808", "bd_tek", "bd_zum"), SNARE: ("elec_snare", "elec_hi_snare"),
             CLAP: ("elec_mid_snare", "elec_lo_snare"), COWBELL: ("elec_bong", "drum_cowbell"),
             HIGH_TOM: ("elec_flip",), LOW_TOM: ("elec_fuzz_tom",)},
    ring=(90, 63),
    looseness=0.004,
    drift=0.003,
    drifting=0.2,
)  # fmt: skip
