# SPDX-License-Identifier: GPL-3.0-or-later
"""Genre figures on made-up ears."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twostep.models.judge.music import genre

from .sounds import on_grid


def sure_of(index: int, share: float = 0.76):
    odds = np.full(13, (1 - share) / 12)
    odds[index] = share
    return odds


def pieces(*names: str):
    return [replace(on_grid(), genre=name) for name in names]


def test_confusion_counts_what_is_heard():
    asked = pieces("break", "break", "pop")
    odds = genre.odds(asked, lambda mel: sure_of(0))
    assert odds.shape == (3, 13)
    assert genre.right(asked, odds).tolist() == [1, 1, 0]
    counts = genre.confusion(asked, odds)
    assert counts[0, 0] == 2
    assert counts[1, 0] == 1
    assert counts.sum() == 3
    means = genre.mean_odds(asked, odds)
    assert means[0] == pytest.approx(sure_of(0))
    assert not means[2:].any()


def test_divergence_is_nothing_for_the_same_and_large_for_another():
    true = np.array([sure_of(i) for i in range(13)])
    own, others = genre.divergence(true, true)
    assert own == pytest.approx(0, abs=1e-9)
    share, rest = 0.76, 0.02
    assert others == pytest.approx((share - rest) * np.log(share / rest))
    assert genre.divergence(true, np.roll(true, 1, axis=0))[0] == pytest.approx(others)
