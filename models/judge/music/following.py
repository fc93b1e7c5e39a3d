# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the music follow the dance beyond its beats: accents, stops, energy. Each with its null.

A piece of half a minute has but a few accents, so only means over many pieces tell. The null of
accents and stops is those of another dance, laid over the piece beat by beat.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.stats import rankdata

from ....inference.score import mel
from ....inference.score.answers import Answers, answers
from .heard import Array, Floats, Heard

#: A struck half-beat is heard within so many seconds of it.
REACH = 0.08
#: Seconds on both sides that a stop is compared with, and what rings on into it.
AROUND, RINGING = 2.0, 0.2
#: Shortest stop that is judged, seconds.
SHORTEST = 0.5
_EDGE = 0.05
#: Circular shifts of the energy for its null, as shares of the piece.
SHIFTS = np.arange(0.2, 0.81, 0.1)


def following(pieces: Sequence[Heard], fluxes: Sequence[Array]) -> list[dict[str, float]]:
    """All figures of each piece, each with its flux (T, 3); nan where nothing is known.

    `accents`: chance that a struck accent is stronger than a plain half-beat (of the same kind:
    on the beat or between) of its piece; .5 is nothing. `stops`: flux in stops as a share of that
    around them; 1 is nothing (level would not tell: chords ring on). `energy`: correlation of
    loudness with the energy asked for. `…_null`: the same for another dance.
    """
    found = []
    for i, (piece, flux) in enumerate(zip(pieces, fluxes, strict=True)):
        strengths = half_beat_strengths(piece, flux)
        row = {
            "accents": _accents(piece, strengths, piece),
            "stops": _stop_flux(piece, flux, piece),
        }
        other = _another(pieces, i)
        if other is not None:
            row["accents_null"] = _accents(piece, strengths, other)
            row["stops_null"] = _stop_flux(piece, flux, other)
        if piece.energy is not None:
            row["energy"], row["energy_null"] = energy_correlation(piece)
        found.append(row)
    return found


def loudness(mel_db: Floats) -> Array:
    """Level of each mel frame in dB, (T,)."""
    return 10 * np.log10(np.square(10 ** (mel_db.astype(np.float64) / 20)).sum(axis=1) + 1e-10)


def half_beat_strengths(heard: Heard, flux: Array) -> Array:
    """How hard each half-beat from the first beat on is struck, (2 B - 1,).

    Flux over all bands, and by how much the level rises there, each against the piece's own spread.
    """
    reach = 2 * round(REACH * mel.FPS) + 1
    level = loudness(heard.mel)
    rise = maximum_filter1d(level, reach, origin=-(reach // 2)) - uniform_filter1d(
        level, 2 * reach, origin=reach - 1
    )
    total = np.zeros(2 * len(heard.grid.beats) - 1)
    rows = np.round(_half_beats(heard) * mel.FPS).astype(int)
    inside = (rows >= 0) & (rows < len(level))
    for curve in (flux.mean(axis=1), rise):
        heights = maximum_filter1d(curve, reach)[rows[inside]]
        total[inside] += heights / max(float(heights.std()), 1e-9) if inside.any() else 0.0
    total[~inside] = np.nan
    return total


def energy_correlation(heard: Heard) -> tuple[float, float]:
    """Rank correlation of loudness over a bar with the energy asked for, and its null.

    The last bar is left out, because music fades out over it.
    """
    assert heard.energy is not None
    bar = max(1, round(heard.grid.beats_per_bar * 60 / heard.grid.bpm * mel.FPS))
    rows = max(len(heard.mel) - bar, 2)
    level = rankdata(uniform_filter1d(loudness(heard.mel[:rows]), bar, mode="nearest"))
    energy = rankdata(heard.energy[:rows])
    null = [_correlation(level, np.roll(energy, round(s * len(energy)))) for s in SHIFTS]
    return _correlation(level, energy), float(np.mean(null))


def _accents(heard: Heard, strengths: Array, dance: Heard) -> float:
    """Area under the curve of accents that music strikes against plain half-beats; nan without.

    dance: whose accents are laid on the piece.
    """
    index = np.array([round(2 * beat) for beat, _ in _answers(dance).strikes], int)
    count = len(strengths)
    struck = np.zeros(count, bool)
    struck[index[(index >= 0) & (index < count)]] = True
    times = _half_beats(heard)
    resting = (times[:, None] >= heard.stops[:, 0] - 0.1) & (times[:, None] < heard.stops[:, 1])
    usable = np.isfinite(strengths) & ~resting.any(axis=1)
    areas, weights = [], []
    for kind in (0, 1):
        own = usable & (np.arange(count) % 2 == kind)
        hit, plain = strengths[own & struck], strengths[own & ~struck]
        if len(hit) and len(plain):
            areas.append(float((hit[:, None] > plain).mean()))
            weights.append(len(hit))
    return float(np.average(areas, weights=weights)) if areas else float("nan")


def _stop_flux(heard: Heard, flux: Array, dance: Heard) -> float:
    inside, around = _stopped(heard, flux.mean(axis=1), dance)
    return float(np.mean(inside / np.maximum(around, 1e-6))) if len(inside) else float("nan")


def _stopped(heard: Heard, curve: Array, dance: Heard) -> tuple[Array, Array]:
    """Means of a curve (T,) inside and around each stop of a dance, (S,) both."""
    times = mel.frame_times(len(curve))
    found = []
    rests = np.array(_answers(dance).rests).reshape(-1, 2)
    beats = heard.grid.beats
    for start, stop in np.interp(rests, np.arange(len(beats)), beats):
        inside = (times >= start + RINGING) & (times < stop - _EDGE)
        near = (times >= start - AROUND) & (times < stop + AROUND)
        around = near & ((times < start - _EDGE) | (times >= stop))
        if stop - start >= SHORTEST and inside.sum() > 3 and around.sum() > mel.FPS:
            found.append((curve[inside].mean(), curve[around].mean()))
    pairs = np.array(found).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _answers(dance: Heard) -> Answers:
    """What music is to do about the accents and stops of a dance, in beats."""
    return answers(dance.grid, dance.accents, dance.strengths, dance.stops)


def _another(pieces: Sequence[Heard], index: int) -> Heard | None:
    """The next piece that was made for another dance."""
    own = pieces[index]
    for step in range(1, len(pieces)):
        other = pieces[(index + step) % len(pieces)]
        if not np.array_equal(other.accents, own.accents):
            return other
    return None


def _half_beats(heard: Heard) -> Array:
    beats = heard.grid.beats
    return np.interp(np.arange(2 * len(beats) - 1) / 2, np.arange(len(beats)), beats)


def _correlation(a: Array, b: Array) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a * b).sum()) / size if size > 1e-9 else 0.0
