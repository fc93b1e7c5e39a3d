# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes one sampled continuation of a dance better than another.

Each cost is about 0 for what a good dancer does and about 1 for what one would notice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .kinematics import joint_speed, landing, rests
from .motion import FPS, Floats
from .skeleton import CONTACT_JOINTS

#: How much each cost counts.
BEAT, SPEED, SLIDE, STAGE, SEAM, PACE = 1.0, 1.0, 0.5, 1.5, 0.3, 1.0

#: Slide of a standing foot that costs 1, m/s.
SLIDE_SCALE = 0.3
#: The dancer may move this far from the centre for nothing, metres; each metre more costs 1.
STAGE_RADIUS = 1.2
#: How far ahead the dancer's drift is looked at, seconds.
STAGE_AHEAD = 0.7
#: Slower than this, m/s, the pelvis is at rest.
REST_PACE = 0.04
#: Frames to either side of the seam whose jerk is compared with that of the rest.
SEAM_FRAMES = 4


@dataclass(frozen=True)
class Wish:
    """What a segment should be. Frames count from the first frame of the window judged.

    first: the first new frame; beats: (B,) frames of the music's beats; speed: mean joint speed,
    m/s; centre: of the stage, (2,), metres; pace: mean speed of the pelvis up and down and over the
    floor, m/s, or None.
    """

    first: int
    beats: NDArray[np.float64]
    speed: float
    centre: NDArray[np.float64]
    pace: tuple[float, float] | None = None


def costs(positions: Floats, contacts: Floats, wish: Wish) -> NDArray[np.float64]:
    """The cost (K,) of each candidate: positions (K, T, 24, 3) m, contacts (K, T, 4)."""
    speed = joint_speed(positions, FPS)
    fresh = speed[:, wish.first :]
    ratio = fresh.mean(-1) / max(wish.speed, 1e-3)
    return (
        BEAT * np.array([_off_beat(row, wish) for row in speed])
        + BEAT * np.maximum(0.0, 1.0 - ratio)  # standing still is no way to keep the beat
        + SPEED * np.abs(np.log(np.maximum(ratio, 0.05)))
        + SLIDE * _slide(positions[:, wish.first :], contacts[:, wish.first :]) / SLIDE_SCALE
        + STAGE * _off_stage(positions[:, wish.first :, 0, :2], wish.centre)
        + SEAM * _seam(positions, wish.first)
        + PACE * _pace(positions[:, wish.first :, 0], wish)
    )


def _off_beat(speed: Floats, wish: Wish) -> float:
    """1 minus the soft F1 of the rests of speed (T,) against the beats of the new frames."""
    beats = wish.beats[(wish.beats >= wish.first) & (wish.beats < len(speed))]
    found = rests(speed)
    return 1.0 - landing(found[found >= wish.first], beats, FPS) if len(beats) else 0.0


def _slide(positions: Floats, contacts: Floats) -> Floats:
    """Speed over the floor (K,), m/s, of the feet that should stand, however many do."""
    feet = positions[:, :, CONTACT_JOINTS, :2]
    speed = np.linalg.norm(np.diff(feet, axis=1), axis=-1) * FPS
    standing = np.minimum(contacts[:, 1:], contacts[:, :-1]) > 0.5
    return (speed * standing).sum((1, 2)) / np.maximum(standing.sum((1, 2)), 1)


def _pace(pelvis: Floats, wish: Wish) -> NDArray[np.float64]:
    """How much (K,) more the pelvis (K, T, 3) bounces and how much less it travels than real ones.

    Bouncing on the spot rests on every beat, but few styles are danced so.
    """
    if wish.pace is None or pelvis.shape[1] < 2:
        return np.zeros(len(pelvis))
    step = np.diff(pelvis.astype(np.float64), axis=1) * FPS
    bounce = np.abs(step[..., 2]).mean(-1) + REST_PACE
    travel = np.linalg.norm(step[..., :2], axis=-1).mean(-1) + REST_PACE
    usual_bounce, usual_travel = (pace + REST_PACE for pace in wish.pace)
    return np.maximum(0.0, np.log(bounce / usual_bounce)) + np.maximum(
        0.0, np.log(usual_travel / travel)
    )


def _off_stage(roots: Floats, centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far (K,), metres, beyond the free circle the dancer ends up and is heading."""
    last = min(round(FPS), roots.shape[1] - 1)
    drift = (roots[:, -1] - roots[:, -1 - last]) * (FPS / max(last, 1))
    ahead = roots[:, -1] + STAGE_AHEAD * drift - centre
    return np.maximum(0.0, np.linalg.norm(ahead, axis=-1) - STAGE_RADIUS)


def _seam(positions: Floats, first: int) -> NDArray[np.float64]:
    """How much (K,) stronger the jerk at the seam is than around it, as a logarithm."""
    if first < SEAM_FRAMES or positions.shape[1] < first + 4 * SEAM_FRAMES:
        return np.zeros(len(positions))
    jerk = np.linalg.norm(np.diff(positions, n=3, axis=1), axis=-1).mean(-1)
    seam = jerk[:, max(0, first - SEAM_FRAMES) : first + SEAM_FRAMES].mean(-1)
    return np.maximum(0.0, np.log((seam + 1e-6) / (jerk.mean(-1) + 1e-6)))
