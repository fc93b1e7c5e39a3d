# SPDX-License-Identifier: GPL-3.0-or-later
"""The grid that music is made on: beats, and which of them start a bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """beats: ascending seconds, (B,), B >= 2. first: index of a beat that starts a bar, 0..bar-1.

    beats_per_bar: 3 or 4.
    """

    beats: Times
    first: int = 0
    beats_per_bar: int = 4

    @property
    def bpm(self) -> float:
        """The median tempo."""
        return float(60 / np.median(np.diff(self.beats)))

    @property
    def downbeats(self) -> NDArray[np.bool_]:
        """Which beats start a bar, (B,)."""
        return (np.arange(len(self.beats)) - self.first) % self.beats_per_bar == 0

    def position(self, times: Times) -> Times:
        """Where times (T,) lie in beats, 0 at the first; carried on evenly beyond both ends."""
        index = np.arange(len(self.beats), dtype=float)
        position = np.interp(times, self.beats, index)
        before, after = times < self.beats[0], times > self.beats[-1]
        start, end = self.beats[1] - self.beats[0], self.beats[-1] - self.beats[-2]
        position[before] = (times[before] - self.beats[0]) / start
        position[after] = index[-1] + (times[after] - self.beats[-1]) / end
        return position

    def seconds(self, positions: Times) -> Times:
        """Undoes `position`: the times (T,) of positions in beats."""
        last = len(self.beats) - 1
        times = np.interp(positions, np.arange(last + 1), self.beats)
        before, after = positions < 0, positions > last
        times[before] = self.beats[0] + positions[before] * (self.beats[1] - self.beats[0])
        beyond = (positions[after] - last) * (self.beats[-1] - self.beats[-2])
        times[after] = self.beats[-1] + beyond
        return times

    def periods(self, times: Times) -> Times:
        """Seconds of a beat at each time, (T,), smooth from beat to beat."""
        middles = (self.beats[1:] + self.beats[:-1]) / 2
        return np.interp(times, middles, np.diff(self.beats))


def steady(bpm: float, seconds: float, downbeat: float = 0.0, beats_per_bar: int = 4) -> Grid:
    """An even grid over 0..seconds with a bar starting at `downbeat` seconds."""
    period = 60 / bpm
    before = int(np.ceil(downbeat / period)) if downbeat > 0 else 0
    count = int(np.ceil((seconds - downbeat) / period)) + before + 2
    beats = downbeat + (np.arange(max(count, 2)) - before) * period
    return Grid(beats, before % beats_per_bar, beats_per_bar)
