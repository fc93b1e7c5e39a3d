# SPDX-License-Identifier: GPL-3.0-or-later
"""What sync is judged on: how fast the body moves, and where it comes to rest.

Speeds are taken by central differences, so that a minimum is not half a frame late. The envelope is
smoothed by a Gaussian of sigma .08 s.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.signal import find_peaks

from ...inference.motion import Motion
from ...inference.pose_features import heading

Array = NDArray[np.float64]

#: Gaussian smoothing of speeds, seconds.
SIGMA = 0.08
#: The same in the published beat alignment score: 5 frames at 60 fps.
PUBLISHED_SIGMA = 5 / 60
#: A kinematic beat must be deeper than both: metres a second, and a share of the mean speed.
PROMINENCE = 0.05
PROMINENCE_SHARE = 0.10
#: Over a second around it the body must get somewhere: the speed of its smoothed trajectory, in m/s
#: and as a share of its plain speed. Trembling on the spot has a share of .1 to .2, dancing of .9.
TRAVEL = 0.05
TRAVEL_SHARE = 0.5


def joint_speeds(positions: NDArray[np.floating], fps: float) -> Array:
    """Speed of every joint, (T, J), m/s, from positions (T, J, 3) in metres."""
    if len(positions) < 2:
        return np.zeros(positions.shape[:2])
    velocity = np.gradient(positions.astype(np.float64), axis=0) * fps
    return np.linalg.norm(velocity, axis=-1)


def mean_speed(positions: NDArray[np.floating], fps: float, sigma: float = SIGMA) -> Array:
    """Speed averaged over the joints and smoothed, (T,), m/s."""
    return gaussian_filter1d(joint_speeds(positions, fps).mean(1), sigma * fps, mode="nearest")


def travel(positions: NDArray[np.floating], fps: float) -> Array:
    """Speed of the smoothed trajectories averaged over the joints, (T,), m/s: trembling gets
    nowhere."""
    smooth = gaussian_filter1d(positions.astype(np.float64), SIGMA * fps, axis=0, mode="nearest")
    speed: Array = joint_speeds(smooth, fps).mean(1)
    return speed


def travelling(positions: NDArray[np.floating], fps: float) -> NDArray[np.bool_]:
    """(T,) True where the body goes somewhere rather than stands or trembles."""
    second = max(1, round(fps))
    way = uniform_filter1d(travel(positions, fps), second, mode="nearest")
    plain = uniform_filter1d(joint_speeds(positions, fps).mean(1), second, mode="nearest")
    return (way >= TRAVEL) & (way >= TRAVEL_SHARE * plain)


def kinematic_beats(positions: NDArray[np.floating], fps: float) -> Array:
    """Times in seconds, (K,), at which the moving body comes to rest or turns round.

    Strict local minima of the smoothed mean joint speed that are at least PROMINENCE m/s and
    PROMINENCE_SHARE of the mean speed deep, where the body is `travelling`. They are placed between
    frames by the parabola through the minimum and its neighbours.
    """
    speed = mean_speed(positions, fps)
    if len(speed) < 3:
        return np.zeros(0)
    depth = max(PROMINENCE, PROMINENCE_SHARE * float(speed.mean()))
    minima, _ = find_peaks(-speed, prominence=depth)
    minima = minima[travelling(positions, fps)[minima]]
    return _between_frames(speed, minima) / fps


def plain_minima(positions: NDArray[np.floating], fps: float) -> Array:
    """Times in seconds of all strict local minima, ungated: what published scores count.

    White noise has one every .43 s at any frame rate: its smoothed curve has sqrt(3/2) / (2 pi
    sigma) minima a second (Rice 1944), which is why a trembling statue scores as it does.
    """
    speed = mean_speed(positions, fps, PUBLISHED_SIGMA)
    inside = speed[1:-1]
    minima = np.flatnonzero((inside < speed[:-2]) & (inside < speed[2:])) + 1
    return _between_frames(speed, minima) / fps


def centred(motion: Motion, positions: NDArray[np.floating] | None = None) -> Array:
    """Joint positions (T, 24, 3) about the pelvis with the heading taken out, metres."""
    where = motion.positions() if positions is None else positions
    yaw = heading(motion.matrices()[:, 0])
    cos, sin = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
    local = (where - motion.root[:, None]).astype(np.float64)
    x, y = local[..., 0], local[..., 1]
    return np.stack([cos * x + sin * y, cos * y - sin * x, local[..., 2]], axis=-1)


def _between_frames(values: Array, minima: NDArray[np.intp]) -> Array:
    before, here, after = values[minima - 1], values[minima], values[minima + 1]
    bend = np.maximum(before - 2 * here + after, 1e-12)
    return minima + np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
