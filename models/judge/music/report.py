# SPDX-License-Identifier: GPL-3.0-or-later
"""The report: what was judged as JSON and as Markdown, targets and nulls side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ....inference.genres import GENRES, NAMES
from ..interval import Interval
from ..targets import Target
from .figures import Figures, Intervals, Verdict
from .heard import Array
from .made import VARIANTS
from .rebuilt import WAYS
from .targets import SOUND, TARGETS

#: The columns that are known by name, in their order; the rest stands before the last.
COLUMNS: dict[str, str] = {
    "true": "true",
    "shuffled": "true, of another dance",
    "retrieval": "retrieval (copies)",
    "paper": "the paper's recipe",
    "generated": "generated",
}

#: Figures of the table of columns: key, title, and the key of the null beside it.
SHOWN: tuple[tuple[str, str, str | None], ...] = (
    ("align", "windows within 100 ms of the grid", "align_null"),
    ("align_half", "… of a grid half a beat late", None),
    ("fit", "correlation with the genre's beat", None),
    ("shift_ms", "median lateness, ms", None),
    ("hit", "beats that are struck (60 ms)", "hit_null"),
    ("tempo", "tempo within 4 % of the grid's", None),
    ("tempo_octave", "… or of half, twice, a third, three times", None),
    ("tempo_off", "… how far off then, %", None),
    ("f1", "F1 of tracked beats (100 ms)", "f1_null"),
    ("onset_f1", "F1 of all onsets (100 ms)", "onset_f1_null"),
    ("bcs", "beat coverage as published", None),
    ("bhs", "beat hit as published", "bhs_half"),
    ("csd", "spread of the coverage", None),
    ("hsd", "spread of the hit", None),
    ("accents", "accents louder than half-beats", "accents_null"),
    ("stops", "attacks in stops / around", "stops_null"),
    ("energy", "loudness with energy", "energy_null"),
    ("chords", "correlation with the chords", "chords_null"),
    ("agreement", "genre heard as asked", None),
    ("kld", "genre KLD", "kld_null"),
    ("frechet", "Fréchet distance by genre", "frechet_floor"),
    ("frechet_ceiling", "… of true music of another genre", None),
    ("frechet_share", "… over its floor", None),
    ("fad", "Fréchet distance to training music by genre", "fad_floor"),
    ("fad_ceiling", "… of true music of another genre", None),
    ("fad_share", "… over its floor", None),
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
    ("lufs", "loudness, LUFS", None),
    ("range_db", "range of the level over 3 s, dB", None),
    ("centroid", "spectral centroid, Hz", None),
    ("rolloff", "spectral roll-off (85 %), Hz", None),
    ("flatness", "spectral flatness", None),
    ("pace", "seconds of music a second", None),
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
    key of VARIANTS. changes: how much music changes with the dance (see `change`). same: Fréchet
    distances of what was generated in the genres of the paper's column. losses: of reconstructions,
    by key of WAYS. notes: sentences about the run. pictures: what they show, by file name.
    """

    columns: dict[str, Verdict] = field(default_factory=dict)
    variants: dict[str, Figures] = field(default_factory=dict)
    changes: Intervals = field(default_factory=dict)
    same: Figures = field(default_factory=dict)
    losses: dict[str, Figures] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    pictures: Mapping[str, str] = field(default_factory=dict)

    def targets(self, targets: Sequence[Target] = (*TARGETS, *SOUND)) -> list[Reached]:
        """What was measured of some targets."""
        known = self._known()
        intervals = self.columns["generated"].intervals
        return [
            Reached(target, known[target.key], intervals.get(target.key))
            for target in targets
            if target.key in known
        ]

    def _known(self) -> Figures:
        """The figures of what was generated, and those that take more than one column."""
        known = dict(self.columns["generated"].figures)
        if "late" in self.variants:
            known["align_late"] = self.variants["late"]["align"]
        paper = self.columns["paper"].figures if "paper" in self.columns else {}
        if "frechet" in paper and "frechet" in self.same:
            known["frechet_paper"] = self.same["frechet"] / paper["frechet"]
        if {"vocoder", "griffin_lim"} <= set(self.losses):
            ours, theirs = self.losses["vocoder"], self.losses["griffin_lim"]
            known["onset_gain"] = ours["onset"] - theirs["onset"]
            known["rise_gain"] = theirs["attack_ms"] - ours["attack_ms"]
            known["lsd_gain"] = theirs["lsd_db"] - ours["lsd_db"]
        return known

    def _ordered(self) -> dict[str, Verdict]:
        """The columns by title, as they stand in the table."""
        more = [key for key in self.columns if key not in COLUMNS]
        keys = [key for key in COLUMNS if key in self.columns]
        return {COLUMNS.get(key, key): self.columns[key] for key in [*keys[:-1], *more, keys[-1]]}

    def write(self, folder: Path) -> None:
        """Write report.json and report.md into the folder."""
        whole = {
            "genres": NAMES,
            "notes": self.notes,
            "targets": [row.told() for row in self.targets()],
            "columns": {
                title: {
                    "figures": verdict.figures,
                    "intervals": {k: (v.low, v.high) for k, v in verdict.intervals.items()},
                    "pace": verdict.pace,
                    "pieces": verdict.pieces,
                    "confusion": verdict.confusion.astype(int).tolist(),
                }
                for title, verdict in self.columns.items()
            },
            "changes": {k: (v.mean, v.low, v.high) for k, v in self.changes.items()},
            "variants": self.variants,
            "reconstruction": self.losses,
        }
        text = json.dumps(_rounded(whole), indent=1)
        (folder / "report.json").write_text(text + "\n", encoding="utf-8")
        (folder / "report.md").write_text(self.markdown(), encoding="utf-8")

    def markdown(self) -> str:
        """The report to read."""
        parts = ["# The score, judged", *self.notes]
        parts += [f"![{shown}]({name})" for name, shown in self.pictures.items()]
        parts += ["## Targets", _targets(self.targets(TARGETS))]
        parts += ["Of the sound itself:", _targets(self.targets(SOUND))]
        parts += ["## Figures", _NULLS, self._columns()]
        if self.changes:
            parts += ["## How much the music changes with the dance", _CHANGES, self._changes()]
        if self.variants:
            parts += ["## What the dance adds, and what its latents do", _ADDS, self._variants()]
        if self.losses:
            parts += ["## Sound of true music put together again", self._losses()]
        confusion = self.columns["generated"].confusion
        parts += ["## Genre: asked (rows) and heard", _confused(confusion)]
        return "\n\n".join(parts) + "\n"

    def _columns(self) -> str:
        columns, rows = self._ordered(), []
        for key, title, null in SHOWN:
            cells = [_cell(verdict, key, null) for verdict in columns.values()]
            if any(cells):
                rows.append([title, *cells])
        counts = [str(len(verdict.pieces)) for verdict in columns.values()]
        return _table(["", *columns], [["pieces", *counts], *rows])

    def _changes(self) -> str:
        rows = [
            [title, *(str(self.changes[f"{kind}_{key}"]) for key in ("dances", "seeds", "change"))]
            for kind, title in (("mel", "mel, dB"), ("onset", "attacks, 1 - correlation"))
        ]
        return _table(["distance", "between two dances", "between two seeds", "ratio"], rows)

    def _variants(self) -> str:
        titles = {key: (title, null) for key, title, null in SHOWN}
        keys = [key for key in _FOLLOWING if any(key in f for f in self.variants.values())]
        rows = [
            [VARIANTS[name].title, *(_beside(f, key, titles[key][1]) for key in keys)]
            for name, f in self.variants.items()
        ]
        return _table(["told", *(titles[key][0] for key in keys)], rows)

    def _losses(self) -> str:
        rows = [
            [WAYS[way], *(_number(found.get(key)) for key in _LOSSES)]
            for way, found in self.losses.items()
        ]
        return _table(["through", *_LOSSES.values()], rows)


_NULLS = (
    "Means with half the width of their 95 % interval (bootstrap over pieces). In brackets the "
    "null of each figure: grids of wrong tempi, all other phases of the grid, the accents and "
    "stops of another dance, the energy of another moment, the chords in other keys; for the "
    "published beat hit score the same music against a grid half a beat late (it hardly notices: "
    "it bins by whole seconds, so it is near chance); for the Fréchet distances the floor: what "
    "true music has that no network has heard. They are those of styles (30 numbers) of stretches "
    "of ten seconds by the project's own style extractor, as many of every column, and cannot be "
    "held against other embeddings. What is shown as retrieval is copied; true music of another "
    "dance is a null. Pace is of one process, ONNX Runtime (the paper's recipe: torch), on a "
    "machine with other work."
)
_CHANGES = (
    "One grid, genre, seed and chord plan: music for the dance whose grid it is against music for "
    "another dance (its energy, accents, stops and latents), beside two noises for the same dance."
)
_ADDS = (
    "One dance a genre, always the same, told more and less; mel spectrograms as the decoder gives "
    "them. "
    "Answers are the strikes on accents and the rests in stops that are told with the grid. "
    "Accents: chance that an accent is louder than a plain half-beat, .5 is nothing. Stops: "
    "1 is nothing."
)


@dataclass(frozen=True)
class Reached:
    """What became of a target."""

    target: Target
    value: float
    interval: Interval | None

    @property
    def met(self) -> bool:
        """Whether it was reached."""
        return self.target.met(self.value)

    def told(self) -> dict[str, object]:
        """For JSON."""
        ends = (self.interval.low, self.interval.high) if self.interval else None
        return {
            "title": self.target.title, "wanted": self.target.wanted, "value": self.value,
            "interval": ends, "met": self.met,
        }  # fmt: skip


def _targets(rows: Sequence[Reached]) -> str:
    return _table(
        ["figure", "wanted", "is", "95 %", ""],
        [[row.target.title, row.target.wanted, _number(row.value),
          f"{_number(row.interval.low)} – {_number(row.interval.high)}" if row.interval else "",
          "met" if row.met else "**missed**"]
         for row in rows],
    )  # fmt: skip


def _cell(verdict: Verdict, key: str, null: str | None) -> str:
    """A figure, half the width of its interval, and its null."""
    if key == "pace":
        return _number(verdict.pace)
    text = _beside(verdict.figures, key, None)
    if not text:
        return ""
    around = verdict.intervals.get(key)
    if around is not None and around.high > around.low:
        text += f" ± {_number((around.high - around.low) / 2, 2)}"
    beside = _number(verdict.figures.get(null)) if null else ""
    return text + (f" ({beside})" if beside else "")


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


def _number(value: float | None, digits: int = 3) -> str:
    if value is None or not np.isfinite(value):
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.{digits}g}"


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
