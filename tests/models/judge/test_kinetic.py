# SPDX-License-Identifier: GPL-3.0-or-later
"""Energies that can be worked out by hand, and the public formula with its faults."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.skeleton import INDEX, MIRROR
from twostep.models.judge.features import cut, features, recording
from twostep.models.judge.kinetic import NAMES, SIZE, kinetic

from .figures import FPS, standing, wandering

WRIST = INDEX["left_wrist"]
STILL = standing(4.0).positions().astype(np.float64)


def of(values: np.ndarray, joint: str) -> np.ndarray:
    """Horizontal, vertical, expenditure of one joint."""
    return values.reshape(24, 3)[INDEX[joint]]


def circling(fps: float, turns: float, radius: float, seconds: float = 10.0) -> np.ndarray:
    """A standing figure whose left wrist circles over the floor, turns a second."""
    angle = 2 * np.pi * turns * np.arange(round(seconds * fps)) / fps
    places = np.repeat(STILL[:1], len(angle), axis=0)
    places[:, WRIST, 0] += radius * np.cos(angle)
    places[:, WRIST, 1] += radius * np.sin(angle)
    return places


def test_a_still_figure_has_no_energy():
    values = kinetic(STILL, FPS)
    assert values.shape == (SIZE,) == (72,)
    assert len(NAMES) == 72 and NAMES[3 * WRIST + 2] == "left_wrist expenditure"
    np.testing.assert_allclose(values, 0, atol=1e-18)


def test_a_walk_at_constant_speed():
    times = np.arange(120) / FPS
    places = STILL + np.stack([3 * times, 4 * times, 2 * times], axis=1)[:, None]
    values = kinetic(places, FPS).reshape(24, 3)
    np.testing.assert_allclose(values, np.tile([12.5, 2.0, 0.0], (24, 1)), atol=1e-9)


@pytest.mark.parametrize("fps", [30.0, 60.0, 120.0])
def test_a_circle_has_the_energy_of_a_circle_at_any_rate(fps):
    radius, turns = 0.4, 0.5
    rate = 2 * np.pi * turns
    horizontal, vertical, expenditure = of(kinetic(circling(fps, turns, radius), fps), "left_wrist")
    # A difference over 1/30 s to either side sees a circle a little too small.
    chord = np.sinc(rate / 30 / np.pi)
    assert horizontal == pytest.approx((rate * radius * chord) ** 2 / 2, rel=1e-9)
    assert horizontal == pytest.approx((rate * radius) ** 2 / 2, rel=0.01)
    assert vertical == pytest.approx(0, abs=1e-12)
    assert expenditure == pytest.approx(rate**2 * radius, rel=0.01)
    others = np.delete(kinetic(circling(fps, turns, radius), fps).reshape(24, 3), WRIST, axis=0)
    np.testing.assert_allclose(others, 0, atol=1e-12)


def test_a_swing_up_and_down():
    rate, size = 2 * np.pi * 0.5, 0.3
    times = np.arange(round(60 * FPS)) / FPS
    places = np.repeat(STILL[:1], len(times), axis=0)
    places[:, WRIST, 2] += size * np.sin(rate * times)
    horizontal, vertical, expenditure = of(kinetic(places, FPS), "left_wrist")
    assert horizontal == pytest.approx(0, abs=1e-12)
    assert vertical == pytest.approx((rate * size) ** 2 / 4, rel=0.01)
    assert expenditure == pytest.approx(rate**2 * size * 2 / np.pi, rel=0.01)


def test_mirroring_swaps_sides_and_moving_away_changes_nothing():
    motion = wandering(6.0)
    own, mirror = kinetic(motion.positions(), FPS), kinetic(motion.mirrored().positions(), FPS)
    np.testing.assert_allclose(mirror.reshape(24, 3), own.reshape(24, 3)[list(MIRROR)], rtol=1e-3)
    away = motion.positions().astype(np.float64) + np.array([5.0, -3.0, 1.0])
    np.testing.assert_allclose(kinetic(away, FPS), own, rtol=1e-3)


def test_the_published_formula_gives_a_still_joint_energy():
    values = kinetic(STILL, FPS, published=True).reshape(24, 3)
    np.testing.assert_allclose(values[:, :2], 0, atol=1e-18)
    away = np.linalg.norm(STILL[0] - STILL[0, 0], axis=1)
    # (0 - (p - 60 p)) * 60, from the pelvis of the first frame
    np.testing.assert_allclose(values[:, 2], 59 * 60 * away, rtol=1e-6)


def test_the_published_formula_knows_no_rate_and_no_half():
    places = STILL + np.arange(120)[:, None, None] * np.array([0.01, 0.0, 0.02])
    values = kinetic(places, 30.0, published=True)
    np.testing.assert_array_equal(values, kinetic(places, 120.0, published=True))
    horizontal, vertical, _ = of(values, "pelvis")
    assert horizontal == pytest.approx((0.01 * 60) ** 2)
    assert vertical == pytest.approx((0.02 * 60) ** 2)


def test_the_published_formula_frame_by_frame():
    """Against the definition spelled out: sums over a window that ends with the clip."""
    places = wandering(0.4).positions().astype(np.float64)
    place = places[:, WRIST] - places[0, 0]
    count, frame = len(place), 1 / 60
    speeds, pushes = [], []
    for i in range(1, count):
        near = [k for k in range(i - 2, i + 3) if 1 <= k < count]
        speeds.append(np.mean([(place[k] - place[k - 1]) / frame for k in near], axis=0))
        inner = [k for k in near if k + 1 < count]
        parts = [
            ((place[k + 1] - place[k]) / frame - (place[k] - place[k - 1] / frame)) / frame
            for k in inner
        ]
        pushes.append(np.linalg.norm(np.mean(parts, axis=0)))
    speed = np.array(speeds)
    wanted = [(speed[:, :2] ** 2).sum(1).mean(), (speed[:, 2] ** 2).mean(), np.mean(pushes)]
    found = of(kinetic(places, FPS, published=True), "left_wrist")
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def test_too_short_a_clip_is_told():
    with pytest.raises(ValueError, match="2 frames"):
        kinetic(STILL[:2], FPS)
    with pytest.raises(ValueError, match="3 frames"):
        kinetic(STILL[:3], FPS, published=True)


def test_clips_are_whole_and_know_their_dance():
    long, short = wandering(17.0).positions(), wandering(3.0).positions()
    assert [len(clip) for clip in cut(long, FPS)] == [150, 150, 150]
    assert cut(short, FPS) == [] and len(cut(short, FPS, whole=False)[0]) == 90
    found = features([("long", long), ("short", short)])
    assert found.sources == ("long",) * 3
    assert found.kinetic.shape == (3, 72) and found.geometric.shape == (3, 32)
    np.testing.assert_array_equal(found.kinetic[1], kinetic(long[150:300], FPS))
    assert len(found + found) == 6
    assert features([("short", short)]).kinetic.shape == (0, 72)


def test_a_couple_is_one_recording():
    assert recording("60_05") == recording("61_05") != recording("61_06")
    assert recording("J_Dance5_Hype") == "J_Dance5_Hype"
