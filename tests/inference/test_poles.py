# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the bones are put that knees and elbows point to."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twostep.inference.motion import Motion
from twostep.inference.retarget import Handle, Role
from twostep.inference.retarget.poles import pole
from twostep.inference.retarget.posed import posed
from twostep.inference.skeleton import INDEX

from .puppeteer import Y_UP, figure

FRAMES = 90


def danced(make_still, there, bend, spin=None, joint="left_knee"):
    """Where the pole is, (3, T), and where its joint is, when that bends by angles (T,)."""
    still = make_still(FRAMES / 30)
    rotations = still.rotations.copy()
    rotations[:, INDEX[joint]] = turned("x" if "knee" in joint else "z", bend)
    if spin is not None:
        rotations[:, INDEX["left_hip"]] = turned("z", spin)
    pose = posed(Motion(still.fps, still.root, rotations, still.contacts), there)
    forward = there.basis @ ([0, -0.5, 0] if "knee" in joint else [0, 0.5, 0])
    place = there.heads[INDEX[joint]] + forward * there.scale
    handle = Handle("pole", Role.POLE, joint, np.eye(3), place)
    return pole(handle, there, pose), pose.places[:, INDEX[joint]]


def turned(axis, angles):
    return Rotation.from_euler(axis, angles).as_quat(scalar_first=True)


@pytest.mark.parametrize("turn", [None, Y_UP])
def test_a_bent_knee_points_at_its_pole(make_still, turn):
    there = figure(turn, scale=2.0, rolled=True)
    place, knee = danced(make_still, there, np.full(FRAMES, 1.2))
    away = (there.basis.T @ (place - knee)).T
    assert away[:, 1].max() < -0.7  # ahead, not behind
    assert np.linalg.norm(away, axis=1) == pytest.approx(1.0, abs=1e-6)
    assert np.abs(away[:, 0]).max() < 1e-6


def test_a_straight_leg_points_where_its_thigh_does(make_still):
    spin = np.linspace(0, 2.5, FRAMES)
    place, knee = danced(make_still, figure(), np.zeros(FRAMES), spin)
    expected = Rotation.from_euler("z", spin).apply([0, -0.5, 0])
    assert np.abs((place - knee).T - expected).max() < 0.02


@pytest.mark.parametrize("joint", ["left_knee", "left_elbow"])
def test_nothing_jumps_when_a_limb_is_stretched_a_little_too_far(make_still, joint):
    """Bent one way by 45 degrees, the other way by two, and back."""
    bend = np.radians(21.5 + 23.5 * np.cos(np.linspace(0, 4 * np.pi, FRAMES)))
    bend *= 1 if joint == "left_knee" else -1
    place, at = danced(make_still, figure(), bend, joint=joint)
    away = (place - at) / np.linalg.norm(place - at, axis=0)
    step = np.degrees(np.arccos((away[:, 1:] * away[:, :-1]).sum(axis=0).clip(-1, 1)))
    assert step.max() < 15
