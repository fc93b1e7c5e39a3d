# SPDX-License-Identifier: GPL-3.0-or-later
"""What a band reads off a dancer: beat, bar, energy, accents, stops.

A motion tells its beat well, its bar hardly, and where the bar starts not at all for sure: meter
and first downbeat are estimates, which the user may correct.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_smoothing_spline
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from ..errors import TwostepError
from ..kinematics import SMOOTHING, motion_speed
from ..motion import FPS, Motion
from ..motion_beats import accents, grid_of_speed
from .grid import Grid, Times, steady

Floats = NDArray[np.float32]

#: Seconds of dance that music needs at least.
SHORTEST = 2.0
#: Tempi that can be asked for.
SLOWEST_BPM, FASTEST_BPM = 40.0, 220.0
#: A figure that is never faster than this stands still, mean joint speed in m/s.
STILL_SPEED = 0.05

#: Smoothing of the energy, about a bar wide, seconds.
ENERGY_SIGMA = 0.6
#: Mean joint speed in m/s, smoothed so, at the quantiles 0, .05 ... 1 of all frames of the mocap
#: that the dance networks are trained on (29 minutes of salsa, hip-hop, house, pop and modern).
SPEEDS = (
    0.078, 0.196, 0.250, 0.299, 0.342, 0.386, 0.430, 0.468, 0.498, 0.527, 0.560,
    0.593, 0.625, 0.657, 0.701, 0.748, 0.798, 0.857, 0.943, 1.076, 2.364,
)  # fmt: skip

#: The slowing down of the strongest 5 % of hits in that mocap, m/s², is an accent of strength 1.
_STRONGEST = 2.9
#: Weaker ones are no accents, and none comes sooner than so many seconds after another.
WEAKEST, _APART = 0.5, 0.25

#: A dancer slower than this, m/s, and than this share of the motion's median speed, stands still;
#: for so many beats at least that it counts.
STOP_SPEED, STOP_SHARE, STOP_BEATS = 0.15, 0.35, 0.6

#: How stiff the tempo is: changes within some 32 beats are smoothed away.
_STIFFNESS = 500.0
#: Three is believed from so many beats on, and when it is so much clearer than four and two.
_METER_BEATS, _METER_MARGIN = 24, 2.5
_SAMPLES_PER_BEAT = 8


@dataclass(frozen=True)
class Cues:
    """What music can answer in a motion; all times in seconds from its first frame.

    grid: reaches over the whole motion. energy: (T,) at 30 fps, 0..1, the quantile of the mean
    joint speed among real dancing, smoothed over about a bar. accents: (A,) moments at which the
    dancer stops a fast move short, with strengths (A,) 0..1. stops: (S, 2) start and end of
    stretches of standing still.
    """

    seconds: float
    grid: Grid
    energy: Floats
    accents: Times
    strengths: Floats
    stops: Times

    def energy_at(self, times: Times) -> Floats:
        """The energy at some times (T,), held at both ends."""
        frames = np.arange(len(self.energy)) / FPS
        return np.interp(times, frames, self.energy).astype(np.float32)


def read_cues(
    motion: Motion,
    bpm: float | None = None,
    beats_per_bar: int | None = None,
    first_downbeat: float | None = None,
) -> Cues:
    """The cues of a motion at any frame rate.

    bpm: makes an exactly steady beat. beats_per_bar: 3 or 4. first_downbeat: seconds at which a
    bar starts. What is not given is estimated: tempo and beat from where the dancer comes to rest,
    the meter from how the speed recurs (four unless three is much clearer), the downbeat from
    which beat of the bar has the most accents and changes of movement.
    Raises TwostepError for a motion that is too short, not finite or wholly still, and for a
    tempo, meter or downbeat that cannot be.
    """
    _check_wishes(bpm, beats_per_bar, first_downbeat)
    speed = checked_speed(motion)
    if bpm is not None:
        start = _phase(speed, bpm) if first_downbeat is None else first_downbeat
        grid = steady(bpm, motion.seconds, start)
    else:
        grid = tracked(speed)
        if first_downbeat is not None:
            grid = _covering(_through(grid, first_downbeat), motion.seconds)
    grid = replace(grid, beats_per_bar=beats_per_bar or meter(speed, grid))
    first = first_of(speed, grid) if first_downbeat is None else _nearest(grid, first_downbeat)
    return cues_on(motion.seconds, speed, replace(grid, first=first))


def checked_speed(motion: Motion) -> Floats:
    """The smoothed mean joint speed at 30 fps, (T,) m/s. Raises TwostepError as `read_cues`."""
    if motion.seconds < SHORTEST:
        raise TwostepError(
            f"The motion is only {motion.seconds:.1f} s long; music needs at least "
            f"{SHORTEST:.0f} s of dance."
        )
    if not (np.isfinite(motion.root).all() and np.isfinite(motion.rotations).all()):
        raise TwostepError(
            "The motion has values that are no numbers (NaN or infinite); repair its keys first."
        )
    speed = motion_speed(motion.resampled(FPS))
    if speed.max() < STILL_SPEED:
        raise TwostepError(
            "The figure does not move in this range; choose an action or frames that dance."
        )
    return speed


def tracked(speed: Floats, bpm: float | None = None) -> Grid:
    """The beats of a speed curve (T,) at 30 fps: near its rests, but as even as music is.

    bpm: about this tempo (±5 %).
    """
    beats = grid_of_speed(speed, FPS, bpm).beats
    if len(beats) >= 5:
        number = np.arange(len(beats), dtype=float)
        beats = make_smoothing_spline(number, beats, lam=_STIFFNESS)(number)
    return _covering(Grid(beats), len(speed) / FPS)


def meter(speed: Floats, grid: Grid) -> int:
    """3 where a speed curve (T,) at 30 fps recurs every three beats far more clearly than every
    two or four, else 4."""
    count = len(grid.beats) // 12 * 12
    if count < _METER_BEATS:
        return 4
    at = np.arange((count - 1) * _SAMPLES_PER_BEAT) / _SAMPLES_PER_BEAT
    times = np.interp(at, np.arange(len(grid.beats)), grid.beats)
    curve = np.interp(times, np.arange(len(speed)) / FPS, speed)
    curve = curve - gaussian_filter1d(curve, 4 * _SAMPLES_PER_BEAT)  # the slow swell of a dance
    two, three, four = (abs(np.sum(curve * np.exp(2j * np.pi * at / n))) for n in (2, 3, 4))
    return 3 if three > _METER_MARGIN * max(two, four) else 4


def first_of(speed: Floats, grid: Grid) -> int:
    """Which of the first beats starts a bar: an estimate, no more.

    Counts how many accents fall on each place of the bar, and how much the amount of movement
    changes there; both together decide.
    """
    beats, bar = grid.beats, grid.beats_per_bar
    frames = np.arange(len(speed)) / FPS
    total = np.concatenate([[0.0], np.cumsum(speed)]) / FPS
    reach = grid.periods(beats) * bar
    ends = [np.interp(beats + shift * reach, frames, total[:-1]) for shift in (-1, 0, 1)]
    change = np.abs(ends[2] - 2 * ends[1] + ends[0])
    hits = np.zeros(len(beats))
    times, strengths = _accents(speed)
    if len(times):
        near = np.clip(np.round(grid.position(times)), 0, len(beats) - 1).astype(int)
        np.add.at(hits, near, strengths)
    inside = (beats > 0) & (beats < len(speed) / FPS)
    weight = change / max(float(change[inside].mean()), 1e-9)
    weight += hits / max(float(hits[inside].mean()), 1e-9)
    places = np.flatnonzero(inside) % bar
    counts = np.bincount(places, minlength=bar)
    sums = np.bincount(places, weight[inside], minlength=bar)
    return int(np.argmax(sums / np.maximum(counts, 1)))


def cues_on(seconds: float, speed: Floats, grid: Grid) -> Cues:
    """The cues of a speed curve (T,) at 30 fps whose beats and bars are known."""
    times, strengths = _accents(speed)
    return Cues(seconds, grid, energy_of(speed), times, strengths, _stops(speed, grid))


def energy_of(speed: Floats) -> Floats:
    """The energy, as in `Cues`, of a speed curve (T,) at 30 fps."""
    rest = np.sqrt(ENERGY_SIGMA**2 - SMOOTHING**2)  # so much of it is smooth already
    smooth = gaussian_filter1d(speed, rest * FPS, mode="nearest")
    return np.interp(smooth, SPEEDS, np.linspace(0, 1, len(SPEEDS))).astype(np.float32)


def _accents(speed: Floats) -> tuple[Times, Floats]:
    """Moments (A,) in s at which a fast move is stopped short, and how suddenly, (A,) 0..1.

    Not where the speed is least: after a hit that is held, that may be much later.
    """
    slowing = np.maximum(-np.gradient(speed) * FPS, 0)
    found, facts = find_peaks(slowing, WEAKEST * _STRONGEST, distance=round(_APART * FPS))
    # The move has stopped when half of the slowing down is over.
    times = [at + int(np.argmax(slowing[at:] < slowing[at] / 2)) for at in found]
    strengths = np.minimum(facts["peak_heights"] / _STRONGEST, 1)
    return np.array(times, float) / FPS, strengths.astype(np.float32)


def _stops(speed: Floats, grid: Grid) -> Times:
    """Start and end (S, 2) in s of the stretches in which the dancer stands still."""
    still = speed < min(STOP_SPEED, STOP_SHARE * float(np.median(speed)))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], still.astype(np.int8), [0]])))
    spans = edges.reshape(-1, 2) / FPS
    return spans[np.diff(grid.position(spans.ravel()).reshape(-1, 2))[:, 0] >= STOP_BEATS]


def _phase(speed: Floats, bpm: float) -> float:
    """Seconds of the first beat at a tempo: where the rests fall on the beats the best."""
    times, weights = accents(speed, FPS)
    if not len(times):
        return 0.0
    turn = np.angle(np.sum(weights * np.exp(2j * np.pi * times * bpm / 60)))
    return float(turn / (2 * np.pi) % 1 * 60 / bpm)


def _through(grid: Grid, downbeat: float) -> Grid:
    """The grid moved, by half a beat at most, so that a beat is at `downbeat`."""
    nearest = np.round(grid.position(np.array([downbeat])))
    return replace(grid, beats=grid.beats + downbeat - grid.seconds(nearest))


def _nearest(grid: Grid, downbeat: float) -> int:
    return int(np.round(grid.position(np.array([downbeat])))[0]) % grid.beats_per_bar


def _covering(grid: Grid, seconds: float) -> Grid:
    """The grid carried on evenly over the whole motion and to one beat beyond its end."""
    start = grid.beats[1] - grid.beats[0]
    end = grid.beats[-1] - grid.beats[-2]
    before = np.arange(grid.beats[0] - start, -1e-9, -start)[::-1]
    after = np.arange(grid.beats[-1] + end, seconds + end, end)
    return replace(grid, beats=np.concatenate([before, grid.beats, after]))


def _check_wishes(
    bpm: float | None, beats_per_bar: int | None, first_downbeat: float | None
) -> None:
    if bpm is not None and not SLOWEST_BPM <= bpm <= FASTEST_BPM:
        raise TwostepError(
            f"A tempo of {bpm:g} bpm can't be played; choose {SLOWEST_BPM:g} to {FASTEST_BPM:g}."
        )
    if beats_per_bar not in (None, 3, 4):
        raise TwostepError(f"A bar of {beats_per_bar} beats can't be played; choose 3 or 4.")
    if first_downbeat is not None and not np.isfinite(first_downbeat):
        raise TwostepError("The first downbeat is no number; give it in seconds.")
