# SPDX-License-Identifier: GPL-3.0-or-later
"""What went into the shards, to read and to look at: report.md and pictures."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ...inference.motion import FPS, Motion
from ...inference.styles import STYLES
from .shards import Collection, Prepared, minutes, rejected
from .sheets import FIGURES, save_sheet

SPLITS = ("train", "validation", "test")
#: Strips on a sheet, and frames between two figures of a strip.
STRIPS, STEP = 8, 6
#: Lead and follow agree when their tempi differ by no more than this.
AGREEMENT = 0.05


def write_report(collection: Collection, folder: Path) -> None:
    """Write report.md, tempo.png and the contact sheets into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _draw_tempi(collection, folder / "tempo.png")
    sheets = [*_source_sheets(collection, folder), *_rejection_sheet(collection, folder)]
    parts = [
        "# Motion in the shards",
        _minutes_table(collection),
        _rejections(collection),
        _couples(collection),
        _takes_table(collection),
        "## Pictures\n\n" + "\n".join(f"- `{name}`" for name in ["tempo.png", *sheets]),
    ]
    (folder / "report.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _minutes_table(collection: Collection) -> str:
    total = minutes(collection)
    lines = ["## Minutes that can be learned from", "", "| style | " + " | ".join(SPLITS) + " |"]
    lines.append("|---" * (len(SPLITS) + 1) + "|")
    for style in (*STYLES, "unknown"):
        cells = [total.get((style, split), 0.0) for split in SPLITS]
        if any(cells):
            lines.append(f"| {style} | " + " | ".join(f"{cell:.1f}" for cell in cells) + " |")
    sums = [sum(v for (_, split), v in total.items() if split == name) for name in SPLITS]
    lines.append("| **all** | " + " | ".join(f"**{cell:.1f}**" for cell in sums) + " |")
    return "\n".join(lines)


def _rejections(collection: Collection) -> str:
    lines = ["## Rejected and mended", "", "| rule | stretches | seconds |", "|---|---|---|"]
    for rule, (count, seconds) in sorted(rejected(collection).items(), key=lambda x: -x[1][1]):
        lines.append(f"| {rule} | {count} | {seconds:.1f} |")
    cut = sum(item.mending.cut > 0 for item in collection.prepared)
    bridged = sum(item.mending.bridged for item in collection.prepared)
    lines += ["", f"T-pose cut from the start of {cut} takes; {bridged} short glitches bridged."]
    lines += [f"- `{name}` refused: {why}" for name, why in collection.refused.items()]
    return "\n".join(lines)


def _couples(collection: Collection) -> str:
    couples: dict[str, list[Prepared]] = defaultdict(list)
    for item in collection.prepared:
        if item.take.couple:
            couples[item.take.couple].append(item)
    pairs = [pair for pair in couples.values() if len(pair) == 2]
    if not pairs:
        return "## Couples\n\nNone."
    off = [abs(np.log(a.own_bpm / b.own_bpm)) for a, b in pairs]
    agree = sum(x <= AGREEMENT for x in off)
    lines = [
        "## Couples",
        "",
        f"Tracked apart, lead and follow agree within {AGREEMENT:.0%} in {agree} of {len(pairs)} "
        "takes; for the shards both are given the tempo that explains them together.",
        "",
        "| take | lead alone | follow alone | lead | follow |",
        "|---|---|---|---|---|",
    ]
    for a, b in pairs:
        cells = (a.own_bpm, b.own_bpm, a.grid.bpm, b.grid.bpm)
        names = f"{a.take.name} / {b.take.name}"
        lines.append(f"| {names} | " + " | ".join(f"{c:.1f}" for c in cells) + " |")
    return "\n".join(lines)


def _takes_table(collection: Collection) -> str:
    lines = [
        "## Takes",
        "",
        "| take | style | split | s | valid | bpm | beats on accents | contact | m/s | rejected |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for item in collection.prepared:
        rules = sorted({rejection.rule for rejection in item.verdict.rejections})
        cells = (
            item.take.name,
            item.take.style or "unknown",
            item.take.split,
            f"{item.motion.seconds:.0f}",
            f"{item.verdict.valid.mean():.0%}",
            f"{item.grid.bpm:.1f}",
            f"{item.grid.snapped:.0%}",
            f"{item.motion.contacts.mean():.0%}",
            f"{item.speed.mean():.2f}",
            ", ".join(rules),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _draw_tempi(collection: Collection, path: Path) -> None:
    figure = Figure(figsize=(8, 3.2))
    axes = figure.add_subplot()
    by_style = {
        style: [item.grid.bpm for item in collection.prepared if item.take.style == style]
        for style in STYLES
    }
    used = {style: found for style, found in by_style.items() if found}
    axes.hist(list(used.values()), bins=list(range(66, 136, 4)), stacked=True, label=list(used))
    axes.set_xlabel("beats a minute")
    axes.set_ylabel("takes")
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def _source_sheets(collection: Collection, folder: Path) -> list[str]:
    """A strip of the liveliest moment of takes spread over each source."""
    by_source: dict[str, list[Prepared]] = defaultdict(list)
    for item in collection.prepared:
        by_source[item.take.source].append(item)
    names = []
    for source, items in sorted(by_source.items()):
        for number, start in enumerate(range(0, min(len(items), 4 * STRIPS), STRIPS)):
            name = f"sheet_{source}_{number + 1}.png"
            strips = [_lively(item) for item in items[start : start + STRIPS]]
            save_sheet(folder / name, strips, STEP)
            names.append(name)
    return names


def _lively(item: Prepared) -> tuple[str, Motion]:
    length = FIGURES * STEP
    energy = np.convolve(item.speed * item.verdict.valid, np.ones(length), mode="valid")
    start = int(np.argmax(energy)) if len(energy) else 0
    title = f"{item.take.name} ({item.take.style}) from {start / FPS:.1f} s"
    return title, item.motion[start : start + length]


def _rejection_sheet(collection: Collection, folder: Path) -> list[str]:
    """One strip for each of the longest rejections of every rule that a picture can tell."""
    found = [
        (rejection, item)
        for item in collection.prepared
        for rejection in item.verdict.rejections
        if rejection.rule not in ("still", "too short")
    ]
    found.sort(key=lambda pair: (pair[0].rule, pair[0].start - pair[0].stop))
    strips: list[tuple[str, Motion]] = []
    for rejection, item in found:
        if sum(rejection.rule in title for title, _ in strips) >= 3:
            continue
        title = f"{rejection.rule}: {item.take.name} from {rejection.start / FPS:.1f} s"
        strips.append((title, item.motion[max(0, rejection.start - 6) :]))
    if not strips:
        return []
    save_sheet(folder / "rejected.png", strips, step=2)
    return ["rejected.png"]
