# SPDX-License-Identifier: GPL-3.0-or-later
"""The SMPL joint tree on the project's own proportions.

Axes: metres, z up, the figure faces -y, its left side is +x (Blender's convention). In the rest
pose (a T-pose) every joint's local frame is aligned with the world, so SMPL's y-up rotations become
ours by one change of basis (`from_y_up`). The joint names and their order follow SMPL
(Loper et al., 2015); the offsets are our own and owe nothing to any SMPL body file.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

JOINTS: tuple[str, ...] = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee",
    "spine2", "left_ankle", "right_ankle", "spine3", "left_foot", "right_foot",
    "neck", "left_collar", "right_collar", "head", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand",
)  # fmt: skip
JOINT_COUNT = len(JOINTS)
INDEX: dict[str, int] = {name: i for i, name in enumerate(JOINTS)}

PARENTS: tuple[int, ...] = (
    -1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21,
)  # fmt: skip

#: Each joint's rest offset from its parent, (24, 3), metres.
OFFSETS: NDArray[np.float32] = np.array(
    [
        (0.0, 0.0, 0.0),
        (0.085, 0.0, -0.080),
        (-0.085, 0.0, -0.080),
        (0.0, 0.015, 0.110),
        (0.0, 0.0, -0.410),
        (0.0, 0.0, -0.410),
        (0.0, 0.0, 0.130),
        (0.0, 0.010, -0.410),
        (0.0, 0.010, -0.410),
        (0.0, -0.005, 0.055),
        (0.020, -0.130, -0.055),
        (-0.020, -0.130, -0.055),
        (0.0, 0.015, 0.215),
        (0.070, 0.010, 0.125),
        (-0.070, 0.010, 0.125),
        (0.0, -0.020, 0.090),
        (0.110, 0.005, 0.035),
        (-0.110, 0.005, 0.035),
        (0.260, 0.0, 0.0),
        (-0.260, 0.0, 0.0),
        (0.250, 0.0, 0.0),
        (-0.250, 0.0, 0.0),
        (0.085, 0.0, 0.0),
        (-0.085, 0.0, 0.0),
    ],
    dtype=np.float32,
)

#: Heights of the joints over the floor when the sole is flat on it, metres.
ANKLE_HEIGHT = 0.075
TOE_HEIGHT = 0.020
#: Height of the pelvis of the standing rest pose over the floor, metres.
STANDING_HEIGHT = 0.975
#: Hip to ankle, metres; source skeletons are scaled to it.
LEG_LENGTH = 0.820

#: The four joints a contact label speaks of, in the order of `Motion.contacts`.
CONTACT_JOINTS: tuple[int, ...] = (
    INDEX["left_ankle"], INDEX["left_foot"], INDEX["right_ankle"], INDEX["right_foot"],
)  # fmt: skip

#: Index of every joint's counterpart on the other side; the spine maps to itself.
MIRROR: tuple[int, ...] = tuple(
    INDEX[
        name.replace("left", "right") if name.startswith("left") else name.replace("right", "left")
    ]
    for name in JOINTS
)


def rest_positions() -> NDArray[np.float32]:
    """Joint positions of the rest pose with the pelvis at the origin, (24, 3), metres."""
    positions = np.zeros_like(OFFSETS)
    for joint in range(1, JOINT_COUNT):
        positions[joint] = positions[PARENTS[joint]] + OFFSETS[joint]
    return positions
