# SPDX-License-Identifier: GPL-3.0-or-later
"""House: four on the floor of an electronic kit, organ or piano stabs, deep synth bass, pads."""

from ..band import CLAP, CLOSED, KICK, OPEN, RIM, SHAKER, Band, Lane, Strike, Voice

HOUSE = Band(
    kits=(24, 25),
    lanes={
        "K": Lane(KICK, 1.0, 0.22),
        "k": Lane(KICK, 0.5, 0.08, 0.22),
        "C": Lane(CLAP, 0.95, 0.42),
        "O": Lane(OPEN, 0.68, 0.36),
        "H": Lane(CLOSED, 0.55, 0.5),
        "s": Lane(SHAKER, 0.55, 0.15),
        "R": Lane(RIM, 0.6, 0.68),
    },
    grooves=(
        """
K X...X...X...X...
k x.......x.......
C ....X.......X...
O ..x...x...x...x.
H o..oo..oo..oo..o
s xoxoxoxoxoxoxoxo
R ...x..x....x..x.
""",
        """
K X...X...X...X...
k x.......x.......
C ....X.......X..o
O ..x...x...x...x.
H oooooooooooooooo
s ..xx..xx..xx..xx
R x..x..x...x.x...
""",
        """
K X...X...X...X.o.
k x.......x.......
C ....X..o....X...
O ..X...X...X...X.
s x.xox.xox.xox.xo
R ..x..x..x..x..x.
""",
    ),
    fills=("....CCCC", "C..C..C.", "..C.CC.C", "RRRRRRRR"),
    voices={
        "bass": Voice("bass", (38, 39), ("..x...x...x..xX.", "..x..xX...x..xX.", "x..x..x...x..s..",
                      "..xX..xX..xX..xf"), 34, 0.9, 0.95, above=0.25, tight=0.85),
        "stabs": Voice("chords", (16, 17, 90, 0), ("x..x..x....x..x.", "..x..x....x..x..",
                       "x..x....x..x....", "...x..x....x..x."), 62, 0.68, 0.75, -0.15, 0.14),
        "pad": Voice("pad", (89, 95, 94), (), 64, 0.6, 0.65, 0.1),
        "pluck": Voice("arp", (12, 80, 11), ("0.2..1.3..2.1...", "4..3..2.4..3..1.",
                       "0..0..2....2..3."), 74, 0.55, 0.55, 0.35, 0.58, chance=0.7),
        "voice": Voice("tune", (53, 54, 81), (), 72, 0.65, 0.6, 0.0, 0.72, chance=0.8,
                       density=0.25, syncopation=0.4),
    },
    strike=Strike((KICK, CLAP, OPEN), (90, 16, 62), 62, gain=1.0),
    samples={KICK: ("bd_haus", "bd_klub"), CLAP: ("sn_zome", "elec_mid_snare"),
             RIM: ("elec_wood", "elec_blip2")},
    ring=(89, 95),
    swing=(0.0, 0.16),
    looseness=0.005,
    drift=0.003,
    drifting=0.2,
)  # fmt: skip
