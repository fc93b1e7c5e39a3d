# SPDX-License-Identifier: GPL-3.0-or-later
"""Street jazz: contemporary R&B and pop; electric piano, plucked guitar, snaps, a sung lead."""

from ..band import (
    CABASA,
    CLOSED,
    KICK,
    OPEN,
    RIM,
    SNARE,
    SPLASH,
    TAMBOURINE,
    Band,
    Lane,
    Strike,
    Voice,
)

SNAP = 31  # the sticks of the kit; a snap may double them

STREET_JAZZ = Band(
    kits=(8, 0),
    lanes={
        "K": Lane(KICK, 0.9, 0.28),
        "S": Lane(SNARE, 0.85, 0.48),
        "R": Lane(RIM, 0.85, 0.2, 0.48),
        "n": Lane(SNAP, 0.9, 0.1),
        "H": Lane(CLOSED, 0.5, 0.25),
        "c": Lane(CABASA, 0.5, 0.4),
        "O": Lane(OPEN, 0.5, 0.6),
        "T": Lane(TAMBOURINE, 0.5, 0.8),
    },
    grooves=(
        """
K X......x..x.....X......x........
S ....X.......X.......X.......X...
R ....x.......x.......x.......x...
n ....X.......X.......X.......X...
H x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.
c xoxoxoxoxoxoxoxoxoxoxoxoxoxoxoxo
T ....x.......x.......x.......x...
""",
        """
K X.......X.x.....X..x....X.......
S ....X.......X.......X.......X...
R ....x.......x.......x.......x.x.
n ....X.......X.......X.......X...
H x.x.x.x.x.x.x.xxx.x.x.x.x.x.xxx.
c ..x...x...x...x...x...x...x...x.
O ..............x.................
""",
        """
K X...X...X...X.x.
S ....X.......X...
R ...x..x...x..x..
n ....X.......X...
H xoxoxoxoxoxoxoxo
c x..x..x.x..x..x.
T x.x.x.x.x.x.x.x.
""",
    ),
    fills=("..S.SS1.", "....S.12", "S...S.S.", "........"),
    voices={
        "bass": Voice("bass", (35, 33, 39), ("x-----.x..x-----", "x------.x-----f.",
                      "x--.x--.x--.f-a-", "x-..x-..x-..x-X-"), 36, 0.85, 0.85, above=0.25),
        "keys": Voice("chords", (5, 2, 4), ("X-----x-..x-----", "x---x---x---x---",
                      "x-----------x-o-", "X--x--x-X--x--x-"), 62, 0.72, 0.8, -0.2, tight=0.97),
        "guitar": Voice("arp", (25, 24), ("0-2-4-2-3-2-4-2-", "0.3.2.4.0.3.2.4.",
                        "0--2--4--2--4-2-"), 64, 0.65, 0.75, 0.3, 0.16),
        "pad": Voice("pad", (89, 50, 53), (), 67, 0.5, 0.55, 0.1, 0.45),
        "sparkle": Voice("arp", (98, 10, 88), ("4...2...5...4...", "..5...4...3...2.",
                         "5.4.2.4.5.4.2.4."), 78, 0.5, 0.5, -0.35, 0.68, chance=0.6),
        "song": Voice("tune", (53, 54, 52), (), 70, 0.85, 0.9, 0.0, 0.38, density=0.38,
                      syncopation=0.45),
        "strings": Voice("pad", (49, 48), (), 74, 0.5, 0.5, 0.2, 0.82, chance=0.6),
    },
    strike=Strike((KICK, SNAP, SNARE, SPLASH), (5, 0, 48), 67, steps=3),
    samples={SNAP: ("perc_snap", "perc_snap2"), KICK: ("bd_sone", "drum_bass_soft", "bd_zome"),
             SNARE: ("drum_snare_soft", "sn_zome")},
    ring=(89, 50),
    swing=(0.0, 0.2),
)  # fmt: skip
