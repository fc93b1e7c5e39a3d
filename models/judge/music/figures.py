# SPDX-License-Identifier: GPL-3.0-or-later
"""All figures of a set of pieces, and what they ought to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..targets import Target
from . import alignment, genre, onsets, sound
from .alignment import Templates
from .chords import chord_scores
from .following import following
from .genre import Ear
from .heard import Array, Heard

Figures = dict[str, float]

#: Of what was generated.
TARGETS: tuple[Target, ...] = (
    Target("align", "windows within 100 ms of the grid", low=0.95),
    Target("align_late", "… of music told half a beat late", high=0.2),
    Target("hit_margin", "beats that are struck, over null", low=0.2),
    Target("f1_margin", "F1 of tracked beats (100 ms), over null", low=0.3),
    Target("agreement", "genre heard as asked", low=0.8),
    Target("chords_margin", "correlation with the chords, over null", low=0.15),
    Target("seam", "step at joins / elsewhere", high=1.3),
    Target("loop_click", "jump where a loop goes on / usual", high=1.0),
    Target("loop_step", "step where a loop goes on / at downbeats", high=1.5),
    Target("clipped", "clipped samples", high=0.0),
    Target("silent", "silence outside stops and the last bar", high=0.01),
    Target("dc", "direct current / level", high=0.01),
    Target("dead", "bands that are missing", high=0.05),
)


@dataclass(frozen=True)
class Reference:
    """What pieces are judged by. templates: see `alignment`. held_out: true pieces.

    probabilities, embed: the ears of the style extractor.
    """

    templates: Templates
    held_out: Sequence[Heard]
    probabilities: Ear
    embed: Ear
    loud: Array = field(init=False)
    odds: Array = field(init=False)
    embedded: Mapping[str, Array] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "loud", sound.loud_moments(self.held_out))
        object.__setattr__(self, "odds", genre.confusion(self.held_out, self.probabilities)[1])
        object.__setattr__(self, "embedded", genre.embedded(self.held_out, self.embed))


@dataclass(frozen=True)
class Verdict:
    """figures: of the whole set. pieces: of each, by name. confusion: (13, 13), asked by heard."""

    figures: Figures
    pieces: Mapping[str, Figures]
    confusion: Array


def judged(
    pieces: Sequence[Heard],
    reference: Reference,
    joins: Sequence[float] = (),
    generated: bool = True,
) -> Verdict:
    """All figures of some pieces. joins: seconds at which windows of each take over.

    generated: whether they are held against the held-out pieces (which they are not themselves).
    """
    fluxes = [onsets.flux(piece.mel) for piece in pieces]
    rows = [_of_piece(p, f, reference, joins) for p, f in zip(pieces, fluxes, strict=True)]
    counts, odds = genre.confusion(pieces, reference.probabilities)
    figures = _averaged(rows) | following(pieces, fluxes)
    figures["agreement"] = genre.agreement(counts)
    figures["dead"] = sound.dead_bands(pieces, reference.loud)
    if generated:
        own, others = genre.divergence(reference.odds, odds)
        figures |= {"kld": own, "kld_null": others}
        made = genre.embedded(pieces, reference.embed)
        figures |= genre.distances(reference.embedded, made)
    return Verdict(figures, {p.name: r for p, r in zip(pieces, rows, strict=True)}, counts)


def _of_piece(piece: Heard, flux: Array, reference: Reference, joins: Sequence[float]) -> Figures:
    template = reference.templates[piece.genre]
    found = onsets.onsets(flux)
    figures = {
        **alignment.alignment(piece, flux, template),
        **alignment.tracked_scores(piece, flux, template),
        **onsets.hit_rates(piece, found),
        **onsets.onset_scores(piece, found),
        **onsets.published_scores(piece, found),
        **chord_scores(piece),
        "seam": sound.seam_ratio(piece, joins),
    }
    if piece.samples is not None:
        figures |= sound.faults(piece)
    figures["hit_margin"] = figures["hit"] - figures["hit_null"]
    if "chords" in figures:
        figures["chords_margin"] = figures["chords"] - figures["chords_null"]
    return figures


def _averaged(rows: Sequence[Figures]) -> Figures:
    """The mean of each figure over the pieces that have it."""
    keys = dict.fromkeys(key for row in rows for key in row)
    values = {key: [row[key] for row in rows if np.isfinite(row.get(key, np.nan))] for key in keys}
    return {key: float(np.mean(found)) for key, found in values.items() if found}
