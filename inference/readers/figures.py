# SPDX-License-Identifier: GPL-3.0-or-later
"""From any figure with named joints to `Motion` on the SMPL tree.

A joint turns in the world as its source joint does, after the rest bones of both are laid along
each other; leg length sets the scale, and the lower feet set the floor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..contact_labels import SOLE
from ..motion import Floats, Motion
from ..pose_features import continuous
from ..retarget import smallest_turn
from ..skeleton import (
    CONTACT_JOINTS,
    INDEX,
    JOINT_COUNT,
    JOINTS,
    LEG_LENGTH,
    OFFSETS,
    PARENTS,
)

#: Limb joints and the joint that their bone points to.
LIMBS: dict[str, str] = {
    f"{side}_{joint}": f"{side}_{child}"
    for side in ("left", "right")
    for joint, child in (
        ("hip", "knee"),
        ("knee", "ankle"),
        ("ankle", "foot"),
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
        ("wrist", "hand"),
    )
}

#: A take's lowest foot stands on the floor at this percentile: a few glitches may go below.
FLOOR_PERCENTILE = 10.0


@dataclass(frozen=True)
class Between:
    """A turn that lies between those of two source joints, `share` of the way (0..1)."""

    start: str
    end: str
    share: float = 0.5


@dataclass(frozen=True)
class JointMap:
    """How a source skeleton drives the SMPL tree.

    joints: SMPL joint -> the source joint it turns with; a joint left out follows its parent.
    places: SMPL joint -> source joint that marks its place, where that differs from `joints`.
    turns: SMPL joint -> fixed alignment instead of the smallest turn between the rest bones.
    level_feet: the source's rest pose stands with flat soles, so feet need no alignment.
    """

    joints: Mapping[str, str | Between]
    places: Mapping[str, str] = field(default_factory=dict)
    turns: Mapping[str, Rotation] = field(default_factory=dict)
    level_feet: bool = False

    def place(self, joint: str) -> str | None:
        """The source joint that lies where the SMPL `joint` lies, if there is one."""
        found = self.places.get(joint, self.joints.get(joint))
        return found if isinstance(found, str) else None

    def needs(self) -> set[str]:
        """Every source joint that this map names."""
        names = set(self.places.values())
        for source in self.joints.values():
            names |= {source} if isinstance(source, str) else {source.start, source.end}
        return names


@dataclass(frozen=True)
class Figure:
    """A moving source skeleton in our axes (z up, rest pose facing -y), in its own unit.

    names: (J,). rest: rest positions (J, 3). positions: (T, J, 3). turns: each joint's rotation in
    the world against its rest pose, (T, J, 3, 3).
    """

    fps: float
    names: tuple[str, ...]
    rest: NDArray[np.float64]
    positions: NDArray[np.float64]
    turns: NDArray[np.float64]

    def at(self, name: str) -> int:
        return self.names.index(name)


def retarget(figure: Figure, joint_map: JointMap) -> Motion:
    """The figure's movement on the SMPL tree, at the figure's rate, feet on the floor, no contacts.

    Raises ValueError when the figure lacks a joint that the map names.
    """
    return retarget_blocks([figure], joint_map)


def retarget_blocks(figures: Iterable[Figure], joint_map: JointMap) -> Motion:
    """As `retarget`, of a figure that comes in consecutive blocks of frames, at least one."""
    parts = [_retargeted(figure, joint_map) for figure in figures]
    whole = replace(
        parts[0],
        root=np.concatenate([part.root for part in parts]),
        rotations=continuous(np.concatenate([part.rotations for part in parts])),
        contacts=np.concatenate([part.contacts for part in parts]),
    )
    return grounded(whole)


def _retargeted(figure: Figure, joint_map: JointMap) -> Motion:
    missing = sorted(joint_map.needs() - set(figure.names))
    if missing:
        raise ValueError(f"the skeleton has no joint {missing[0]!r}")
    world = _world_rotations(figure, joint_map)
    scale = LEG_LENGTH / _leg_length(figure, joint_map)
    hips = [figure.at(_placed(joint_map, f"{side}_hip")) for side in ("left", "right")]
    centre = figure.positions[:, hips].mean(axis=1) * scale
    below = (OFFSETS[INDEX["left_hip"]] + OFFSETS[INDEX["right_hip"]]) / 2
    root = centre - world[:, 0] @ below.astype(np.float64)
    return motion_from_world(figure.fps, root, world)


def motion_from_world(fps: float, root: NDArray[np.floating], world: NDArray[np.float64]) -> Motion:
    """A Motion from global rotations (T, 24, 3, 3) and pelvis positions (T, 3), no contacts."""
    local = world.copy()
    for joint in range(1, JOINT_COUNT):
        local[:, joint] = world[:, PARENTS[joint]].swapaxes(-1, -2) @ world[:, joint]
    quaternions = Rotation.from_matrix(local.reshape(-1, 3, 3)).as_quat(scalar_first=True)
    return Motion(
        fps,
        root.astype(np.float32),
        continuous(quaternions.reshape(-1, JOINT_COUNT, 4)),
        np.zeros((len(root), 4), dtype=np.float32),
    )


def sole_heights(positions: Floats) -> Floats:
    """How far each foot joint is above its height on a flat sole, (T, 4) m, from (T, 24, 3)."""
    return (positions[:, list(CONTACT_JOINTS), 2] - SOLE).astype(np.float32)


def grounded(motion: Motion) -> Motion:
    """The motion moved up or down as a whole so that it stands on z = 0."""
    floor = float(np.percentile(sole_heights(motion.positions()).min(axis=1), FLOOR_PERCENTILE))
    return replace(motion, root=motion.root - np.array([0, 0, floor], dtype=np.float32))


def _placed(joint_map: JointMap, joint: str) -> str:
    place = joint_map.place(joint)
    if place is None:
        raise ValueError(f"the joint map has no place for {joint}")
    return place


def _world_rotations(figure: Figure, joint_map: JointMap) -> NDArray[np.float64]:
    world = np.empty((len(figure.positions), JOINT_COUNT, 3, 3))
    for index, joint in enumerate(JOINTS):
        source = joint_map.joints.get(joint)
        if source is None:
            world[:, index] = world[:, PARENTS[index]]
            continue
        align = _alignment(figure, joint_map, joint).as_matrix()
        world[:, index] = _turns(figure, source) @ align
    return world


def _turns(figure: Figure, source: str | Between) -> NDArray[np.float64]:
    if isinstance(source, str):
        return figure.turns[:, figure.at(source)]
    start = Rotation.from_matrix(figure.turns[:, figure.at(source.start)])
    end = Rotation.from_matrix(figure.turns[:, figure.at(source.end)])
    part = Rotation.from_rotvec((start.inv() * end).as_rotvec() * source.share)
    return (start * part).as_matrix()


def _alignment(figure: Figure, joint_map: JointMap, joint: str) -> Rotation:
    if joint in joint_map.turns:
        return joint_map.turns[joint]
    child = LIMBS.get(joint)
    if child is None or (joint_map.level_feet and joint.endswith("ankle")):
        return Rotation.identity()
    start, end = joint_map.place(joint), joint_map.place(child)
    if start is None or end is None:
        # A hand of unknown direction goes on from its forearm, a foot stays as it stands.
        forearm = joint.replace("wrist", "elbow")
        return _alignment(figure, joint_map, forearm) if forearm != joint else Rotation.identity()
    bone = figure.rest[figure.at(end)] - figure.rest[figure.at(start)]
    return Rotation.from_matrix(smallest_turn(OFFSETS[INDEX[child]].astype(np.float64), bone))


def _leg_length(figure: Figure, joint_map: JointMap) -> float:
    chain = [_placed(joint_map, f"left_{joint}") for joint in ("hip", "knee", "ankle")]
    points = figure.rest[[figure.at(name) for name in chain]]
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
