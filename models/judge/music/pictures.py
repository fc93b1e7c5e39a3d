# SPDX-License-Identifier: GPL-3.0-or-later
"""Mel pictures to look at, with the beats marked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from ....inference.audio.spectrum import mel_centres
from ....inference.score import mel
from .heard import Heard

#: Levels that are drawn, dB.
_RANGE = (-90.0, -20.0)
#: Frequencies that are named, Hz.
_NAMED = (100, 500, 1000, 2000, 5000, 10_000)
#: Colours of a picture.
_COLOURS = 96


def rows(
    pieces: Sequence[tuple[str, Heard]], path: Path, start: float = 4.0, seconds: float = 8.0
) -> Path:
    """Write a PNG: one mel below the other, each with its title, from `start` s on."""
    figure = Figure(figsize=(11, 1.75 * len(pieces)), dpi=100)
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(pieces), 1, squeeze=False)[:, 0]
    for axes, (title, piece) in zip(grid, pieces, strict=True):
        _mel(axes, piece, title, min(start, max(piece.seconds - seconds, 0.0)), seconds)
    figure.subplots_adjust(0.06, 0.02 + 0.2 / len(pieces), 0.995, 0.97, hspace=0.42)
    return _saved(figure, path)


def contact_sheet(
    pieces: Sequence[tuple[str, Heard]],
    path: Path,
    start: float = 4.0,
    seconds: float = 8.0,
    columns: int = 3,
) -> Path:
    """Write a PNG with a mel of each piece, side by side."""
    lines = -(-len(pieces) // columns)
    figure = Figure(figsize=(4.2 * columns, 1.55 * lines), dpi=100)
    FigureCanvasAgg(figure)
    grid = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes, (title, piece) in zip(grid, pieces, strict=False):
        _mel(axes, piece, title, min(start, max(piece.seconds - seconds, 0.0)), seconds)
        axes.set_yticks([])
    for axes in grid[len(pieces) :]:
        axes.axis("off")
    figure.subplots_adjust(
        0.008, 0.3 / (1.55 * lines), 0.995, 1 - 0.2 / (1.55 * lines), wspace=0.02, hspace=0.5
    )
    return _saved(figure, path)


def _saved(figure: Figure, path: Path) -> Path:
    """Writes a figure with a limited number of colours: a third of the size, and looks alike."""
    figure.savefig(path)
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    return path


def _mel(axes: Axes, piece: Heard, title: str, start: float, seconds: float) -> None:
    first = round(start * mel.FPS)
    shown = piece.mel[first : first + round(seconds * mel.FPS)]
    stop = start + len(shown) / mel.FPS
    axes.imshow(
        shown.T, origin="lower", aspect="auto", cmap="magma", vmin=_RANGE[0], vmax=_RANGE[1],
        extent=(start, stop, 0, mel.BINS), interpolation="nearest",
    )  # fmt: skip
    bar = piece.grid.downbeats
    for chosen, height, colour in ((~bar, 14, "#9fd8ff"), (bar, 30, "#ffffff")):
        beats = piece.grid.beats[chosen]
        beats = beats[(beats >= start) & (beats <= stop)]
        axes.vlines(beats, mel.BINS - height, mel.BINS, color=colour, lw=1.1)
    for quiet_from, quiet_to in piece.stops:
        if quiet_from < stop and quiet_to > start:
            axes.hlines(4, max(quiet_from, start), min(quiet_to, stop), color="#7dff9b", lw=3)
    struck = piece.accents[(piece.accents >= start) & (piece.accents <= stop)]
    axes.plot(struck, np.full(len(struck), mel.BINS - 42), "v", ms=3.5, color="#ff8c69")
    axes.set_xlim(start, stop)
    centres = mel_centres(mel.BINS)
    axes.set_yticks([int(np.searchsorted(centres, hertz)) for hertz in _NAMED])
    axes.set_yticklabels(
        [f"{hertz / 1000:g} k" if hertz >= 1000 else str(hertz) for hertz in _NAMED]
    )
    axes.tick_params(labelsize=6, length=2, pad=1)
    axes.set_title(title, fontsize=7.5, loc="left", pad=2)
