# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures to look at: rows of stick figures, and the speed of the body against the music."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import CircleCollection, LineCollection
from matplotlib.figure import Figure

from ...inference.motion import Floats, Motion
from ...inference.skeleton import INDEX, JOINTS, PARENTS
from . import body, signals
from .metrics import SEGMENT
from .signals import Array

COLOURS = {"left": "#1f77b4", "right": "#d62728", "spine": "#111111"}
#: Width of one figure's cell and height of a row, metres.
CELL, TALL = 1.3, 2.15
#: The camera stands in front and this far to the dancer's left, radians.
VIEW = np.radians(25.0)
#: Inches a metre.
SCALE = 0.72

_SIDE = {
    joint: next((side for side in ("left", "right") if JOINTS[joint].startswith(side)), "spine")
    for joint in range(1, len(JOINTS))
}


def strip(
    motions: Sequence[Motion],
    labels: Sequence[str],
    path: Path,
    start: float = 0.0,
    step: int = 6,
    columns: int = 14,
) -> Path:
    """Write a PNG with one row of `columns` figures a motion, `step` frames apart, from `start` s.

    Left limbs are blue, right ones red. Every figure stands in the middle of its cell; the number
    under it is the time in seconds.
    """
    rows = len(motions)
    width, height = CELL * columns * SCALE, (TALL + 0.45) * rows * SCALE
    figure = Figure(figsize=(width, height), dpi=100)
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, 1, squeeze=False)[:, 0]
    for axes, motion, label in zip(grid, motions, labels, strict=True):
        _row(axes, motion, label, start, step, columns)
    figure.subplots_adjust(0.005, 0.01, 0.995, 0.97, hspace=0.16)
    figure.savefig(path)
    return Path(path)


def timeline(
    motion: Motion,
    beats: Array,
    path: Path,
    label: str = "",
    usual: float | None = None,
    start: float = 0.0,
    length: float = 30.0,
    segment: int | None = SEGMENT,
) -> Path:
    """Write a PNG: speed with music beats, kinematic beats and sliding feet; the path on the floor.

    usual: the style's mean speed in m/s, drawn dashed; segment: frames between the joins of a
    rollout, dotted.
    """
    figure = Figure(figsize=(15, 3.4), dpi=100)
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(5, 1))
    positions = motion.positions()
    speed, found = (f(positions, motion.fps) for f in (signals.mean_speed, signals.kinematic_beats))
    times = np.arange(len(motion)) / motion.fps
    slides = body.sliding(positions, motion.fps)
    left.vlines(beats, 0, speed.max() * 1.05, color="#c9a227", lw=1, label="music beats")
    left.plot(times, speed, color="#222222", lw=1.1, label="mean joint speed, m/s")
    left.plot(found, np.interp(found, times, speed), "o", ms=4, color="#1f77b4", label="at rest")
    left.fill_between(times, 0, speed.max() * 0.04, where=slides, color="#d62728", label="slides")
    for seam in np.arange(segment, len(motion), segment) / motion.fps if segment else ():
        left.axvline(seam, color="#bbbbbb", lw=0.6, ls=":")
    if usual is not None:
        left.axhline(usual, color="#2ca02c", lw=0.9, ls="--", label="real, mean")
    left.set(xlim=(start, min(start + length, motion.seconds)), ylim=(0, speed.max() * 1.2))
    left.set_title(label, loc="left", fontsize=9)
    left.legend(loc="upper right", fontsize=7, ncols=5)
    right.plot(motion.root[:, 0], motion.root[:, 1], lw=0.8, color="#222222")
    right.plot(*motion.root[0, :2], "o", color="#2ca02c", ms=5)
    right.set(aspect="equal", title="stage, m")
    right.set_xlim(*_around(motion.root[:, 0]))
    right.set_ylim(*_around(motion.root[:, 1]))
    figure.tight_layout()
    figure.savefig(path)
    return Path(path)


def _row(axes: Axes, motion: Motion, label: str, start: float, step: int, columns: int) -> None:
    first = round(start * motion.fps)
    frames = np.arange(first, len(motion), step)[:columns]
    positions = motion.positions()[frames].astype(np.float64)
    middle = positions[:, :1] * np.array([1, 1, 0])
    flat = _seen(positions - middle)
    flat[..., 0] += CELL * (np.arange(len(frames)) + 0.5)[:, None]
    for side, colour in COLOURS.items():
        joints = [joint for joint, of in _SIDE.items() if of == side]
        lines = np.stack([flat[:, [PARENTS[j] for j in joints]], flat[:, joints]], axis=2)
        axes.add_collection(LineCollection(lines.reshape(-1, 2, 2), colors=colour, lw=1.7))
    _heads(axes, flat)
    axes.plot([0, CELL * columns], [0, 0], color="#999999", lw=0.7)
    for frame, x in zip(frames, CELL * (np.arange(len(frames)) + 0.5), strict=True):
        axes.text(x, -0.13, f"{frame / motion.fps:.2f}", fontsize=6, ha="center", color="#777777")
    axes.text(0.03, TALL - 0.02, label, fontsize=8, va="top")
    axes.set(xlim=(0, CELL * columns), ylim=(-0.2, TALL), aspect="equal")
    axes.axis("off")


def _seen(points: Array) -> Array:
    """Picture coordinates (..., 2) of points (..., 3): orthographic, a little to the left."""
    across = points[..., 0] * np.cos(VIEW) + points[..., 1] * np.sin(VIEW)
    return np.stack([across, points[..., 2]], axis=-1)


def _heads(axes: Axes, flat: Array) -> None:
    neck, head = flat[:, INDEX["neck"]], flat[:, INDEX["head"]]
    up = (head - neck) / np.maximum(np.linalg.norm(head - neck, axis=-1, keepdims=True), 0.03)
    radius = 0.1 * SCALE * 72
    axes.add_collection(
        CircleCollection(
            [np.pi * radius**2],
            offsets=head + 0.06 * up,
            offset_transform=axes.transData,
            facecolors="white",
            edgecolors="#111111",
            linewidths=1.2,
            zorder=3,
        )
    )


def _around(values: Floats) -> tuple[float, float]:
    middle = (values.min() + values.max()) / 2
    reach = max(1.5, (values.max() - values.min()) / 2 * 1.1)
    return float(middle - reach), float(middle + reach)
