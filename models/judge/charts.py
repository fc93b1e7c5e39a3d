# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of figures: speed over time, and keeping the beat against moving like people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .body import BLOCK_SECONDS
from .interval import Interval
from .judged import TRUTH
from .rows import RowFigures

#: Colours of rows, in their order; truth is black.
COLOURS = (
    "#d62728", "#ff9896", "#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#8c564b", "#7f7f7f",
    "#bcbd22", "#17becf",
)  # fmt: skip


def speed_over_time(
    rows: Sequence[RowFigures], band: tuple[float, float], path: Path, wanted: tuple[float, float]
) -> Path:
    """Write a PNG: the speed of every row in each 10 s of its longest dances, as a share of real
    motion's, with intervals. band: where real blocks lie; wanted: the target, dotted."""
    figure = Figure(figsize=(10, 4.2), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.axhspan(*band, color="#000000", alpha=0.08, lw=0, label="real, 9 in 10 blocks")
    for level in wanted:
        axes.axhline(level, color="#555555", lw=0.8, ls=":")
    shown = [row for row in rows if row.blocks]
    for row, colour in zip(shown, _colours(shown), strict=True):
        middles = BLOCK_SECONDS * (np.arange(len(row.blocks)) + 0.5)
        means = [block.mean for block in row.blocks]
        axes.plot(middles, means, "o-", ms=3, lw=1.4, color=colour, label=row.name)
        axes.fill_between(
            middles, [b.low for b in row.blocks], [b.high for b in row.blocks],
            color=colour, alpha=0.12, lw=0,
        )  # fmt: skip
    axes.set(xlabel="seconds into the dance", ylabel="mean joint speed / real")
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    figure.tight_layout()
    figure.savefig(path)
    return path


def quality(rows: Sequence[RowFigures], main: float, path: Path) -> Path:
    """Write a PNG: F1 over its null against the Fréchet distances, with intervals."""
    figure = Figure(figsize=(11, 4.4), dpi=100)
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, key, title in zip(panels, ("fidk", "fidg"), ("FIDk", "FIDg"), strict=True):
        shown = [row for row in rows if key in _figures(row, main) and not row.retimed]
        for row, colour in zip(shown, _colours(shown), strict=True):
            figures = _figures(row, main)
            _point(axes, figures[key], figures["f1_margin"], row, colour)
        axes.axhline(0, color="#555555", lw=0.8, ls=":")
        floor = _figures(rows[0], main).get(key)
        if rows[0].name == TRUTH and floor is not None:
            axes.axvline(floor.mean, color="#111111", lw=0.8, ls="--")
        axes.set(xscale="log", xlabel=f"{title} (less is better)")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_formatter(lambda value, _: f"{value:g}" if _leads(value) else "")
        axes.tick_params(axis="x", which="both", labelsize=8)
    panels[0].set_ylabel("F1 over null")
    panels[1].legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    figure.tight_layout()
    figure.savefig(path)
    return path


def _leads(value: float) -> bool:
    """Whether a tick is one of the few in a decade that are named."""
    return str(f"{value:e}")[0] in "25"


def _point(axes: Axes, x: Interval, y: Interval, row: RowFigures, colour: str) -> None:
    hollow = row.name != TRUTH and not row.moves
    axes.errorbar(
        x.mean, y.mean, xerr=_sides(x, 0.95 * x.mean), yerr=_sides(y),
        fmt="s" if row.name == TRUTH else "o", color=colour, mfc="white" if hollow else colour,
        ms=6, lw=1, capsize=2, label=row.name,
    )  # fmt: skip


def _sides(value: Interval, most: float = np.inf) -> list[list[float]]:
    """How far the interval reaches below, at most so far, and above."""
    below, above = np.nan_to_num([value.mean - value.low, value.high - value.mean])
    return [[min(max(0.0, below), most)], [max(0.0, above)]]


def _figures(row: RowFigures, main: float) -> dict[str, Interval]:
    return row.lengths.get(main) or row.lengths.get(0.0, {})


def _colours(rows: Sequence[RowFigures]) -> list[str]:
    others = [row.name for row in rows if row.name != TRUTH]
    return [
        "#111111" if row.name == TRUTH else COLOURS[others.index(row.name) % len(COLOURS)]
        for row in rows
    ]
