# SPDX-License-Identifier: GPL-3.0-or-later
"""Which onsets are the beat, and which beat starts the bar.

A tracker of onsets alone falls for the off-beat: salsa's bass avoids the beat, house has its hats
between. So the music of a few bars is folded onto one bar of sixteen places, and a small network,
trained on pieces whose bars are known, scores each of the sixteen rotations of that picture. The
best path of rotations through the song gives beats and downbeats.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from scipy.special import log_softmax

from ..errors import TwostepError
from .spectrum import FPS, HOP_RATE, Heard

PLACES = 16  # of a bar of four beats
VIEWS = 5  # what is seen at each place: three bands of flux, change of harmony, loudness
_WINDOW_BARS = 8
_STEP_BARS = 2
#: What it costs, in nats, that the bar moves by a beat, or by less, between two looks.
_MOVE_BEAT, _MOVE_PLACE = 6.0, 9.0
#: Advantage in nats a look that another place needs over the tracker's own.
_TRUST = 0.5
#: Posterior of the bar's place over which downbeats count as known.
_KNOWN = 0.7

WEIGHTS = Path(__file__).resolve().parents[2] / "models" / "weights" / "dance" / "metre.json"

Floats = NDArray[np.float32]
Times = NDArray[np.float64]


def places(heard: Heard, beats: Times) -> Floats:
    """What sounds at each quarter of each beat, (4 B, VIEWS), from the first beat on."""
    index = np.arange(len(beats))
    quarters = np.arange(4 * len(beats)) / 4
    last = beats[-1] + (beats[-1] - beats[-2])
    times = np.interp(quarters, np.append(index, len(beats)), np.append(beats, last))
    peaks = maximum_filter1d(heard.flux[:, 1:], 5, axis=0)
    hops = np.clip(np.round(times * HOP_RATE).astype(int), 0, len(peaks) - 1)
    frames = np.clip(np.round(times * FPS).astype(int), 0, len(heard.chroma))
    level = 10 * np.log10(np.maximum(heard.power, 1e-9))
    half = max(1, round(float(np.median(np.diff(beats))) * FPS))
    seen = [
        np.sqrt(peaks[hops]),
        _change(heard.chroma, frames, half)[:, None],
        _difference(level[:, None], frames, max(1, half // 4)),
    ]
    return np.concatenate(seen, axis=1).astype(np.float32)


def _means(values: Floats, frames: NDArray[np.int64], width: int) -> tuple[Floats, Floats]:
    """Mean of the values over `width` frames before and after each of `frames`."""
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    before = np.maximum(frames - width, 0)
    after = np.minimum(frames + width, len(values))
    past = (total[frames] - total[before]) / np.maximum(frames - before, 1)[:, None]
    coming = (total[after] - total[frames]) / np.maximum(after - frames, 1)[:, None]
    return past, coming


def _change(chroma: Floats, frames: NDArray[np.int64], width: int) -> Floats:
    past, coming = _means(chroma, frames, width)
    return np.linalg.norm(coming - past, axis=1)


def _difference(level: Floats, frames: NDArray[np.int64], width: int) -> Floats:
    past, coming = _means(level, frames, width)
    return np.clip(coming - past, -20, 20)


def looks(seen: Floats) -> Floats:
    """Windows of eight bars folded onto one bar, (L, PLACES, VIEWS), each view standardised."""
    size, step = _WINDOW_BARS * PLACES, _STEP_BARS * PLACES
    starts = range(0, max(1, len(seen) - size // 2), step)
    folded = [_folded(seen[start : start + size]) for start in starts]
    return np.stack(folded)


def _folded(piece: Floats) -> Floats:
    bars = max(1, len(piece) // PLACES)
    short = np.resize(piece, (bars * PLACES, VIEWS)) if len(piece) < PLACES else piece
    bar = short[: bars * PLACES].reshape(bars, PLACES, VIEWS).mean(axis=0)
    return (bar - bar.mean(axis=0)) / (bar.std(axis=0) + 0.05)


def rotations(folded: Floats) -> Floats:
    """(L, PLACES, VIEWS) seen from each place as the bar's start, (L, PLACES, PLACES x VIEWS)."""
    turned = np.stack([np.roll(folded, -place, axis=1) for place in range(PLACES)], axis=1)
    return turned.reshape(len(folded), PLACES, PLACES * VIEWS)


@lru_cache(maxsize=1)
def _network() -> list[tuple[Floats, Floats]]:
    try:
        stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
        layers = [
            (np.array(layer["weight"], np.float32), np.array(layer["bias"], np.float32))
            for layer in stored["layers"]
        ]
    except (OSError, ValueError, KeyError) as error:
        raise TwostepError(
            f"The file {WEIGHTS.name} is missing or damaged: install Twostep again."
        ) from error
    return layers


def forget() -> None:
    """Reads the weights afresh the next time (they were trained anew)."""
    _network.cache_clear()


def scores(folded: Floats) -> Floats:
    """Log-probability that the bar starts at each place, (L, PLACES)."""
    (first, first_bias), (second, second_bias) = _network()
    hidden = np.maximum(rotations(folded) @ first.T + first_bias, 0)
    return log_softmax((hidden @ second.T + second_bias)[..., 0], axis=1)


def settle(heard: Heard, beats: Times) -> tuple[Times, NDArray[np.bool_]]:
    """The beats moved to their true quarter where need be, and which of them start a bar.

    beats: (B,) a grid whose period is right. Returns (B',) seconds and (B',) flags, all False
    when the bar is not clear.
    """
    if len(beats) < 8:
        return beats, np.zeros(len(beats), bool)
    seen = places(heard, beats)
    rated = scores(looks(seen))
    own = np.arange(PLACES) % 4 == 0
    path = _path(rated + _TRUST * own)
    place = np.repeat(path, _STEP_BARS * PLACES)
    place = np.concatenate([place, np.full(max(0, len(seen) - len(place)), path[-1])])[: len(seen)]
    number = np.arange(len(seen))
    index = np.append(number, len(seen)) / 4
    grid = np.interp(index, np.arange(len(beats) + 1), np.append(beats, 2 * beats[-1] - beats[-2]))
    is_beat = (number - place) % 4 == 0
    is_bar = (number - place) % PLACES == 0
    moved = _spaced(grid[:-1][is_beat], is_bar[is_beat], float(np.median(np.diff(beats))))
    sure = np.exp(rated - _best_other(rated, path))
    known = float(np.mean(sure[np.arange(len(path)), path] > 1)) > _KNOWN
    return moved[0], moved[1] if known else np.zeros(len(moved[1]), bool)


def _best_other(rated: Floats, path: NDArray[np.int64]) -> Floats:
    """The strongest rival of the chosen place among the four beats of its bar, (L, 1)."""
    rival = np.full(len(path), -np.inf)
    for turn in (4, 8, 12):
        rival = np.maximum(rival, rated[np.arange(len(path)), (path + turn) % PLACES])
    return rival[:, None]


def _path(rated: Floats) -> NDArray[np.int64]:
    """The best sequence of places (Viterbi)."""
    turn = (np.arange(PLACES)[:, None] - np.arange(PLACES)) % PLACES
    cost = np.where(turn == 0, 0.0, np.where(turn % 4 == 0, _MOVE_BEAT, _MOVE_PLACE))
    best = rated[0]
    came = np.zeros(rated.shape, np.int64)
    for i in range(1, len(rated)):
        options = best[None, :] - cost
        came[i] = options.argmax(axis=1)
        best = options.max(axis=1) + rated[i]
    path = np.zeros(len(rated), np.int64)
    path[-1] = int(best.argmax())
    for i in range(len(rated) - 1, 0, -1):
        path[i - 1] = came[i][path[i]]
    return path


def _spaced(
    beats: Times, bars: NDArray[np.bool_], period: float
) -> tuple[Times, NDArray[np.bool_]]:
    """Drops the beat that comes too early where the place moved within a beat."""
    keep = np.concatenate([[True], np.diff(beats) > 0.6 * period])
    return beats[keep], bars[keep]
