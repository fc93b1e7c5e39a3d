# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a dance changes with its song, on dances made to change by a known amount."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.models.judge.variety import song_share

from .figures import standing, swinging, turned

SLOW, QUICK = np.arange(0.25, 20.0, 0.7), np.arange(0.4, 20.0, 0.5)
BEATS = {"slow": SLOW, "quick": QUICK}


def raised(left: float, right: float):
    """A statue with its arms turned by angles."""
    motion = turned(standing(), np.full(600, left), ("left_shoulder",), "y")
    return turned(motion, np.full(600, right), ("right_shoulder",), "y")


def test_the_same_dance_to_all_songs_and_seeds_has_no_share():
    dances = {(song, seed): raised(0.5, 0.2) for song in BEATS for seed in (0, 1)}
    told = song_share(dances, BEATS, real=0.2)
    assert told["songs"] == told["seeds"] == told["song_share"] == told["songs_real"] == 0


def test_the_share_is_exact():
    """The song raises one arm, the seed both by as much: half the joints move, as far."""
    dances = {
        (song, seed): raised(0.8 * (song == "quick") - 0.8 * seed, 0.8 * seed)
        for song in BEATS
        for seed in (0, 1)
    }
    told = song_share(dances, BEATS)
    left = 2 * np.sin(0.4) * np.array([0.26, 0.51, 0.595]).sum() / 24
    assert told["songs"] == pytest.approx(left, rel=1e-4)
    assert told["seeds"] == pytest.approx(2 * left, rel=1e-4)
    assert told["song_share"] == pytest.approx(0.5, rel=1e-4)
    assert "songs_real" not in told
    assert song_share(dances, BEATS, real=left)["seeds_real"] == pytest.approx(2, rel=1e-4)


def test_tempo_alone_is_no_difference():
    dances = {(song, 0): swinging(beats) for song, beats in BEATS.items()}
    told = song_share(dances, BEATS)
    assert told["songs"] < 0.01
    assert "seeds" not in told
    assert "song_share" not in told
