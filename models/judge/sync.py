# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the dance on the music? Every figure comes with what chance would give.

The published beat alignment score is near chance (a trembling statue gets more than a real dancer),
so the figure to go by is the F1 of one-to-one matched beats minus its null: the same F1 with the
music's beats shifted round in a circle, over many shifts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .signals import Array

#: How far apart a motion beat and a music beat may be, seconds.
TOLERANCE = 0.1
TIGHT_TOLERANCE = 0.07
#: Width of the beat alignment score's kernel, seconds: 3 frames at the field's 60 fps.
ALIGNMENT_SIGMA = 0.05
NULL_SHIFTS = 128
#: Metrical levels, as multiples of the beat rate.
LEVELS: dict[str, float] = {"1/4": 0.25, "1/3": 1 / 3, "1/2": 0.5, "1": 1.0, "2": 2.0}
COHERENCE_WINDOW = 20.0
#: A level that a window holds fewer cycles of is not judged.
FEWEST_CYCLES = 4.0
#: A wrong tempo differs from every metrical level by so many cycles a window (what a Hann window
#: tells apart) and by this share. So many are tried on either side, half a cycle apart.
APART_CYCLES, APART_SHARE = 2.0, 0.08
WRONG_TEMPI = 5

_GOLDEN = 0.6180339887498949


def matched(found: Sequence[float] | Array, true: Sequence[float] | Array, within: float) -> int:
    """How many of the sorted times `found` and `true` can be paired one to one within seconds."""
    a, b = list(map(float, found)), list(map(float, true))
    i = j = pairs = 0
    while i < len(a) and j < len(b):
        gap = a[i] - b[j]
        if abs(gap) <= within:
            pairs, i, j = pairs + 1, i + 1, j + 1
        elif gap < 0:
            i += 1
        else:
            j += 1
    return pairs


def beat_scores(motion: Array, music: Array, within: float = TOLERANCE) -> dict[str, float]:
    """Precision, recall and F1 of motion beats against music beats (times in seconds).

    Only the stretch that the music's beats cover is judged, and half a beat to either side. All
    zero when either side is empty.
    """
    motion, music = _covered(motion, music, within), np.sort(np.asarray(music, dtype=float))
    pairs = matched(motion, music, within)
    precision = pairs / len(motion) if len(motion) else 0.0
    recall = pairs / len(music) if len(music) else 0.0
    return {"precision": precision, "recall": recall, "f1": _f1(pairs, len(motion), len(music))}


def null_f1(
    motion: Array, music: Array, within: float = TOLERANCE, shifts: int = NULL_SHIFTS
) -> float:
    """Mean F1 when the music's beats are shifted round in a circle (evenly spread shifts).

    The circle is one beat longer than from the first beat to the last, and all motion beats on it
    count: otherwise beats that are shifted past the last one would find no partner, and what
    knows no music would seem a little better than chance.
    """
    music = np.sort(np.asarray(music, dtype=float))
    if len(music) < 2:
        return 0.0
    beat = float(np.median(np.diff(music)))
    motion, start = _covered(motion, music, within), music[0] - beat / 2
    span = music[-1] - music[0] + beat
    # Evenly over the beat, whatever their number, and evenly over the song.
    number = np.arange(shifts)
    offsets = beat * (np.floor(len(music) * (number * _GOLDEN % 1.0)) + (number + 0.5) / shifts)
    moved = np.sort((music - start + offsets[:, None]) % span, axis=1) + start
    return float(np.mean([_f1(matched(motion, m, within), len(motion), len(m)) for m in moved]))


def half_shifted(music: Array) -> Array:
    """The times half-way between neighbouring beats, (B - 1,)."""
    music = np.asarray(music, dtype=float)
    return (music[1:] + music[:-1]) / 2


def beat_alignment(motion: Array, music: Array, over: str) -> float:
    """Beat alignment score: mean of exp(-d^2 / 2 sigma^2), sigma .05 s, d to the nearest beat.

    over: "music" averages over music beats (Bailando, Lodge), "motion" over motion beats (FACT).
    Motion beats are to be ungated minima, as published. 0 when either side is empty.
    """
    here, there = (music, motion) if over == "music" else (motion, music)
    if not len(here) or not len(there):
        return 0.0
    gaps = np.abs(np.asarray(here)[:, None] - np.asarray(there)[None]).min(1)
    return float(np.exp(-(gaps**2) / (2 * ALIGNMENT_SIGMA**2)).mean())


def coherence(speed: Array, fps: float, music: Array) -> dict[str, float]:
    """How strongly the speed swings with each metrical level, minus the same at wrong tempi.

    The share of the envelope's swing (its spread over 20-s windows, Hann, half overlapped) that a
    sinusoid locked to the music's phase carries at 1/4, 1/3, 1/2, 1 and 2 times the beat rate; any
    lag will do. Smooth noise has .1 to .2, so go by the margin: what is left when the mean of the
    nearest wrong tempi (`wrong_tempi`) below and above is taken off. Keys `coherence_LEVEL` and
    `coherence_LEVEL_margin`. Zero with under 8 beats, and for levels too slow for so short a dance.
    """
    music = np.asarray(music, dtype=float)
    result = {f"coherence_{name}{end}": 0.0 for name in LEVELS for end in ("", "_margin")}
    if len(music) < 8 or len(speed) < 4 * fps:
        return result
    phase = beat_phase(np.arange(len(speed)) / fps, music)
    window = min(len(speed), round(COHERENCE_WINDOW * fps))
    cycles = (phase[-1] - phase[0]) / (len(phase) - 1) * window
    for name, level in LEVELS.items():
        if cycles * level < FEWEST_CYCLES:
            continue
        value = _locked_share(speed, phase * level, fps)
        sides = [
            np.mean([_locked_share(speed, phase * wrong, fps) for wrong in side])
            for side in wrong_tempi(level, cycles)
            if side
        ]
        result[f"coherence_{name}"] = value
        result[f"coherence_{name}_margin"] = value - float(np.mean(sides))
    return result


def wrong_tempi(level: float, cycles: float) -> tuple[list[float], list[float]]:
    """Multiples of the beat rate just under and just over a level that are no metrical level.

    cycles: beats in a window. A multiple that a window cannot tell from some level would find what
    truly swings there and call it chance.
    """
    grid = np.arange(1.0, 4 * cycles, 0.5)
    levels = cycles * np.array(list(LEVELS.values()))
    gaps = np.abs(grid[:, None] - levels)
    free = grid[(gaps >= np.maximum(APART_CYCLES, APART_SHARE * levels)).all(1)] / cycles
    below, above = free[free < level], free[free > level]
    return below[-WRONG_TEMPI:].tolist(), above[:WRONG_TEMPI].tolist()


def beat_phase(times: Array, music: Array) -> Array:
    """Beats since the first one at times (T,), going on at the neighbouring tempo at both ends."""
    first, last = music[1] - music[0], music[-1] - music[-2]
    phase = np.interp(times, music, np.arange(len(music), dtype=float))
    phase = np.where(times < music[0], (times - music[0]) / first, phase)
    return np.where(times > music[-1], len(music) - 1 + (times - music[-1]) / last, phase)


def sync_scores(beats: Array, music: Array) -> dict[str, float]:
    """All of the F1 family for kinematic beats against music beats (seconds)."""
    wide, tight = beat_scores(beats, music), beat_scores(beats, music, TIGHT_TOLERANCE)
    null, tight_null = null_f1(beats, music), null_f1(beats, music, TIGHT_TOLERANCE)
    half = beat_scores(beats, half_shifted(music))["f1"]
    return {
        "precision": wide["precision"],
        "recall": wide["recall"],
        "f1": wide["f1"],
        "f1_null": null,
        "f1_margin": wide["f1"] - null,
        "f1_70": tight["f1"],
        "f1_70_margin": tight["f1"] - tight_null,
        "f1_half": half,
        "f1_half_margin": half - null,
    }


def _covered(motion: Array, music: Array, within: float) -> Array:
    motion = np.sort(np.asarray(motion, dtype=float))
    if not len(music):
        return motion
    reach = within if len(music) < 2 else max(within, float(np.median(np.diff(music))) / 2)
    return motion[(motion >= np.min(music) - reach) & (motion <= np.max(music) + reach)]


def _f1(pairs: int, found: int, true: int) -> float:
    return 2 * pairs / (found + true) if found and true else 0.0


def _locked_share(speed: Array, phase: Array, fps: float) -> float:
    size = min(len(speed), round(COHERENCE_WINDOW * fps))
    starts = range(0, len(speed) - size + 1, max(1, size // 2))
    window = np.hanning(size + 2)[1:-1]
    shares = []
    for start in starts:
        piece = speed[start : start + size]
        piece = piece - np.average(piece, weights=window)
        wave: NDArray[np.complex128] = np.exp(-2j * np.pi * phase[start : start + size])
        power = (window * piece**2).sum() * window.sum() / 2
        shares.append(abs((window * piece * wave).sum()) / np.sqrt(max(power, 1e-12)))
    return float(np.mean(shares))
