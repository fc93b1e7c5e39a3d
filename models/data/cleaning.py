# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that find what is wrong with a take, and what they rejected.

Every rule measures something in the motion, so that new data is cleaned the same way. `lead_in`
works on a source's own frames; the others mark frames of a 30 fps motion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_opening, gaussian_filter1d, uniform_filter1d

from ...inference.motion import Floats, Motion
from ...inference.readers.figures import sole_heights
from ...inference.skeleton import INDEX

Marks = NDArray[np.bool_]

#: Source frames that a T-pose put before a take bleeds into (the clips were low-passed with it).
LEAD_IN_FRAMES = 8
#: A first frame this much nearer to the T-pose than the take ever comes later is an added one.
LEAD_IN_SHARE = 0.65

#: No joint of a dancer is faster, m/s.
GLITCH_SPEED = 13.0
#: A take with less mean joint speed than this over `STILL_SECONDS` stands still, m/s.
STILL_SPEED = 0.08
STILL_SECONDS = 2.0
#: Shaking faster than about 6 Hz, as a mean joint speed, m/s, and beside the calm movement.
TREMBLE_SPEED = 0.16
TREMBLE_SHARE = 0.60
#: A head is not turned further against the chest than this, degrees (ballet reaches 112).
HEAD_ANGLE = 115.0
#: Feet do not go further through the floor than this, m.
SINK_DEPTH = 0.10
#: The pelvis of a dancer stays within these heights, m.
PELVIS_HEIGHTS = (0.15, 2.2)
#: Frames around a mark that go with it.
MARGIN = 3
#: Pieces of good motion shorter than this between two marks are of no use, seconds.
SHORTEST = 1.0


@dataclass(frozen=True)
class Rejection:
    """Frames [start, stop) of a take that a rule rejected."""

    rule: str
    start: int
    stop: int


@dataclass(frozen=True)
class Verdict:
    """valid: (T,) True where the motion may be learned from. rejections: why the rest may not."""

    valid: Marks
    rejections: tuple[Rejection, ...]


def lead_in(motion: Motion) -> int:
    """Leading frames (at the source's rate) that an added T-pose spoils; 0 when there is none."""
    angles = np.arccos(np.clip(np.abs(motion.rotations[:, 1:, 0]), 0, 1)).mean(axis=1)
    if len(angles) < 4 * LEAD_IN_FRAMES:
        return 0
    usual = np.percentile(angles[2 * LEAD_IN_FRAMES :], 1)
    return LEAD_IN_FRAMES if angles[0] < LEAD_IN_SHARE * usual else 0


def joint_speeds(positions: Floats, fps: float) -> NDArray[np.float64]:
    """Speeds (T, 24) in m/s of joint positions (T, 24, 3); central differences."""
    if len(positions) < 2:
        return np.zeros(positions.shape[:2])
    return np.linalg.norm(np.gradient(positions.astype(np.float64), axis=0), axis=-1) * fps


def glitches(motion: Motion) -> Marks:
    """Frames at which a joint jumps faster than any dancer could move it."""
    positions = motion.positions()
    step = np.linalg.norm(np.diff(positions, axis=0), axis=-1).max(axis=1) * motion.fps
    fast = np.zeros(len(motion), dtype=bool)
    fast[1:] |= step > GLITCH_SPEED
    fast[:-1] |= step > GLITCH_SPEED
    return fast


def still(motion: Motion) -> Marks:
    """Stretches in which the figure hardly moves for some seconds."""
    speed = joint_speeds(motion.positions(), motion.fps).mean(axis=1)
    window = max(1, int(STILL_SECONDS * motion.fps))
    quiet = uniform_filter1d(speed, window, mode="nearest") < STILL_SPEED
    return binary_dilation(quiet, iterations=window // 2) if quiet.any() else quiet


def trembling(motion: Motion) -> Marks:
    """Stretches in which fast shaking makes up much of the movement."""
    positions = motion.positions().astype(np.float64)
    smooth = gaussian_filter1d(positions, 0.04 * motion.fps, axis=0, mode="nearest")
    # Plain differences: central ones do not see a shake from frame to frame. And no single jump
    # shall count as shaking.
    shake = np.minimum(_steps(positions - smooth) * motion.fps, 2 * TREMBLE_SPEED)
    whole = _steps(smooth) * motion.fps
    window = max(1, int(0.5 * motion.fps))
    shake = uniform_filter1d(shake, window, mode="nearest")
    whole = uniform_filter1d(whole, window, mode="nearest")
    return (shake > TREMBLE_SPEED) & (shake > TREMBLE_SHARE * whole)


def wrong_head(motion: Motion) -> Marks:
    """Frames at which the head is turned further than a neck allows."""
    local = motion.matrices()
    turn = local[:, INDEX["neck"]] @ local[:, INDEX["head"]]
    trace = np.trace(turn, axis1=-2, axis2=-1)
    return np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1))) > HEAD_ANGLE


def off_the_floor(motion: Motion) -> Marks:
    """Frames at which a foot is deep in the floor or the pelvis at an impossible height."""
    sunk = sole_heights(motion.positions()).min(axis=1) < -SINK_DEPTH
    low, high = PELVIS_HEIGHTS
    return sunk | (motion.root[:, 2] < low) | (motion.root[:, 2] > high)


RULES: dict[str, Callable[[Motion], Marks]] = {
    "glitch": glitches,
    "still": still,
    "trembling": trembling,
    "wrong head": wrong_head,
    "off the floor": off_the_floor,
}


def judge(motion: Motion) -> Verdict:
    """Apply every rule to a 30 fps motion."""
    valid = np.ones(len(motion), dtype=bool)
    rejections: list[Rejection] = []
    for rule, find in RULES.items():
        marks = find(motion)
        if marks.any():
            marks = binary_dilation(marks, iterations=MARGIN)
        rejections += [Rejection(rule, start, stop) for start, stop in runs(marks)]
        valid &= ~marks
    kept = binary_opening(valid, np.ones(int(SHORTEST * motion.fps)))
    rejections += [Rejection("too short", *run) for run in runs(valid & ~kept)]
    return Verdict(kept, tuple(rejections))


def _steps(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean distance (T,) that the joints move from each frame to the next."""
    steps = np.linalg.norm(np.diff(positions, axis=0, append=positions[-1:]), axis=-1)
    return steps.mean(axis=1)


def runs(marks: Marks) -> list[tuple[int, int]]:
    """The [start, stop) pairs of the True stretches of (T,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marks.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
