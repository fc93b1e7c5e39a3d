# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a motion as BVH: y up, facing +z, SMPL's joint names, the root first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
from scipy.spatial.transform import Rotation

from .motion import Motion
from .skeleton import JOINT_COUNT, JOINTS, OFFSETS, PARENTS

#: Lengths in the file for each metre.
UNITS: dict[str, float] = {"cm": 100.0, "m": 1.0}
#: z up to y up: our (x, y, z) is BVH's (x, z, -y).
TO_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
_ROTATION = "Zrotation Xrotation Yrotation"
#: Where the bones without children end, in the rest pose, metres.
_ENDS: dict[str, tuple[float, float, float]] = {
    "head": (0.0, 0.0, 0.18),
    "left_foot": (0.0, -0.06, 0.0),
    "right_foot": (0.0, -0.06, 0.0),
    "left_hand": (0.08, 0.0, 0.0),
    "right_hand": (-0.08, 0.0, 0.0),
}
_BLOCK = 1800


def write(motion: Motion, path: Path, unit: str = "cm") -> None:
    """Write `motion` to `path`; unit: "cm", which most readers expect, or "m"."""
    scale = UNITS[unit]
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write("HIERARCHY\n")
        file.writelines(f"{line}\n" for line in _tree(0, 0, scale))
        file.write(f"MOTION\nFrames: {len(motion)}\nFrame Time: {1.0 / motion.fps:.8f}\n")
        _write_frames(motion, file, scale)


def depth_first() -> tuple[int, ...]:
    """The joints in the order in which the file names them and lists their channels."""
    order: list[int] = []
    waiting = [0]
    while waiting:
        joint = waiting.pop(0)
        order.append(joint)
        waiting = [*_children(joint), *waiting]
    return tuple(order)


def _children(joint: int) -> list[int]:
    return [child for child in range(JOINT_COUNT) if PARENTS[child] == joint]


def _tree(joint: int, depth: int, scale: float) -> Iterator[str]:
    indent, inner = "\t" * depth, "\t" * (depth + 1)
    offset = _offset(OFFSETS[joint], scale)
    if joint == 0:
        channels = f"CHANNELS 6 Xposition Yposition Zposition {_ROTATION}"
        yield f"ROOT {JOINTS[joint]}"
    else:
        channels = f"CHANNELS 3 {_ROTATION}"
        yield f"{indent}JOINT {JOINTS[joint]}"
    yield from (f"{indent}{{", f"{inner}OFFSET {offset}", f"{inner}{channels}")
    for child in _children(joint):
        yield from _tree(child, depth + 1, scale)
    if JOINTS[joint] in _ENDS:
        end = _offset(_ENDS[JOINTS[joint]], scale)
        yield from (f"{inner}End Site", f"{inner}{{", f"{inner}\tOFFSET {end}", f"{inner}}}")
    yield f"{indent}}}"


def _offset(metres: object, scale: float) -> str:
    return " ".join(f"{value:.6f}" for value in TO_Y_UP @ np.asarray(metres, float) * scale + 0.0)


def _write_frames(motion: Motion, file: TextIO, scale: float) -> None:
    order = depth_first()
    previous: np.ndarray | None = None
    for start in range(0, len(motion), _BLOCK):
        block = motion[start : start + _BLOCK]
        matrices = TO_Y_UP @ block.matrices()[:, list(order)] @ TO_Y_UP.T
        turns = Rotation.from_matrix(matrices.reshape(-1, 3, 3)).as_euler("ZXY", degrees=True)
        angles = turns.reshape(len(block), -1)
        if previous is not None:
            angles = np.concatenate([previous, angles])
        angles = np.unwrap(angles, period=360.0, axis=0)[0 if previous is None else 1 :]
        previous = angles[-1:]
        rows = np.concatenate([block.root @ TO_Y_UP.T * scale, angles], axis=1)
        np.savetxt(file, rows, fmt="%.6f")
