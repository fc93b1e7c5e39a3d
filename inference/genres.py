# SPDX-License-Identifier: GPL-3.0-or-later
"""The genres that music is scored in: the ten of AIST++, and salsa, waltz and modern."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Genre:
    """What everyone has to know of a genre.

    label: its name for users. style: the dance style (one of `STYLES`) that moves like it.
    tempi: slowest and fastest dance beat, bpm. beats_per_bar: 4, or 3 for a waltz.
    aist: its code in the file names of AIST++, empty where AIST++ has none.
    """

    label: str
    style: str
    tempi: tuple[float, float]
    beats_per_bar: int = 4
    aist: str = ""


#: The order is that of the networks' genre input.
GENRES: dict[str, Genre] = {
    "break": Genre("Break", "hiphop", (96, 128), aist="BR"),
    "pop": Genre("Pop", "pop", (84, 112), aist="PO"),
    "lock": Genre("Lock", "pop", (96, 124), aist="LO"),
    "waack": Genre("Waack", "house", (108, 128), aist="WA"),
    "middle_hiphop": Genre("Middle Hip-hop", "hiphop", (80, 104), aist="MH"),
    "la_hiphop": Genre("LA-style Hip-hop", "hiphop", (76, 100), aist="LH"),
    "house": Genre("House", "house", (108, 128), aist="HO"),
    "krump": Genre("Krump", "hiphop", (72, 100), aist="KR"),
    "street_jazz": Genre("Street Jazz", "pop", (84, 120), aist="JS"),
    "ballet_jazz": Genre("Ballet Jazz", "modern", (72, 104), aist="JB"),
    "salsa": Genre("Salsa", "salsa", (76, 108)),
    "waltz": Genre("Waltz", "modern", (76, 128), beats_per_bar=3),
    "modern": Genre("Modern", "modern", (72, 96)),
}
NAMES: tuple[str, ...] = tuple(GENRES)
