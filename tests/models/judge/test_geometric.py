# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses and moves whose answers are plain to see, and what the public code makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.motion import Motion
from twostep.inference.skeleton import INDEX
from twostep.models.judge.geometric import (
    NAMES,
    PUBLISHED,
    QUESTIONS,
    SIZE,
    answers,
    body_lengths,
    geometric,
)

from .figures import FPS, standing, turned, wandering

HUMERUS = 0.26


#: A leg's plane runs through the toes: an ankle beside it is behind it already.
STANCE = {"right foot behind left leg", "left foot behind right leg"}


def yes(places: np.ndarray | Motion, fps: float = FPS, published: bool = False) -> set[str]:
    """What is answered with yes all the time."""
    if isinstance(places, Motion):
        places = places.positions()
    values = geometric(places, fps, published=published)
    return {name for name, value in zip(NAMES, values, strict=True) if value == 1}


def posed(**turns: tuple[str, float]) -> Motion:
    """A still figure with joints turned about an axis by degrees."""
    motion = standing(2.0)
    for joint, (axis, angle) in turns.items():
        motion = turned(motion, np.full(len(motion), np.radians(angle)), (joint,), axis)
    return motion


#: Arms hanging down.
HANGING = {"left_shoulder": ("y", 90.0), "right_shoulder": ("y", -90.0)}


def drifting(joint: str, velocity: tuple[float, float, float], fps: float = FPS) -> np.ndarray:
    """A standing figure, one joint of which moves on and on, humeri a second."""
    places = np.repeat(posed(**HANGING).positions()[:1], 5, axis=0).astype(np.float64)
    steps = np.arange(5)[:, None] / fps * np.array(velocity) * HUMERUS
    places[:, INDEX[joint]] += steps
    return places


def test_thirty_two_questions_of_the_figures_own_size():
    assert SIZE == len(QUESTIONS) == 32
    assert set(PUBLISHED) < set(QUESTIONS)
    np.testing.assert_allclose(body_lengths(standing(1.0).positions()), (0.26, 0.36, 0.17), 1e-4)


def test_arms_hanging_down():
    assert yes(posed(**HANGING)) == STANCE


def test_arms_held_out_are_abducted_and_apart():
    found = yes(standing(2.0))
    arms = {"right arm abducted", "left arm abducted", "hands far apart sideways"}
    assert found == arms | STANCE


@pytest.mark.parametrize(
    ("turns", "wanted"),
    [
        ({"right_shoulder": ("y", 80.0)}, {"right hand above neck", "right arm abducted"}),
        ({"left_shoulder": ("y", -80.0)}, {"left hand above neck", "left arm abducted"}),
        ({"left_elbow": ("y", 100.0)}, {"left elbow bent"}),
        ({"right_hip": ("x", -80.0)}, {"right thigh raised"}),
        ({"left_knee": ("x", 100.0)}, {"left knee bent", "left foot raised"}),
        ({"left_hip": ("y", -30.0), "right_hip": ("y", 30.0)}, {"feet far apart sideways"}),
        ({"pelvis": ("x", 90.0)}, {"spine horizontal", "right hand lowered", "left hand lowered"}),
        ({"spine1": ("x", 120.0)}, {"pelvis behind neck and feet"}),
    ],
)
def test_a_pose_answers_its_own_question(turns, wanted):
    found = yes(posed(**(HANGING | turns)))
    assert wanted <= found
    # Raising a leg or lying down brings other things with it, but nothing of the arms' poses.
    if set(turns) & {"right_shoulder", "left_shoulder", "left_elbow"}:
        assert found == wanted | STANCE


def test_a_step_forwards_leaves_the_other_foot_behind():
    step = yes(posed(**(HANGING | {"left_hip": ("x", -30.0)})))
    assert STANCE & step == {"right foot behind left leg"}
    step = yes(posed(**(HANGING | {"right_hip": ("x", -30.0)})))
    assert STANCE & step == {"left foot behind right leg"}


@pytest.mark.parametrize(
    ("joint", "velocity", "wanted"),
    [
        ("right_wrist", (0, -2, 0), "right hand forwards"),
        ("left_wrist", (0, -2, 0), "left hand forwards"),
        ("left_wrist", (0, 0, 2), "left hand upwards"),
        ("right_wrist", (0, 0, 2), "right hand upwards"),
        ("right_wrist", (1.6, 0, 0), "hands approaching"),
        ("right_wrist", (-2, 0, 0), "right hand away from pelvis"),
        ("left_wrist", (0, 0, 2.6), "left hand fast"),
        ("right_ankle", (0, 2.6, 0), "right foot fast"),
        ("pelvis", (2.4, 0, 0), "pelvis fast"),
    ],
)
def test_a_move_answers_its_own_question(joint, velocity, wanted):
    assert wanted in yes(drifting(joint, velocity))
    back = drifting(joint, tuple(-v for v in velocity))
    assert ("fast" in wanted) == (wanted in yes(back))
    assert wanted not in yes(drifting(joint, tuple(v / 2 for v in velocity)))


@pytest.mark.parametrize("fps", [30.0, 60.0, 120.0])
def test_speeds_are_true_at_any_rate(fps):
    assert "right hand fast" in yes(drifting("right_wrist", (0, -2.6, 0), fps), fps)
    assert "right hand fast" not in yes(drifting("right_wrist", (0, -2.4, 0), fps), fps)


def test_mirroring_swaps_the_sides():
    motion = wandering(20.0)
    own, mirror = (geometric(m.positions(), FPS) for m in (motion, motion.mirrored()))
    swapped = [
        NAMES.index(name.replace("left", "#").replace("right", "left").replace("#", "right"))
        for name in NAMES
    ]
    np.testing.assert_allclose(mirror, own[swapped], atol=0.01)
    assert 0.1 < own.mean() < 0.5


def test_the_published_questions():
    # A second has 120 frames: half as fast is fast already.
    slow = drifting("right_wrist", (0, 0.8, 0))
    assert "right hand fast" not in yes(slow)
    assert {"right hand fast", "right hand forwards"} <= yes(slow, published=True)
    # The left is forwards when it goes forwards, the right when it goes backwards.
    assert "left hand forwards" in yes(drifting("left_wrist", (0, -0.8, 0)), published=True)
    assert "right hand forwards" not in yes(drifting("right_wrist", (0, -0.8, 0)), published=True)
    # No hand goes upwards, and hands that part are said to approach.
    up = drifting("left_wrist", (0, 0, 9))
    assert not {"left hand upwards", "right hand upwards"} & yes(up, published=True)
    assert "hands approaching" in yes(drifting("right_wrist", (-1, 0, 0)), published=True)
    # A stance is behind no leg on one side, and before it on the other.
    behind = posed(**(HANGING | {"right_hip": ("x", 40.0)}))
    assert "right foot behind left leg" not in yes(behind, published=True)
    before = posed(**(HANGING | {"right_hip": ("x", -40.0)}))
    assert "right foot behind left leg" in yes(before, published=True)


def test_answers_are_one_a_frame_but_the_first():
    assert answers(standing(1.0).positions(), 30.0).shape == (29, 32)
    assert answers(standing(1.0).positions(), 60.0).shape == (28, 32)
    assert answers(standing(1.0).positions(), 60.0, published=True).shape == (29, 32)
    with pytest.raises(ValueError, match="1 frames"):
        geometric(standing(1.0).positions()[:1])
