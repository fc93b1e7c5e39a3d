# SPDX-License-Identifier: GPL-3.0-or-later
"""Intervals hold what they promise on distributions whose mean is known."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.models.judge.interval import Interval, interval, interval_of, intervals_of, ratio

TRIES = 300


def covered(found: list[Interval], true: float) -> float:
    return float(np.mean([each.low <= true <= each.high for each in found]))


@pytest.mark.parametrize("draw", ["normal", "exponential"])
def test_nineteen_in_twenty_intervals_hold_the_true_mean(draw):
    rng = np.random.default_rng(1)
    samples = getattr(rng, draw)(size=(TRIES, 40)) + 2
    true = {"normal": 2.0, "exponential": 3.0}[draw]
    found = [interval(sample, rng, 400) for sample in samples]
    # The percentile bootstrap is a little too sure of 40 values, and more so of skewed ones.
    assert 0.88 < covered(found, true) < 0.985


def test_a_ratio_of_means_is_as_sure():
    rng = np.random.default_rng(2)
    found = [ratio(rng.normal(3, 1, 40), rng.normal(2, 0.5, 30), rng, 400) for _ in range(TRIES)]
    assert 0.88 < covered(found, 1.5) < 0.985
    assert not np.isfinite(ratio([], [1.0]).mean)
    assert not np.isfinite(ratio([1.0], [0.0]).mean)


def test_more_dances_are_surer():
    rng = np.random.default_rng(3)
    few, many = interval(rng.normal(size=10)), interval(rng.normal(size=1000))
    assert many.high - many.low < (few.high - few.low) / 3


def test_what_cannot_be_told_of_a_dance_is_left_out():
    found = interval([1.0, np.nan, 3.0])
    assert (found.mean, found.size) == (2.0, 2)
    assert interval([np.nan]).size == 0
    assert str(interval([np.nan])) == "–"


def test_statistics_of_dances_are_drawn_within_their_groups():
    values = np.array([0.0, 1.0, 10.0, 11.0])

    def spread(which):
        assert len(which) == 4
        assert (which < 2).sum() == 2  # two of each style, whatever is drawn
        return float(values[which].mean())

    found = interval_of(spread, ["salsa", "salsa", "pop", "pop"], draws=200)
    assert found.mean == 5.5
    assert 4.4 < found.low < found.mean < found.high < 6.6
    alone = interval_of(lambda which: float(len(which)), ["salsa", "pop"])
    assert alone.mean == 2
    assert not np.isfinite(alone.low)
    assert str(alone) == "2.00"


def test_numbers_are_written_to_be_read():
    assert str(Interval(0.416, 0.3777, 0.45, 8)) == "0.42 (0.38–0.45)"
    assert str(Interval(-0.0421, -0.05, 123.4, 8)) == "−0.042 (−0.050–123)"
    assert str(Interval(-0.0001, 0.0, 0.0, 2)) == "0 (0–0)"


def test_several_statistics_of_the_same_draws_are_as_each_alone():
    values = np.random.default_rng(8).normal(size=12)
    groups = ["salsa"] * 5 + ["pop"] * 7

    def both(which):
        return {"mean": float(values[which].mean()), "spread": float(values[which].std())}

    found = intervals_of(both, groups)
    for name, each in found.items():
        assert each == interval_of(lambda which, name=name: both(which)[name], groups)
        assert each.low < each.mean < each.high
