# SPDX-License-Identifier: GPL-3.0-or-later
"""Dances that close: their last frame is their first one, and what is done to them keeps it so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .motion import Motion
from .pose_features import continuous
from .smooth import apart, bent, fade
from .travel import facing

Doubles = NDArray[np.float64]

#: How long a dance bends towards the seam before it, and out of it after it, seconds.
BLEND = 0.7
#: What is done to an endless dance knows so much of it before and after, seconds: feet seldom stand
#: longer.
MARGIN = 20.0
#: A range that ends this much of a beat too soon still holds its last bar.
LENIENT = 0.25
#: Beats of a bar where a song does not tell.
BAR = 4


def whole_bars(beats: Doubles, downbeats: NDArray[np.bool_], seconds: float) -> float | None:
    """How long the most whole bars are, seconds, that fit into a range of a song from its start.

    beats: (B,) at least two, seconds from the range's start; downbeats: (B,) which start a bar.
    The bars are counted from the start, wherever in a bar it is. None: there is not even one.
    """
    starts = np.flatnonzero(downbeats)
    bar = int(np.median(np.diff(starts))) if len(starts) > 1 else BAR
    first, last = _at(beats, 0.0), _at(beats, seconds)
    count = int((last - first + LENIENT) // bar)
    return None if count < 1 else _when(beats, first + count * bar)


def closed(motion: Motion, blend_s: float = BLEND) -> Motion:
    """The motion bent so that its last frame is its first one.

    What it turns beyond whole turns and how far it gets are taken back evenly on the way. What is
    left between its last pose and its first, and between their speeds, fades away on both sides of
    the seam, `blend_s` seconds each. Less than three frames are left alone.
    """
    count = len(motion)
    if count < 3:
        return motion
    motion = _returning(motion)
    frames = min(max(round(blend_s * motion.fps), 1), count // 2)
    root = motion.root.astype(np.float64)
    gap = root[0] - root[-1]
    steps = np.diff(root, axis=0)
    slope = (_speed(steps[-1], steps[-2]) - _speed(steps[0], steps[1])) / 2
    root[:frames] += fade(-gap / 2, slope, frames)
    root[-frames:] += fade(gap / 2, slope, frames)[::-1]
    rotations = motion.rotations.copy()
    turn = _turn(motion, -1, 0)
    leaving = _speed(_turn(motion, 0, 1), _turn(motion, 1, 2))
    coming = _speed(_turn(motion, -2, -1), _turn(motion, -3, -2))
    slopes = (coming - leaving) / 2
    rotations[:frames] = bent(rotations[:frames], fade(-turn / 2, slopes, frames))
    rotations[-frames:] = bent(rotations[-frames:], fade(turn / 2, slopes, frames)[::-1])
    contacts = motion.contacts.copy()
    contacts[0] = (contacts[0] + contacts[-1]) / 2
    return _sealed(Motion(motion.fps, root.astype(np.float32), rotations, contacts))


def around(motion: Motion, change: Callable[[Motion], Motion]) -> Motion:
    """What `change` makes of one round of a closed motion that goes round for ever."""
    last = len(motion) - 1
    if last < 2:
        return change(motion)
    margin = round(MARGIN * motion.fps)
    frames = np.arange(-margin, margin + last + 1) % last
    endless = replace(
        motion,
        root=motion.root[frames],
        rotations=continuous(motion.rotations[frames]),
        contacts=motion.contacts[frames],
    )
    made = change(endless)[margin : margin + last + 1]
    # A foot that stands for ever, on heel and toe by turns, may get a little farther every round.
    share = np.linspace(0.0, 1.0, len(made))[:, None]
    root = made.root + share * (made.root[0] - made.root[-1])
    rotations = bent(made.rotations, share[..., None] * _turn(made, -1, 0))
    return _sealed(replace(made, root=root.astype(np.float32), rotations=rotations))


def _speed(step: Doubles, farther: Doubles) -> Doubles:
    """How fast it goes right at an end, a frame, by the last step and the one before that."""
    return 1.5 * step - 0.5 * farther


def _turn(motion: Motion, start: int, end: int) -> Doubles:
    """What turns the joints (24, 3) from one frame to another."""
    return apart(motion[[end]], motion[[start]])  # type: ignore[index]


def _sealed(motion: Motion) -> Motion:
    """The motion with its last frame just like its first."""
    root, rotations, contacts = (
        np.concatenate([part[:-1], part[:1]])
        for part in (motion.root, motion.rotations, motion.contacts)
    )
    return Motion(motion.fps, root, continuous(rotations), contacts)


def _returning(motion: Motion) -> Motion:
    """The motion that comes back to where it began, facing as it did but for whole turns."""
    share = np.linspace(0.0, 1.0, len(motion))
    yaw = facing(motion)
    turned = yaw[-1] - yaw[0]
    back = -share * (turned - 2.0 * np.pi * np.round(turned / (2.0 * np.pi)))
    root = motion.root.astype(np.float64)
    steps = np.diff(root[:, :2], axis=0)
    cos, sin = np.cos(back[:-1, None]), np.sin(back[:-1, None])
    steps = cos * steps + sin * steps[:, ::-1] * (-1.0, 1.0)
    root[1:, :2] = root[0, :2] + np.cumsum(steps, axis=0)
    root[:, :2] -= share[:, None] * (root[-1, :2] - root[0, :2])
    upright = Rotation.from_rotvec(back[:, None] * (0.0, 0.0, 1.0))
    rotations = motion.rotations.copy()
    pelvis = upright * Rotation.from_quat(rotations[:, 0], scalar_first=True)
    rotations[:, 0] = pelvis.as_quat(scalar_first=True)
    return replace(motion, root=root.astype(np.float32), rotations=continuous(rotations))


def _at(beats: Doubles, seconds: float) -> float:
    """At which beat, counted from the first, a time is; the tempo at the ends goes on."""
    if seconds < beats[0]:
        return float((seconds - beats[0]) / (beats[1] - beats[0]))
    if seconds > beats[-1]:
        return float(len(beats) - 1 + (seconds - beats[-1]) / (beats[-1] - beats[-2]))
    return float(np.interp(seconds, beats, np.arange(len(beats))))


def _when(beats: Doubles, beat: float) -> float:
    """When a beat, counted from the first, is: the way back of `_at`."""
    last = len(beats) - 1
    if beat > last:
        return float(beats[-1] + (beat - last) * (beats[-1] - beats[-2]))
    if beat < 0:
        return float(beats[0] + beat * (beats[1] - beats[0]))
    return float(np.interp(beat, np.arange(last + 1), beats))
