# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a dance changes with its song, on dances made to change by a known amount."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.models.judge.changes import changes, seen

from .figures import standing, swinging, turned, wandering

SLOW, QUICK = np.arange(0.2, 21, 0.6), np.arange(0.2, 21, 0.5)


def compared(motion, beats, name: str, seed: int):
    return seen(motion, beats, (name, "pop", seed), real=0.2, seconds=20.0)


def test_who_hears_nothing_does_not_change_with_the_song():
    dances = [wandering(20.0, seed) for seed in range(2)]
    deaf = [
        compared(dances[seed], beats, name, seed)
        for seed in range(2)
        for name, beats in (("slow", SLOW), ("quick", QUICK))
    ]
    found = changes(deaf, deaf)
    assert found["songs_held"].mean == pytest.approx(0, abs=1e-6)
    assert found["seeds"].mean > 0.5
    assert found["song_share_held"].mean == pytest.approx(0, abs=1e-6)


def test_who_hears_only_the_tempo_does_not_either():
    same = [
        compared(swinging(beats, 20.0), beats, name, 0)
        for name, beats in (("slow", SLOW), ("quick", QUICK))
    ]
    assert changes(same, same)["songs_held"].mean < 0.1


def test_who_dances_something_else_to_each_song_changes():
    dances = [
        compared(wandering(20.0, 2 * seed + number), beats, name, seed)
        for seed in range(2)
        for number, (name, beats) in enumerate((("slow", SLOW), ("quick", QUICK)))
    ]
    found = changes(dances, [])
    assert found["song_share"].mean == pytest.approx(1.0, abs=0.2)
    assert "songs_held" not in found


def raised(left: float, right: float):
    """A statue with its arms turned by angles."""
    motion = turned(standing(), np.full(600, left), ("left_shoulder",), "y")
    return turned(motion, np.full(600, right), ("right_shoulder",), "y")


def test_the_share_is_exact():
    """The song raises one arm, the seed both by as much: half the joints move, as far."""
    dances = [
        compared(raised(0.8 * (name == "quick") - 0.8 * seed, 0.8 * seed), beats, name, seed)
        for name, beats in (("slow", SLOW), ("quick", QUICK))
        for seed in (0, 1)
    ]
    found = changes(dances, dances)
    left = 2 * np.sin(0.4) * np.array([0.26, 0.51, 0.595]).sum() / 24
    assert found["songs"].mean == pytest.approx(left / 0.2, rel=1e-4)
    assert found["seeds"].mean == pytest.approx(2 * left / 0.2, rel=1e-4)
    assert found["song_share"].mean == pytest.approx(0.5, rel=1e-4)
    assert found["song_share_held"].mean == pytest.approx(0.5, rel=1e-4)
    assert changes(dances[:1], []) == {}
