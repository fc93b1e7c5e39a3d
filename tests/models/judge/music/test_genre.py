# SPDX-License-Identifier: GPL-3.0-or-later
"""Genre figures on made-up ears."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twostep.inference.genres import NAMES
from twostep.models.judge.music import genre

from .sounds import on_grid


def sure_of(index: int, share: float = 0.76):
    odds = np.full(13, (1 - share) / 12)
    odds[index] = share
    return odds


def pieces(*names: str):
    return [replace(on_grid(), genre=name) for name in names]


def test_confusion_counts_what_is_heard():
    counts, means = genre.confusion(pieces("break", "break", "pop"), lambda mel: sure_of(0))
    assert counts[0, 0] == 2
    assert counts[1, 0] == 1
    assert genre.agreement(counts) == pytest.approx(2 / 3)
    assert means[0] == pytest.approx(sure_of(0))
    assert not means[2:].any()


def test_divergence_is_nothing_for_the_same_and_large_for_another():
    true = np.array([sure_of(i) for i in range(13)])
    own, others = genre.divergence(true, true)
    assert own == pytest.approx(0, abs=1e-9)
    share, rest = 0.76, 0.02
    assert others == pytest.approx((share - rest) * np.log(share / rest))
    assert genre.divergence(true, np.roll(true, 1, axis=0))[0] == pytest.approx(others)


def test_frechet_by_hand():
    random = np.random.default_rng(0)
    a = random.normal(size=(20_000, 3))
    assert genre.frechet(a, a) == pytest.approx(0, abs=1e-6)
    assert genre.frechet(a, a + [1, 2, 0]) == pytest.approx(5, abs=1e-6)
    assert genre.frechet(a, 2 * a) == pytest.approx(3, abs=0.1)  # (2 - 1)^2 in each direction


def test_distances_lie_between_floor_and_ceiling():
    random = np.random.default_rng(1)
    centres = {name: 6 * random.normal(size=30) for name in NAMES[:4]}

    def drawn(count, off=0.0):
        return {n: c + off + random.normal(size=(count, 30)) for n, c in centres.items()}

    true = drawn(40)
    good, poor = genre.distances(true, drawn(20)), genre.distances(true, drawn(20, off=1.0))
    assert good["frechet"] == pytest.approx(good["frechet_floor"], rel=0.2)
    assert good["frechet"] + 15 < poor["frechet"] < poor["frechet_ceiling"] / 5
    assert good["frechet_all"] < poor["frechet_all"]
    assert genre.distances(true, {NAMES[0]: np.zeros((1, 30))}) == {}


def test_stretches_cover_a_piece():
    heard = on_grid()  # 24 s: stretches from 0, 5 and 10 s
    lengths = []

    def embed(mel_db):
        lengths.append(len(mel_db))
        return np.zeros(30)

    assert genre.embedded([heard], embed)["house"].shape == (3, 30)
    assert set(lengths) == {round(10 * 22_050 / 512)}
