# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the report: every figure of every dancer, with its interval over dances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...inference.styles import STYLES
from .changes import changes
from .distribution import KINDS, Pool, by_song, common, distance, spread
from .frechet import Scale, split_floor
from .interval import Interval, interval, ratio
from .judged import TRUTH, Judged
from .making import FINISHED, Outcome
from .targets import averaged

Figures = dict[str, Interval]
#: A row that moves less than this share of real motion (trembling does not count) keeps no beat.
STILL = 0.5
#: Sync figures, which mean nothing after retiming and little of what hardly moves.
SYNC = (
    "f1", "f1_null", "f1_margin", "f1_70", "f1_70_margin", "precision", "recall", "f1_half",
    "f1_half_margin", "f1_share", "fed_half_f1", "fed_half_margin", "lost_half", "bas_music",
    "bas_motion", *(f"coherence_{n}{e}" for n in ("1/4", "1/3", "1/2", "1", "2")
                    for e in ("", "_margin")),
)  # fmt: skip


@dataclass(frozen=True)
class RowFigures:
    """A row. lengths: its figures by how long it danced, seconds; styles: means of the main length
    by style; blocks: its speed in every 10 s of the longest dances, shares of real motion's.

    speed: seconds of dance a second.
    """

    name: str
    generated: bool
    lengths: dict[float, Figures]
    styles: dict[str, dict[str, float]]
    blocks: list[Interval] = field(default_factory=list)
    speed: float | None = None

    @property
    def moves(self) -> bool:
        """Whether it moves enough for its sync to count."""
        speeds = [f["travel_ratio"].mean for f in self.lengths.values() if "travel_ratio" in f]
        return bool(speeds) and min(speeds) >= STILL

    @property
    def retimed(self) -> bool:
        """Whether its dances were moved onto the beat, so that its sync is not its own."""
        return self.name.endswith(FINISHED)


@dataclass(frozen=True)
class Truth:
    """Real motion. held_out: takes nobody trained on, judged on their own beat grids; everything:
    these and the training takes."""

    held_out: Sequence[Judged]
    everything: Sequence[Judged]

    @staticmethod
    def of(judged: Sequence[Judged], held_out: Sequence[bool]) -> Truth:
        """From all real stretches; without a held-out one all are."""
        chosen = [j for j, out in zip(judged, held_out, strict=True) if out]
        return Truth(chosen or judged, judged)

    def row(self) -> RowFigures:
        """Truth as a row: its figures are the same at any length."""
        figures = means(self.held_out)
        return RowFigures(TRUTH, False, {0.0: figures}, _by_style(self.held_out))


def summarise(
    outcomes: Sequence[Outcome], names: Mapping[str, bool], truth: Truth, main: float
) -> list[RowFigures]:
    """All rows, truth first. names: of the rows, and whether networks made them."""
    every = [judged for outcome in outcomes for judged in outcome.judged]
    lengths = sorted({_length(j) for j in every})
    rows = [truth.row()]
    for name, generated in names.items():
        own = [judged for judged in every if judged.row == name]
        if own:
            rows.append(_row(name, generated, own, outcomes, truth, main))
    for length in lengths:
        here = {row.name: _at(every, row.name, length) for row in rows[1:]}
        _distributions(rows, {name: j for name, j in here.items() if j}, truth, length)
    return rows


def means(judged: Sequence[Judged]) -> Figures:
    """Every figure that some of the dances have."""
    keys = dict.fromkeys(key for each in judged for key in each.figures)
    return {
        key: interval([each.figures.get(key, np.nan) for each in judged])
        for key in keys
        if not key.startswith("block_speed_") or not key[-1].isdigit()
    }


def _row(
    name: str,
    generated: bool,
    own: Sequence[Judged],
    outcomes: Sequence[Outcome],
    truth: Truth,
    main: float,
) -> RowFigures:
    lengths: dict[float, Figures] = {}
    margins = [j.figures["f1_margin"] for j in truth.held_out]
    for length in sorted({_length(j) for j in own}):
        here = _at(own, name, length)
        lengths[length] = means(here)
        lengths[length]["f1_share"] = ratio([j.figures["f1_margin"] for j in here], margins)
    of_row = [outcome for outcome in outcomes if outcome.order.row.name == name]
    at_main = lengths.setdefault(main, {})
    if of_row:
        at_main |= _late(own, of_row)
        shipped = [o.seen for o in of_row if not o.order.late and not o.order.heard.held]
        held = [o.seen for o in of_row if o.order.heard.held]
        at_main |= changes(_once(shipped), held)
    longest = _at(own, name, max(_length(j) for j in own))
    count = min(len(j.blocks) for j in longest)
    blocks = [interval([j.blocks[n] for j in longest]) for n in range(count)]
    at_longest = lengths[_length(longest[0])]
    at_longest["slowest_block"] = min(blocks, key=lambda block: block.mean)
    at_longest["fastest_block"] = max(blocks, key=lambda block: block.mean)
    return RowFigures(name, generated, lengths, _by_style(_at(own, name, main)), blocks)


def _late(own: Sequence[Judged], outcomes: Sequence[Outcome]) -> Figures:
    """The control of the same dances as heard half a beat late."""
    late = [o for o in outcomes if o.late]
    if not late:
        return {}
    found = {key: interval([o.late[key] for o in late]) for key in late[0].late}
    seconds = late[0].order.seconds
    margins = {
        (j.song, j.style, j.seed): j.figures["f1_margin"] for j in own if _length(j) == seconds
    }
    told = [(o.order.heard.name, o.order.style, o.order.seed) for o in late]
    lost = [
        margins[who] - o.late["fed_half_margin"]
        for who, o in zip(told, late, strict=True)
        if who in margins
    ]
    return found | {"lost_half": interval(lost)}


def _distributions(
    rows: Sequence[RowFigures], here: Mapping[str, Sequence[Judged]], truth: Truth, length: float
) -> None:
    """Add Fréchet distances and diversity of the dances of one length to the rows."""
    for kind in ("k", "g"):
        held, everything = Pool.of(truth.held_out, kind), Pool.of(truth.everything, kind)
        if not held.dances:
            return
        pools = {name: Pool.of(judged, kind) for name, judged in here.items()}
        styles = {style for pool in pools.values() for style in pool.dances}
        # A row that dances only some of the styles cannot be compared with the others.
        pools = {name: pool for name, pool in pools.items() if styles == set(pool.dances)}
        scale = Scale.of(everything.whole())
        near = common(list(pools.values()), held, level=False)
        level = common(list(pools.values()), everything, level=True)
        if sum(near.values()) < 2 or sum(level.values()) < 2:
            return
        real = spread(held, near, scale)
        for row in rows:
            if row.name == TRUTH:
                figures = row.lengths.setdefault(length, dict(row.lengths[0.0]))
                figures |= _floors(truth, kind, near, level, scale)
                figures[f"div{kind}"] = real
            elif row.name in pools:
                figures, pool = row.lengths[length], pools[row.name]
                figures[f"fid{kind}"] = distance(pool, everything, level, scale)
                figures[f"fid{kind}_held"] = distance(pool, held, near, scale)
                figures[f"div{kind}"] = spread(pool, near, scale)
                figures[f"div{kind}_share"] = _over(figures[f"div{kind}"], real.mean)
                sides = by_song(here[row.name], kind, scale)
                figures |= {f"div{kind}_{side}": value for side, value in sides.items()}


def _floors(
    truth: Truth, kind: str, near: Mapping[str, int], level: Mapping[str, int], scale: Scale
) -> Figures:
    """How far real motion is from real motion at the same numbers of clips."""
    ids = {id(judged) for judged in truth.held_out}
    training = [judged for judged in truth.everything if id(judged) not in ids]
    figures: Figures = {}
    held = Pool.of(truth.held_out, kind)
    if training:
        figures[f"fid{kind}_held"] = distance(Pool.of(training, kind), held, near, scale)
    clips = [j for j in truth.everything if len(j.clips) and j.style in level]
    rows = np.concatenate([getattr(j.clips, KINDS[kind]) for j in clips])
    sources = [j.song for j in clips for _ in j.clips.sources]
    styles = [j.style for j in clips for _ in j.clips.sources]
    if all(len({j.song for j in clips if j.style == style}) >= 2 for style in level):
        floor = split_floor(scale(rows), sources, min(level.values()), styles=styles)
        figures[f"fid{kind}"] = Interval(floor, floor, floor)
    return figures


def _over(value: Interval, usual: float) -> Interval:
    scale = 1 / max(usual, 1e-9)
    return Interval(value.mean * scale, value.low * scale, value.high * scale, value.size)


def _at(judged: Sequence[Judged], name: str, length: float) -> list[Judged]:
    return [j for j in judged if j.row == name and _length(j) == length]


def _length(judged: Judged) -> float:
    """How much of the dance was judged, seconds, as it was asked for."""
    return round(judged.seconds, 1)


def _by_style(judged: Sequence[Judged]) -> dict[str, dict[str, float]]:
    styles = [style for style in STYLES if any(j.style == style for j in judged)]
    return {style: averaged([j.figures for j in judged if j.style == style]) for style in styles}


def _once(dances: Sequence) -> list:
    """One of each song, style and seed."""
    return list({(d.song, d.style, d.seed): d for d in dances}.values())
