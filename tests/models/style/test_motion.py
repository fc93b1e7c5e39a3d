# SPDX-License-Identifier: GPL-3.0-or-later
"""The classifier of dances: takes, fit, held-out takes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from twostep.inference import pose_features
from twostep.inference.score.auto_genre import read_weights
from twostep.inference.styles import STYLES
from twostep.models.style.motion import Seen, confusion, crossed, fit, read_takes, write

from ...dancers import dancer


def seen(style: str, number: int, split: str = "train", dance: str | None = None) -> Seen:
    """A take of made-up traits, its style in one of them."""
    rows = np.random.default_rng(number).normal(size=(4, 8)).astype(np.float32)
    rows[:, STYLES.index(style)] += 3
    name = f"{style}{number}"
    return Seen(name, dance or name, style, split, rows)


@pytest.fixture(scope="module")
def takes() -> list[Seen]:
    return [seen(style, 10 * place + n) for place, style in enumerate(STYLES) for n in range(6)]


def test_what_is_learned_holds_for_others(takes: list[Seen], tmp_path: Path) -> None:
    weights = fit(takes)
    table = confusion(weights, [seen(style, 100 + n) for n, style in enumerate(STYLES)])
    np.testing.assert_array_equal(table, np.eye(5, dtype=int))
    stored = read_weights(write(weights, {"held_out": table.tolist()}, tmp_path))
    np.testing.assert_allclose(stored.odds(takes[0].rows), weights.odds(takes[0].rows), atol=1e-3)
    assert json.loads((tmp_path / "motion.json").read_text())["styles"] == list(STYLES)


def test_every_take_is_judged_once(takes: list[Seen]) -> None:
    table = crossed(takes)
    assert table.sum() == len(takes)
    assert table.trace() > 0.9 * len(takes)


def test_partners_are_held_out_together() -> None:
    """Two styles that nothing but the dance itself tells: leaking it would get them right."""
    random = np.random.default_rng(1)
    pairs = []
    for number in range(12):
        rows = random.normal(size=(4, 40)).astype(np.float32)
        rows += 4 * random.normal(size=40).astype(np.float32)
        style = STYLES[number % 2]
        pairs += [Seen(f"{side}{number}", f"dance{number}", style, "train", rows) for side in "ab"]
    assert crossed(pairs).trace() < 0.8 * len(pairs)


def test_takes_are_read_in_valid_parts(tmp_path: Path) -> None:
    motion = dancer(100.0, 20.0)
    features = pose_features.encode(motion)
    valid = np.ones(2 * len(features), bool)
    valid[150:600] = False
    entries = [
        {"name": "60_01", "source": "cmu_60", "style": "salsa", "split": "train"},
        {"name": "x", "source": "g1", "style": "pop", "split": "test"},
    ]
    for number, entry in enumerate(entries):
        entry |= {"start": number * len(features), "stop": (number + 1) * len(features)}
    np.savez(
        tmp_path / "motion.npz", features=np.concatenate([features, features]), valid=valid,
        takes=json.dumps(entries),
    )  # fmt: skip
    salsa, pop = read_takes(tmp_path / "motion.npz")
    assert (salsa.dance, pop.dance) == ("couple_01", "x")
    assert len(salsa.rows) == 2  # one part, as it is and mirrored
    assert len(pop.rows) == 8
