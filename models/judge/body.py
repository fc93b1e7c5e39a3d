# SPDX-License-Identifier: GPL-3.0-or-later
"""Is it a body on a floor? Feet, jerk, stage, freezing, variety. No figure here needs the music.

All of them look at positions alone, never at a network's own contact labels, so that real and made
motion are measured alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...inference.skeleton import ANKLE_HEIGHT, CONTACT_JOINTS, TOE_HEIGHT
from .signals import Array, joint_speeds

#: A foot joint is low when this near to the height it stands at (ankle, toe), metres.
LOW = np.array([0.07, 0.05, 0.07, 0.05])
#: A low foot joint slides when its speed over the floor is above this (ankle, toe), m/s.
SLIDE = np.array([0.45, 0.35, 0.45, 0.35])
#: The field's foot skating ratio (OmniControl, Lodge): 2.5 cm a frame at 20 fps.
SKATE = 0.5
STANDING = np.array([ANKLE_HEIGHT, TOE_HEIGHT, ANKLE_HEIGHT, TOE_HEIGHT])
#: Share of the style's mean speed under which the body counts as frozen.
FROZEN_SHARE = 0.25
BLOCK_SECONDS = 10.0
#: Third differences that cross the join of two segments.
CROSSING = 3
#: Of truth's spans, the share whose jerk a seam is held against.
USUAL_JERK = 95.0


def feet(positions: NDArray[np.floating], fps: float) -> dict[str, float]:
    """How the feet behave, from positions (T, 24, 3).

    slide_rate: of the (frame, joint) pairs whose ankle or toe is low (within 7 / 5 cm of the 5th
        percentile of its height in this clip), the share that moves over the floor faster than .45
        / .35 m/s. 0 for a pinned foot, 1 for a skating one.
    plant_speed: mean speed over the floor of the slower foot's toe, m/s: one foot should stand.
    skate_ratio: share of frames in which some toe is low and faster than .5 m/s (the field's FSR).
    penetration: mean depth under the floor (z = 0 under the sole) over all frames, of the deepest
        foot joint, metres; sunk: share of frames with more than 2 cm.
    hover: median height of the lowest foot joint over where it would stand, metres.
    """
    joints = positions[:, list(CONTACT_JOINTS)].astype(np.float64)
    height = joints[..., 2]
    low = height < np.percentile(height, 5, axis=0) + LOW
    speed = joint_speeds(joints[..., :2], fps)
    clearance = (height - STANDING).min(1)
    return {
        "slide_rate": float((low & (speed > SLIDE)).sum() / max(1, low.sum())),
        "plant_speed": float(speed[:, [1, 3]].min(1).mean()),
        "skate_ratio": float((low & (speed > SKATE))[:, [1, 3]].any(1).mean()),
        "penetration": float(np.maximum(-clearance, 0).mean()),
        "sunk": float((clearance < -0.02).mean()),
        "hover": float(np.median(clearance)),
    }


def sliding(positions: NDArray[np.floating], fps: float) -> NDArray[np.bool_]:
    """(T,) True where some foot joint is low and slides, as `feet` defines it."""
    joints = positions[:, list(CONTACT_JOINTS)].astype(np.float64)
    low = joints[..., 2] < np.percentile(joints[..., 2], 5, axis=0) + LOW
    return (low & (joint_speeds(joints[..., :2], fps) > SLIDE)).any(1)


def joint_jerk(positions: NDArray[np.floating], fps: float) -> Array:
    """Size of the third difference averaged over the joints, (T - 3,), m/s^3.

    Entry t spans the frames t to t + 3.
    """
    if len(positions) < 4:
        return np.zeros(0)
    third = np.diff(positions.astype(np.float64), n=3, axis=0) * fps**3
    return np.linalg.norm(third, axis=-1).mean(1)


def smoothness(
    positions: NDArray[np.floating], fps: float, segment: int | None = None
) -> dict[str, float]:
    """Mean and 99th percentile of the joint jerk, m/s^3; with `segment`, also the seams.

    segment: frames between the joins of a rollout. seam_ratio is the mean jerk of the spans that
    cross a join over the mean of the others, 1 when no join can be felt.
    """
    jerk = joint_jerk(positions, fps)
    if not len(jerk):
        return {"jerk": 0.0, "jerk_p99": 0.0} | ({"seam_ratio": 1.0} if segment else {})
    result = {"jerk": float(jerk.mean()), "jerk_p99": float(np.percentile(jerk, 99))}
    if segment:
        seam = np.isin(np.arange(len(jerk)) % segment, np.arange(segment - 3, segment))
        both = seam.any() and not seam.all()
        result["seam_ratio"] = (
            float(jerk[seam].mean() / max(jerk[~seam].mean(), 1e-9)) if both else 1.0
        )
    return result


def span_jerk(positions: NDArray[np.floating], fps: float) -> Array:
    """Mean joint jerk of every span as long as a seam, (T - 5,), m/s^3.

    Entry t is what a join between the frames t + 2 and t + 3 would show.
    """
    jerk = joint_jerk(positions, fps)
    if len(jerk) < CROSSING:
        return np.zeros(0)
    return np.lib.stride_tricks.sliding_window_view(jerk, CROSSING).mean(1)


def seam_jerk(positions: NDArray[np.floating], fps: float, segment: int) -> Array:
    """Mean joint jerk across each join of segments of so many frames, (joins,), m/s^3."""
    return span_jerk(positions, fps)[segment - CROSSING :: segment]


def usual_jerk(real: Sequence[NDArray[np.floating]], fps: float) -> float:
    """The jerk, m/s^3, that 95 % of the spans of real positions stay under; to hold seams against.

    Raises ValueError when none of them lasts as long as a seam.
    """
    spans = np.concatenate([span_jerk(positions, fps) for positions in real] or [np.zeros(0)])
    if not len(spans):
        raise ValueError("No real motion is long enough to tell its jerk.")
    return float(np.percentile(spans, USUAL_JERK))


def seams(
    positions: NDArray[np.floating], fps: float, segment: int, usual: float
) -> dict[str, float]:
    """How the joins of a rollout compare with real motion, whose `usual_jerk` is given.

    seam_jerk: mean over the joins as a share of usual, wanted up to 1. seams_within: share of the
    joins that are under it; of real spans .95 are. Without a join 0 and 1.
    """
    jerk = seam_jerk(positions, fps, segment)
    if not len(jerk):
        return {"seam_jerk": 0.0, "seams_within": 1.0}
    share = float(jerk.mean()) / max(usual, 1e-9)
    return {"seam_jerk": share, "seams_within": float((jerk <= usual).mean())}


def stage(root: NDArray[np.floating]) -> dict[str, float]:
    """Distance over the floor from where the dance began: largest and 95th percentile, metres."""
    away = np.linalg.norm(root[:, :2] - root[:1, :2], axis=1)
    return {"drift_max": float(away.max()), "drift_p95": float(np.percentile(away, 95))}


def blocks(speed: Array, fps: float, seconds: float = BLOCK_SECONDS) -> Array:
    """Mean speed of each block of seconds, (n,); a last block under half as long is left out."""
    size = max(1, round(seconds * fps))
    cuts = np.arange(0, len(speed), size)
    if len(cuts) > 1 and len(speed) - cuts[-1] < size / 2:
        cuts = cuts[:-1]
    return np.array([speed[c : c + size].mean() for c in cuts])


def longest_freeze(speed: Array, fps: float, usual: float) -> float:
    """The longest stretch in seconds under a quarter of the usual mean speed (m/s)."""
    still = np.concatenate([[0], (speed < FROZEN_SHARE * usual).astype(int), [0]])
    edges = np.flatnonzero(np.diff(still))
    return float((edges[1::2] - edges[::2]).max(initial=0) / fps)


def pose_spread(poses: Array, count: int = 400) -> float:
    """Mean joint distance between random pairs of frames of centred poses (T, 24, 3), metres."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, len(poses), (2, count))
    return float(np.linalg.norm(poses[a] - poses[b], axis=-1).mean())


def difference(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Mean joint distance in metres of two dances frame by frame, as centred poses (T, 24, 3)."""
    frames = min(len(a), len(b))
    return float(np.linalg.norm(a[:frames] - b[:frames], axis=-1).mean())


def repetition(poses: Array, fps: float, seconds: float = 2.0) -> float:
    """How near the nearest other moment is, against a random one: 0 is a loop, 1 never comes back.

    Windows of seconds of centred poses (T, 24, 3), every half second; moments within two windows of
    each other are not compared. 1 when the clip is too short to say.
    """
    size, hop = round(seconds * fps), max(1, round(fps / 2))
    starts = np.arange(0, len(poses) - size + 1, hop)
    apart = np.abs(starts[:, None] - starts[None]) >= 2 * size
    if not len(starts) or not apart.any(1).all():
        return 1.0
    flat = np.stack([poses[start : start + size : 3].ravel() for start in starts])
    squares = (flat**2).sum(1)
    gaps = np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * flat @ flat.T, 0))
    nearest = np.where(apart, gaps, np.inf).min(1)
    return float(nearest.mean() / max(gaps[apart].mean(), 1e-9))
