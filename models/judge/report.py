# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of what was judged: for the terminal, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .metrics import Reference, as_json
from .targets import FINISHED, RAW, VARIETY, Target, averaged

Figures = dict[str, float]


@dataclass(frozen=True)
class Verdict:
    """The figures of one dance. raw: as the networks make it; finished: as the user gets it."""

    song: str
    style: str
    seed: int
    raw: Figures
    finished: Figures = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """Everything that was judged. variety: by style, the VARIETY figures (shares of real)."""

    reference: Reference
    verdicts: Sequence[Verdict]
    variety: Mapping[str, Figures]

    def styles(self) -> list[str]:
        """The styles judged, in order."""
        return list(dict.fromkeys(verdict.style for verdict in self.verdicts))

    def rows(self) -> list[tuple[str, Target, dict[str, float], str]]:
        """(part, target, mean by style, share of single dances that meet it) of all targets."""
        found = []
        for part, targets in (("raw", RAW), ("finished", FINISHED)):
            for target in targets:
                by_style = {
                    style: averaged([_part(v, part) for v in self._of(style)]).get(target.key)
                    for style in self.styles()
                }
                known = {style: value for style, value in by_style.items() if value is not None}
                if known:
                    values = [_part(v, part).get(target.key) for v in self.verdicts]
                    met = [target.met(value) for value in values if value is not None]
                    found.append((part, target, known, f"{sum(met)}/{len(met)}"))
        for target in VARIETY:
            known = {s: v[target.key] for s, v in self.variety.items() if target.key in v}
            if known:
                met = [target.met(value) for value in known.values()]
                found.append(("variety", target, known, f"{sum(met)}/{len(met)}"))
        return found

    def write(self, folder: Path) -> None:
        """Write judge.json and judge.md into the folder."""
        verdicts = [vars(verdict) for verdict in self.verdicts]
        whole = {
            "reference": as_json(self.reference),
            "dances": verdicts,
            "variety": dict(self.variety),
        }
        (folder / "judge.json").write_text(json.dumps(whole, indent=1), encoding="utf-8")
        (folder / "judge.md").write_text(self.markdown(), encoding="utf-8")

    def markdown(self) -> str:
        """The tables as Markdown; figures out of range are bold."""
        styles = self.styles()
        lines = [
            "Means over songs and seeds; bold is out of range; the last column counts single "
            "dances (for variety: styles) within it.",
            "",
            _line(["", "figure", "wanted", *styles, "met"]),
            _line(["---"] * (len(styles) + 4)),
        ]
        for part, target, values, met in self.rows():
            cells = [_cell(target, values.get(style), "**") for style in styles]
            lines.append(_line([part, target.title, target.wanted, *cells, met]))
        lines += ["", "Real motion (its beats were tracked on itself, an upper bound for F1):", ""]
        keys = list(as_json(self.reference)[""])
        lines += [_line(["style", *keys]), _line(["---"] * (len(keys) + 1))]
        for style, figures in as_json(self.reference).items():
            lines.append(_line([style or "all", *(f"{figures[key]:.3g}" for key in keys)]))
        return "\n".join(lines) + "\n"

    def show(self, console: Console) -> None:
        """Print the targets table; figures out of range are red."""
        table = Table("", "figure", "wanted", *self.styles(), "met")
        for part, target, values, met in self.rows():
            cells = [_rich_cell(target, values.get(style)) for style in self.styles()]
            table.add_row(part, target.title, target.wanted, *cells, met)
        console.print(table)

    def _of(self, style: str) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.style == style]


def figures_table(figures: Figures, title: str) -> Table:
    """Every figure of one dance."""
    table = Table("figure", "value", title=title)
    for key, value in figures.items():
        table.add_row(key, f"{value:.3f}")
    return table


def _part(verdict: Verdict, part: str) -> Figures:
    return verdict.raw if part == "raw" else verdict.finished


def _cell(target: Target, value: float | None, mark: str) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if target.met(value) else f"{mark}{value:.2f}{mark}"


def _rich_cell(target: Target, value: float | None) -> str:
    if value is None:
        return ""
    return f"[{'green' if target.met(value) else 'red'}]{value:.2f}[/]"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
