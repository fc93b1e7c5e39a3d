# SPDX-License-Identifier: GPL-3.0-or-later
"""Contact sheets of stick figures: front-view strips, left blue, right red, spine black."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from ...inference.motion import Motion
from ...inference.skeleton import INDEX, JOINTS, PARENTS

COLOURS = {"left": "#1f77b4", "right": "#d62728"}
#: Distance between two figures of a strip, metres.
SPACING = 1.1
FIGURES = 12


def draw_strip(axes: Axes, motion: Motion, title: str, step: int = 6) -> None:
    """Draw up to `FIGURES` poses, `step` frames apart, seen from the front of the stage (-y)."""
    lines, colours = [], []
    for place, points in enumerate(motion.positions()[: FIGURES * step : step]):
        flat = points[:, [0, 2]] - [points[0, 0] - place * SPACING, 0]
        for joint in range(1, len(JOINTS)):
            lines.append(flat[[PARENTS[joint], joint]])
            colours.append(COLOURS.get(JOINTS[joint].split("_")[0], "black"))
        head = flat[INDEX["head"]] + [0, 0.08]
        axes.add_patch(Circle(tuple(head), 0.085, fill=False, linewidth=1.0))
    axes.add_collection(LineCollection(lines, colors=colours, linewidths=1.3))
    axes.axhline(0, color="#bbbbbb", linewidth=0.8)
    axes.set_xlim(-0.9, FIGURES * SPACING)
    axes.set_ylim(-0.15, 2.0)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_title(title, loc="left", fontsize=8)


def save_sheet(path: Path, strips: Sequence[tuple[str, Motion]], step: int = 6) -> None:
    """Write a PNG with one strip for each (title, motion), from the motion's first frame on."""
    figure = Figure(figsize=(12, 1.9 * len(strips)))
    for row, (title, motion) in enumerate(strips):
        draw_strip(figure.add_subplot(len(strips), 1, row + 1), motion, title, step)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.97, bottom=0.01, hspace=0.12)
    figure.savefig(path, dpi=90)
