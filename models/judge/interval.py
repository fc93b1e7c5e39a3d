# SPDX-License-Identifier: GPL-3.0-or-later
"""How sure a figure is: 95 % intervals by bootstrap (Efron, 1979), drawn over whole dances.

Frames and clips of one dance are alike, so dances are drawn, never frames or clips.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
#: What the interval leaves out on each side, percent.
TAIL = 2.5


class Interval(NamedTuple):
    """A figure with its 95 % interval and of how many dances it is."""

    mean: float
    low: float
    high: float
    size: int = 0

    def __str__(self) -> str:
        if self.size < 2 or not np.isfinite(self.low + self.high):
            return number(self.mean)
        return f"{number(self.mean)} ({number(self.low)}–{number(self.high)})"


def number(value: float) -> str:
    """A number with as many digits as are worth reading."""
    if not np.isfinite(value):
        return "–"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:.{digits}f}" if abs(value) >= 0.1 else f"{value:.3f}"
    text = text if float(text) else "0"
    return text.replace("-", "−")


def interval(
    values: Sequence[float] | NDArray[np.float64],
    rng: np.random.Generator | None = None,
    draws: int = DRAWS,
) -> Interval:
    """The mean of one value a dance and its interval; NaN are left out (a figure that cannot be
    told of a dance), and all NaN give NaN."""
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        return Interval(np.nan, np.nan, np.nan)
    rng = rng or np.random.default_rng(0)
    means = known[rng.integers(0, len(known), (draws, len(known)))].mean(1)
    return Interval(float(known.mean()), *_ends(means), len(known))


def ratio(
    above: Sequence[float] | NDArray[np.float64],
    below: Sequence[float] | NDArray[np.float64],
    rng: np.random.Generator | None = None,
    draws: int = DRAWS,
) -> Interval:
    """The mean of `above` over the mean of `below`, both drawn afresh and apart."""
    a, b = (np.asarray(v, dtype=np.float64) for v in (above, below))
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    if not len(a) or not len(b) or b.mean() == 0:
        return Interval(np.nan, np.nan, np.nan)
    rng = rng or np.random.default_rng(0)
    tops = a[rng.integers(0, len(a), (draws, len(a)))].mean(1)
    bottoms = b[rng.integers(0, len(b), (draws, len(b)))].mean(1)
    good = bottoms != 0
    return Interval(float(a.mean() / b.mean()), *_ends(tops[good] / bottoms[good]), len(a))


def interval_of(
    statistic: Callable[[NDArray[np.intp]], float],
    groups: Sequence[str],
    rng: np.random.Generator | None = None,
    draws: int = 50,
) -> Interval:
    """A statistic of which dances are taken, and its interval; dances are drawn within groups.

    Distances between distributions grow when dances are drawn twice; the interval is therefore the
    spread of the draws about their own mean, laid about the value of all dances.
    """
    return intervals_of(lambda which: {"": statistic(which)}, groups, rng, draws)[""]


def intervals_of(
    statistics: Callable[[NDArray[np.intp]], Mapping[str, float]],
    groups: Sequence[str],
    rng: np.random.Generator | None = None,
    draws: int = 50,
) -> dict[str, Interval]:
    """As `interval_of`, of several statistics that are taken of the same draws."""
    rng = rng or np.random.default_rng(0)
    names = np.asarray(groups)
    own = [np.flatnonzero(names == name) for name in dict.fromkeys(groups)]
    whole = statistics(np.arange(len(names)))
    if max(map(len, own)) < 2:  # nothing to draw from
        return {key: Interval(value, np.nan, np.nan, len(names)) for key, value in whole.items()}
    taken = [np.concatenate([rng.choice(each, len(each)) for each in own]) for _ in range(draws)]
    rows = [statistics(each) for each in taken]
    found = {}
    for key, value in whole.items():
        drawn = np.array([row[key] for row in rows])
        low, high = _ends(drawn - drawn.mean())
        found[key] = Interval(value, value + low, value + high, len(names))
    return found


def _ends(drawn: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(drawn, [TAIL, 100 - TAIL])
    return float(low), float(high)
