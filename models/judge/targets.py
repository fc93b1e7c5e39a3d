# SPDX-License-Identifier: GPL-3.0-or-later
"""What the dance that ships must reach, and whether it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .interval import Interval, number

if TYPE_CHECKING:
    from .rows import RowFigures

#: Which length of dance a target is about: that of most figures, or the longest.
MAIN, LONGEST = "main", "longest"
#: How much faster than the diffusion baseline.
FASTER = 50.0


@dataclass(frozen=True)
class Target:
    """A figure and the range that its mean must lie in.

    finished: of the dance as the user gets it, else as the networks make it; old: one of the first
    version's, kept.
    """

    key: str
    title: str
    low: float = -np.inf
    high: float = np.inf
    at: str = MAIN
    finished: bool = False
    old: bool = False

    def met(self, value: float) -> bool:
        """Whether a value lies in the range."""
        return self.low <= value <= self.high

    @property
    def wanted(self) -> str:
        """The range in words."""
        if np.isfinite(self.low) and np.isfinite(self.high):
            return f"{number(self.low)} to {number(self.high)}"
        if np.isfinite(self.low):
            return f"at least {number(self.low)}"
        return f"at most {number(self.high)}"


@dataclass(frozen=True)
class Verdict:
    """How a row did on one target. wanted: in words."""

    title: str
    wanted: str
    found: Interval
    met: bool
    where: str
    old: bool = False


TARGETS: tuple[Target, ...] = (
    Target("f1_share", "F1 over null, share of real takes'", low=0.9),
    # A statue and a metronome lose nothing when the music is moved; a listener loses all.
    Target("fed_half_margin", "F1 over null when fed half a beat late", high=0.0),
    Target("lost_half", "margin lost when fed half a beat late", low=0.2, old=True),
    Target("song_share_held", "songs apart / seeds apart, same noise", low=0.5),
    Target("song_share", "songs apart / seeds apart, as shipped", low=0.5, old=True),
    Target("block_speed_first", "speed of the first 10 s / real", 0.85, 1.15, LONGEST),
    Target("block_speed_last", "speed of the last 10 s / real", 0.85, 1.15, LONGEST),
    Target("slowest_block", "speed of the slowest 10 s / real", 0.85, 1.15, LONGEST),
    Target("fastest_block", "speed of the fastest 10 s / real", 0.85, 1.15, LONGEST),
    Target("skate_ratio_ratio", "frames with a skating foot / real", high=1.0, finished=True),
    Target("slide_rate_ratio", "sliding of low feet / real", high=1.0, finished=True),
    Target("penetration_more_mm", "deeper in the floor than real, mm", high=0.0, finished=True),
    Target("seam_jerk", "jerk at seams / real's 95th percentile", high=1.0),
    Target("seams_within", "seams under that percentile", low=0.95, old=True),
    Target("divk_share", "kinetic diversity / real", low=0.8),
    Target("divg_share", "geometric diversity / real", low=0.8),
    Target("f1_margin", "F1 over null", low=0.2, old=True),
    Target("speed_ratio", "speed / real", 0.7, 1.3, old=True),
    Target("freeze", "longest freeze, s", high=2.0, at=LONGEST, old=True),
    Target("jerk_ratio", "jerk / real", high=1.3, old=True),
    Target("jerk_p99_ratio", "jerk peaks / real", high=1.3, old=True),
    Target("seam_ratio", "jerk at seams / elsewhere", high=1.3, old=True),
    Target("drift_p95", "away from the start, m", high=2.5, at=LONGEST, old=True),
    Target("repetition_ratio", "repetition / real", low=0.7, old=True),
    Target("seeds", "two seeds apart / real stretches", low=0.6, old=True),
    Target("plant_speed_ratio", "standing foot's speed / real", high=1.0, finished=True, old=True),
    Target("sunk", "frames with feet under the floor", high=0.02, finished=True, old=True),
    Target("hover", "over the floor, m", -0.02, 0.02, finished=True, old=True),
)


def verdicts(
    raw: RowFigures, finished: RowFigures | None, rows: Sequence[RowFigures], main: float
) -> list[Verdict]:
    """Every target of a row that could be judged; what hardly moves meets none. finished: the same
    dances as the user gets them; rows: all, to be compared with."""
    longest = max(raw.lengths)
    found = []
    for target in TARGETS:
        of = finished if target.finished else raw
        figures = of.lengths.get(main if target.at == MAIN else longest, {}) if of else {}
        value = figures.get(target.key)
        if value is None or not np.isfinite(value.mean):
            continue
        met = target.met(value.mean)
        seconds = f"{main if target.at == MAIN else longest:g} s"
        where = f"{'finished' if target.finished else 'raw'}, {seconds}"
        found.append(Verdict(target.title, target.wanted, value, met, where, target.old))
    found += _against(raw, rows, main) + _faster(raw, finished, rows)
    return found if raw.moves else [replace(verdict, met=False) for verdict in found]


def _against(raw: RowFigures, rows: Sequence[RowFigures], main: float) -> list[Verdict]:
    """Fréchet distances must be under those of every other network."""
    found = []
    others = [row for row in rows if row.generated and row.name != raw.name and not row.retimed]
    for key, title in (("fidk", "FIDk"), ("fidg", "FIDg")):
        own = raw.lengths.get(main, {}).get(key)
        values = {
            row.name: row.lengths[main][key].mean
            for row in others
            if key in row.lengths.get(main, {})
        }
        if own is None or not values:
            continue
        least = min(values, key=lambda name: values[name])
        wanted = f"under {number(values[least])} ({least})"
        verdict = Verdict(
            f"{title} under every other network's",
            wanted,
            own,
            own.mean < values[least],
            f"raw, {main:g} s",
        )
        found.append(verdict)
    return found


def _faster(
    raw: RowFigures, finished: RowFigures | None, rows: Sequence[RowFigures]
) -> list[Verdict]:
    edge = next((row for row in rows if row.name == "edge" and row.speed), None)
    found = []
    for row, where in ((raw, "raw"), (finished, "finished")):
        if edge is not None and edge.speed and row is not None and row.speed:
            times = row.speed / edge.speed
            value = Interval(times, times, times)
            title, wanted = "times as fast as the diffusion baseline", f"at least {FASTER:g}"
            found.append(Verdict(title, wanted, value, times >= FASTER, where, row is finished))
    return found


def averaged(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of every figure that all rows have."""
    keys = set(rows[0]).intersection(*rows) if rows else set()
    return {key: float(np.mean([row[key] for row in rows])) for key in sorted(keys)}
