# SPDX-License-Identifier: GPL-3.0-or-later
"""Foot contacts, labelled from speed and height of ankles and toes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import median_filter

from .motion import Floats, Motion
from .skeleton import ANKLE_HEIGHT, CONTACT_JOINTS, TOE_HEIGHT

#: Heights of the contact joints over the floor when the sole is flat, metres.
SOLE = np.array([ANKLE_HEIGHT, TOE_HEIGHT, ANKLE_HEIGHT, TOE_HEIGHT])

#: A planted joint is slower than this, m/s: ankle, toe, ankle, toe.
SPEED = np.array([0.45, 0.35, 0.45, 0.35])
#: … and not further above its own low level than this, m.
CLEARANCE = np.array([0.07, 0.05, 0.07, 0.05])
#: A joint's low level: this percentile of its height …
LOW_PERCENTILE = 5.0
#: … but never further above the flat sole than this, m: a foot held up all through a take has no
#: contact.
LOW_LIMIT = 0.03


def contact_labels(positions: Floats, fps: float) -> Floats:
    """Contacts (T, 4) of 0 or 1 from joint positions (T, 24, 3)."""
    feet = positions[:, list(CONTACT_JOINTS)].astype(np.float64)
    if len(feet) < 2:
        return np.zeros((len(feet), 4), dtype=np.float32)
    speed = np.linalg.norm(np.gradient(feet, axis=0), axis=-1) * fps
    low = np.minimum(np.percentile(feet[..., 2], LOW_PERCENTILE, axis=0), SOLE + LOW_LIMIT)
    planted = (speed < SPEED) & (feet[..., 2] < low + CLEARANCE)
    return median_filter(planted.astype(np.float32), size=(3, 1), mode="nearest")


def with_contacts(motion: Motion) -> Motion:
    """The motion with its foot contacts labelled."""
    return replace(motion, contacts=contact_labels(motion.positions(), motion.fps))
