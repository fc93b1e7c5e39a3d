# SPDX-License-Identifier: GPL-3.0-or-later
"""Fréchet distances of Gaussians that are known, and their floor and ceiling."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.genres import NAMES
from twostep.models.judge.music import frechet
from twostep.models.judge.music.frechet import Truth

from .sounds import on_grid

CENTRES = {name: 6 * np.random.default_rng(i).normal(size=30) for i, name in enumerate(NAMES)}


def drawn(seed: int, count: int, off: float = 0.0):
    """Styles of three genres."""
    random = np.random.default_rng(seed)
    return {n: CENTRES[n] + off + random.normal(size=(count, 30)) for n in NAMES[:3]}


def test_distance_by_hand():
    a = np.random.default_rng(0).normal(size=(20_000, 3))
    assert frechet.frechet(a, a) == pytest.approx(0, abs=1e-6)
    assert frechet.frechet(a, a + [1, 2, 0]) == pytest.approx(5, abs=1e-6)
    assert frechet.frechet(a, 2 * a) == pytest.approx(3, abs=0.1)  # (2 - 1)^2 in each direction


def test_few_stretches_are_the_same_distance_from_either_side():
    random = np.random.default_rng(4)
    few, many = random.normal(size=(6, 30)), random.normal(size=(400, 30))
    roots = np.linalg.eigvals(np.cov(few.T) @ np.cov(many.T)).real
    spread = np.trace(np.cov(few.T)) + np.trace(np.cov(many.T)) - 2 * np.sqrt(roots.clip(0)).sum()
    wanted = np.square(few.mean(axis=0) - many.mean(axis=0)).sum() + spread
    assert frechet.frechet(few, many) == pytest.approx(wanted, rel=1e-5)
    assert frechet.frechet(many, few) == pytest.approx(wanted, rel=1e-5)


def test_distances_lie_between_floor_and_ceiling():
    truth = Truth(drawn(1, 40), drawn(9, 90))
    assert truth.count == 20
    limits = truth.limits()
    good, poor = truth.distances(drawn(3, 20)), truth.distances(drawn(3, 20, off=1.0))
    for key in ("frechet", "fad"):
        assert good[key] == pytest.approx(limits[f"{key}_floor"], rel=0.2)
        assert good[key] + 15 < poor[key] < limits[f"{key}_ceiling"] / 5
    assert good["frechet_all"] < poor["frechet_all"]


def test_more_stretches_do_not_lower_a_distance_by_their_number():
    truth = Truth(drawn(1, 40), drawn(9, 90))
    few, many = truth.distances(drawn(3, 20)), truth.distances(drawn(4, 100))
    for key in ("frechet", "fad"):
        assert many[key] == pytest.approx(few[key], rel=0.15)


def test_a_genre_of_which_there_is_too_little_is_left_out():
    truth = Truth(drawn(1, 40), drawn(9, 90))
    assert truth.distances({NAMES[0]: np.zeros((2, 30))}) == {}
    made = drawn(3, 20)
    own = truth.distances({NAMES[0]: made[NAMES[0]]})["frechet"]
    part = truth.distances({NAMES[0]: made[NAMES[0]], NAMES[1]: made[NAMES[1]][:5]})["frechet"]
    assert part == own


def test_stretches_cover_a_piece():
    heard = on_grid()  # 24 s: stretches from 0, 5 and 10 s
    lengths = []

    def embed(mel_db):
        lengths.append(len(mel_db))
        return np.full(30, len(lengths))

    rows = frechet.stretches(heard, embed)
    assert rows[:, 0].tolist() == [1, 2, 3]
    assert set(lengths) == {round(10 * 22_050 / 512)}
    both = frechet.by_genre([heard, heard], [rows, rows + 3])
    assert both["house"][:, 0].tolist() == [1, 2, 3, 4, 5, 6]
