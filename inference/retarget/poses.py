# SPDX-License-Identifier: GPL-3.0-or-later
"""The motion of a figure's poses: the way back from a rig."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..contact_labels import SOLE, contact_labels
from ..motion import FPS, Floats, Motion, forward_kinematics
from ..pose_features import continuous
from ..proportions import OURS
from ..skeleton import CONTACT_JOINTS, INDEX, JOINT_COUNT, PARENTS
from .figure import Figure

Doubles = NDArray[np.float64]

#: How far over that one in a single pose still counts as standing, metres.
_CONTACT_MARGIN = 0.04
#: A floor that is farther than this from the rest pose's soles is believed, metres.
_OTHER_FLOOR = 0.15
#: Joints along which a turn is spread when not all of them have a bone, from the pelvis up.
_SPINE = tuple(INDEX[name] for name in ("pelvis", "spine1", "spine2", "spine3", "neck", "head"))


def poses(rotations: Doubles, seats: Doubles, figure: Figure, fps: float = FPS) -> Motion:
    """The motion of a figure's poses.

    rotations: what each joint's bone is turned to in armature space, (T, 24, 3, 3), absent rows are
    not read; seats: the middle between the hips there, (T, 3); fps: poses a second.
    """
    return joined_poses([(rotations, seats)], figure, fps)


def joined_poses(
    blocks: Iterable[tuple[Doubles, Doubles]], figure: Figure, fps: float = FPS
) -> Motion:
    """As `poses`, of poses that come in consecutive blocks of frames, at least one."""
    roots, turns, places = zip(*(_block(*block, figure) for block in blocks), strict=True)
    root, joints = np.concatenate(roots), np.concatenate(places)
    sunk = _floor(joints) if len(joints) > 1 else 0.0
    if abs(sunk) > _OTHER_FLOOR:
        # Its floor is elsewhere than its rest pose stands: BVH files rest with the hips at zero.
        root[:, 2] -= sunk
        joints[..., 2] -= sunk
    return Motion(fps, root, continuous(np.concatenate(turns)), _contacts(joints, fps))


def _block(rotations: Doubles, seats: Doubles, figure: Figure) -> tuple[Floats, Floats, Floats]:
    """Roots (T, 3), local quaternions (T, 24, 4) and places of all joints (T, 24, 3)."""
    world = _world(rotations, figure)
    local = world.copy()
    local[:, 1:] = world[:, list(PARENTS[1:])].swapaxes(-1, -2) @ world[:, 1:]
    seat = (seats - figure.ground) @ figure.basis / figure.scale
    seat[:, 2] += OURS.ankle.mean() - figure.proportions.ankle.mean()
    root = (seat - world[:, 0] @ OURS.seat).astype(np.float32)
    flat = Rotation.from_matrix(local.reshape(-1, 3, 3)).as_quat(scalar_first=True)
    places = forward_kinematics(local.astype(np.float32), root)[0]
    return root, flat.astype(np.float32).reshape(-1, JOINT_COUNT, 4), places


def _world(rotations: Doubles, figure: Figure) -> Doubles:
    """Every joint's rotation in our axes against the T-pose, (T, 24, 3, 3)."""
    basis = figure.basis
    world = np.empty((len(rotations), JOINT_COUNT, 3, 3))
    for joint in range(JOINT_COUNT):
        if figure.present[joint]:
            after = figure.rest[joint].T @ figure.alignment[joint].T @ basis
            world[:, joint] = basis.T @ rotations[:, joint] @ after
        else:
            world[:, joint] = world[:, PARENTS[joint]] if joint else np.eye(3)
    known = [joint for joint in _SPINE if figure.present[joint]]
    for low, high in pairwise(known):
        between = _SPINE[_SPINE.index(low) + 1 : _SPINE.index(high)]
        for step, joint in enumerate(between, start=1):
            world[:, joint] = _part(world[:, low], world[:, high], step / (len(between) + 1))
    return world


def _part(start: Doubles, end: Doubles, share: float) -> Doubles:
    """Rotations (T, 3, 3) that lie a share of the way between two others."""
    first = Rotation.from_matrix(start)
    way = (first.inv() * Rotation.from_matrix(end)).as_rotvec()
    return (first * Rotation.from_rotvec(share * way)).as_matrix()


def _floor(places: Floats) -> float:
    """How high the floor lies that the feet in places (T, 24, 3) come down to, metres."""
    soles = places[:, list(CONTACT_JOINTS), 2] - SOLE
    return float(np.quantile(soles.min(axis=1), 0.05))


def _contacts(places: Floats, fps: float) -> Floats:
    if len(places) > 1:
        return contact_labels(places, fps)
    low = places[:, list(CONTACT_JOINTS), 2] < SOLE + _CONTACT_MARGIN
    return low.astype(np.float32)
