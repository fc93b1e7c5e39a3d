# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dance must reach before it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Target:
    """A figure of `metrics.measure` and the range that it must lie in."""

    key: str
    title: str
    low: float = -np.inf
    high: float = np.inf

    def met(self, value: float) -> bool:
        """Whether a value lies in the range."""
        return self.low <= value <= self.high

    @property
    def wanted(self) -> str:
        """The range in words."""
        if np.isfinite(self.low) and np.isfinite(self.high):
            return f"{self.low:g}–{self.high:g}"
        return f"≥ {self.low:g}" if np.isfinite(self.low) else f"≤ {self.high:g}"


#: Of the rollout as the networks make it, before retiming and foot lock.
RAW: tuple[Target, ...] = (
    Target("f1_margin", "F1 over null", low=0.2),
    # A statue and a metronome lose nothing when the music is moved; a listener loses all.
    Target("lost_half", "… lost when fed half a beat late", low=0.2),
    Target("speed_ratio", "speed / real", 0.7, 1.3),
    Target("block_speed_min", "slowest 10 s / real", low=0.7),
    Target("block_speed_last", "last 10 s / real", 0.7, 1.3),
    Target("freeze", "longest freeze, s", high=2.0),
    Target("jerk_ratio", "jerk / real", high=1.3),
    Target("jerk_p99_ratio", "jerk peaks / real", high=1.3),
    Target("seam_ratio", "jerk at seams / elsewhere", high=1.3),
    Target("slide_rate_ratio", "slide / real", high=1.0),
    Target("drift_p95", "away from the start, m", high=2.5),
    Target("repetition_ratio", "repetition / real", low=0.7),
)

#: Of the dance as the user gets it.
FINISHED: tuple[Target, ...] = (
    Target("f1_margin", "F1 over null", low=0.2),
    Target("speed_ratio", "speed / real", 0.7, 1.3),
    Target("jerk_ratio", "jerk / real", high=1.3),
    Target("jerk_p99_ratio", "jerk peaks / real", high=1.3),
    Target("slide_rate_ratio", "slide / real", high=1.0),
    Target("plant_speed_ratio", "standing foot's speed / real", high=1.0),
    Target("sunk", "feet under the floor", high=0.02),
    Target("hover", "over the floor, m", -0.02, 0.02),
)

#: Between dances, as shares of the difference between random stretches of real motion.
VARIETY: tuple[Target, ...] = (
    Target("seeds", "two seeds, one song", low=0.6),
    Target("songs", "two songs, one seed", low=0.6),
)


def averaged(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of every figure that all rows have."""
    keys = set(rows[0]).intersection(*rows) if rows else set()
    return {key: float(np.mean([row[key] for row in rows])) for key in sorted(keys)}
