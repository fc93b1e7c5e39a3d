# SPDX-License-Identifier: GPL-3.0-or-later
"""Krump: half-time and heavy; low brass, orchestra hits, a distorted bass, war drums."""

from ..band import CLAP, CLOSED, CRASH_2, FLOOR_TOM, KICK, LOW_TOM, SNARE, Band, Lane, Strike, Voice

KRUMP = Band(
    kits=(16,),
    lanes={
        "K": Lane(KICK, 1.0, 0.2),
        "S": Lane(SNARE, 1.0, 0.24),
        "C": Lane(CLAP, 0.9, 0.6),
        "H": Lane(CLOSED, 0.55, 0.4),
        "F": Lane(FLOOR_TOM, 0.9, 0.1),
        "L": Lane(LOW_TOM, 0.8, 0.55),
        "X": Lane(CRASH_2, 0.7, 0.75),
    },
    grooves=(
        """
K X..x..........x.X..x..x.........
S ........X...............X.......
C ........X...............X.....x.
H x...x...x...x...x...x...x...x...
F x.....x.......x.x.....x...x...x.
L ..........x.xx............xxxx..
X x...............................
""",
        """
K X.x....x......xxX.x....x...x..x.
S ........X...............X.......
C ........X...............X.......
H x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.
F x..x..x.....x...x..x..x.....x.x.
L .............x.x...........x.xxx
X x...............x...............
""",
        """
K X.....X.....X...X..x..x.....x.x.
S ........X...............X...x...
C ........X...............X.......
H ..x...x...x...x...x...x...x...x.
F x...x...x...x.x.x...x...x.x.x.x.
L ...x...x...x...x...x...x...xxxxx
""",
    ),
    fills=("44443333", "4.44.444", "SSSS4444", "3.3.4.4."),
    voices={
        "bass": Voice("bass", (87, 30, 39), ("x-.x-.....x-..n-", "x---..xx..X-..n-",
                      "x-x-..x-....x-nn", "x-----x-..x-s-.."), 29, 0.95, 0.95, above=0.2),
        "guitar": Voice("bass", (30, 29), ("x-.x......x...n.", "xx.x..x...x.n-..",
                        "x-----------n---"), 41, 0.7, 0.7, -0.25, 0.55, chance=0.7),
        "brass": Voice("chords", (61, 57, 60, 62), ("X--.....X-......X--...X-X-......",
                       "X-----..........X-X-X-..........", "X-.X-.X---......X-.X-...X---...."),
                       55, 0.95, 0.9, 0.1, 0.4),
        "ostinato": Voice("arp", (48, 44, 50), ("0.0.2.0.0.0.1.0.", "0.00.00.0.00.20.",
                          "0012001200120012"), 57, 0.7, 0.65, 0.3, 0.3, tight=0.6),
        "choir": Voice("pad", (52, 48, 19), (), 60, 0.65, 0.65, -0.1),
    },
    strike=Strike((KICK, FLOOR_TOM, CRASH_2), (55,), 58, "power", 3, 1.0),
    samples={KICK: ("drum_heavy_kick", "bd_gas"), SNARE: ("drum_snare_hard", "sn_dub"),
             FLOOR_TOM: ("perc_impact2", "drum_tom_lo_hard"), CRASH_2: ("perc_impact1",)},
    ring=(52, 19),
    looseness=0.006,
    drift=0.004,
    drifting=0.3,
)  # fmt: skip
