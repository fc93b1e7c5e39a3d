# SPDX-License-Identifier: GPL-3.0-or-later
"""`Motion`, the one currency between readers, networks, retargeting and Blender."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .arrays import load_npz
from .skeleton import JOINT_COUNT, MIRROR, OFFSETS, PARENTS

#: The frame rate that the networks speak.
FPS = 30.0
#: Fewest and most frames a second of a file; others are slips, and would fill the memory.
RATES = (1.0, 1000.0)
_BLOCK = 7200

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Motion:
    """A figure's movement on the SMPL joint tree.

    fps: frames a second.
    root: pelvis positions in the world, (T, 3), metres, z up.
    rotations: local joint rotations as unit quaternions (w, x, y, z), (T, 24, 4). The first is the
        pelvis in the world; the others are relative to their parent, all against the T-pose.
    contacts: how surely left ankle, left toe, right ankle, right toe stand on the floor,
        (T, 4), 0..1.
    """

    fps: float
    root: Floats
    rotations: Floats
    contacts: Floats

    def __post_init__(self) -> None:
        frames = len(self.root)
        shapes = {
            "root": (self.root, (frames, 3)),
            "rotations": (self.rotations, (frames, JOINT_COUNT, 4)),
            "contacts": (self.contacts, (frames, 4)),
        }
        for name, (array, shape) in shapes.items():
            if array.shape != shape:
                raise ValueError(f"Motion.{name} has shape {array.shape}, expected {shape}")
            object.__setattr__(self, name, np.ascontiguousarray(array, dtype=np.float32))
        if not self.fps > 0:
            raise ValueError(f"Motion.fps must be positive, not {self.fps}")

    def __len__(self) -> int:
        return len(self.root)

    @property
    def whole(self) -> bool:
        """Whether every value is finite and every rotation is one."""
        finite = all(np.isfinite(each).all() for each in (self.root, self.rotations, self.contacts))
        lengths = np.linalg.norm(self.rotations, axis=-1)
        return bool(finite and (np.abs(lengths - 1) < 0.05).all())

    @property
    def seconds(self) -> float:
        return len(self) / self.fps

    def __getitem__(self, frames: slice) -> Motion:
        return replace(
            self,
            root=self.root[frames],
            rotations=self.rotations[frames],
            contacts=self.contacts[frames],
        )

    def matrices(self) -> Floats:
        """Local joint rotations as matrices, (T, 24, 3, 3)."""
        flat = Rotation.from_quat(self.rotations.reshape(-1, 4), scalar_first=True)
        return flat.as_matrix().astype(np.float32).reshape(len(self), JOINT_COUNT, 3, 3)

    def positions(self, offsets: NDArray[np.floating] = OFFSETS) -> Floats:
        """Joint positions in the world, (T, 24, 3), metres, on a body with these offsets."""
        return forward_kinematics(self.matrices(), self.root, offsets)[0]

    def resampled(self, fps: float) -> Motion:
        """The same movement at another frame rate (slerp for rotations, linear for the rest)."""
        if fps == self.fps or len(self) < 2:
            return replace(self, fps=fps)
        count = max(2, int(np.floor((len(self) - 1) / self.fps * fps + 1e-6)) + 1)
        return replace(self.sampled(np.arange(count) / fps * self.fps), fps=fps)

    def sampled(self, frames: NDArray[np.floating]) -> Motion:
        """The movement read off at fractional frame numbers (T',), clamped to its ends."""
        last = len(self) - 1
        at = np.clip(np.asarray(frames, dtype=np.float64), 0, last)
        if last == 0:
            return self[np.zeros(len(at), dtype=int)]  # type: ignore[index]
        return replace(
            self,
            root=_lerp(at, self.root),
            # Block by block: a two-hour dance would need a gigabyte at once.
            rotations=np.concatenate(
                [_slerp(at[i : i + _BLOCK], self.rotations) for i in range(0, len(at), _BLOCK)]
                or [self.rotations[:0]]
            ),
            contacts=_lerp(at, self.contacts),
        )

    def mirrored(self) -> Motion:
        """Left and right exchanged (a reflection in the plane x = 0)."""
        reflect = np.array([1, 1, -1, -1], dtype=np.float32)
        return replace(
            self,
            root=self.root * np.array([-1, 1, 1], dtype=np.float32),
            rotations=self.rotations[:, list(MIRROR)] * reflect,
            contacts=self.contacts[:, [2, 3, 0, 1]],
        )

    def save(self, path: Path) -> None:
        """Write an npz with the arrays of this class; nothing in it is pickled."""
        with open(path, "wb") as file:
            np.savez_compressed(
                file,
                fps=np.float64(self.fps),
                root=self.root,
                rotations=self.rotations,
                contacts=self.contacts,
            )

    @staticmethod
    def load(path: Path) -> Motion:
        """Read what `save` wrote. Raises ValueError when the file is not a Motion."""
        data = load_npz(path, ("fps", "root", "rotations", "contacts"))
        try:
            motion = Motion(float(data["fps"]), data["root"], data["rotations"], data["contacts"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{Path(path).name} is not a Twostep motion file.") from error
        if not RATES[0] <= motion.fps <= RATES[1]:
            raise ValueError(f"{Path(path).name} has a frame rate that no motion has.")
        return motion


def forward_kinematics(
    local: Floats, root: Floats, offsets: NDArray[np.floating] = OFFSETS
) -> tuple[Floats, Floats]:
    """Positions (T, 24, 3) and global rotations (T, 24, 3, 3) of every joint in the world.

    local: joint rotations relative to the parent, (T, 24, 3, 3); root: pelvis, (T, 3), metres;
    offsets: of every joint from its parent at rest, (24, 3), metres.
    """
    bones = np.asarray(offsets, dtype=np.float32)
    # Frames go last, so that every step runs over contiguous memory: three times as fast.
    turns = np.ascontiguousarray(np.moveaxis(local, 0, -1), dtype=np.float32)
    world = np.empty_like(turns)
    positions = np.empty((JOINT_COUNT, 3, len(local)), dtype=np.float32)
    world[0], positions[0] = turns[0], root.T
    for joint in range(1, JOINT_COUNT):
        parent = PARENTS[joint]
        np.einsum("ikt,kjt->ijt", world[parent], turns[joint], out=world[joint])
        positions[joint] = positions[parent] + np.einsum("ikt,k->it", world[parent], bones[joint])
    return (
        np.ascontiguousarray(np.moveaxis(positions, -1, 0)),
        np.ascontiguousarray(np.moveaxis(world, -1, 0)),
    )


def _lerp(at: NDArray[np.float64], values: Floats) -> Floats:
    low = np.minimum(at.astype(int), len(values) - 2)
    share = (at - low)[:, None].astype(np.float32)
    return values[low] * (1 - share) + values[low + 1] * share


def _slerp(at: NDArray[np.float64], rotations: Floats) -> Floats:
    low = np.minimum(at.astype(int), len(rotations) - 2)
    start, goal = rotations[low].astype(np.float64), rotations[low + 1].astype(np.float64)
    cosine = np.einsum("tjc,tjc->tj", start, goal)[..., None]
    goal = np.where(cosine < 0, -goal, goal)
    angle = np.arccos(np.clip(np.abs(cosine), 0.0, 1.0))
    share = (at - low)[:, None, None]
    # sin(k a) / sin(a), which tends to k for small angles.
    near, far = (
        np.where(angle < 1e-4, k, np.sin(k * angle) / np.maximum(np.sin(angle), 1e-9))
        for k in (1 - share, share)
    )
    mixed = near * start + far * goal
    return (mixed / np.linalg.norm(mixed, axis=-1, keepdims=True)).astype(np.float32)
