# SPDX-License-Identifier: GPL-3.0-or-later
"""Ballet jazz: a swinging piano trio with brushes, strings and woodwind."""

from ..band import BELL, KICK, PEDAL, RIDE, SNARE, SOFT_SNARE, SPLASH, Band, Lane, Strike, Voice

BALLET_JAZZ = Band(
    kits=(40, 40, 32),
    lanes={
        "R": Lane(RIDE, 0.72, 0.3),
        "B": Lane(SOFT_SNARE, 0.62, 0.15),
        "P": Lane(PEDAL, 0.72, 0.25),
        "K": Lane(KICK, 0.6, 0.5),
        "S": Lane(SNARE, 0.7, 0.62),
        "b": Lane(BELL, 0.55, 0.82),
    },
    grooves=(
        """
R x...x.x.x...x.x.
B o...x...o...x...
P ....x.......x...
K x.......x.......
S ......o.......o.
b x...x...x...x...
""",
        """
R x...x.x.x...x.x.
B x.o.x.o.x.o.x.o.
P ....x.......x...
K x...o...x...o...
S ..........o.x...
""",
        """
R x.x.x.x.x.x.x.x.
B ..o...o...o...o.
P ....x.......x...
K x.....x.x.......
S ....o.....o...x.
b ....x.......x...
""",
    ),
    fills=("S.S.S.S.", "....S.S.", "1.1.2.3.", "........"),
    voices={
        "bass": Voice("bass", (32,), ("x---f---t---a---", "x---t---f---a---", "x---s---f---a---",
                      "x---x-f-t---a---"), 38, 0.8, 0.9, above=0.22, tight=0.95),
        "low": Voice("bass", (43, 32), ("x-------f-------", "x---------------"), 40, 0.6, 0.7,
                     below=0.22),
        "piano": Voice("chords", (0, 1), ("x---....x-......", "..x---....x---..",
                       "x-....x-....x-..", "x-----x-..x-----"), 62, 0.78, 0.9, -0.15, tight=0.97),
        "right": Voice("arp", (0, 11), ("4-5-6-5-4-3-2---", "2-4-6-4-........", "....6-5-4-3-2-1-",
                       "0-2-4-6-7---4---"), 66, 0.65, 0.8, 0.1, 0.1),
        "strings": Voice("pad", (48, 49), (), 66, 0.55, 0.6, 0.25, 0.42),
        "solo": Voice("tune", (71, 73, 64, 11), (), 74, 0.75, 0.75, 0.15, 0.34, density=0.33,
                      syncopation=0.25),
        "horns": Voice("chords", (60, 66, 61), ("......X---......", "..X---......X-..",
                       "X-....X-........"), 62, 0.7, 0.65, -0.25, 0.72, chance=0.8),
    },
    strike=Strike((SNARE, SPLASH), (0, 61), 66, steps=3),
    ring=(48, 0),
    swing=(0.24, 0.34),
    unit=2,
    looseness=0.014,
    drift=0.015,
    drifting=0.8,
)  # fmt: skip
