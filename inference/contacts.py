# SPDX-License-Identifier: GPL-3.0-or-later
"""When a foot really stands: where a network says so, as far as its movement bears it out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

Doubles = NDArray[np.float64]
Runs = list[tuple[int, int]]

#: A contact begins above the first certainty, lasts while above the second.
BEGINS, LASTS = 0.6, 0.35
#: Shorter contacts are not believed, seconds.
SHORTEST = 0.1
#: A joint this much above where it stands, metres, cannot stand, whatever its label.
HIGHEST = 0.12
#: Below the first speed, m/s, a label is believed, above the second it is not.
SLOW, FAST = 0.45, 0.85
#: A foot that strays farther from its place than this, metres, has made a step in between ...
STRAY = 0.12
#: ... which takes so long, seconds.
STEP = 0.33


def standing(certainty: NDArray[np.floating], place: Doubles, height: float, fps: float) -> Runs:
    """Runs [start, stop) of frames in which a joint stands.

    certainty: its label (T,), 0..1; place: (T, 3), metres; height: of the joint when it stands.
    A network that is not sure when to step slides; such a run is cut where the foot is fastest.
    """
    shortest = max(2, round(SHORTEST * fps))
    moved = np.linalg.norm(np.gradient(place[:, :2], axis=0), axis=-1) * fps
    speed = gaussian_filter1d(moved, 1.0, mode="nearest")
    low = max(float(np.quantile(place[:, 2], 0.05)), height)
    sure = certainty * np.clip((FAST - speed) / (FAST - SLOW), 0.0, 1.0)
    sure = sure * (place[:, 2] < low + HIGHEST)
    half_step = max(1, round(STEP * fps / 2))
    return [
        part
        for run in contact_runs(sure, shortest)
        for part in _cut(run, place[:, :2], speed, shortest, half_step)
    ]


def contact_runs(certainty: NDArray[np.floating], shortest: int) -> Runs:
    """Runs [start, stop) of frames in which certainties (T,) speak of a contact."""
    return [
        (start, stop)
        for start, stop in stretches(certainty > LASTS)
        if stop - start >= shortest and certainty[start:stop].max() > BEGINS
    ]


def stretches(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Where flags (T,) are true without a gap, [start, stop)."""
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _cut(
    run: tuple[int, int], place: Doubles, speed: Doubles, shortest: int, half_step: int
) -> Iterator[tuple[int, int]]:
    start, stop = run
    here = place[start:stop]
    stray = np.linalg.norm(here - np.median(here, axis=0), axis=-1).max()
    margin = shortest + half_step
    if stray <= STRAY or stop - start < 2 * margin + 1:
        yield run
        return
    middle = start + margin + int(np.argmax(speed[start + margin : stop - margin]))
    yield from _cut((start, middle - half_step), place, speed, shortest, half_step)
    yield from _cut((middle + half_step, stop), place, speed, shortest, half_step)
