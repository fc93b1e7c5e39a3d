# SPDX-License-Identifier: GPL-3.0-or-later
"""Middle hip-hop: boom-bap; a late, swung kit, an upright bass, a jazz loop, scratches."""

from ..band import CLOSED, KICK, OPEN, RIM, SNARE, Band, Lane, Strike, Voice

SCRATCH = 30  # of the kit; a one-shot may double it

MIDDLE_HIPHOP = Band(
    kits=(32, 0),
    lanes={
        "K": Lane(KICK, 1.0, 0.22),
        "S": Lane(SNARE, 0.9, 0.28, late=0.18),
        "H": Lane(CLOSED, 0.62, 0.1),
        "O": Lane(OPEN, 0.5, 0.6),
        "R": Lane(RIM, 0.5, 0.12, 0.3),
        "s": Lane(SCRATCH, 0.6, 0.55),
    },
    grooves=(
        """
K X......x..x.....X......x..xx....
S ....X.......X.......X.......X...
H x.o.x.o.x.o.x.o.x.o.x.o.x.oox.o.
O ..............................x.
R ....x.......x.......x.......x...
s ............................x.xx
""",
        """
K X.x.......x.....X..x....x.x....x
S ....X.......X.......X.......X..?
H x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.
O ......x...............x.........
R ....x.......x.......x.......x...
s ..............xx................
""",
        """
K X.....xx..x.....X.....x...x.x...
S ....X.......X.......X.......X...
H x.oox.o.x.oox.o.x.oox.o.x.oox.oo
R ....x.......x.......x.......x...
s ......x.x.....................x.
""",
        """
K X..x...x.x......
S ....X.......X...
H x.o.xoo.x.o.x.oo
R ....x.......x...
""",
    ),
    fills=("........", "..K.S.SS", "S..S..S.", "K.K.S..."),
    voices={
        "bass": Voice("bass", (32, 35), ("x--....x..f-....", "x-.....xx-..s-..", "x---..f...x-..a-",
                      "x-....x-....f-s-"), 36, 0.95, 1.0, above=0.2),
        "rhodes": Voice("chords", (4, 4, 26), ("x-----....o---..", "x--.......x---..",
                        "x---------------", "..x--.....x----."), 60, 0.7, 0.75, -0.2, tight=0.95),
        "loop": Voice("arp", (11, 26, 46, 8), ("4-3-2---....1-2-", "0-2-4-5-4-......",
                      "....5-4-3-2-0---", "2---4-5-..4-2-.."), 69, 0.62, 0.65, 0.3, 0.25),
        "horn": Voice("tune", (59, 73, 66), (), 68, 0.62, 0.6, 0.15, 0.6, chance=0.75,
                      density=0.22, syncopation=0.5),
        "strings": Voice("pad", (49, 48), (), 67, 0.42, 0.45, 0.1, 0.8, chance=0.5),
    },
    strike=Strike((KICK, SNARE, SCRATCH), (59, 4, 61), 65, steps=2.5),
    samples={KICK: ("bd_boom", "drum_heavy_kick", "bd_fat"),
             SNARE: ("sn_generic", "sn_dolf", "drum_snare_hard"),
             SCRATCH: ("vinyl_scratch",)},
    ring=(4, 49),
    swing=(0.2, 0.36),
    looseness=0.014,
)  # fmt: skip
