# SPDX-License-Identifier: GPL-3.0-or-later
"""How well genres are told apart.

Judges the extractor that ships, through the same code as Blender, on pieces that were held back,
and shows its verdict on songs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...inference.audio import analyse, style
from ...inference.genres import GENRES, NAMES
from ...inference.score.mel import FPS

#: Lengths of excerpts that are judged, seconds; 5.9 s is what the music network makes at once.
SECONDS = (5.9, 12.0, 24.0)
#: Songs are listened to for so long at most, seconds.
_LISTEN = 240.0
_SOUNDS = (".wav", ".ogg", ".mp3", ".flac", ".m4a")

Table = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Judged:
    """Confusion tables (13, 13), truth in rows, of whole pieces and of excerpts by length in s."""

    pieces: Table
    excerpts: dict[float, Table]


def judge(corpus: Path, splits: tuple[str, ...]) -> Judged:
    """Judges the clips of known genre of some splits of the corpus."""
    spectra = np.load(corpus / "mel.npy", mmap_mode="r")
    size = len(NAMES)
    judged = Judged(
        np.zeros((size, size), np.int64),
        {seconds: np.zeros((size, size), np.int64) for seconds in SECONDS},
    )
    for clip in json.loads((corpus / "clips.json").read_text(encoding="utf-8")):
        if clip["split"] not in splits or clip["genre"] is None:
            continue
        mel_db = np.asarray(spectra[clip["start"] : clip["stop"]], np.float32)
        truth = NAMES.index(clip["genre"])
        judged.pieces[truth, int(style.probabilities(mel_db).argmax())] += 1
        for seconds, table in judged.excerpts.items():
            for part in _parts(mel_db, seconds):
                table[truth, int(style.probabilities(part).argmax())] += 1
    return judged


def _parts(mel_db: Floats, seconds: float) -> Iterable[Floats]:
    frames = round(seconds * FPS)
    for start in range(0, len(mel_db) - frames + 1, frames):
        yield mel_db[start : start + frames]


def right(table: Table) -> float:
    """Share on the diagonal, 0..1."""
    return float(table.trace() / max(1, table.sum()))


def styles_of(table: Table) -> Table:
    """The same table by dance styles that are meant, (5, 5)."""
    names = list(dict.fromkeys(genre.style for genre in GENRES.values()))
    fold = np.array([[genre.style == name for genre in GENRES.values()] for name in names], int)
    return np.asarray(fold @ table @ fold.T, np.int64)


def summary(judged: Judged) -> str:
    """The figures and the confusion matrix of pieces, Markdown."""
    lines = ["| | heard | genre right | dance style right |", "|---|---|---|---|"]
    rows = {"whole pieces": judged.pieces}
    rows |= {f"excerpts of {seconds:g} s": table for seconds, table in judged.excerpts.items()}
    for name, table in rows.items():
        shares = f"{right(table):.1%} | {right(styles_of(table)):.1%}"
        lines.append(f"| {name} | {table.sum()} | {shares} |")
    lines += ["", f"| pieces | {' | '.join(NAMES)} |", "|---" * (len(NAMES) + 1) + "|"]
    for name, row in zip(NAMES, judged.pieces.tolist(), strict=True):
        lines.append(f"| **{name}** | {' | '.join(str(n) if n else '' for n in row)} |")
    return "\n".join(lines)


def songs(places: Iterable[Path]) -> str:
    """What is heard in songs, files or folders of them, Markdown."""
    found = [path for place in places for path in (place, *sorted(place.rglob("*")))]
    paths = [path for path in dict.fromkeys(found) if path.suffix.lower() in _SOUNDS]
    lines = ["| song | bpm | genres | Auto style |", "|---|---|---|---|"]
    for path in paths:
        song = analyse(path, length=_LISTEN)
        best = sorted(song.genres.items(), key=lambda item: -item[1])[:3]
        told = ", ".join(f"{GENRES[name].label} {share:.2f}" for name, share in best)
        lines.append(f"| {path.stem} | {song.bpm:.0f} | {told} | {song.style} |")
    return "\n".join(lines)


def draw(table: Table, out: Path, title: str) -> None:
    """The confusion matrix as a picture."""
    from matplotlib.figure import Figure

    labels = [genre.label for genre in GENRES.values()]
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(7, 6.2), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("heard as")
    axes.set_ylabel("composed as")
    axes.set_title(title)
    for row, column in np.argwhere(table > 0):
        colour = "white" if shares[row, column] > 0.5 else "black"
        text = str(table[row, column])
        axes.text(column, row, text, ha="center", va="center", color=colour)
    figure.savefig(out, dpi=100)
