# SPDX-License-Identifier: GPL-3.0-or-later
"""Which dances a row of the report makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .dancers import Row
from .performances import Heard, lasting

#: A dance this long or shorter is danced to every song with every seed.
MAIN = 60.0
#: To so many songs each style dances what is longer, and a slow dancer everything.
FEW = 2


@dataclass(frozen=True)
class Order:
    """One dance to be made. heard: cut to the length wanted; spans: of which so many seconds from
    its start are judged, each by itself; late: the dancer hears the song half a beat late; closely:
    also what takes long to judge."""

    row: Row
    heard: Heard
    style: str
    seed: int
    spans: tuple[float, ...] = ()
    late: bool = False
    closely: bool = False

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.heard.song.seconds


@dataclass(frozen=True)
class Plan:
    """What all rows dance. slow_long: how many of the longest dances a slow dancer makes.

    The longest of `lengths` up to MAIN seconds is danced to every song with every seed, and shorter
    ones are its beginnings; longer ones are danced to FEW songs a style with the first seed. The
    controls last as long as the shortest: every song half a beat late, and every song with the
    noise of all songs held alike. A slow dancer dances to FEW songs with one seed (a second only as
    long as the controls).
    """

    songs: Sequence[Heard]
    styles: Sequence[str]
    seeds: Sequence[int]
    lengths: Sequence[float]
    slow_long: int = 1
    _cut: dict[tuple[Path, float], Heard] = field(default_factory=dict, repr=False)

    @property
    def main(self) -> float:
        """Length of the dances that most figures are of."""
        return max((length for length in self.lengths if length <= MAIN), default=self.short)

    @property
    def short(self) -> float:
        """Length of the controls."""
        return min(self.lengths)

    def orders(self, row: Row) -> list[Order]:
        """All dances of one row."""
        seeds = self.seeds if row.seeded else self.seeds[:1]
        main = tuple(length for length in self.lengths if length <= self.main)
        found: list[Order] = []
        for number, style in enumerate(self.styles):
            few = self._few(number)
            songs = few if row.slow else list(self.songs)
            for song in songs:
                own = seeds[:1] if row.slow else seeds
                found += [
                    replace(
                        self._order(row, song, style, s, self.main, main), closely=s == seeds[0]
                    )
                    for s in own
                ]
                found += [self._order(row, song, style, s, self.short, held=True) for s in own]
            for song in few[:1] if row.slow else songs:
                found += [
                    self._order(row, song, style, s, self.short, late=True)
                    for s in (seeds[:1] if row.slow else seeds)
                ]
                if row.slow:
                    found += [self._order(row, song, style, s, self.short) for s in seeds[1:2]]
            for length in self.lengths:
                if length > self.main:
                    wanted = few if not row.slow else few[: int(number < self.slow_long)]
                    found += [
                        self._order(row, song, style, seeds[0], length, (length,))
                        for song in wanted
                    ]
        return found

    def _few(self, number: int) -> list[Heard]:
        """FEW songs, other ones for every style."""
        count = len(self.songs)
        return [self.songs[(FEW * number + n) % count] for n in range(min(FEW, count))]

    def _order(
        self,
        row: Row,
        song: Heard,
        style: str,
        seed: int,
        seconds: float,
        spans: tuple[float, ...] = (),
        *,
        late: bool = False,
        held: bool = False,
    ) -> Order:
        key = (song.path, seconds)
        if key not in self._cut:
            self._cut[key] = lasting(song, seconds)
        return Order(row, replace(self._cut[key], held=held), style, seed, spans, late)
