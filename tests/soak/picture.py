# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a record: memory and time, dance after dance."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .figures import Record

#: The colour of each process, and how far above its line its name stands.
_LINES = {"blender": ("#c8641e", 10), "worker": ("#1f6f78", -22)}
_LABELS = {"blender": "Blender", "worker": "Twostep's worker"}
_INK, _FAINT = "#333333", "#d8d8d8"


def plot(record: Record, path: Path) -> None:
    """Draw it as a .png."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    mpl.rcParams.update({
        "font.size": 9, "text.color": _INK, "axes.edgecolor": _INK, "axes.labelcolor": _INK,
        "xtick.color": _INK, "ytick.color": _INK, "axes.spines.top": False,
        "axes.spines.right": False,
    })  # fmt: skip
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(8, 5), sharex=True, constrained_layout=True
    )
    turns = np.arange(len(record.turns))
    for process, (colour, rise) in _LINES.items():
        memory = record.memory(process) / 2**20
        above.plot(turns, memory, color=colour, linewidth=1.4)
        above.annotate(
            _LABELS[process], (turns[-1], memory[-1]), (0, rise), textcoords="offset points",
            color=colour, ha="right", va="center",
        )  # fmt: skip
    above.set_ylim(
        0, 1.12 * max(record.memory("blender").max(), record.memory("worker").max()) / 2**20
    )
    above.set_ylabel("resident memory, MiB")
    scored = next((place for place, line in enumerate(record.turns) if line["score"] > 0), None)
    if scored is not None:
        above.annotate(
            "the first score opens its networks", (scored, 250), (6, 0),
            textcoords="offset points", color=_LINES["worker"][0], fontsize=8, va="center",
        )  # fmt: skip
    _times(record, below)
    for axes in (above, below):
        for lap in range(1, record.laps):
            axes.axvline(lap * record.lap - 0.5, color=_FAINT, linewidth=0.8, zorder=0)
        axes.grid(axis="y", color=_FAINT, linewidth=0.5)
        axes.set_axisbelow(True)
    below.set_xlim(-2, len(turns) + 1)
    below.set_xlabel(f"turns in one Blender, of which {record.danced} are dances")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _times(record: Record, axes) -> None:
    danced = [line for line in record.turns if line["said"] == "danced"]
    places = [line["turn"] for line in danced]
    times = [line["processor"] for line in danced]
    axes.plot(places, times, ".", color="#7a7a7a", markersize=3)
    axes.set_ylim(0, 1.2 * max(times))
    for lap in range(record.laps):
        middle = np.median([e["processor"] for e in record.of(lap) if e["said"] == "danced"])
        ends = (lap * record.lap, (lap + 1) * record.lap - 1)
        axes.plot(ends, (middle, middle), color=_INK, linewidth=1.6)
        axes.annotate(
            f"lap {lap + 1}: median {middle:.2f}", (ends[0], axes.get_ylim()[1]), (2, -8),
            textcoords="offset points", fontsize=8,
        )  # fmt: skip
    axes.set_ylabel("processor, s a dance")
