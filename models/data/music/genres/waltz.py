# SPDX-License-Identifier: GPL-3.0-or-later
"""Waltz: bars of three; a low note and two chords, a singing tune, harp, a small orchestra."""

from ..band import CRASH, KICK, PEDAL, RIDE, SNARE, SOFT_SNARE, Band, Lane, Strike, Voice

WALTZ = Band(
    kits=(48, 40),
    lanes={
        "K": Lane(KICK, 0.7, 0.4),
        "S": Lane(SOFT_SNARE, 0.55, 0.5),
        "s": Lane(SNARE, 0.5, 0.72),
        "P": Lane(PEDAL, 0.6, 0.55),
        "R": Lane(RIDE, 0.5, 0.8),
    },
    grooves=(
        """
K X...........
S ....x...x...
P ....o...o...
R x...........
s ..........oo
""",
        """
K x...........
S ....x.o.x...
R x...x...x...
s ......o...o.
""",
        """
K X.......o...
S ....o...o.o.
P ....x...x...
s ....o...o...
""",
    ),
    fills=("....", "S.SS", "SSSS", "gggg"),
    voices={
        "bass": Voice("bass", (43, 32, 58), ("x---........", "x---........f---........",
                      "x-------...."), 40, 0.85, 0.9, above=0.1),
        "chords": Voice("chords", (45, 0, 21, 48), ("....x-..x-..", "....x...x...", "....x---x---"),
                        64, 0.68, 0.8, -0.2, 0.12, tight=0.85),
        "horns": Voice("chords", (60, 69), ("....x-..x-..", "x-----------"), 60, 0.6, 0.6, 0.2,
                       0.55, chance=0.8),
        "harp": Voice("arp", (46, 0), ("0-1-2-3-4-5-", "0-2-4-3-2-1-", "0-1-2-4-5-4-"), 60, 0.6,
                      0.7, 0.3, 0.0, 0.7),
        "tune": Voice("tune", (40, 48, 73, 71), (), 74, 0.82, 0.9, 0.1, 0.24, density=0.28,
                      syncopation=0.0),
        "above": Voice("tune", (48, 73, 40), (), 84, 0.6, 0.6, -0.1, 0.72, chance=0.8,
                       density=0.4, syncopation=0.0),
        "strings": Voice("pad", (48, 49), (), 62, 0.5, 0.6, 0.0, 0.3),
    },
    strike=Strike((KICK, CRASH), (47, 48, 61), 50, "octaves", 3),
    ring=(48, 49),
    looseness=0.015,
    drift=0.025,
    drifting=0.9,
)  # fmt: skip
