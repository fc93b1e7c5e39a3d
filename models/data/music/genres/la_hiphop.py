# SPDX-License-Identifier: GPL-3.0-or-later
"""LA-style hip-hop: rolling hats, long 808 bass, claps, bells over dark chords."""

from ..band import CLAP, CLOSED, KICK, OPEN, RIM, SNARE, Band, Lane, Strike, Voice

LA_HIPHOP = Band(
    kits=(25,),
    lanes={
        "K": Lane(KICK, 1.0, 0.22),
        "S": Lane(SNARE, 0.9, 0.26),
        "C": Lane(CLAP, 0.95, 0.42),
        "H": Lane(CLOSED, 0.72, 0.12, 0.55),
        "h": Lane(CLOSED, 0.78, 0.55),
        "O": Lane(OPEN, 0.55, 0.6),
        "R": Lane(RIM, 0.6, 0.7),
    },
    grooves=(
        """
K X.....x...x.....X..x......x..x..
S ....X.......X.......X.......X...
C ....X.......X.......X.......X...
H x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.
h xxxxxxrrxxxxtt.txxrrxxxxxxxxrrrr
O ...............................x
R .......x.x.............x......x.
""",
        """
K X......x..x.....X......xx.x.....
S ....X.......X.......X.......X...
C ....X.......X.......X.......X..x
H x.x.xxx.x.x.x.xxx.x.xxx.x.x.x.xx
h xrxxxrxxxrxxxrrrxrxxxrxxt.tt.txx
R ..x..x....x..x....x..x....x..x..
""",
        """
K X..x..x.........X..x..x...x.....
S ....X.......X.......X.......X...
C ....X.......X.......X.......X...
H xxx.xxx.xxx.xxx.xxx.xxx.xxx.xxx.
h xxxxxxxxrrrrxxxxxxt.tt.txxxxrrrr
O ......x...............x.........
""",
    ),
    fills=("SSSSSSSS", "....CCCC", "CC.CC.C.", "S.S.SSSS"),
    voices={
        "bass": Voice("bass", (38, 39), ("x-----x---x-----x--x------x--f--",
                      "x------x--x-----x------xX-n-----", "x--x--x---------x--x--x---s-----"),
                      31, 1.0, 1.0, above=0.2, tight=0.97),
        "bells": Voice("arp", (9, 98, 14, 108), ("2.1.0.1.2...4...2.1.0...1.......",
                       "4..2..1.4..2..1.5..4..2.1.......", "0...2.4.......4.0...2.5.4......."),
                       74, 0.72, 0.75, 0.25, 0.08),
        "pluck": Voice("arp", (46, 45, 24), ("0-2-3-2-0-2-3-2-", "0..2..4..2..3..2"), 60, 0.6,
                       0.6, -0.25, 0.35, chance=0.6),
        "choir": Voice("pad", (91, 52, 94), (), 60, 0.6, 0.65, 0.0),
        "lead": Voice("tune", (81, 79, 75), (), 74, 0.62, 0.55, 0.1, 0.66, chance=0.8,
                      density=0.25, syncopation=0.5),
    },
    strike=Strike((KICK, CLAP, OPEN), (55, 62), 60, "octaves", 2, 1.0),
    samples={KICK: ("bd_808",), SNARE: ("elec_hi_snare", "elec_snare"),
             CLAP: ("perc_snap", "sn_zome"), RIM: ("elec_tick",),
             CLOSED: ("hat_zap", "hat_snap", "hat_bdu", "hat_cab")},
    ring=(91, 52),
    looseness=0.004,
    drift=0.003,
    drifting=0.2,
)  # fmt: skip
