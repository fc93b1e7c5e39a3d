# SPDX-License-Identifier: GPL-3.0-or-later
"""Rhythms and chord turns that the genres draw from, sixteen steps a bar."""

from __future__ import annotations

# Son clave and rumba clave, three-two and two-three.
CLAVES = ("X..x..x...x.x...", "..x.x...X..x..x.", "X..x...x..x.x...", "..x.x...X..x...x")
BELLS = ("X.x.X.xxX.x.X.xx", "X.xxX.x.X.xxX.xx", "X...X.x.X...X.x.")
SHELLS = ("x.x.xx.xx.xx.x.x", "x.xx.x.xx.x.xx.x")
MONTUNOS = ("x.ox.ox.ox.ox.ox", "x.xo.xo.xo.xo.x.", "xo.x.xo.x.xo.xo.", "x.ox.x.xo.ox.x.x")
BRASS = ("......xx......x.", "x..x..x.........", "...x..x....x..x.", "......x.....x.xx")

HOUSE_CHORDS = ((0, 5, 3, 4), (0, 0, 3, 3), (5, 3, 0, 4), (1, 4, 0, 5), (0, 2, 3, 4))
HOUSE_BASS = ("..x...x...x...x.", "..x..xX...x..xX.", "x..x..x...x..x..", "..xX..xX..xX..xf")
DISCO_BASS = ("x.X.x.X.x.X.x.X.", "x.Xx..X.x.Xf..X.", "x..Xx.X.f..Xf.X.")
HOUSE_HATS = ("xo.oxo.oxo.oxo.o", "o.xoo.xoo.xoo.xo", "oooooooooooooooo", "................")
STABS = ("x..x..x....x..x.", "..x..x....x..x..", "x..x....x..x....", "...x..x....x..x.")

HIPHOP_CHORDS = ((0, 0, 5, 4), (0, 3, 0, 4), (0, 5, 3, 4), (1, 4, 0, 0), (0, 0, 0, 5))
HIPHOP_KICKS = (
    "X.....x...x.....", "X..x......x.....", "X......x..x..x..", "X.x.......x...x.",
    "X.....x.x.......", "X..x..x...x....x",
)  # fmt: skip
HIPHOP_HATS = ("x.o.x.o.x.o.x.o.", "x.oox.o.x.oox.oo", "xoxoxoxoxoxoxoxo", "x.x.x.xox.x.x.xo")
TRAP_HATS = ("xoxoxoxxxoxoxxxx", "x.x.xxxxx.x.xoxo", "xoxoxoxoxxxxxoxo")

POP_CHORDS = ((0, 4, 5, 3), (5, 3, 0, 4), (0, 3, 5, 4), (0, 5, 3, 4), (3, 0, 4, 5))
POP_KICKS = (
    "X.....x.X.......", "X.......X.x.....", "X..x....X..x....", "X...X...X...X...",
    "X.....x...x.....",
)  # fmt: skip
POP_HATS = ("x.x.x.x.x.x.x.x.", "xoxoxoxoxoxoxoxo", "x.o.x.o.x.o.x.oo")
POP_BASS = ("x.x.x.x.x.x.x.x.", "x.....x.x.....x.", "x..x..x.x..x..f.", "x...x...x...f.X.")
STRUMS = ("X...x.x...x.x.x.", "X.x.x.x.X.x.x.x.", "X..x..x.X..x..x.", "X...X...X...X...")

MODERN_CHORDS = ((0, 5, 3, 4), (5, 3, 0, 4), (0, 2, 3, 3), (0, 4, 5, 3), (3, 0, 4, 0))
# Digits are chord tones from below: how a hand rolls over the keys.
ROLLS = (
    "0.1.2.3.4.3.2.1.",
    "0...2...4...2...",
    "0.2.4.2.3.2.4.2.",
    "0...1.2.4...2.1.",
    "024.135.024.135.",
)
