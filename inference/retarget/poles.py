# SPDX-License-Identifier: GPL-3.0-or-later
"""Where to put the bone that a bent limb points to under inverse kinematics."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..skeleton import INDEX, PARENTS
from . import turns
from .figure import Figure
from .posed import Posed
from .puppet import Handle

Doubles = NDArray[np.float64]

#: A joint that stands out by less than this share of its limb's length goes by its carrier's twist.
_STRAIGHT = 0.02


def pole(handle: Handle, figure: Figure, pose: Posed) -> Doubles:
    """The place of a pole, (3, T): as far from its knee or elbow as at rest, where that points.

    A nearly straight limb points nowhere; then the pole goes with the thigh or the upper arm.
    """
    assert handle.joint is not None
    joint = INDEX[handle.joint]
    high, low = figure.parent(joint), PARENTS.index(joint)
    start, end = pose.places[:, high], pose.places[:, low]
    line = end - start
    length = np.sqrt((line**2).sum(axis=0))
    bend = _across(pose.places[:, joint] - start, line) / length
    rest = figure.heads[low] - figure.heads[high]
    outward = (handle.head - figure.heads[joint])[:, None]
    distance = float(np.linalg.norm(outward))
    across = _across(outward, rest[:, None])
    usual = turns.turned(pose.turns[:, high], across / max(float(np.linalg.norm(across)), 1e-9))
    towards = bend + _STRAIGHT * _across(usual, line)
    size = np.maximum(np.sqrt((towards**2).sum(axis=0)), 1e-9)
    return pose.places[:, joint] + distance * towards / size


def _across(vectors: Doubles, line: Doubles) -> Doubles:
    """What of vectors (3, T) is at right angles to a line (3, T)."""
    along = (vectors * line).sum(axis=0) / np.maximum((line**2).sum(axis=0), 1e-12)
    return vectors - along * line
