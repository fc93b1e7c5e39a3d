# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes mono 16-bit WAV files piece by piece."""

from __future__ import annotations

import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import TwostepError

RATE = 44_100
_FULL = 32_767
#: The format counts its bytes in 32 bits.
_LONGEST = (2**32 - 100) // 2


def write(path: Path, blocks: Iterable[NDArray[np.floating]], count: int, seed: int = 0) -> None:
    """Write `count` samples, -1..1, that come in blocks (n,), with triangular dither.

    seed: of the dither. Raises TwostepError when a file of this format cannot hold so many, OSError
    when the disk cannot.
    """
    if count > _LONGEST:
        raise TwostepError("This music is too long for a WAV file; score a shorter part at a time.")
    random = np.random.default_rng(seed)
    with path.open("wb") as file, wave.open(file, "wb") as wav:
        wav.setparams((1, 2, RATE, count, "NONE", ""))
        for block in blocks:
            noise = random.random((2, len(block)), np.float32)
            dithered = np.round(block * _FULL + noise[0] - noise[1])
            wav.writeframesraw(np.clip(dithered, -_FULL, _FULL).astype("<i2").tobytes())
