# SPDX-License-Identifier: GPL-3.0-or-later
"""Dances that close: their last frame is their first one, and what is done to them keeps it so."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .motion import Motion
from .pose_features import continuous


def around(motion: Motion, change: Callable[[Motion], Motion]) -> Motion:
    """What `change` makes of a closed motion that goes round for ever, one round of it."""
    last = len(motion) - 1
    if last < 1:
        return change(motion)
    frames = np.arange(-last, 2 * last + 1) % last
    endless = motion[frames]  # type: ignore[index]
    endless = Motion(motion.fps, endless.root, continuous(endless.rotations), endless.contacts)
    return change(endless)[last : 2 * last + 1]
