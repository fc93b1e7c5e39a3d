# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind of music a song is: genre, a style of 30 numbers, and the Auto verdict for dancers.

A recurrent network (see models/style) listens to the log-mel spectrogram of a few excerpts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..genres import GENRES, NAMES
from ..providers import open_session
from ..score import mel  # the module only: it imports this package itself
from ..styles import STYLES
from ..weights import folder, network, read_bundle
from .decode import RATE

#: Bands that the network hears, and frames a second of them.
BANDS = 64
FPS = RATE / 1024
#: Numbers of a style.
STYLE = 30
#: Seconds of a song that are heard at once, and how many such excerpts at most.
EXCERPT = 12.0
MOST = 8
#: An excerpt shorter than this counts only where there is no other.
_SHORTEST = 5.0
#: How loud the bands are told: dB under the level that a tenth of them is above, over this.
_LOUD, _SPREAD, _RANGE = 90.0, 18.0, (-4.0, 3.0)
#: An excerpt of so much less power than the loudest one is silence.
_SILENT = 1e-4
_FEWEST = 4  # frames that the network needs

Floats = NDArray[np.float32]


def bands(mel_db: Floats) -> Floats:
    """What the network hears of a mel spectrogram (T, 256) in dB, (T // 2, 64).

    Pairs of frames and fours of bands in one, told apart from how loud the whole is.
    """
    return normalised(reduced(mel_db))


def reduced(mel_db: Floats) -> Floats:
    """A mel spectrogram (T, 256) in dB at half the frames and a quarter of the bands."""
    whole = np.asarray(mel_db[: len(mel_db) // 2 * 2], np.float32)
    return whole.reshape(-1, 2, BANDS, whole.shape[1] // BANDS).mean(axis=(1, 3))


def normalised(rows: Floats) -> Floats:
    """Rows (T, 64) in dB, T > 0, against their own level."""
    level = np.percentile(rows, _LOUD)
    return np.clip((rows - level) / _SPREAD, *_RANGE).astype(np.float32)


def embed(mel_db: Floats) -> Floats:
    """The style (30,) of a mel spectrogram (T, 256) in dB, see `score.mel`.

    Long ones are heard in even excerpts of at most EXCERPT seconds, whose styles are averaged.
    """
    return _listened(_parts(mel_db))[0]


def probabilities(mel_db: Floats) -> Floats:
    """How probable each of `genres.NAMES` is, (13,), by a mel spectrogram (T, 256) in dB."""
    return _listened(_parts(mel_db))[1]


def heard(excerpts: Sequence[Floats]) -> dict[str, float]:
    """How probable each genre is by some excerpts of a song, samples (N,) at 22,050 Hz.

    Silent ones do not count. There must be one, of a tenth of a second at least.
    """
    levels = [float(np.square(samples).mean()) for samples in excerpts]
    loud = [x for x, level in zip(excerpts, levels, strict=True) if level >= _SILENT * max(levels)]
    odds = _listened([mel.log_mel(samples) for samples in loud])[1]
    return {name: float(share) for name, share in zip(NAMES, odds, strict=True)}


def verdict(genres: dict[str, float]) -> str:
    """The dance style whose genres together are the most probable."""
    shares = dict.fromkeys(STYLES, 0.0)
    for name, share in genres.items():
        shares[GENRES[name].style] += share
    return max(shares, key=lambda style: shares[style])


def _parts(mel_db: Floats) -> list[Floats]:
    """A spectrogram cut into equal parts of at most EXCERPT seconds."""
    if len(mel_db) < 2:
        raise ValueError("a style needs at least two frames")
    count = int(np.ceil(len(mel_db) / (EXCERPT * 2 * FPS)))
    size = len(mel_db) // count
    return [mel_db[number * size : (number + 1) * size] for number in range(count)]


def _listened(parts: list[Floats]) -> tuple[Floats, Floats]:
    """Style (30,) and probabilities (13,) of spectrograms (T, 256), long ones counting more."""
    rows = [_enough(bands(part)) for part in parts]
    styles, odds = [], []
    lengths = sorted({len(row) for row in rows})
    for length in lengths:  # excerpts of one length are heard at once
        together = np.stack([row for row in rows if len(row) == length])
        style, logits = _session().run(None, {"bands": together})
        odd = np.exp(logits - logits.max(axis=1, keepdims=True))
        styles.append(length * style)
        odds.append(length * odd / odd.sum(axis=1, keepdims=True))
    total = sum(len(row) for row in rows)
    return (
        np.concatenate(styles).sum(axis=0) / np.float32(total),
        np.concatenate(odds).sum(axis=0) / np.float32(total),
    )


def _enough(rows: Floats) -> Floats:
    """Rows (T, 64), the last one held until the network can hear them."""
    return np.pad(rows, ((0, max(0, _FEWEST - len(rows))), (0, 0)), "edge")


@lru_cache(maxsize=1)
def _session() -> Any:
    bundle = read_bundle(folder("style"), "style")
    return open_session(network(bundle, "style.onnx"), "cpu").session


def forget() -> None:
    """Opens the network afresh the next time (it was exported anew)."""
    _session.cache_clear()


class Excerpts:
    """Keeps a few excerpts of a sound as it streams by, spread evenly however long it is."""

    def __init__(self, seconds: float = EXCERPT, most: int = MOST) -> None:
        self._size, self._most = round(seconds * RATE), most
        self._kept: list[Floats] = []
        self._every = 1  # of so many excerpts one is kept
        self._seen = 0
        self._rest = np.zeros(0, np.float32)

    def passing(self, blocks: Iterable[Floats]) -> Iterator[Floats]:
        """The same blocks of samples at 22,050 Hz, listened to."""
        for block in blocks:
            self._take(block)
            yield block

    def all(self) -> list[Floats]:
        """The excerpts heard so far, each (N,); the last may be shorter."""
        enough = len(self._rest) >= _SHORTEST * RATE
        wanted = not self._kept or (enough and self._seen % self._every == 0)
        return [*self._kept, self._rest] if wanted else list(self._kept)

    def _take(self, block: Floats) -> None:
        self._rest = np.concatenate([self._rest, block])
        while len(self._rest) >= self._size:
            excerpt, self._rest = self._rest[: self._size], self._rest[self._size :]
            if self._seen % self._every == 0:
                self._kept.append(excerpt.copy())
            self._seen += 1
            if len(self._kept) > self._most:
                self._kept = self._kept[::2]
                self._every *= 2
