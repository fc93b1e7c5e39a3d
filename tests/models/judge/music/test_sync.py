# SPDX-License-Identifier: GPL-3.0-or-later
"""Sync figures of music: perfect, half a beat off, noise, silence, and what chance gives."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.score.grid import Grid
from twostep.models.judge.music import alignment, onsets

from .sounds import RATE, SECONDS, hiss, on_grid, piece, struck


@pytest.fixture(scope="module")
def template():
    heard = on_grid()
    return alignment.learn([(heard, onsets.flux(heard.mel))])["house"]


def judged(heard, template):
    flux = onsets.flux(heard.mel)
    scores = alignment.alignment(heard, flux, template)
    return scores | alignment.tracked_scores(heard, flux, template)


def test_clicks_are_found_in_time():
    heard = on_grid()
    clicks = piece(struck(heard.grid.beats, SECONDS, 1000.0, 0.02) + hiss(SECONDS, 0.003))
    found = onsets.onsets(onsets.flux(clicks.mel))
    assert len(found) == len(heard.beats)
    assert np.abs(found - heard.beats).max() < 0.025


@pytest.mark.parametrize("bpm", [84.0, 112.0])
@pytest.mark.parametrize("late", [0.0, -0.06, 0.06])
def test_music_near_the_grid_is_aligned_and_says_how_late_it_is(template, late, bpm):
    scores = judged(on_grid(late, bpm), template)
    assert scores["align"] == 1
    assert scores["shift_ms"] == pytest.approx(1e3 * late, abs=10)
    assert scores["align_half"] == 0
    assert scores["f1"] > 0.95
    assert scores["f1_margin"] > 0.5


def test_music_half_a_beat_off_has_nothing(template):
    """The control of the control: a measure that let this pass could not tell a shift."""
    scores = judged(on_grid(late=30 / 112), template)
    assert scores["align"] == 0
    assert scores["align_half"] == 1
    assert scores["f1"] < 0.05


def test_music_beyond_the_tolerance_is_not_aligned(template):
    assert judged(on_grid(late=0.125), template)["align"] == 0


def test_wrong_tempo_is_chance(template):
    heard = on_grid(bpm=112.0)
    scores = judged(heard, template)
    assert scores["chance"] == pytest.approx(0.2 * 112 / 60)
    assert scores["align_null"] == pytest.approx(scores["chance"], abs=0.15)


def test_noise_is_chance(template):
    scores = [judged(piece(hiss(SECONDS, seed=seed)), template) for seed in range(6)]
    assert np.mean([s["align"] for s in scores]) == pytest.approx(0.37, abs=0.2)
    assert abs(np.mean([s["f1_margin"] for s in scores])) < 0.3
    assert np.mean([s["fit"] for s in scores]) < 0.6


def test_silence_is_not_aligned(template):
    scores = judged(piece(np.zeros(round(SECONDS * RATE))), template)
    assert scores["align"] == scores["align_half"] == scores["f1"] == scores["f1_margin"] == 0


def test_a_rest_that_was_asked_for_is_not_judged(template):
    heard = on_grid()
    samples = heard.samples.copy()
    samples[round(6.1 * RATE) : round(17.9 * RATE)] = 0
    quiet = piece(samples, heard.grid)
    asked = piece(samples, heard.grid, stops=np.array([[6.1, 17.9]]))
    assert judged(quiet, template)["align"] < judged(asked, template)["align"] == 1


def test_drifting_tempo_is_followed(template):
    beats = 0.31 + np.cumsum(0.55 + 0.04 * np.sin(np.arange(45) / 6))
    grid = Grid(beats[beats < SECONDS + 1])
    from .sounds import band

    scores = judged(piece(band(grid), grid), template)
    assert scores["align"] == 1
    assert scores["f1"] > 0.95


def test_hits_are_held_against_all_other_phases():
    heard = on_grid()
    clicks = piece(struck(heard.grid.beats, SECONDS, 1000.0, 0.02) + hiss(SECONDS, 0.003))
    rates = onsets.hit_rates(clicks, onsets.onsets(onsets.flux(clicks.mel)))
    assert rates["hit"] == 1
    assert rates["hit_half"] == 0
    assert rates["hit_null"] == pytest.approx(2 * onsets.HIT / (60 / 112), abs=0.05)
    scores = onsets.onset_scores(clicks, onsets.onsets(onsets.flux(clicks.mel)))
    assert scores["onset_f1"] == 1
    assert scores["onset_f1_null"] == pytest.approx(0.37, abs=0.05)


def test_published_scores_do_not_notice_half_a_beat():
    heard = on_grid(late=30 / 112)
    scores = onsets.published_scores(heard, onsets.onsets(onsets.flux(heard.mel)))
    assert scores["bcs"] > 0.95
    assert scores["bhs"] > 0.95


def test_nothing_found_scores_nothing():
    heard = piece(np.zeros(round(SECONDS * RATE)))
    found = onsets.onsets(onsets.flux(heard.mel))
    assert not len(found)
    assert onsets.hit_rates(heard, found)["hit"] == 0
    assert onsets.published_scores(heard, found) == {"bcs": 0, "bhs": 0, "bhs_half": 0}
