# SPDX-License-Identifier: GPL-3.0-or-later
"""All figures of a set of pieces, each with its 95 % interval by bootstrap over the pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..interval import Interval, interval, intervals_of
from . import alignment, frechet, genre, onsets, sound, tempo
from .alignment import Templates
from .chords import chord_scores
from .following import following
from .frechet import Embedded, Truth
from .genre import Ear
from .heard import Array, Heard

Figures = dict[str, float]
Intervals = dict[str, Interval]

#: How often pieces are drawn again for figures that no single piece has.
DRAWS = 100


@dataclass(frozen=True)
class Reference:
    """What pieces are judged by. templates: see `alignment`. held_out: true pieces. learnt:
    stretches of training music, by genre.

    probabilities, embed: the ears of the style extractor.
    """

    templates: Templates
    held_out: Sequence[Heard]
    learnt: Embedded
    probabilities: Ear
    embed: Ear
    loud: Array = field(init=False)
    odds: Array = field(init=False)
    truth: Truth = field(init=False)
    limits: Figures = field(init=False)

    def __post_init__(self) -> None:
        odds = genre.odds(self.held_out, self.probabilities)
        stretches = [frechet.stretches(piece, self.embed) for piece in self.held_out]
        truth = Truth(frechet.by_genre(self.held_out, stretches), self.learnt)
        for name, value in (
            ("loud", sound.loud_moments(self.held_out)),
            ("odds", genre.mean_odds(self.held_out, odds)),
            ("truth", truth),
            ("limits", truth.limits()),
        ):
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Verdict:
    """figures: of the whole set. intervals: of those that have one. pieces: of each, by name.
    confusion: (13, 13), asked by heard. pace: seconds of music a second of making it, or None.
    """

    figures: Figures
    intervals: Intervals
    pieces: Mapping[str, Figures]
    confusion: Array
    pace: float | None = None


def judged(
    pieces: Sequence[Heard],
    reference: Reference,
    joins: Sequence[float] = (),
    *,
    generated: bool = True,
    pace: float | None = None,
) -> Verdict:
    """All figures of some pieces. joins: seconds at which windows of each take over.

    generated: whether they are held against the held-out pieces (which they are not themselves).
    """
    fluxes = [onsets.flux(piece.mel) for piece in pieces]
    rows = [_of_piece(p, f, reference, joins) for p, f in zip(pieces, fluxes, strict=True)]
    for row, follows in zip(rows, following(pieces, fluxes), strict=True):
        row.update(follows)
    odds = genre.odds(pieces, reference.probabilities)
    for row, right in zip(rows, genre.right(pieces, odds), strict=True):
        row["agreement"] = float(right)
    figures, intervals = averaged(rows)
    figures |= {"csd": _spread(rows, "bcs"), "hsd": _spread(rows, "bhs")}
    figures["dead"] = sound.dead_bands(pieces, reference.loud)
    if generated:
        of_set, of_draws = _held_against(pieces, odds, reference)
        figures |= of_set | reference.limits
        intervals |= of_draws
        for key in ("frechet", "fad"):
            if f"{key}_floor" in figures and key in figures:
                figures[f"{key}_share"] = figures[key] / figures[f"{key}_floor"]
    else:
        own = {key: reference.limits.get(f"{key}_floor", np.nan) for key in _DISTANCES}
        figures |= {key: value for key, value in own.items() if np.isfinite(value)}
    named = {piece.name: row for piece, row in zip(pieces, rows, strict=True)}
    return Verdict(figures, intervals, named, genre.confusion(pieces, odds), pace)


def averaged(rows: Sequence[Figures]) -> tuple[Figures, Intervals]:
    """The mean of each figure over the pieces that have it, and its interval."""
    keys = dict.fromkeys(key for row in rows for key in row)
    found = {key: interval([row.get(key, np.nan) for row in rows]) for key in keys}
    known = {key: value for key, value in found.items() if np.isfinite(value.mean)}
    return {key: value.mean for key, value in known.items()}, known


_DISTANCES = ("frechet", "frechet_all", "fad")


def _held_against(
    pieces: Sequence[Heard], odds: Array, reference: Reference
) -> tuple[Figures, Intervals]:
    """The genre divergence and the Fréchet distances of some pieces, and their intervals."""
    stretches = [frechet.stretches(piece, reference.embed) for piece in pieces]

    def statistic(chosen: NDArray[np.intp]) -> Figures:
        drawn = [pieces[i] for i in chosen]
        own, others = genre.divergence(reference.odds, genre.mean_odds(drawn, odds[chosen]))
        embedded = frechet.by_genre(drawn, [stretches[i] for i in chosen])
        return {"kld": own, "kld_null": others} | reference.truth.distances(embedded)

    found = intervals_of(statistic, [piece.genre for piece in pieces], draws=DRAWS)
    return {key: value.mean for key, value in found.items()}, found


def _of_piece(piece: Heard, flux: Array, reference: Reference, joins: Sequence[float]) -> Figures:
    template = reference.templates[piece.genre]
    found = onsets.onsets(flux)
    figures = {
        **alignment.alignment(piece, flux, template),
        **alignment.tracked_scores(piece, flux, template),
        **onsets.hit_rates(piece, found),
        **onsets.onset_scores(piece, found),
        **onsets.published_scores(piece, found),
        **tempo.tempo_scores(piece, flux),
        **chord_scores(piece),
        **sound.spectrum(piece),
        "seam": sound.seam_ratio(piece, joins),
    }
    if piece.samples is not None:
        figures |= sound.faults(piece)
    figures["hit_margin"] = figures["hit"] - figures["hit_null"]
    if "chords" in figures:
        figures["chords_margin"] = figures["chords"] - figures["chords_null"]
    return figures


def _spread(rows: Sequence[Figures], key: str) -> float:
    """Standard deviation of a figure over the pieces."""
    return float(np.std([row[key] for row in rows]))
