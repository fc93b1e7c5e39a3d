# SPDX-License-Identifier: GPL-3.0-or-later
"""How loud music is (ITU-R BS.1770-4), measured as it goes by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt

RATE = 44_100
#: Blocks of .4 s, a new one every .1 s; quieter ones than the first gate, LUFS, are silence, and
#: those so much quieter than the rest (LU) are pauses.
_STEP, _STEPS = RATE // 10, 4
_SILENCE, _PAUSE = -70.0, -10.0

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def _k_weighting() -> Doubles:
    """The standard's two filters, from their analogue form, as sections for 44,100 Hz."""
    sections = []
    for frequency, quality, gain in ((1681.9745, 0.7071752, 3.9998439), (38.1354709, 0.5003270, 0)):
        k = np.tan(np.pi * frequency / RATE)
        below = 1 + k / quality + k * k
        if gain:  # a shelf that lifts the highs
            high = 10 ** (gain / 20)
            middle = high**0.4996667741545416
            rows = [high + middle * k / quality + k * k, 2 * (k * k - high),
                    high - middle * k / quality + k * k]  # fmt: skip
            rows = [row / below for row in rows]
        else:  # a high-pass
            rows = [1.0, -2.0, 1.0]
        sections.append([*rows, 1.0, 2 * (k * k - 1) / below, (1 - k / quality + k * k) / below])
    return np.array(sections)


_WEIGHTING = _k_weighting()


class Meter:
    """Measures mono samples at 44,100 Hz, `add`ed in consecutive pieces."""

    def __init__(self) -> None:
        self._state = np.zeros((len(_WEIGHTING), 2))
        self._rest = np.zeros(0)
        self._energies: list[float] = []

    def add(self, samples: Floats) -> None:
        """Take in the next samples (n,)."""
        weighted, self._state = sosfilt(_WEIGHTING, samples.astype(np.float64), zi=self._state)
        whole = np.concatenate([self._rest, weighted])
        count = len(whole) // _STEP
        steps = whole[: count * _STEP].reshape(count, _STEP)
        self._energies.extend(np.square(steps).mean(axis=1).tolist())
        self._rest = whole[count * _STEP :]

    def loudness(self) -> float:
        """The integrated loudness so far, LUFS; minus infinity for silence."""
        energies = np.array(self._energies or [float(np.square(self._rest).mean())])
        width = min(_STEPS, len(energies))
        blocks = np.convolve(energies, np.full(width, 1 / width), mode="valid")
        loud = blocks[_lufs(blocks) > _SILENCE]
        if not len(loud):
            return -np.inf
        loud = loud[_lufs(loud) > _lufs(loud.mean()) + _PAUSE]
        return float(_lufs(loud.mean()))


def _lufs(energy: Doubles) -> Doubles:
    return -0.691 + 10 * np.log10(np.maximum(energy, 1e-12))
