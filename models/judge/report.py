# SPDX-License-Identifier: GPL-3.0-or-later
"""The report: tables as Markdown, everything as JSON, the targets on the terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from .interval import Interval, number
from .judged import TRUTH
from .metrics import Reference, as_json
from .rows import SYNC, RowFigures
from .tables import ABOUT, GROUPS, OVERVIEW, PICTURES
from .targets import Verdict


@dataclass(frozen=True)
class Report:
    """Everything that was judged. shipped: the row that the targets are about; facts: lines about
    songs, shards and machine; command: that makes the report again; pictures: their files."""

    rows: Sequence[RowFigures]
    shipped: str
    verdicts: Sequence[Verdict]
    reference: Reference
    main: float
    facts: Sequence[str]
    command: str
    pictures: Sequence[Path] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write judge.md and judge.json into the folder."""
        (folder / "judge.md").write_text(self.markdown(), encoding="utf-8")
        (folder / "judge.json").write_text(self.json(), encoding="utf-8")

    def json(self) -> str:
        """All figures, by row and length, each as mean, low, high and count."""
        rows = {
            row.name: {
                "lengths": {
                    f"{length:g}": {key: _plain(value) for key, value in figures.items()}
                    for length, figures in row.lengths.items()
                },
                "styles": row.styles,
                "speed_over_time": [_plain(block) for block in row.blocks],
                "seconds_of_dance_a_second": row.speed,
                "moves": row.moves,
            }
            for row in self.rows
        }
        targets = [
            {"target": v.title, "wanted": v.wanted, "found": _plain(v.found), "met": v.met}
            | {"where": v.where, "of_the_first_version": v.old}
            for v in self.verdicts
        ]
        whole = {"rows": rows, "targets": targets, "reference": as_json(self.reference)}
        return json.dumps(whole, indent=1, allow_nan=False) + "\n"

    def markdown(self) -> str:
        """The whole report."""
        lines = ["# The dances, judged", "", *ABOUT, "", *[f"- {fact}" for fact in self.facts], ""]
        lines += ["Made by", "", "```", self.command, "```", "", "## Targets", ""]
        lines += self._targets(old=False)
        lines += ["", "And those of the first version:", "", *self._targets(old=True)]
        lines += ["", f"## All rows at a glance ({self.main:g} s)", ""]
        lines += self._table(OVERVIEW, self.main, speeds=True)
        lines += self._pictures()
        for group in GROUPS:
            lines += ["", f"## {group.title}", "", *group.told, ""]
            lengths = self._lengths() if group.all_lengths else [self.main]
            for length in lengths:
                if len(lengths) > 1:
                    lines += [f"Dances of {length:g} s:", ""]
                lines += [*self._table(group.keys, length), ""]
        lines += [*self._over_time(), *self._styles(), *self._reference()]
        return "\n".join(lines).rstrip() + "\n"

    def show(self, console: Console) -> None:
        """Print the targets; what was missed is red."""
        table = Table("target", "wanted", "found", "", title=self.shipped)
        for v in self.verdicts:
            colour = "green" if v.met else "red"
            title, met = f"{v.title} ({v.where})", "met" if v.met else "missed"
            table.add_row(title, v.wanted, f"[{colour}]{v.found}[/]", met)
        console.print(table)

    def _lengths(self) -> list[float]:
        return sorted({length for row in self.rows for length in row.lengths if length})

    def _targets(self, old: bool) -> list[str]:
        lines = [_line("target", "of", "wanted", "found", ""), _line(*["---"] * 5)]
        for v in self.verdicts:
            if v.old == old:
                found, met = str(v.found), "met" if v.met else "**missed**"
                lines.append(_line(v.title, v.where, v.wanted, found, met))
        return lines

    def _table(self, keys: Mapping[str, str], length: float, speeds: bool = False) -> list[str]:
        rows = [row for row in self.rows if length in row.lengths or row.name == TRUTH]
        lines = [_line("", *(row.name for row in rows)), _line(*["---"] * (len(rows) + 1))]
        for key, title in keys.items():
            cells = [self._cell(row, key, length) for row in rows]
            if any(cell != "–" for cell in cells):
                lines.append(_line(title, *cells))
        if speeds:
            fast = [f"{row.speed:.3g}" if row.speed else "–" for row in rows]
            lines.append(_line("seconds of dance a processor second", *fast))
        return [*lines, _line("dances", *self._counts(rows, length))]

    @staticmethod
    def _counts(rows: Sequence[RowFigures], length: float) -> list[str]:
        found = []
        for row in rows:
            figures = row.lengths.get(length) or row.lengths.get(0.0, {})
            found.append(str(figures["speed"].size) if "speed" in figures else "–")
        return found

    @staticmethod
    def _cell(row: RowFigures, key: str, length: float) -> str:
        figures = row.lengths.get(length, row.lengths.get(0.0, {}))
        value = figures.get(key)
        if value is None or not np.isfinite(value.mean):
            return "–"
        if key in SYNC and row.retimed:
            return "–"
        still = key in SYNC and row.name != TRUTH and not row.moves
        return f"[{value}]" if still else str(value)

    def _pictures(self) -> list[str]:
        lines: list[str] = []
        before = ""
        for path in self.pictures:
            kind = next((k for k in PICTURES if k in path.stem), "")
            if kind != before:
                lines += ["", PICTURES.get(kind, "")]
            lines += ["", f"![{path.stem}]({path.name})"]
            before = kind
        return lines

    def _over_time(self) -> list[str]:
        rows = [row for row in self.rows if row.blocks]
        count = max((len(row.blocks) for row in rows), default=0)
        if count < 2:
            return []
        lines = ["", "## Speed over time", "", "Mean joint speed in every 10 s of the longest "
                 "dances, shares of the style's real speed.", ""]  # fmt: skip
        lines += [_line("seconds", *(r.name for r in rows)), _line(*["---"] * (len(rows) + 1))]
        for n in range(count):
            cells = [str(r.blocks[n]) if n < len(r.blocks) else "–" for r in rows]
            lines.append(_line(f"{10 * n}–{10 * n + 10}", *cells))
        return lines

    def _styles(self) -> list[str]:
        row = next(row for row in self.rows if row.name == self.shipped)
        lines = ["", f"## {self.shipped} by style ({self.main:g} s)", ""]
        lines += [_line("", *row.styles), _line(*["---"] * (len(row.styles) + 1))]
        for key, title in OVERVIEW.items():
            values = [figures.get(key) for figures in row.styles.values()]
            if any(value is not None for value in values):
                cells = ["–" if v is None else number(v) for v in values]
                lines.append(_line(title, *cells))
        return lines

    def _reference(self) -> list[str]:
        told = as_json(self.reference)
        keys = list(told[""])
        lines = ["", "## Real motion by style", "", "All takes, weighted by time: what the ratios "
                 "above are ratios to.", ""]  # fmt: skip
        lines += [_line("", *(s or "all" for s in told)), _line(*["---"] * (len(told) + 1))]
        for key in keys:
            lines.append(_line(key, *(f"{figures[key]:.3g}" for figures in told.values())))
        return lines


def figures_table(figures: Mapping[str, float], title: str) -> Table:
    """Every figure of one dance."""
    table = Table("figure", "value", title=title)
    for key, value in figures.items():
        table.add_row(key, f"{value:.3f}")
    return table


def _plain(value: Interval) -> list[float | int | None]:
    numbers = [round(v, 5) if np.isfinite(v) else None for v in value[:3]]
    return [*numbers, value.size]


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
