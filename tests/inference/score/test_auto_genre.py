# SPDX-License-Identifier: GPL-3.0-or-later
"""The genre that a dance asks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twostep.inference.errors import TwostepError
from twostep.inference.genres import GENRES
from twostep.inference.motion import Motion
from twostep.inference.readers import read_motion
from twostep.inference.score.auto_genre import (
    auto_genre,
    genre_of,
    read_weights,
    style_odds,
    traits,
    weights,
)
from twostep.inference.styles import STYLES

from ...dancers import dancer, still_motion


@pytest.fixture(scope="module")
def swaying() -> Motion:
    return dancer(96.0)


@pytest.mark.parametrize(
    ("style", "bpm", "genre"),
    [
        ("salsa", 60.0, "salsa"),
        ("house", 122.0, "house"),
        ("hiphop", 126.0, "break"),
        ("hiphop", 72.0, "krump"),
        ("pop", 124.0, "lock"),
        ("modern", 73.0, "modern"),
        ("modern", 103.0, "ballet_jazz"),
    ],
)
def test_tempo_chooses_within_a_style(style: str, bpm: float, genre: str) -> None:
    assert genre_of(style, bpm, 4) == genre


@pytest.mark.parametrize("style", STYLES)
def test_three_beats_make_a_waltz_and_four_never_do(style: str) -> None:
    assert genre_of(style, 90.0, 3) == "waltz"
    for bpm in range(60, 180, 5):
        found = GENRES[genre_of(style, float(bpm), 4)]
        assert (found.style, found.beats_per_bar) == (style, 4)


def test_the_odds_are_odds_at_any_frame_rate(swaying: Motion) -> None:
    odds = style_odds(swaying)
    assert list(odds) == list(STYLES)
    assert sum(odds.values()) == pytest.approx(1, abs=1e-5)
    again = style_odds(swaying.resampled(120.0))
    assert list(again.values()) == pytest.approx(list(odds.values()), abs=0.05)


def test_where_it_stands_and_faces_does_not_matter(swaying: Motion) -> None:
    moved = replace(swaying, root=swaying.root + np.array([3, -2, 0], np.float32))
    np.testing.assert_allclose(traits(moved), traits(swaying), atol=1e-3)


def test_what_the_user_knows_counts(swaying: Motion) -> None:
    assert auto_genre(swaying) in GENRES
    assert auto_genre(swaying, beats_per_bar=3) == "waltz"
    slow, fast = (GENRES[auto_genre(swaying, bpm, 4)] for bpm in (72.0, 128.0))
    assert slow.style == fast.style
    assert slow.tempi[0] <= fast.tempi[0]


@pytest.mark.parametrize("frames", [2, 45])
def test_too_short_a_dance_is_told(swaying: Motion, frames: int) -> None:
    with pytest.raises(TwostepError, match="music needs at least"):
        auto_genre(swaying[:frames])


def test_a_still_figure_is_told(swaying: Motion) -> None:
    with pytest.raises(TwostepError, match="does not move"):
        auto_genre(still_motion())


def test_missing_weights_are_told(tmp_path: Path) -> None:
    (tmp_path / "motion.json").write_text('{"mean": [0], "spread": [1], "matrix": [], "bias": []}')
    for path in (tmp_path / "motion.json", tmp_path / "none.json"):
        with pytest.raises(TwostepError, match="reinstall Twostep"):
            read_weights(path)


def test_the_shipped_weights_read_the_traits(swaying: Motion) -> None:
    assert weights().matrix.shape == (len(STYLES), traits(swaying).shape[1])


@pytest.mark.parametrize(
    ("take", "style"), [("cmu_60/60_12.bvh", "salsa"), ("cmu_05/05_12.bvh", "modern")]
)
def test_dances_nobody_trained_on(data_folder: Path, take: str, style: str) -> None:
    motion = read_motion(data_folder / "mocap" / take)
    dance = motion[10:] if style == "salsa" else motion[30:]  # the T-pose at the start
    assert GENRES[auto_genre(dance)].style == style
