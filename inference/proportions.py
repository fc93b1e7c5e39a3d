# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the parts of a body on the SMPL joint tree are."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .skeleton import ANKLE_HEIGHT, INDEX, OFFSETS, TOE_HEIGHT

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Proportions:
    """A body in its T-pose, in our axes and scaled so that its legs are as long as ours.

    offsets: of each joint from its parent, (24, 3), metres. ankle, toe: how high the joints of left
    and right are over the floor when the sole is flat on it, (2,) each, metres.
    """

    offsets: Doubles
    ankle: Doubles = field(default_factory=lambda: np.full(2, ANKLE_HEIGHT))
    toe: Doubles = field(default_factory=lambda: np.full(2, TOE_HEIGHT))

    @cached_property
    def seat(self) -> Doubles:
        """The middle between the hips, seen from the pelvis in the T-pose, (3,), metres."""
        return (self.offsets[INDEX["left_hip"]] + self.offsets[INDEX["right_hip"]]) / 2


#: The project's own body.
OURS = Proportions(OFFSETS.astype(np.float64))
