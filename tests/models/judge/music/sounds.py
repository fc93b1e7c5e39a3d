# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up pieces whose figures can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twostep.inference.score import mel
from twostep.inference.score.grid import Grid, steady
from twostep.models.judge.music.heard import RATE, Heard, mel_of

SECONDS = 24.0


def struck(times: np.ndarray, seconds: float, frequency: float, ring: float, loud=1.0):
    """A decaying sine at each time, (N,) at 44,100 Hz; loud: one level, or one a time."""
    out = np.zeros(round(seconds * RATE), np.float32)
    t = np.arange(round(6 * ring * RATE)) / RATE
    hit = np.sin(2 * np.pi * frequency * t) * np.exp(-t / ring)
    for time, level in zip(times, np.broadcast_to(loud, len(times)), strict=True):
        at = round(time * RATE)
        if 0 <= at < len(out):
            stop = min(len(out), at + len(hit))
            out[at:stop] += level * hit[: stop - at]
    return out


def hiss(seconds: float, level: float = 0.02, seed: int = 0):
    noise = np.random.default_rng(seed).normal(0, level, round(seconds * RATE))
    return noise.astype(np.float32)


def band(grid: Grid, seconds: float = SECONDS, late: float = 0.0):
    """Bass drum on the beats, hi-hat between them, hiss below; `late` seconds off the grid."""
    beats = grid.beats + late
    between = (beats[1:] + beats[:-1]) / 2
    samples = 0.6 * struck(beats, seconds, 70.0, 0.08) + hiss(seconds, 0.003)
    return samples + 0.15 * struck(between, seconds, 6500.0, 0.03)


def piece(samples, grid: Grid | None = None, genre: str = "house", **told) -> Heard:
    """A piece of these samples at 112 bpm, or on a grid."""
    grid = grid or steady(112.0, len(samples) / RATE, downbeat=0.31)
    return Heard("made up", genre, mel_of(samples), grid, np.asarray(samples, np.float32), **told)


def on_grid(late: float = 0.0, bpm: float = 112.0) -> Heard:
    grid = steady(bpm, SECONDS, downbeat=0.31)
    return piece(band(grid, late=late), grid)


def with_energy(heard: Heard, energy: np.ndarray) -> Heard:
    return replace(heard, energy=energy.astype(np.float32))


def rows(heard: Heard) -> np.ndarray:
    """Seconds of the mel frames."""
    return mel.frame_times(len(heard.mel))
