# SPDX-License-Identifier: GPL-3.0-or-later
"""What music reads off a dancer, on dancers whose beats, stops and hits are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twostep.inference.errors import TwostepError
from twostep.inference.motion import Motion
from twostep.inference.score import motion_latents as latents
from twostep.inference.score.cues import (
    checked_speed,
    energy_of,
    first_of,
    meter,
    read_cues,
    tracked,
)
from twostep.inference.score.grid import steady

from ...dancers import dancer, still_motion, turned


def joined(*parts: Motion) -> Motion:
    return Motion(
        parts[0].fps,
        np.concatenate([part.root for part in parts]),
        np.concatenate([part.rotations for part in parts]),
        np.concatenate([part.contacts for part in parts]),
    )


def off(beats: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.abs(truth[:, None] - beats[None]).min(axis=1)


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
def test_the_beat_is_found_at_any_frame_rate(fps: float) -> None:
    cues = read_cues(dancer(100.0, fps=fps, first=0.2))
    assert cues.seconds == pytest.approx(20)
    assert cues.grid.bpm == pytest.approx(100, rel=0.01)
    assert np.median(off(cues.grid.beats, np.arange(0.8, 19, 0.6))) < 0.03
    assert cues.grid.beats[0] < 0.6
    assert cues.grid.beats[-1] >= 20
    assert 0 <= cues.grid.first < cues.grid.beats_per_bar == 4
    assert len(cues.energy) == pytest.approx(600, abs=1)


def test_the_grid_is_as_even_as_music() -> None:
    """Rests that come 60 ms early or late must not make the music stumble."""
    rng = np.random.default_rng(3)
    speed = 0.6 * np.ones(900, np.float32)
    times = np.arange(900) / 30
    for beat in np.arange(0.3, 30, 0.6):
        rest = beat + rng.uniform(-0.06, 0.06)
        speed -= 0.4 * np.exp(-0.5 * ((times - rest) / 0.08) ** 2).astype(np.float32)
    grid = tracked(speed)
    assert grid.bpm == pytest.approx(100, rel=0.02)
    periods = np.diff(grid.beats)
    assert periods.std() < 0.015 * periods.mean()
    assert np.median(off(grid.beats, np.arange(1.5, 28, 0.6))) < 0.04


def test_a_given_tempo_and_downbeat_are_kept_exactly() -> None:
    cues = read_cues(dancer(100.0), bpm=90.0, beats_per_bar=3, first_downbeat=1.3)
    np.testing.assert_allclose(np.diff(cues.grid.beats), 60 / 90)
    assert cues.grid.beats_per_bar == 3
    assert off(cues.grid.beats[cues.grid.downbeats], np.array([1.3]))[0] < 1e-9
    assert cues.grid.beats[0] < 60 / 90
    assert cues.grid.beats[-1] >= 20


def test_a_given_tempo_alone_falls_on_the_rests() -> None:
    cues = read_cues(dancer(100.0, first=0.25), bpm=100.0)
    assert np.median(off(cues.grid.beats, np.arange(0.85, 19, 0.6))) < 0.02


@pytest.mark.parametrize("downbeat", [0.5, 7.7, 0.0])
def test_a_given_downbeat_alone_moves_the_grid(downbeat: float) -> None:
    cues = read_cues(dancer(100.0, first=0.2), first_downbeat=downbeat)
    assert off(cues.grid.beats[cues.grid.downbeats], np.array([downbeat]))[0] < 1e-6
    assert cues.grid.bpm == pytest.approx(100, rel=0.02)


def swelling(every: int, bars: int = 16) -> np.ndarray:
    """A speed that dips on each beat at 100 bpm, the deepest on the first of a bar."""
    times = np.arange(round(bars * every * 0.6 * 30)) / 30
    beats = times / 0.6
    dips = 0.25 * np.cos(2 * np.pi * beats) + 0.2 * np.cos(2 * np.pi * beats / every)
    return (0.6 - dips).astype(np.float32)


def test_three_is_told_from_four() -> None:
    for every in (3, 4):
        speed = swelling(every)
        assert meter(speed, steady(100.0, len(speed) / 30)) == every
    assert meter(swelling(3, bars=4), steady(100.0, 7.2)) == 4  # too little to be sure of


def test_the_bar_starts_where_the_accents_are() -> None:
    """A dip that is sudden on every fourth beat from the third on; and less than a bar of dance."""
    times = np.arange(900) / 30
    speed = 0.8 - 0.1 * np.cos(2 * np.pi * times / 0.6)
    for hit in np.arange(1.2, 30, 2.4):
        speed += 1.2 * np.exp(-0.5 * ((times - hit + 0.2) / 0.09) ** 2)
    assert first_of(speed.astype(np.float32), steady(100.0, 30.0)) == 2
    assert 0 <= first_of(speed[:70].astype(np.float32), steady(45.0, 70 / 30)) < 4


def test_energy_is_that_of_real_dancing() -> None:
    quiet, usual, wild = (energy_of(np.full(60, speed, np.float32)) for speed in (0.05, 0.56, 3.0))
    assert quiet.max() == 0
    assert usual.mean() == pytest.approx(0.5)
    assert wild.min() == 1
    cues = read_cues(joined(dancer(100.0, 10.0), dancer(100.0, 10.0)[:1], still_motion(10.0)))
    assert cues.energy[60:200].mean() > cues.energy[-200:].mean() + 0.2
    assert np.abs(np.diff(cues.energy)).max() < 0.05
    np.testing.assert_array_equal(
        cues.energy_at(np.array([-1.0, 99.0])), [cues.energy[0], cues.energy[-1]]
    )


def test_a_hit_is_an_accent_and_a_pause_a_stop() -> None:
    """Arms that swing gently, strike out within 0.2 s and stop dead at 6 s, and rest until 9 s."""
    times = np.arange(360) / 30
    angles = 0.25 * np.cos(2 * np.pi * times / 1.2)
    start = angles[168]
    strike = (times >= 5.6) & (times < 6.0)
    angles[strike] = start - 1.8 * ((times[strike] - 5.6) / 0.4) ** 3
    angles[(times >= 6.0) & (times < 9.0)] = start - 1.8
    angles[times >= 9.0] += start - 1.8 - angles[270]
    motion = still_motion(12.0)
    for joint, sign in (("left_shoulder", 1), ("right_shoulder", -1), ("spine1", 0.5)):
        motion = turned(motion, joint, sign * angles)
    cues = read_cues(motion)
    assert len(cues.accents) >= 1
    loudest = int(cues.strengths.argmax())
    assert cues.accents[loudest] == pytest.approx(6.1, abs=0.15)
    assert cues.strengths[loudest] > 0.9
    assert ((cues.strengths > 0) & (cues.strengths <= 1)).all()
    ((begin, end),) = cues.stops
    assert begin == pytest.approx(6.1, abs=0.2)
    assert end == pytest.approx(9.0, abs=0.2)


def broken() -> Motion:
    motion = dancer(100.0)
    root = motion.root.copy()
    root[40, 1] = np.nan
    return replace(motion, root=root)


@pytest.mark.parametrize(
    ("motion", "words"),
    [
        (dancer(100.0, 1.5), "only 1.5 s"),
        (dancer(100.0)[:0], "only 0.0 s"),
        (broken(), "no numbers"),
        (still_motion(8.0), "does not move"),
    ],
)
def test_what_cannot_be_scored_says_so(motion: Motion, words: str) -> None:
    with pytest.raises(TwostepError, match=words) as caught:
        read_cues(motion)
    assert str(caught.value).count(".") <= 2
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "wish", [{"bpm": 0.0}, {"bpm": float("nan")}, {"beats_per_bar": 5}, {"first_downbeat": np.inf}]
)
def test_wishes_that_cannot_be_met_say_so(wish: dict) -> None:
    with pytest.raises(TwostepError):
        read_cues(dancer(100.0, 4.0), **wish)


def test_ten_minutes_are_read() -> None:
    cues = read_cues(dancer(104.0, 600.0))
    assert cues.grid.bpm == pytest.approx(104, rel=0.01)
    assert len(cues.grid.beats) == pytest.approx(1040, abs=3)


def test_latents_of_the_dance_lie_at_the_tokens_of_the_music() -> None:
    motion = dancer(100.0, 7.0)
    count = latents.token_count(motion.seconds)
    assert count == int(np.ceil(7.0 * 22_050 / 2048))
    found = latents.motion_latents(motion)
    assert found.shape == (count, 64)
    assert np.isfinite(found).all()
    # The first six seconds hold three whole segments: what comes later changes nothing there.
    early = latents.motion_latents(motion[:180])
    inner = latents.token_times(len(early)) < 5.8
    np.testing.assert_allclose(early[inner], found[: len(early)][inner], atol=1e-4)
    assert np.linalg.norm(found[40] - found[44]) > 0.1
    longer = latents.motion_latents(motion, tokens=count + 30)
    np.testing.assert_array_equal(longer[count + 20 :], np.repeat(longer[-1:], 10, axis=0))
    assert checked_speed(motion).shape == (210,)
