# SPDX-License-Identifier: GPL-3.0-or-later
"""Modern: rolled piano, pads, slow strings, a singing cello; hardly a drum."""

from ..band import FLOOR_TOM, KICK, SHAKER, Band, Lane, Strike, Voice

MODERN = Band(
    kits=(48, 40),
    lanes={
        "K": Lane(KICK, 0.6, 0.68),
        "F": Lane(FLOOR_TOM, 0.6, 0.78),
        "s": Lane(SHAKER, 0.35, 0.72),
    },
    grooves=(
        """
K x.......x.......
s o.o.o.o.o.o.o.o.
F ............x.xx
""",
        """
K x...............
F x..x..x.........
s ....o.......o...
""",
        """
K x.........x.....
F ......x.......x.
""",
    ),
    fills=("........",),
    voices={
        "piano": Voice("arp", (0, 0, 0, 46), ("0-1-2-3-4-3-2-1-", "0---2---4---2---",
                       "0-2-4-2-3-2-4-2-", "0---1-2-4---2-1-", "0-4-2-4-1-4-2-4-"),
                       58, 0.75, 0.9, 0.0, tight=2.5),
        "left": Voice("bass", (0,), ("x---------------", "x-------f-------"), 43, 0.75, 0.85,
                      above=0.12),
        "fast": Voice("arp", (45, 0, 44), ("0121012101210121", "0213021302130213",
                      "0020102000201020"), 66, 0.5, 0.55, 0.3, 0.62),
        "pad": Voice("pad", (89, 91, 94, 92), (), 60, 0.55, 0.65, -0.2, 0.0),
        "strings": Voice("pad", (48, 49), (), 66, 0.7, 0.75, 0.2, 0.45),
        "deep": Voice("pad", (43, 48), (), 45, 0.55, 0.65, 0.0, 0.58),
        "cello": Voice("tune", (42, 41, 40), (), 62, 0.8, 0.85, 0.1, 0.34, density=0.16,
                       syncopation=0.0),
        "voices": Voice("pad", (52, 53), (), 69, 0.5, 0.6, -0.1, 0.78, chance=0.7),
    },
    strike=Strike((FLOOR_TOM,), (0, 46, 45), 55, "octaves", 4),
    ring=(48, 89, 91),
    looseness=0.018,
    kit_gain=0.7,
    drift=0.035,
    drifting=1.0,
)  # fmt: skip
