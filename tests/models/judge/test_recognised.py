# SPDX-License-Identifier: GPL-3.0-or-later
"""The classifier of styles, on made-up takes that can and cannot be told apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twostep.inference.motion import Motion
from twostep.models.judge import recognised
from twostep.models.judge.clips import Clip

from .figures import swinging, wandering
from .test_nulls import stirred


def take(style: str, number: int, motion: Motion, split: str = "train") -> Clip:
    return Clip(f"{style}{number}", style, split, motion, np.zeros(0))


def swing(seed: int) -> Motion:
    """Arms that swing, at a tempo of its own."""
    motion = swinging(np.arange(0.1, 12, 0.5 + 0.02 * seed), 10.0)
    rotations = motion.rotations + np.random.default_rng(seed).normal(0, 0.01, (300, 24, 4))
    return replace(motion, rotations=rotations / np.linalg.norm(rotations, axis=-1)[..., None])


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    """Swinging is salsa, wandering is house; the last of each is held out."""
    splits = ["train"] * 5 + ["test"]
    pairs = list(enumerate(splits))
    return [take("salsa", i, swing(i), split) for i, split in pairs] + [
        take("house", i, wandering(10, i), split) for i, split in pairs
    ]


def test_what_differs_is_told_apart(clips):
    learned = recognised.learned(clips)
    assert recognised.recognised(swing(9), "salsa", learned) == 1
    assert recognised.recognised(swing(9), "house", learned) == 0
    assert recognised.recognised(wandering(10, 9), "house", learned) == 1
    # A style that it has never seen it never tells.
    assert recognised.recognised(swing(9), "pop", learned) == 0
    takes = recognised.see(clips)
    assert recognised.crossed(takes) == {"salsa": 1, "house": 1, "": 1}


def test_names_alone_are_told_by_chance():
    """Takes of one kind under two names: what was left out is right half of the time."""
    clips = [take(("salsa", "pop")[i % 2], i, wandering(7, i)) for i in range(32)]
    assert recognised.crossed(recognised.see(clips))[""] == pytest.approx(0.5, abs=0.2)


def test_couples_are_left_out_together():
    clips = [
        take("salsa", 0, wandering(6, 0)),
        replace(take("salsa", 0, wandering(6, 1)), name="60_01"),
        replace(take("salsa", 0, wandering(6, 2)), name="61_01"),
    ]
    names = [seen.recording for seen in recognised.see(clips)]
    assert names[1] == names[2] != names[0]


def test_place_and_heading_do_not_matter_and_mirroring_is_known():
    motion = wandering(10, 2)
    rows = recognised.traits(motion, 1.0)
    assert rows.shape[0] == 6
    other = stirred(motion)
    for name in ("turned", "moved"):
        assert recognised.traits(other[name], 1.0) == pytest.approx(rows, abs=2e-3)
    in_mirror = recognised.traits(other["mirrored"], 1.0)
    assert in_mirror == pytest.approx(recognised.mirrored(rows), abs=2e-3)


def test_short_takes_teach_nothing():
    short = [take("salsa", 0, wandering(4))]
    assert recognised.see(short) == []
    with pytest.raises(ValueError, match="no takes"):
        recognised.learned(short)
