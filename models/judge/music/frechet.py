# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the music like true music: Fréchet distances (FAD) between styles of stretches of ten seconds.

The embedding is that of this project's own style extractor (`inference.audio.style.embed`, 30
numbers), so the figures cannot be held against those of papers, which use others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ....inference.score import mel
from ..frechet import gaussian_distance as frechet
from .genre import Ear
from .heard import Array, Heard

#: Length of the stretches that are embedded, seconds, and how far apart they start.
STRETCH, HOP = 10.0, 5.0
#: A genre with fewer stretches has no distance.
FEWEST = 3

#: Embeddings (n, 30) of stretches, by genre.
Embedded = Mapping[str, Array]


def stretches(piece: Heard, embed: Ear) -> Array:
    """Embeddings (n, 30) of all stretches of a piece, one at least."""
    size, hop = round(STRETCH * mel.FPS), round(HOP * mel.FPS)
    starts = range(0, max(len(piece.mel) - size, 0) + 1, hop)
    return np.array([embed(piece.mel[start : start + size]) for start in starts], float)


def by_genre(pieces: Sequence[Heard], embedded: Sequence[Array]) -> dict[str, Array]:
    """The stretches of some pieces, by genre."""
    found: dict[str, list[Array]] = {}
    for piece, rows in zip(pieces, embedded, strict=True):
        found.setdefault(piece.genre, []).append(rows)
    return {genre: np.concatenate(rows) for genre, rows in found.items()}


class Truth:
    """What music is held against.

    held_out: stretches of true music that no network has learnt from; learnt: of the training
    music. Everything is compared by the same number of stretches a genre, `count` (the smaller
    half of the held-out ones), because a few raise every distance; what has more of them is cut
    into sets of so many, whose distances are averaged.
    """

    def __init__(self, held_out: Embedded, learnt: Embedded) -> None:
        self.learnt = learnt
        self.halves = {
            genre: np.array_split(rows, 2)  # by piece, not by chance: stretches overlap
            for genre, rows in held_out.items()
            if len(rows) >= 2 * FEWEST
        }
        sizes = [min(len(a), len(b)) for a, b in self.halves.values()]
        self.count = min(sizes, default=0)
        self.first = {genre: _spread(a, self.count) for genre, (a, _) in self.halves.items()}

    def distances(self, made: Embedded) -> dict[str, float]:
        """Of made stretches; of the genres of which there are enough, averaged over these.

        `frechet`: to one half of the held-out music of the genre. `fad`: to the training music of
        the genre. `frechet_all`: to one half of the held-out music of all genres at once.
        """
        known = [g for g in self.first if len(made.get(g, ())) >= self.count]
        if not known:
            return {}
        sets = {g: _sets(made[g], self.count) for g in known}
        fewest = min(map(len, sets.values()))
        whole = [np.concatenate([sets[g][i] for g in known]) for i in range(fewest)]
        held = np.concatenate([self.first[g] for g in known])
        found = {
            "frechet": _mean([_apart(sets[g], self.first[g]) for g in known]),
            "frechet_all": _apart(whole, held),
        }
        learnt = [g for g in known if len(self.learnt.get(g, ())) >= self.count]
        if learnt:
            found["fad"] = _mean([_apart(sets[g], self.learnt[g]) for g in learnt])
        return found

    def limits(self) -> dict[str, float]:
        """`…_floor`: the same figures of the other half of the held-out music (`fad`: of all of
        it); `…_ceiling`: of held-out music of every other genre.
        """
        other = {genre: b for genre, (_, b) in self.halves.items()}
        every = {genre: np.concatenate(pair) for genre, pair in self.halves.items()}
        floors = self.distances(other) | {
            key: value for key, value in self.distances(every).items() if key == "fad"
        }
        found = {f"{key}_floor": value for key, value in floors.items()}
        for key, known in (("frechet", self.first), ("fad", self.learnt)):
            pairs = [(g, h) for g in self.halves for h in self.halves if g != h and h in known]
            apart = [_apart(_sets(other[g], self.count), known[h]) for g, h in pairs]
            if apart:
                found[f"{key}_ceiling"] = _mean(apart)
        return found


def _apart(sets: Sequence[Array], known: Array) -> float:
    return _mean([frechet(rows, known) for rows in sets])


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _sets(rows: Array, count: int) -> list[Array]:
    """As many sets of so many rows as there are, each spread evenly over all."""
    number = len(rows) // count
    return [_spread(rows[i::number], count) for i in range(number)]


def _spread(rows: Array, count: int) -> Array:
    """So many of the rows, evenly."""
    return rows[np.linspace(0, len(rows) - 1, count).round().astype(int)]
