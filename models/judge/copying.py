# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the dance a copy? How near each two seconds of it come to the nearest two of training.

Poses are centred (`signals.centred`) at 30 fps; a window is every third frame of two seconds. A
distance is the root mean square over its joints and frames, metres, and the less of the dance's and
its mirror image's. Held-out truth says how near an honest dance comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...inference.skeleton import MIRROR
from .signals import Array

SECONDS = 2.0
FPS = 30.0
STRIDE = 3
#: Frames that a window spans, and how many of them are looked at.
SPAN = round(SECONDS * FPS)
LOOKS = SPAN // STRIDE
#: A dance is looked at every so many frames.
HOP = 30
#: Windows nearer to training than this percentile of held-out truth's count as copied.
COPIED = 1.0
_BLOCK = 2048


@dataclass(frozen=True)
class Bank:
    """Training's poses, every third frame, and where windows start in them.

    frames: (F, 72) float32. starts: (W,). names: the take of each window, (W,). middle: the mean
    pose, (72,), taken out of `frames`. sizes: the squared length of each window's row, (W,).
    """

    frames: NDArray[np.float32]
    starts: NDArray[np.intp]
    names: NDArray[np.str_]
    middle: Array
    sizes: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.starts)

    def windows(self, which: slice | NDArray[np.intp]) -> NDArray[np.float32]:
        """Some windows, each as one row, (n, 1440)."""
        at = self.starts[which][:, None] + np.arange(LOOKS)
        return self.frames[at].reshape(len(at), -1)


def bank(takes: Iterable[tuple[str, NDArray[np.floating]]]) -> Bank:
    """The bank of takes, given as names and centred poses (T, 24, 3) at 30 fps.

    A take may come in several stretches. Raises ValueError when none lasts two seconds.
    """
    parts: list[NDArray[np.float32]] = []
    starts: list[NDArray[np.intp]] = []
    names: list[str] = []
    before = 0
    for name, poses in takes:
        looked = np.asarray(poses[::STRIDE], dtype=np.float32).reshape(-1, 72)
        count = max(0, len(looked) - LOOKS + 1)
        parts.append(looked)
        starts.append(before + np.arange(count))
        names += [name] * count
        before += len(looked)
    if not names:
        raise ValueError("no take lasts two seconds")
    whole = np.concatenate(parts)
    middle = whole.mean(0, dtype=np.float64)
    frames, firsts = (whole - middle).astype(np.float32), np.concatenate(starts)
    squares = np.concatenate([[0.0], np.cumsum((frames.astype(np.float64) ** 2).sum(1))])
    sizes = (squares[firsts + LOOKS] - squares[firsts]).astype(np.float32)
    return Bank(frames, firsts, np.array(names), middle, sizes)


def nearest(
    poses: NDArray[np.floating], training: Bank, *, hop: int = HOP, without: str | None = None
) -> Array:
    """Distance (metres) from each two seconds of a dance to the nearest of training, (windows,).

    poses: centred, (T, 24, 3) at 30 fps. Windows start every `hop` frames, each together with those
    one and two frames later, so that a copy is found whatever frame it begins at. without: a take
    that is left out, for a dance that is in training itself. Empty for a dance under two seconds.
    """
    starts = np.arange(0, len(poses) - SPAN + 1, hop)
    allowed = None if without is None else training.names != without
    if not len(starts) or (allowed is not None and not allowed.any()):
        return np.full(len(starts), np.inf)
    # The last window has nothing after it: its later twins are itself.
    at = np.minimum(starts[:, None] + np.arange(STRIDE), len(poses) - SPAN).ravel()
    asked = [_rows(image, at, training.middle) for image in (poses, mirrored(poses))]
    found = _nearest(np.concatenate(asked), training, allowed)
    return found.reshape(2, len(starts), STRIDE).min(axis=(0, 2))


def copying(
    poses: NDArray[np.floating], training: Bank, held_out: Array, hop: int = HOP
) -> dict[str, float]:
    """How much of a dance is copied, against held-out truth's distances (`nearest` of its takes).

    nearest: median distance to training, metres. nearest_share: the same as a share of held-out
    truth's median; 0 is a copy, 1 as new as a take nobody trained on. copied: the share of windows
    that are nearer to training than the nearest hundredth of held-out truth's; .01 is honest.
    Empty for a dance under two seconds.
    """
    found = nearest(poses, training, hop=hop)
    if not len(found):
        return {}
    middle = float(np.median(found))
    return {
        "nearest": middle,
        "nearest_share": middle / max(float(np.median(held_out)), 1e-9),
        "copied": float((found < np.percentile(held_out, COPIED)).mean()),
    }


def distances(dances: Sequence[NDArray[np.floating]], training: Bank) -> Array:
    """`nearest` of several dances, one after the other."""
    return np.concatenate([np.zeros(0), *(nearest(poses, training) for poses in dances)])


def mirrored(poses: NDArray[np.floating]) -> NDArray[np.floating]:
    """Centred poses (T, 24, 3) with left and right exchanged."""
    return poses[:, list(MIRROR)] * np.array([-1.0, 1.0, 1.0], dtype=poses.dtype)


def _rows(poses: NDArray[np.floating], starts: NDArray[np.intp], middle: Array) -> Array:
    at = starts[:, None] + STRIDE * np.arange(LOOKS)
    flat = np.asarray(poses, dtype=np.float64).reshape(len(poses), 72) - middle
    return flat[at].reshape(len(starts), -1)


def _nearest(asked: Array, training: Bank, allowed: NDArray[np.bool_] | None) -> Array:
    single = asked.astype(np.float32)
    least = np.full(len(asked), np.inf, dtype=np.float32)
    which = np.zeros(len(asked), dtype=np.intp)
    for start in range(0, len(training), _BLOCK):
        block = slice(start, min(start + _BLOCK, len(training)))
        rows = training.windows(block)
        squares = training.sizes[block] - 2 * single @ rows.T
        if allowed is not None:
            squares[:, ~allowed[block]] = np.inf
        here = squares.argmin(1)
        nearer = squares[np.arange(len(asked)), here] < least
        least[nearer] = squares[nearer, here[nearer]]
        which[nearer] = start + here[nearer]
    # The winners once more in doubles: what is copied is to be at 0, not at a rounding error.
    gaps = asked - training.windows(which)
    return np.sqrt((gaps**2).sum(1) / (LOOKS * len(MIRROR)))
