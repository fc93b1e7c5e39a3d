# SPDX-License-Identifier: GPL-3.0-or-later
"""The tempo of clicks, of music at half and twice its grid, and of nothing."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.score.grid import steady
from twostep.models.judge.music import onsets, tempo

from .sounds import RATE, SECONDS, hiss, on_grid, piece, struck


def scores(heard):
    return tempo.tempo_scores(heard, onsets.flux(heard.mel))


def clicks(bpm: float, asked: float):
    """Even clicks, judged by a grid of another tempo."""
    grid = steady(bpm, SECONDS, downbeat=0.31)
    samples = struck(grid.beats, SECONDS, 1000.0, 0.03) + hiss(SECONDS, 0.003)
    return piece(samples, steady(asked, SECONDS, downbeat=0.31))


@pytest.mark.parametrize("bpm", [78.0, 96.5, 112.0, 127.0])
def test_tempo_of_clicks_and_of_a_band(bpm):
    for heard in (clicks(bpm, bpm), on_grid(bpm=bpm)):
        found = scores(heard)
        assert found["tempo"] == found["tempo_octave"] == 1
        assert found["tempo_off"] < 1


def test_octaves_are_counted_apart():
    for asked in (60.0, 180.0):
        found = scores(clicks(120.0 if asked == 60 else 90.0, asked))
        assert found["tempo"] == 0
        assert found["tempo_octave"] == 1


def test_another_tempo_is_none():
    found = scores(clicks(100.0, 112.0))
    assert found["tempo"] == found["tempo_octave"] == 0
    assert found["tempo_off"] == pytest.approx(100 * (1 - 100 / 112), abs=1)


def test_silence_has_none():
    found = scores(piece(np.zeros(round(SECONDS * RATE))))
    assert found == {"tempo": 0.0, "tempo_octave": 0.0}
