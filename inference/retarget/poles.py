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

#: The less a joint stands out, as a share of its limb's length, the less its plane is its own:
#: below the one so many frames around tell it too, below the other the limb's own twist.
_BENT, _AROUND = 0.12, 4.0
_STRAIGHT = 0.03


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
    own += _share(own, _BENT) * (gaussian_filter1d(own, _AROUND, axis=-1, mode="nearest") - own)
    own += _STRAIGHT * _share(own, _STRAIGHT) * usual / _size(usual)
    towards = _across(turns.turned(turn, own), line)
    return pose.places[:, joint] + _size(outward) * towards / _size(towards)


def _share(vectors: Doubles, scale: float) -> Doubles:
    """1 for vectors (3, T) of no length, next to 0 beyond twice the scale."""
    return np.exp(-((_size(vectors) / scale) ** 2))


def _size(vectors: Doubles) -> Doubles:
    """How long vectors (3, T) are, at least a little."""
    return np.maximum(np.sqrt((vectors**2).sum(axis=0)), 1e-9)


def _across(vectors: Doubles, line: Doubles) -> Doubles:
    """What of vectors (3, T) is at right angles to a line (3, T)."""
    along = (vectors * line).sum(axis=0) / np.maximum((line**2).sum(axis=0), 1e-12)
    return vectors - along * line
