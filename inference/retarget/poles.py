# SPDX-License-Identifier: GPL-3.0-or-later
"""Where to put the bone that a bent limb points to under inverse kinematics."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..skeleton import INDEX, PARENTS
from . import turns
from .figure import Figure
from .posed import Posed
from .puppet import Handle

Doubles = NDArray[np.float64]

#: A limb whose joint stands out by less than this share of its length has no plane of its own.
_STRAIGHT = 0.02
#: What it does in the frames around tells its plane then, frames.
_AROUND = 3.0


def pole(handle: Handle, figure: Figure, pose: Posed) -> Doubles:
    """The place of a pole, (3, T): as far from its knee or elbow as at rest, where that points.

    A nearly straight limb points nowhere: then the pole goes with the thigh or the upper arm, and
    to the side to which the limb bends in the frames around. So it does not jump when an elbow is
    stretched a little too far.
    """
    assert handle.joint is not None
    joint = INDEX[handle.joint]
    high, low = figure.parent(joint), PARENTS.index(joint)
    start, turn = pose.places[:, high], pose.turns[:, high]
    line = pose.places[:, low] - start
    bend = _across(pose.places[:, joint] - start, line) / _size(line)
    outward = (handle.head - figure.heads[joint])[:, None]
    usual = _across(outward, (figure.heads[low] - figure.heads[high])[:, None])
    own = turns.turned(turns.inverse(turn), bend)
    straight = np.exp(-((_size(own) / _STRAIGHT) ** 2))
    own += straight * (gaussian_filter1d(own, _AROUND, axis=-1, mode="nearest") - own)
    own += _STRAIGHT * np.exp(-((_size(own) / _STRAIGHT) ** 2)) * usual / _size(usual)
    towards = _across(turns.turned(turn, own), line)
    return pose.places[:, joint] + _size(outward) * towards / _size(towards)


def _size(vectors: Doubles) -> Doubles:
    """How long vectors (3, T) are, at least a little."""
    return np.maximum(np.sqrt((vectors**2).sum(axis=0)), 1e-9)


def _across(vectors: Doubles, line: Doubles) -> Doubles:
    """What of vectors (3, T) is at right angles to a line (3, T)."""
    along = (vectors * line).sum(axis=0) / np.maximum((line**2).sum(axis=0), 1e-12)
    return vectors - along * line
