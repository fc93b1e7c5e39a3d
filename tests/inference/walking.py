# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up walk whose feet stand exactly still, and the same walk as a network might spoil it."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from twostep.inference import limbs
from twostep.inference.motion import Motion
from twostep.inference.pose_features import continuous
from twostep.inference.skeleton import ANKLE_HEIGHT, JOINT_COUNT, OFFSETS

STEP, STRIDE = 16, 0.45  # frames a step, metres a step


def walk(seconds: float = 8.0, turn: float = 0.0) -> Motion:
    """Walks towards -y; feet stand for a step each, heel and toe together."""
    frames = round(seconds * 30)
    t = np.arange(frames)
    root = np.zeros((frames, 3))
    root[:, 1] = -STRIDE * t / STEP
    root[:, 2] = 0.90 + 0.015 * np.cos(2 * np.pi * t / STEP)
    root[:, 0] = 0.03 * np.sin(np.pi * t / STEP)
    quaternions = np.zeros((frames, JOINT_COUNT, 4))
    quaternions[..., 0] = 1
    contacts = np.zeros((frames, 4))
    rest = np.tile(np.eye(3), (frames, 3, 1, 1))
    pelvis = np.tile(np.eye(3), (frames, 1, 1))
    for side in (0, 1):
        ankle, stands = _ankle(t, side)
        contacts[:, 2 * side] = contacts[:, 2 * side + 1] = stands
        toe = ankle + OFFSETS[limbs.LEGS[side, 3]]
        leg = limbs.limb(limbs.LEGS[side], root, pelvis, rest)
        turned = limbs.reach(leg, leg.start, ankle, toe)
        flat = Rotation.from_matrix(turned.reshape(-1, 3, 3)).as_quat(scalar_first=True)
        quaternions[:, limbs.LEGS[side, :3]] = flat.reshape(frames, 3, 4)
    return Motion(30.0, root, continuous(quaternions), contacts)


def spoiled(motion: Motion, slide: float = 0.04, sink: float = 0.03, seed: int = 0) -> Motion:
    """The same with a root that drifts smoothly by about `slide` m, and everything too low."""
    random = np.random.default_rng(seed)
    drift = gaussian_filter1d(random.normal(size=(len(motion), 3)), 8, axis=0, mode="wrap")
    drift *= slide / drift.std(0)
    drift[:, 2] = drift[:, 2] * 0.25 - sink
    return Motion(motion.fps, motion.root + drift, motion.rotations, motion.contacts)


def slides(motion: Motion, contacts: np.ndarray) -> list[float]:
    """The farthest that a foot strays from where it stands, metres, for each contact run."""
    from twostep.inference.contacts import contact_runs
    from twostep.inference.skeleton import CONTACT_JOINTS

    positions = motion.positions()
    found = []
    for column, joint in enumerate(CONTACT_JOINTS):
        for start, stop in contact_runs(contacts[:, column], 3):
            foot = positions[start:stop, joint, :2]
            found.append(float(np.linalg.norm(foot - np.median(foot, axis=0), axis=-1).max()))
    return found


def jerk(motion: Motion) -> float:
    """Mean third derivative of the joints' positions, m/s^3."""
    third = np.diff(motion.positions(), n=3, axis=0) * motion.fps**3
    return float(np.linalg.norm(third, axis=-1).mean())


def _ankle(t: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    phase = t / STEP + side  # a foot stands while the whole part is even
    whole, share = np.floor(phase), phase % 1
    stands = whole % 2 == 0
    here = -(whole - side - (whole % 2)) * STRIDE  # where it stands, or stood
    swing = np.where(stands, 0.0, share**2 * (3 - 2 * share))
    x = 0.085 if side == 0 else -0.085
    lift = np.where(stands, 0.0, 0.08 * np.sin(np.pi * share) ** 2)
    y = here - 2 * STRIDE * swing - 0.5 * STRIDE
    return np.stack([np.full(len(t), x), y, ANKLE_HEIGHT + lift], axis=1), stands.astype(float)
