# SPDX-License-Identifier: GPL-3.0-or-later
"""Feet that stand on figures of other proportions than ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twostep.inference.dance import dance
from twostep.inference.footlock import locked
from twostep.inference.jobs import DanceJob
from twostep.inference.loop import closed
from twostep.inference.motion import Motion
from twostep.inference.retarget import fit, planted
from twostep.inference.skeleton import CONTACT_JOINTS, INDEX, JOINT_COUNT

from .bodies import body, strays, turned_away
from .walking import spoiled, walk

LEG = (("hip", "knee"), ("knee", "ankle"), ("ankle", "foot"))
KNEES = [INDEX["left_knee"], INDEX["right_knee"]]
BODIES = {
    "ours": {},
    "high heels": {"heel": 0.08},
    "short legs": {"thigh": 0.6, "shin": 0.6},
    "chibi": {"thigh": 0.5, "shin": 0.5, "foot": 0.9},
    "long legs": {"thigh": 1.25, "shin": 1.35},
    "wide hips": {"hips": 1.8},
    "long thighs": {"thigh": 1.15, "shin": 0.85},
    "long shins": {"thigh": 0.85, "shin": 1.15},
    "long feet": {"foot": 1.7},
    "a giant in millimetres": {"thigh": 1.1, "hips": 1.2, "scale": 3000.0},
}
SONG = Path(__file__).resolve().parents[2] / "assets" / "first_steps.ogg"


@pytest.fixture(scope="module")
def danced() -> Motion:
    """A dance by the networks that ship."""
    return dance(DanceJob(SONG, length=12.0, seed=1)).motion


def speed(motion: Motion) -> float:
    """How fast a knee bends at most, degrees a second."""
    knees = motion.rotations[:, KNEES].astype(float)
    cosine = np.abs((knees[1:] * knees[:-1]).sum(-1)).clip(0, 1)
    return float(np.degrees(2 * np.arccos(cosine)).max() * motion.fps)


@pytest.mark.parametrize("name", BODIES)
def test_feet_stand_as_the_source_stands(danced, name):
    there = body(**BODIES[name])
    fitted = fit(danced, there)
    done = planted(fitted, there)
    metre = max(1.0, there.scale if there.scale < 10 else there.scale / 1000)
    slide, off = strays(done, there.proportions, danced.contacts)
    assert max(slide, off) * metre < 0.005
    assert turned_away(fitted, done, there.proportions, *LEG) < 3.0
    assert speed(done) < 1.5 * speed(danced)
    np.testing.assert_array_equal(done.contacts, danced.contacts)
    others = [j for j in range(JOINT_COUNT) if not _of_a_leg(j)]
    np.testing.assert_allclose(done.rotations[:, others], fitted.rotations[:, others], atol=1e-6)


def _of_a_leg(joint):
    return any(
        joint == INDEX[f"{s}_{p}"] for s in ("left", "right") for p in ("hip", "knee", "ankle")
    )


@pytest.mark.parametrize("seed", range(8))
def test_any_proportions(seed):
    random = np.random.default_rng(seed)
    there = body(
        thigh=random.uniform(0.7, 1.3),
        shin=random.uniform(0.7, 1.3),
        hips=random.uniform(0.6, 2.0),
        foot=random.uniform(0.6, 1.6),
        heel=random.uniform(0.0, 0.08),
        scale=10 ** random.uniform(-2, 3),
    )
    good = walk(5.0)
    slide, off = strays(planted(fit(good, there), there), there.proportions, good.contacts)
    assert max(slide, off) < 0.002


def test_our_own_body_is_left_as_it_is(danced):
    done = planted(fit(danced, body()), body())
    away = np.linalg.norm(done.positions() - danced.positions(), axis=-1)
    assert away.mean() < 0.001 and np.quantile(away, 0.99) < 0.005
    good = walk()
    done = planted(fit(good, body()), body())
    np.testing.assert_allclose(done.positions(), good.positions(), atol=5e-4)


def test_legs_of_two_lengths():
    there = body()
    heads = there.heads.copy()
    heads[INDEX["left_knee"], 2] += 0.06  # a shorter thigh, a longer shin, on the left alone
    there = replace(there, heads=heads)
    good = walk()
    slide, off = strays(planted(fit(good, there), there), there.proportions, good.contacts)
    assert max(slide, off) < 0.002


def test_a_wide_figure_keeps_its_stance():
    """Feet stand where the turned legs have them, not drawn together to where ours stood."""
    there = body(hips=1.8)
    done = planted(fit(walk(), there), there).positions(there.proportions.offsets)
    left, right = (done[:, INDEX[f"{side}_ankle"], 0].mean() for side in ("left", "right"))
    assert left - right == pytest.approx(1.8 * 0.17, abs=0.005)


def test_without_toes_the_ankles_stand():
    there = body(thigh=1.2, skip=("left_foot", "right_foot"))
    good = walk()
    done = planted(fit(good, there), there)
    ankles = good.contacts * (1, 0, 1, 0)
    assert strays(done, there.proportions, ankles)[0] < 0.002
    stands = good.contacts[:, 0] > 0.5
    height = done.positions(there.proportions.offsets)[stands, CONTACT_JOINTS[0], 2]
    np.testing.assert_allclose(height, there.proportions.ankle[0], atol=0.002)


def test_a_figure_with_one_leg_stands_on_it():
    there = body(thigh=1.2, skip=("left_hip", "left_knee", "left_ankle", "left_foot"))
    good = walk()
    done = planted(fit(good, there), there)
    assert np.isfinite(done.rotations).all()
    slide, off = strays(done, there.proportions, good.contacts * (0, 0, 1, 1))
    assert max(slide, off) < 0.002


def test_a_bust_is_left_alone():
    legs = [f"{s}_{p}" for s in ("left", "right") for p in ("hip", "knee", "ankle", "foot")]
    there = body(skip=tuple(legs))
    fitted = fit(walk(2.0), there)
    assert planted(fitted, there) is fitted


def test_feet_that_slide_in_the_source_are_planted_too():
    """Labels that a network was not sure of, over a figure that slides and sinks."""
    there = body(thigh=1.1, hips=1.3)
    good = walk()
    bad = spoiled(Motion(good.fps, good.root, good.rotations, 0.9 * good.contacts), 0.03)
    done = planted(fit(bad, there), there)
    slide, off = strays(done, there.proportions, good.contacts)
    assert max(slide, off) < 0.005
    np.testing.assert_array_equal(done.contacts, locked(bad).contacts)


def test_a_loop_stays_closed_through_a_step_over_its_seam(danced):
    bar = closed(danced[:121])
    assert bar.contacts[0].any(), "no foot stands at the seam"
    there = body(thigh=1.15, shin=0.9, hips=1.4)
    done = planted(fit(bar, there), there, loop=True)
    assert len(done) == len(bar)
    np.testing.assert_array_equal(done.root[0], done.root[-1])
    np.testing.assert_allclose(
        np.abs((done.rotations[0] * done.rotations[-1]).sum(-1)), 1, atol=1e-6
    )
    twice = np.r_[0:120, 0:121]
    over = Motion(30.0, done.root[twice], done.rotations[twice], done.contacts[twice])
    assert strays(over, there.proportions, over.contacts)[0] < 0.005


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
@pytest.mark.parametrize("loop", [False, True])
def test_the_shortest_motions_pass(frames, loop):
    there = body(thigh=1.2)
    assert len(planted(fit(walk(1.0)[:frames], there), there, loop=loop)) == frames
