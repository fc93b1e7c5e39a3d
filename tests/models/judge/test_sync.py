# SPDX-License-Identifier: GPL-3.0-or-later
"""Sync figures: hand-computed cases, and what chance must give."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.models.judge import signals, sync

from .figures import FPS, standing, swinging, trembling

BEATS = np.arange(0.25, 20.0, 0.55)


def found(motion):
    return signals.kinematic_beats(motion.positions(), FPS)


def test_matching_is_one_to_one():
    assert sync.matched([1.0, 1.05, 1.08], [1.02], 0.1) == 1
    assert sync.matched([1.0, 1.15], [1.09, 1.2], 0.1) == 2
    assert sync.matched([0.5], [0.7], 0.1) == 0
    assert sync.matched([], [0.7], 0.1) == 0


def test_scores_by_hand():
    music = np.array([1.0, 2.0, 3.0, 4.0])
    motion = np.array([1.05, 2.09, 2.5, 9.0])  # 9 s lies beyond the music and is not judged
    scores = sync.beat_scores(motion, music)
    assert scores["precision"] == pytest.approx(2 / 3)
    assert scores["recall"] == pytest.approx(2 / 4)
    assert scores["f1"] == pytest.approx(4 / 7)
    assert sync.beat_scores(motion, music, 0.07)["f1"] == pytest.approx(2 / 7)


def test_null_is_the_share_of_the_beat_within_reach():
    music = np.arange(0, 60, 0.5)
    assert sync.null_f1(music, music, 0.1) == pytest.approx(0.2 / 0.5, abs=0.03)


def test_turning_on_the_beat_is_perfect_and_half_a_beat_off_is_nothing():
    scores = sync.sync_scores(found(swinging(BEATS)), BEATS[1:-1])
    assert scores["f1"] > 0.98
    assert scores["f1_70"] > 0.98
    assert scores["f1_margin"] > 0.55
    assert scores["f1_half"] == 0
    off = sync.sync_scores(found(swinging(BEATS, lag=0.275)), BEATS[1:-1])
    assert off["f1"] == 0
    assert off["f1_half"] > 0.95


def test_kinematic_beats_are_placed_within_a_frame():
    times = found(swinging(BEATS))
    gaps = np.abs(times[:, None] - BEATS[None]).min(1)
    assert gaps.max() < 1 / FPS


def test_statues_have_no_beats():
    assert not len(found(standing()))
    for size in (0.001, 0.006, 0.02):
        assert not len(found(trembling(size=size)))
    assert sync.sync_scores(found(trembling()), BEATS)["f1"] == 0


def test_alignment_score_by_hand():
    music, motion = np.array([1.0, 2.0]), np.array([1.05])
    assert sync.beat_alignment(motion, music, "motion") == pytest.approx(np.exp(-0.5))
    expected = (np.exp(-0.5) + np.exp(-0.5 * 19**2)) / 2
    assert sync.beat_alignment(motion, music, "music") == pytest.approx(expected)
    assert sync.beat_alignment(motion[:0], music, "music") == 0


def test_coherence_finds_the_level_the_body_moves_at():
    music = np.arange(0, 60, 0.5)
    times = np.arange(1800) / FPS
    waltz = 1 + 0.5 * np.cos(2 * np.pi * times * 2 / 3 + 0.7)
    result = sync.coherence(waltz, FPS, music)
    assert result["coherence_1/3"] > 0.95
    assert result["coherence_1/3_margin"] > 0.6
    assert result["coherence_1"] < 0.1
    noise = np.random.default_rng(0).normal(0, 1, 1800)
    assert abs(sync.coherence(noise, FPS, music)["coherence_1_margin"]) < 0.15


def test_phase_counts_beats_and_goes_on_at_the_ends():
    phase = sync.beat_phase(np.array([0.0, 1.0, 1.5, 2.0, 4.0]), np.array([1.0, 2.0, 3.0]))
    assert phase == pytest.approx([-1.0, 0.0, 0.5, 1.0, 3.0])


def test_no_beats_no_score():
    empty = np.zeros(0)
    assert sync.sync_scores(empty, BEATS)["f1_margin"] <= 0
    assert sync.sync_scores(BEATS, empty)["f1"] == 0
    assert sync.coherence(np.ones(600), FPS, BEATS)["coherence_1"] == pytest.approx(0, abs=1e-3)
