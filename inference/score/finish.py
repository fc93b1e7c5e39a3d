# SPDX-License-Identifier: GPL-3.0-or-later
"""From the vocoder's samples to finished music: level, ends, peaks.

Two passes, because the level is known only at the end: `Take` keeps the raw samples on disk and
measures them; `finished` reads them back block by block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.signal import butter, sosfilt

from .loudness import RATE, Meter

#: No sample is louder, -1 dB of full scale.
PEAK = 10 ** (-1 / 20)
#: Below this, Hz, there is nothing to hear: the vocoder's offset is cut off there.
_LOWEST = 20.0
#: The gain never rises or falls by more, dB.
_MOST_GAIN = 30.0
#: A limiter looks so far ahead (5 ms) and lets go so slowly (60 ms: faster would bend the bass),
#: samples.
_AHEAD, _RELEASE = 220, 2646
#: What of the past it remembers.
_PAST = 2 * _AHEAD + 16 * _RELEASE
#: The music comes in within .01 s ...
_FADE_IN = RATE // 100
#: ... and a loop's end is cross-faded into its beginning within .05 s.
RETURN = RATE // 20
_BLOCK = 1 << 17

Floats = NDArray[np.float32]


class Take:
    """Raw samples kept in a file, without offset, and how loud they are."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._filter = butter(2, _LOWEST, "highpass", fs=RATE, output="sos")
        self._state = np.zeros((len(self._filter), 2))
        self._meter = Meter()
        self.count = 0

    def add(self, samples: Floats) -> None:
        """Take in the next samples (n,) at 44,100 Hz."""
        clean, self._state = sosfilt(self._filter, samples.astype(np.float64), zi=self._state)
        kept = clean.astype(np.float32)
        self._meter.add(kept)
        self._file.write(kept.tobytes())
        self.count += len(kept)

    def loudness(self) -> float:
        """LUFS."""
        return self._meter.loudness()

    def read(self, start: int, stop: int) -> Floats:
        """The samples [start, stop); silence where there are none."""
        low, high = min(max(start, 0), self.count), min(max(stop, 0), self.count)
        out = np.zeros(stop - start, np.float32)
        if high > low:
            self._file.seek(4 * low)
            found = np.frombuffer(self._file.read(4 * (high - low)), np.float32)
            out[low - start : high - start] = found
        return out


@dataclass(frozen=True)
class Ends:
    """How a piece of `count` samples begins and ends.

    fade: how many samples it fades out over, 0 for not at all. loops: its first samples are
    cross-faded with those after its end, so that it can go on at its beginning.
    """

    count: int
    fade: int = 0
    loops: bool = False


def finished(take: Take, ends: Ends, loudness: float) -> Iterator[Floats]:
    """The piece in blocks: `loudness` LUFS loud, no sample above -1 dB, its ends as told."""
    measured = take.loudness()
    change = 0.0 if np.isinf(measured) else np.clip(loudness - measured, -_MOST_GAIN, _MOST_GAIN)
    gain = np.float32(10 ** (change / 20))
    for start in range(0, ends.count, _BLOCK):
        stop = min(start + _BLOCK, ends.count)
        samples = gain * _shaped(take, ends, start - _PAST, stop + 2 * _AHEAD)
        yield (samples * _limit(samples))[_PAST : _PAST + stop - start]


def _shaped(take: Take, ends: Ends, start: int, stop: int) -> Floats:
    """The samples [start, stop) with the piece's ends; beyond them a loop goes on, else silence."""
    if not ends.loops:
        if start >= _FADE_IN and stop <= ends.count - ends.fade:
            return take.read(start, stop)
        return take.read(start, stop) * _fades(ends, np.arange(start, stop))
    parts = []
    while start < stop:
        here = start % ends.count
        length = min(stop - start, ends.count - here)
        part = take.read(here, here + length)
        late = min(length, max(0, RETURN - here))
        if late:
            angle = np.pi / 2 * (np.arange(here, here + late) + 0.5) / RETURN
            beyond = take.read(ends.count + here, ends.count + here + late)
            part[:late] = part[:late] * np.sin(angle) + beyond * np.cos(angle)
        parts.append(part)
        start += length
    return np.concatenate(parts)


def _fades(ends: Ends, at: NDArray[np.int64]) -> Floats:
    """The volume (n,) at some samples; 0 outside the piece."""
    fade_in = np.clip((at + 0.5) / min(_FADE_IN, ends.count), 0, 1)
    left = ends.count - at - 0.5
    fade_out = np.clip(left / ends.fade, 0, 1) if ends.fade else left > 0
    return np.asarray(np.sin(np.pi / 2 * fade_in) ** 2 * np.sin(np.pi / 2 * fade_out) ** 2, "f4")


def _limit(samples: Floats) -> Floats:
    """A gain (n,) that changes smoothly and keeps every sample below `PEAK`."""
    excess = 1 - np.minimum(1.0, PEAK / np.maximum(np.abs(samples), 1e-9))
    if not excess.any():
        return np.ones(len(samples), np.float32)
    # Letting go is a decay of every excess; its running maximum, taken where all decays are level.
    decay = np.arange(len(excess)) / _RELEASE
    held = np.exp(np.maximum.accumulate(np.log(excess + 1e-12) + decay) - decay)
    high = maximum_filter1d(held, 2 * _AHEAD + 1, mode="nearest")
    # A mean of reductions each of which is enough for the sample in the middle is so, too.
    for _ in range(2):
        high = uniform_filter1d(high, _AHEAD + 1, mode="nearest")
    return np.asarray(1 - high, np.float32)
