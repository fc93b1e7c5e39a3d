# SPDX-License-Identifier: GPL-3.0-or-later
"""Music of other dances, and music that is found instead of made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twostep.inference.score import harmony, mel
from twostep.inference.score.cues import Cues
from twostep.inference.score.generator import Told
from twostep.inference.score.grid import Grid, steady
from twostep.models.judge.music import alignment, onsets, retrieval, rows

from .sounds import on_grid, with_energy
from .sounds import rows as times


def asked(grid: Grid, energy, seconds: float = 16.0) -> Told:
    """What is told of a dance on a grid with the energy of each frame at 30 fps."""
    none = np.zeros(0)
    cues = Cues(seconds, grid, energy, none, none.astype(np.float32), none.reshape(0, 2))
    chords = harmony.plan("house", 16, np.random.default_rng(0))
    return Told(cues, chords, None, "house", 0, seconds * mel.FPS)


def rising(length: float, up: bool = True):
    share = np.linspace(0, 1, round(length))
    return (share if up else 1 - share).astype(np.float32)


def clip(bpm: float, up: bool = True):
    heard = on_grid(bpm=bpm)
    energy = rising(len(heard.mel), up)
    return replace(with_energy(heard, energy), name=f"{bpm:g} {'up' if up else 'down'}")


def test_music_of_another_dance_keeps_its_sound_and_gets_the_other_orders():
    one, two = replace(on_grid(bpm=112.0), name="one"), replace(on_grid(bpm=97.0), name="two")
    waltz = replace(one, grid=replace(one.grid, beats_per_bar=3), name="three")
    found = rows.shuffled([one, two, waltz]).pieces
    assert [piece.name for piece in found] == ["one", "two"]
    assert found[0].mel == pytest.approx(one.mel)
    assert found[0].grid.bpm == pytest.approx(97)
    template = alignment.learn([(one, onsets.flux(one.mel))])["house"]
    scores = [alignment.alignment(p, onsets.flux(p.mel), template) for p in found]
    assert np.mean([score["align"] for score in scores]) < 0.7


def test_found_music_is_that_of_the_nearest_tempo_and_lies_on_the_beats():
    told = asked(steady(104.0, 17.0, downbeat=0.77), rising(480))
    clips = [clip(84.0), clip(101.0), clip(126.0)]
    piece = retrieval.found(told, clips)
    assert piece.name == "101 up"
    assert piece.seconds == pytest.approx(16, abs=0.05)
    assert piece.samples is None
    template = alignment.learn([(clips[0], onsets.flux(clips[0].mel))])["house"]
    scores = alignment.alignment(piece, onsets.flux(piece.mel), template)
    assert scores["align"] == 1
    assert abs(scores["shift_ms"]) < 15


def test_found_music_swells_as_the_dance_does():
    grid = steady(112.0, 17.0, downbeat=0.31)
    for up in (True, False):
        told = asked(grid, rising(480, up))
        found = retrieval.found(told, [clip(112.0, up=False), clip(112.0, up=True)])
        assert found.name == f"112 {'up' if up else 'down'}"


def test_found_music_that_is_too_short_goes_on_at_its_bar():
    told = asked(steady(112.0, 41.0, downbeat=0.31), rising(1200), seconds=40.0)
    piece = retrieval.found(told, [clip(112.0)])
    assert piece.seconds == pytest.approx(40, abs=0.05)
    beat = piece.mel[np.abs((times(piece) - 0.31) % (60 / 112) - 0.05) < 0.03]
    assert beat[:, :20].max(axis=1).min() > -60  # the bass drum, to the end
