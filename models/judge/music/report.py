# SPDX-License-Identifier: GPL-3.0-or-later
"""The report: what was judged as JSON and as Markdown, targets and nulls side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ....inference.genres import GENRES, NAMES
from .figures import TARGETS, Figures, Verdict
from .heard import Array
from .made import VARIANTS
from .rebuilt import WAYS

#: Figures of the table of columns: key, title, and the key of the null beside it.
SHOWN: tuple[tuple[str, str, str | None], ...] = (
    ("align", "windows within 100 ms of the grid", "align_null"),
    ("align_half", "… of a grid half a beat late", None),
    ("fit", "correlation with the genre's beat", None),
    ("shift_ms", "median lateness, ms", None),
    ("hit", "beats that are struck (60 ms)", "hit_null"),
    ("f1", "F1 of tracked beats (100 ms)", "f1_null"),
    ("onset_f1", "F1 of all onsets (100 ms)", "onset_f1_null"),
    ("bcs", "beat coverage as published", None),
    ("bhs", "beat hit as published", "bhs_half"),
    ("accents", "accents louder than half-beats", "accents_null"),
    ("stops", "attacks in stops / around", "stops_null"),
    ("energy", "loudness with energy", "energy_null"),
    ("chords", "correlation with the chords", "chords_null"),
    ("agreement", "genre heard as asked", None),
    ("kld", "genre KLD", "kld_null"),
    ("frechet", "Fréchet distance by genre", "frechet_floor"),
    ("frechet_ceiling", "… of true music of another genre", None),
    ("frechet_all", "Fréchet distance of all", "frechet_all_floor"),
    ("seam", "step at joins / elsewhere", None),
    ("loop_click", "jump where a loop goes on / usual, the worst", None),
    ("loop_step", "step where a loop goes on / at downbeats", None),
    ("loop_step_worst", "… the worst loop", None),
    ("clipped", "clipped samples", None),
    ("silent", "silence outside stops and the last bar", None),
    ("dc", "direct current / level", None),
    ("dead", "missing bands", None),
    ("peak", "peak", None),
    ("level_db", "level, dB", None),
)
_FOLLOWING = ("align", "accents", "stops", "energy", "chords", "agreement")
_LOSSES = {
    "mel_l1": "mel L1, dB",
    "attack": "attacks in the mel, correlation",
    "lsd_db": "spectral distance, dB",
    "onset": "attacks in the sound, correlation",
    "attack_ms": "rise of attacks, ms",
    "true_attack_ms": "… of the truth, ms",
    "high_db": "above 8 kHz, dB",
}


@dataclass
class Report:
    """What was judged. columns: verdicts by title, "generated" among them. variants: figures by
    key of VARIANTS. losses: of reconstructions, by key of WAYS. notes: sentences about the run.
    """

    columns: dict[str, Verdict] = field(default_factory=dict)
    variants: dict[str, Figures] = field(default_factory=dict)
    losses: dict[str, Figures] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def targets(self) -> list[tuple[str, str, float, bool]]:
        """(title, wanted, value, met) of each target that was measured."""
        known = dict(self.columns["generated"].figures)
        if "late" in self.variants:
            known["align_late"] = self.variants["late"]["align"]
        return [
            (target.title, target.wanted, known[target.key], target.met(known[target.key]))
            for target in TARGETS
            if target.key in known
        ]

    def write(self, folder: Path) -> None:
        """Write report.json and report.md into the folder."""
        whole = {
            "genres": NAMES,
            "notes": self.notes,
            "targets": [
                dict(zip(("title", "wanted", "value", "met"), row, strict=True))
                for row in self.targets()
            ],
            "columns": {
                title: {
                    "figures": verdict.figures,
                    "pieces": verdict.pieces,
                    "confusion": verdict.confusion.astype(int).tolist(),
                }
                for title, verdict in self.columns.items()
            },
            "variants": self.variants,
            "reconstruction": self.losses,
        }
        text = json.dumps(_rounded(whole), indent=1)
        (folder / "report.json").write_text(text + "\n", encoding="utf-8")
        (folder / "report.md").write_text(self.markdown(), encoding="utf-8")

    def markdown(self) -> str:
        """The report to read."""
        parts = ["# The score, judged", *self.notes, "## Targets", _targets(self.targets())]
        parts += ["## Figures", _NULLS, self._columns()]
        if self.variants:
            parts += ["## What the dance adds, and what its latents do", _ADDS, self._variants()]
        if self.losses:
            parts += ["## Sound of true music put together again", self._losses()]
        confusion = self.columns["generated"].confusion
        parts += ["## Genre: asked (rows) and heard", _confused(confusion)]
        return "\n\n".join(parts) + "\n"

    def _columns(self) -> str:
        rows = []
        for key, title, null in SHOWN:
            cells = [_beside(v.figures, key, null) for v in self.columns.values()]
            if any(cells):
                rows.append([title, *cells])
        return _table(["", *self.columns], rows)

    def _variants(self) -> str:
        titles = {key: (title, null) for key, title, null in SHOWN}
        rows = [
            [VARIANTS[name].title, *(_beside(f, key, titles[key][1]) for key in _FOLLOWING)]
            for name, f in self.variants.items()
        ]
        return _table(["told", *(titles[key][0] for key in _FOLLOWING)], rows)

    def _losses(self) -> str:
        rows = [
            [WAYS[way], *(_number(found.get(key)) for key in _LOSSES)]
            for way, found in self.losses.items()
        ]
        return _table(["through", *_LOSSES.values()], rows)


_NULLS = (
    "In brackets the null of each figure: grids of wrong tempi, all other phases of the grid, the "
    "accents and stops of another dance, the energy of another moment, the chords in other keys; "
    "for the published beat hit score the same music against a grid half a beat late (it hardly "
    "notices: it bins by whole seconds, so it is near chance); for the Fréchet distances the floor "
    "that two halves of true music have."
)
_ADDS = (
    "One dance a genre, always the same, told more and less; mel spectrograms as the decoder gives "
    "them. "
    "Answers are the strikes on accents and the rests in stops that are told with the grid. "
    "Accents: chance that an accent is louder than a plain half-beat, .5 is nothing. Stops: "
    "1 is nothing."
)


def _targets(rows: Sequence[tuple[str, str, float, bool]]) -> str:
    return _table(
        ["figure", "wanted", "is", ""],
        [[title, wanted, _number(value), "met" if met else "**missed**"]
         for title, wanted, value, met in rows],
    )  # fmt: skip


def _confused(counts: Array) -> str:
    known = [i for i in range(len(NAMES)) if counts[i].any()]
    short = [GENRES[name].label for name in NAMES]
    rows = []
    for i in known:
        cells = [str(int(n)) if n else "" for n in counts[i]]
        rows.append([short[i], *cells, _number(counts[i, i] / counts[i].sum())])
    return _table(["", *short, "right"], rows)


def _beside(figures: Mapping[str, float], key: str, null: str | None) -> str:
    value = figures.get(key)
    if value is None:
        return ""
    beside = figures.get(null) if null else None
    return _number(value) + (f" ({_number(beside)})" if beside is not None else "")


def _number(value: float | None) -> str:
    if value is None or not np.isfinite(value):
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _rounded(value: object) -> object:
    """The same for JSON: numbers short, those that are none left out as null."""
    if isinstance(value, float):
        return round(value, 4) if np.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(part) for part in value]
    return value
