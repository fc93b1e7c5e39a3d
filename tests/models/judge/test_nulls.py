# SPDX-License-Identifier: GPL-3.0-or-later
"""What chance gives, and what must not matter: every figure is worth what it says of the deaf."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from twostep.inference.motion import Motion
from twostep.inference.skeleton import STANDING_HEIGHT, rest_positions
from twostep.models.judge import body, signals, sync
from twostep.models.judge.metrics import measure

from .figures import FPS, standing, swinging, trembling, wandering

MUSIC = np.arange(0.3, 60.0, 0.5)
LEVELS = {"1/4": 0.25, "1/3": 1 / 3, "1/2": 0.5, "1": 1.0, "2": 2.0}


def statue(fps: float, seed: int, seconds: float = 60.0) -> np.ndarray:
    """Positions of a statue with every joint 6 mm off in every frame."""
    rest = rest_positions() + np.array([0, 0, STANDING_HEIGHT])
    noise = np.random.default_rng(seed).normal(0, 0.006, (round(seconds * fps), 24, 3))
    return rest + noise


def margin(found: np.ndarray, music: np.ndarray = MUSIC) -> float:
    return sync.sync_scores(found, music)["f1_margin"]


@pytest.mark.parametrize("fps", [30.0, 60.0])
@pytest.mark.parametrize("bpm", [90.0, 120.0])
def test_the_published_score_of_a_trembling_statue(fps, bpm):
    """The expected nearness of unrelated times: how many a second, times the kernel's area. A
    statue has sqrt(3/2) / (2 pi sigma) minima a second, so .29 over music beats at any tempo."""
    music = np.arange(0.3, 60.0, 60 / bpm)
    found = [signals.plain_minima(statue(fps, seed), fps) for seed in range(8)]
    area = np.sqrt(2 * np.pi) * 0.05
    minima = np.sqrt(1.5) / (2 * np.pi * 5 / 60)
    assert minima * area == pytest.approx(0.293, abs=1e-3)
    over_music = np.mean([sync.beat_alignment(times, music, "music") for times in found])
    assert over_music == pytest.approx(minima * area, abs=0.03)
    over_motion = np.mean([sync.beat_alignment(times, music, "motion") for times in found])
    assert over_motion == pytest.approx(bpm / 60 * area, abs=0.03)


def test_equal_neighbours_are_no_strict_minimum():
    assert not len(signals.plain_minima(standing().positions(), FPS))


@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_a_statue_has_neither_beats_nor_margin(fps):
    for seed in range(3):
        found = signals.kinematic_beats(statue(fps, seed, 20.0), fps)
        assert sync.sync_scores(found, MUSIC)["f1"] == 0
        assert margin(found) == 0


def test_trembling_is_not_dancing_though_it_has_speed():
    positions = trembling(size=0.03).positions()
    assert signals.joint_speeds(positions, FPS).mean() > 0.5
    assert not signals.travelling(positions, FPS).any()


def test_random_smooth_motion_has_no_margin():
    found = [signals.kinematic_beats(wandering(60, seed).positions(), FPS) for seed in range(10)]
    assert all(len(times) > 40 for times in found)
    # One minute of it scatters by .035.
    assert abs(np.mean([margin(times) for times in found])) < 0.03


def test_a_metronome_at_another_tempo_has_no_margin():
    for period in (0.37, 0.43, 0.58, 0.71):
        assert abs(margin(np.arange(0.1, 60, period))) < 0.03


def test_chance_is_not_mistaken_for_skill_in_a_short_song():
    margins = []
    for seed in range(250):
        rng = np.random.default_rng(seed)
        music = np.arange(0.4 + rng.uniform(0, 0.8), 9.5, 0.8)
        margins.append(margin(np.sort(rng.uniform(0, 10, 20)), music))
    assert abs(np.mean(margins)) < 0.02


def test_twice_the_tempo_meets_all_beats_and_is_half_wrong():
    scores = sync.sync_scores(np.arange(0.3, 60.0, 0.25), MUSIC)
    assert scores["recall"] == 1
    assert scores["precision"] == pytest.approx(0.5, abs=0.01)
    assert scores["f1_half"] == pytest.approx(scores["f1"], abs=0.01)


def test_two_rests_at_one_beat_count_once():
    scores = sync.beat_scores(np.array([0.96, 1.04, 2.0]), np.array([1.0, 2.0, 3.0]))
    assert scores == pytest.approx({"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3})
    # The first of two beats must not take the only rest that the second could have.
    assert sync.matched([0.95, 1.05], [1.0, 1.12], 0.1) == 2


def test_perfect_sync_is_one_and_half_a_beat_late_nothing():
    beats = np.arange(0.25, 20.0, 0.55)
    on = sync.sync_scores(signals.kinematic_beats(swinging(beats).positions(), FPS), beats[1:-1])
    assert on["f1"] == on["f1_70"] == 1
    # Two tolerances in every beat are hit by chance; 34 beats, a Fibonacci number, once misled
    # shifts by the golden section.
    assert len(beats[1:-1]) == 34
    assert on["f1_null"] == pytest.approx(0.2 / 0.55, abs=0.03)
    late = swinging(beats, lag=0.275).positions()
    off = sync.sync_scores(signals.kinematic_beats(late, FPS), beats[1:-1])
    assert off["f1"] == 0
    assert off["f1_margin"] == pytest.approx(-0.2 / 0.55, abs=0.03)


@pytest.mark.parametrize("bpm", [82.0, 120.0])
@pytest.mark.parametrize("name", LEVELS)
def test_a_sinusoid_is_coherent_with_its_own_level_only(name, bpm):
    music, times = np.arange(0, 60, 60 / bpm), np.arange(1800) / FPS
    speed = 1 + 0.3 * np.cos(2 * np.pi * times * LEVELS[name] * bpm / 60 + 0.7)
    told = sync.coherence(speed, FPS, music)
    for other in LEVELS:
        expected = float(other == name)
        assert told[f"coherence_{other}"] == pytest.approx(expected, abs=0.05)
        assert told[f"coherence_{other}_margin"] == pytest.approx(expected, abs=0.05)


def test_the_wrong_tempo_is_not_coherent():
    times = np.arange(1800) / FPS
    for ratio in (0.85, 1.15):
        speed = 1 + 0.3 * np.cos(2 * np.pi * times * 2 * ratio)
        assert sync.coherence(speed, FPS, MUSIC)["coherence_1"] < 0.05
        assert sync.coherence(speed, FPS, MUSIC)["coherence_1_margin"] < 0.01


def test_noise_has_no_margin_of_coherence():
    told = []
    for seed in range(40):
        noise = np.abs(np.random.default_rng(seed).normal(0, 1, 1800))
        told.append(sync.coherence(gaussian_filter1d(noise, 2.4), FPS, MUSIC))
    for name in LEVELS:
        assert np.mean([row[f"coherence_{name}"] for row in told]) < 0.25
        assert abs(np.mean([row[f"coherence_{name}_margin"] for row in told])) < 0.03


def test_wrong_tempi_keep_clear_of_every_level():
    for cycles in (24.0, 33.3, 45.0):
        for level in LEVELS.values():
            below, above = sync.wrong_tempi(level, cycles)
            assert all(wrong < level for wrong in below)
            assert all(wrong > level for wrong in above)
            assert above
            for wrong in below + above:
                assert min(abs(wrong - other) for other in LEVELS.values()) * cycles > 1.999


def test_slow_levels_of_a_short_dance_are_not_judged():
    told = sync.coherence(np.random.default_rng(0).random(180), FPS, MUSIC)
    assert told["coherence_1/4"] == told["coherence_1/4_margin"] == 0
    assert told["coherence_1"] > 0


def stirred(motion: Motion) -> dict[str, Motion]:
    """The motion in a mirror, turned about z, and elsewhere."""
    spin = Rotation.from_euler("z", 2.1)
    turned = (spin * Rotation.from_quat(motion.rotations[:, 0], scalar_first=True)).as_quat(
        scalar_first=True
    )
    rotations = np.concatenate([turned[:, None], motion.rotations[:, 1:]], axis=1)
    return {
        "mirrored": motion.mirrored(),
        "turned": replace(motion, root=spin.apply(motion.root), rotations=rotations),
        "moved": replace(motion, root=motion.root + np.array([4.0, -7.0, 0.0])),
    }


@pytest.fixture(scope="module")
def roaming() -> Motion:
    """Random smooth movement that also goes about the stage."""
    still = wandering(20, seed=3)
    steps = np.random.default_rng(4).normal(0, 1, (600, 3)) * np.array([1, 1, 0.1])
    way = gaussian_filter1d(gaussian_filter1d(steps, 8.0, axis=0), 4.0, axis=0) * 1.5
    return replace(still, root=still.root + way)


def test_mirror_heading_and_place_do_not_matter(roaming):
    plain = measure(roaming, MUSIC[MUSIC < 20])
    assert plain["beats_per_beat"] > 0.3
    for name, motion in stirred(roaming).items():
        told = measure(motion, MUSIC[MUSIC < 20])
        assert told == pytest.approx(plain, rel=2e-3, abs=2e-3), name


def test_the_frame_rate_hardly_matters(roaming):
    slow, fast = roaming.positions(), roaming.resampled(60.0).positions()
    a, b = (signals.mean_speed(p, fps) for p, fps in ((slow, 30.0), (fast, 60.0)))
    assert b.mean() == pytest.approx(a.mean(), rel=0.02)
    beats = signals.kinematic_beats(slow, 30.0)
    gaps = np.abs(beats[:, None] - signals.kinematic_beats(fast, 60.0)).min(1)
    assert np.median(gaps) < 0.01
    assert (gaps < 0.05).mean() > 0.9
    here, there = body.feet(slow, 30.0), body.feet(fast, 60.0)
    for key in here:
        assert there[key] == pytest.approx(here[key], rel=0.05, abs=0.02), key
    times = signals.plain_minima(slow, 30.0), signals.plain_minima(fast, 60.0)
    scores = [sync.beat_alignment(found, MUSIC[MUSIC < 20], "music") for found in times]
    assert scores[0] == pytest.approx(scores[1], abs=0.03)


def test_beats_are_only_where_there_is_movement():
    beats = np.arange(0.25, 30.0, 0.55)
    dance, still = swinging(beats, 30.0), standing(30.0)
    awake = np.arange(900)[:, None, None] < 450
    half = replace(dance, rotations=np.where(awake, dance.rotations, still.rotations))
    found = signals.kinematic_beats(half.positions(), FPS)
    assert found.max() < 15.5
    assert sync.beat_scores(found, beats)["recall"] == pytest.approx(0.5, abs=0.05)
    shrunk = Rotation.from_quat(dance.rotations.reshape(-1, 4), scalar_first=True) ** 0.02
    faint = replace(
        dance, rotations=shrunk.as_quat(scalar_first=True).reshape(dance.rotations.shape)
    )
    assert not len(signals.kinematic_beats(faint.positions(), FPS))
