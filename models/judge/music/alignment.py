# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the music on the grid: where in the beat its attacks lie, against what its genre does there.

Beat trackers lock to off-beats, so they cannot judge music (on true renders of salsa one finds the
half-beats). Here the flux of three bands is folded by the phase of the asked bar and beat, window
by window, and laid over the profile of the genre: the shift of up to half a beat that fits best
says how far off the music is, without any tracking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ....inference.score import mel
from ....inference.score.grid import Grid
from ..sync import beat_scores, null_f1
from .heard import Array, Heard

#: Places of a beat that flux is folded into.
PHASES = 24
#: Windows that are judged, seconds, and how far apart they start.
WINDOW, HOP = 6.0, 3.0
#: How far off a window may be, seconds.
TOLERANCE = 0.1
#: Mean flux, dB, below which a window has no attacks; it counts as not aligned.
FAINT = 0.05
#: Wrong tempi of the null, as shares of the right one.
WRONG = (0.77, 0.83, 0.89, 1.12, 1.19, 1.27)
#: How much a tracked beat may cost for being early or late: weight of squared log intervals.
_STIFF = 60.0

_HALF = PHASES // 2

#: Of each genre, (bar, 24, 3): how the flux of the bands lies in the bar, each band about 0.
Templates = Mapping[str, Array]


@dataclass(frozen=True)
class Window:
    """start: seconds. shift: how far the music is from the grid, seconds; None without attacks.
    period: of a beat, seconds. fit: correlation with the genre at that shift.
    """

    start: float
    shift: float | None
    period: float
    fit: float

    @property
    def aligned(self) -> bool:
        """Whether it is within reach."""
        return self.shift is not None and abs(self.shift) <= TOLERANCE


def fold(flux: Array, grid: Grid, start: float = 0.0, stop: float = np.inf) -> Array:
    """Mean flux by place in the bar, (3 or 4, 24, 3), of a flux (T, 3), within some seconds."""
    times = mel.frame_times(len(flux))
    inside = (times >= start) & (times < stop)
    count = grid.beats_per_bar * PHASES
    place = (grid.position(times[inside]) - grid.first) * PHASES
    low = np.floor(place).astype(int)
    share = place - low
    total, weight = np.zeros((count, flux.shape[1])), np.zeros(count)
    for index, part in ((low, 1 - share), (low + 1, share)):
        np.add.at(total, index % count, flux[inside] * part[:, None])
        np.add.at(weight, index % count, part)
    total, weight = (gaussian_filter1d(x, 1.0, axis=0, mode="wrap") for x in (total, weight))
    return (total / np.maximum(weight, 1e-6)[:, None]).reshape(-1, PHASES, flux.shape[1])


def profile(folded: Array) -> Array:
    """A fold about 0 in each band, as a whole of length 1 (or all 0)."""
    centred = folded - folded.mean(axis=(0, 1))
    return centred / max(float(np.linalg.norm(centred)), 1e-9)


def learn(pieces: Iterable[tuple[Heard, Array]]) -> dict[str, Array]:
    """The templates of the genres of some pieces, each with its flux."""
    found: dict[str, list[Array]] = {}
    for heard, flux in pieces:
        found.setdefault(heard.genre, []).append(profile(fold(flux, heard.grid)))
    return {genre: profile(np.mean(folds, axis=0)) for genre, folds in found.items()}


def shifted(template: Array) -> tuple[Array, Array]:
    """A template and its mean beat, -12..11 places later: (24, n) each."""
    found = []
    for shape in (template, _beat(template)):
        flat = profile(shape).reshape(-1, shape.shape[-1])
        moved = [np.roll(flat, places - _HALF, axis=0).ravel() for places in range(PHASES)]
        found.append(np.array(moved))
    return found[0], found[1]


def best_shift(folded: Array, known: tuple[Array, Array]) -> tuple[float, float]:
    """How much later than a template (see `shifted`) a fold is, in beats -0.5..0.5, and how well
    it fits there: the mean of two correlations, of the bar and of the mean beat.
    """
    shapes = (profile(folded), profile(_beat(folded)))
    fits = np.mean([k @ shape.ravel() for k, shape in zip(known, shapes, strict=True)], axis=0)
    top = int(fits.argmax())
    if not 0 < top < PHASES - 1:
        return (top - _HALF) / PHASES, float(fits[top])
    before, here, after = fits[top - 1 : top + 2]
    between = 0.5 * (before - after) / min(before - 2 * here + after, -1e-9)
    return float(top - _HALF + np.clip(between, -0.5, 0.5)) / PHASES, float(here)


def _beat(folded: Array) -> Array:
    return folded.mean(axis=0, keepdims=True)


def windows(heard: Heard, flux: Array, template: Array, grid: Grid | None = None) -> list[Window]:
    """All windows of a piece (one at least), but those that lie in a stop for the most part.

    grid: another one to judge by than the piece's own.
    """
    grid = grid or heard.grid
    known = shifted(template)
    last = max(heard.seconds - WINDOW, 0.0)
    found = []
    for start in np.arange(0.0, last + 1e-6, HOP):
        stop = start + WINDOW
        if _resting(heard.stops, start, stop) > WINDOW / 2:
            continue
        folded = fold(flux, grid, start, stop)
        period = float(grid.periods(np.array([start + WINDOW / 2]))[0])
        if folded.mean() < FAINT:
            found.append(Window(start, None, period, 0.0))
            continue
        shift, fit = best_shift(folded, known)
        found.append(Window(start, shift * period, period, fit))
    return found


def alignment(heard: Heard, flux: Array, template: Array) -> dict[str, float]:
    """`align`: share of windows within ±100 ms of the grid; `align_half`: of the grid moved by
    half a beat; `align_null`: of grids of wrong tempi; `chance`: what blind luck gives.
    `shift_ms`: median of how late the music is; `fit`: mean correlation with the genre.
    """
    own = windows(heard, flux, template)
    known = [window for window in own if window.shift is not None]
    period = 60 / heard.grid.bpm
    moved = Grid(heard.grid.beats + period / 2, heard.grid.first, heard.grid.beats_per_bar)
    wrong = [windows(heard, flux, template, _warped(heard.grid, ratio)) for ratio in WRONG]
    return {
        "align": share(own),
        "align_half": share(windows(heard, flux, template, moved)),
        "align_null": float(np.mean([share(found) for found in wrong])),
        "chance": min(1.0, 2 * TOLERANCE / period),
        "shift_ms": 1e3 * float(np.median([w.shift for w in known])) if known else float("nan"),
        "fit": float(np.mean([window.fit for window in own])) if own else 0.0,
    }


def share(found: Iterable[Window]) -> float:
    """Share of windows that are aligned; 0 of none."""
    return float(np.mean([window.aligned for window in found] or [False]))


def tracked_beats(flux: Array, grid: Grid, template: Array) -> Array:
    """Beats that a listener who knows genre and tempo but not the phase hears, seconds.

    Dynamic programming (Ellis 2007) over how well the flux around each frame fits the template.
    """
    times = mel.frame_times(len(flux))
    periods = grid.periods(times)
    strength = _salience(flux, periods, template)
    score, back = strength.copy(), np.full(len(strength), -1)
    for frame in range(len(strength)):
        wanted = periods[frame] * mel.FPS
        first, last = max(0, round(frame - 1.6 * wanted)), round(frame - 0.6 * wanted)
        if last <= first:
            continue
        gaps = frame - np.arange(first, last)
        total = score[first:last] - _STIFF * np.log(gaps / wanted) ** 2
        top = int(total.argmax())
        if total[top] > 0:
            score[frame] += total[top]
            back[frame] = first + top
    tail = max(0, len(score) - round(periods[-1] * mel.FPS)) if len(score) else 0
    found = [tail + int(score[tail:].argmax())] if len(score) else []
    while found and back[found[-1]] >= 0:
        found.append(int(back[found[-1]]))
    return np.array(found[::-1]) / mel.FPS


def tracked_scores(heard: Heard, flux: Array, template: Array) -> dict[str, float]:
    """Precision, recall and F1 (±100 ms, one to one) of the tracked beats, with the null of all
    circular shifts. All 0 without attacks.
    """
    if flux.mean() < FAINT:
        return {"precision": 0.0, "recall": 0.0, "f1": 0.0, "f1_null": 0.0, "f1_margin": 0.0}
    found = tracked_beats(flux, heard.grid, template)
    scores = beat_scores(found, heard.beats, TOLERANCE)
    null = null_f1(found, heard.beats, TOLERANCE)
    return scores | {"f1_null": null, "f1_margin": scores["f1"] - null}


def _salience(flux: Array, periods: Array, template: Array) -> Array:
    """How much each frame is like a beat, (T,), spread 1: the template laid around it."""
    frames = np.arange(len(flux))
    total = np.zeros(len(flux))
    beat = profile(_beat(template))[0]
    for phase in range(PHASES):
        away = (phase + _HALF) % PHASES - _HALF
        at = np.clip(frames + away / PHASES * periods * mel.FPS, 0, len(flux) - 1)
        low = np.minimum(at.astype(int), max(len(flux) - 2, 0))
        part = (at - low)[:, None]
        around = flux[low] * (1 - part) + flux[np.minimum(low + 1, len(flux) - 1)] * part
        total += around @ beat[phase]
    return total / max(float(total.std()), 1e-9)


def _warped(grid: Grid, ratio: float) -> Grid:
    beats = grid.beats[0] + (grid.beats - grid.beats[0]) / ratio
    return Grid(beats, grid.first, grid.beats_per_bar)


def _resting(stops: Array, start: float, stop: float) -> float:
    """Seconds of stops between two times."""
    overlap = np.minimum(stops[:, 1], stop) - np.maximum(stops[:, 0], start)
    return float(np.maximum(overlap, 0).sum())
