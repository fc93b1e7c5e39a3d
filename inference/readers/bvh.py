# SPDX-License-Identifier: GPL-3.0-or-later
"""BVH files (Biovision hierarchy) of any skeleton."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..errors import TwostepError
from ..motion import Motion
from .figures import Figure, JointMap, retarget_blocks
from .joint_maps import DAZ
from .rigged import read_rigged

#: y up, facing +z -> z up, facing -y.
FROM_Y_UP: NDArray[np.float64] = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
#: Frames that are read at once, so that a long take needs little more memory than a short one:
#: so many of a skeleton with so many joints.
_BLOCK, _JOINTS = 3600, 150
#: No skeleton has more joints, and none of them more channels.
MOST_JOINTS, MOST_CHANNELS = 2000, 9
_CHANNELS = frozenset(axis + kind for axis in "XYZxyz" for kind in ("rotation", "position"))


@dataclass(frozen=True)
class Joint:
    """One joint of the hierarchy; `channels` in file order, empty for an end site."""

    name: str
    parent: int
    offset: tuple[float, float, float]
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Bvh:
    """A parsed file: the hierarchy and its channel values (T, C), degrees and file units."""

    joints: tuple[Joint, ...]
    frame_time: float
    values: NDArray[np.float64]


def parse_bvh(path: Path) -> Bvh:
    """Read a BVH file. Raises TwostepError when it is damaged or not BVH."""
    name = Path(path).name
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise TwostepError(f"{name} cannot be read: {error.strerror}.") from error
    head, found, tail = text.partition("MOTION")
    if not found:
        raise TwostepError(f"{name} is not a BVH file: it has no MOTION part.")
    try:
        joints = _parse_hierarchy(head.split())
        words = tail.split(None, 5)  # Frames: N Frame Time: S …
        frames, frame_time, numbers = int(words[1]), float(words[4]), words[5]
        values = _numbers(numbers)
        width = sum(len(joint.channels) for joint in joints)
        if not (0 < frame_time < np.inf and frames >= 0 and width):
            raise ValueError("frames of no time, or of no values")
        return Bvh(joints, frame_time, values[: frames * width].reshape(frames, width))
    except (ValueError, IndexError) as error:
        raise TwostepError(f"{name} is damaged: its BVH text cannot be read.") from error


def read_bvh(
    path: Path,
    joint_map: JointMap | None = None,
    fps: float | None = None,
    skip: int = 0,
) -> Motion:
    """The file as a Motion at its own rate (or `fps`, for headers that lie), z up, in metres.

    joint_map: how its joints drive SMPL's; None finds a known family. skip: leading frames to drop.
    Raises TwostepError when it is damaged, of no known family, not a whole body or not finite.
    """
    bvh, name = parse_bvh(path), Path(path).name
    values = bvh.values[skip:]
    if not len(values):
        raise TwostepError(f"{name} holds no movement: it has no frames.")
    if not np.isfinite(values).all():
        raise TwostepError(f"{name} is damaged: not every value in it is a number.")
    rate = fps or 1.0 / bvh.frame_time
    block = max(1, _BLOCK * _JOINTS // max(_JOINTS, len(bvh.joints)))
    moving = (
        figure_from_bvh(replace(bvh, values=values[start : start + block]), rate)
        for start in range(0, len(values), block)
    )
    measured = DAZ.needs() <= {joint.name for joint in bvh.joints}
    if joint_map or measured:
        return retarget_blocks(moving, joint_map or DAZ)
    return read_rigged(moving, tuple(joint.parent for joint in bvh.joints), name)


def figure_from_bvh(bvh: Bvh, fps: float) -> Figure:
    """The file's skeleton in our axes."""
    values = bvh.values
    frames, count = len(values), len(bvh.joints)
    turns = np.empty((frames, count, 3, 3))
    positions = np.empty((frames, count, 3))
    column = 0
    for index, joint in enumerate(bvh.joints):
        own = values[:, column : column + len(joint.channels)]
        column += len(joint.channels)
        turn, place = _local(joint, own)
        if joint.parent < 0:
            turns[:, index], positions[:, index] = turn, place
            continue
        before = turns[:, joint.parent]
        turns[:, index] = before @ turn
        positions[:, index] = positions[:, joint.parent] + np.einsum("tij,tj->ti", before, place)
    rest = _rest(bvh.joints)
    basis = _basis(rest)
    return Figure(
        fps,
        tuple(joint.name for joint in bvh.joints),
        rest @ basis.T,
        positions @ basis.T,
        basis @ turns @ basis.T,
    )


def _rest(joints: tuple[Joint, ...]) -> NDArray[np.float64]:
    """Where the joints rest when the first is at the origin, (J, 3), in the file's axes."""
    rest = np.zeros((len(joints), 3))
    for index, joint in enumerate(joints):
        if joint.parent >= 0:
            rest[index] = rest[joint.parent] + joint.offset
    return rest


def _basis(rest: NDArray[np.float64]) -> NDArray[np.float64]:
    """From the file's axes to ours: some exporters, Blender's among them, write z up."""
    _, height, depth = np.ptp(rest, axis=0)
    return FROM_Y_UP if height >= depth else np.eye(3)


def _local(
    joint: Joint, values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotations (T, 3, 3) and positions (T, 3) of one joint in its parent."""
    rotating = [i for i, name in enumerate(joint.channels) if name.endswith("rotation")]
    order = "".join(joint.channels[i][0].upper() for i in rotating)
    turn = np.broadcast_to(np.eye(3), (len(values), 3, 3))
    if order:
        angles = values[:, rotating] if len(order) > 1 else values[:, rotating[0]]
        turn = Rotation.from_euler(order, angles, degrees=True).as_matrix()
    place = np.tile(np.array(joint.offset), (len(values), 1))
    for i, name in enumerate(joint.channels):
        if name.endswith("position"):
            place[:, "XYZ".index(name[0].upper())] = values[:, i]
    return turn, place


def _numbers(text: str) -> NDArray[np.float64]:
    """The numbers of a text. Raises ValueError when it holds anything else."""
    # Splitting the text first would take a hundred bytes a number.
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return np.fromstring(text, sep=" ")
        except DeprecationWarning as error:
            raise ValueError("not every word is a number") from error


def _parse_hierarchy(words: list[str]) -> tuple[Joint, ...]:
    joints: list[Joint] = []
    open_joints: list[int] = []
    name, at = "", 0
    while at < len(words):
        word = words[at]
        if word in ("ROOT", "JOINT"):
            name, at = words[at + 1], at + 2
        elif word == "End":
            name, at = joints[open_joints[-1]].name + "_end", at + 2
        elif word == "{":
            offset, channels, at = _parse_body(words, at + 1)
            parent = open_joints[-1] if open_joints else -1
            open_joints.append(len(joints))
            joints.append(Joint(name, parent, offset, channels))
        elif word == "}":
            open_joints.pop()
            at += 1
        else:
            at += 1
    if not joints or open_joints or len(joints) > MOST_JOINTS:
        raise ValueError("unbalanced hierarchy")
    return tuple(joints)


def _parse_body(
    words: list[str], at: int
) -> tuple[tuple[float, float, float], tuple[str, ...], int]:
    if words[at] != "OFFSET":
        raise ValueError("a joint must begin with its OFFSET")
    x, y, z = (float(word) for word in words[at + 1 : at + 4])
    at += 4
    channels: tuple[str, ...] = ()
    if words[at] == "CHANNELS":
        count = int(words[at + 1])
        if not 0 <= count <= MOST_CHANNELS:
            raise ValueError("a joint has no such number of channels")
        channels = tuple(words[at + 2 : at + 2 + count])
        turns = [name[0].upper() for name in channels if name.endswith("rotation")]
        doubled = any(first == second for first, second in pairwise(turns))
        if not _CHANNELS.issuperset(channels) or len(turns) > 3 or doubled:
            raise ValueError("a joint turns or moves as none can")
        at += 2 + count
    return (x, y, z), channels, at
