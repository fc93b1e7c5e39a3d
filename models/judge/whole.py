# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole report: rows, dances, figures, targets and pictures, from one set of wishes."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from ...inference.errors import TwostepError
from ...inference.motion import Motion
from ...inference.styles import STYLES
from ...inference.weights import CARD, read_card
from ..edge.dancer import EdgeDancer
from . import charts, sheets
from .clips import Clip, read_clips
from .dancers import Row, export_jepa
from .judged import TRUTH, Judged, Yardstick
from .making import FINISHED, Outcome, carry_out, judge_real, processes, speed
from .metrics import Reference, measure, pooled
from .performances import Heard, hear_all
from .plan import Order, Plan
from .recognised import crossed, see
from .report import Report
from .rows import RowFigures, Truth, summarise
from .targets import verdicts

SHIPPED = "shipped"
#: Where real motion's share of the mean speed is wanted to be, as the targets have it.
WANTED_SPEED = (0.85, 1.15)
#: Seconds of dance that speeds are taken of.
TIMED = 20.0


@dataclass(frozen=True)
class Asked:
    """What the command was asked; see its help."""

    songs: Path
    shards: Path
    out: Path
    weights: Path
    also: tuple[tuple[str, Path], ...] = ()
    run: Path | None = None
    edge: Path | None = None
    edge_long: int = 1
    lengths: tuple[float, ...] = (20.0, 60.0, 180.0)
    styles: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0, 1)
    most_songs: int | None = None
    processes: int = 2
    docs: Path | None = None
    command: str = ""


def judge_rows(asked: Asked, console: Console) -> Report:
    """Dance, judge, and write the report and its pictures."""
    clips = read_clips(asked.shards)
    songs = hear_all(asked.songs)[: asked.most_songs]
    plan = Plan(songs, asked.styles, asked.seeds, asked.lengths, asked.edge_long)
    rows = all_rows(asked)
    with processes(asked.processes) as pool:
        jobs = track(pool.map(_measured, clips), "Real takes", len(clips), console=console)
        reference = pooled(list(zip(clips, jobs, strict=True)))
    yardstick = Yardstick.of(clips, reference)
    with processes(asked.processes, yardstick) as pool:
        real = [pool.submit(judge_real, clip) for clip in clips]
        orders = [order for row in rows for order in plan.orders(row)]
        steps = carry_out(orders, asked.out / "dances", pool, plan.short)
        outcomes = list(track(steps, "Dancing", len(orders), console=console))
        judged = [each.result() for each in real]
        truth = Truth.of(judged, [clip.split != "train" for clip in clips])
        speeds = _speeds(rows, plan, pool)
    names = _names(rows)
    found = summarise(sorted(outcomes, key=_place), names, truth, plan.main)
    found = [replace(row, speed=speeds.get(row.name)) for row in found]
    report = _report(asked, found, reference, plan, songs, clips)
    pictures = _pictures(asked, plan, outcomes, found, truth, clips)
    _write(report, pictures, asked)
    return report


def all_rows(asked: Asked) -> list[Row]:
    """Every dancer that is there, the one that ships first."""
    rows = [Row(SHIPPED, "shipped", asked.weights, finish=True)]
    rows += [Row(name, "shipped", folder) for name, folder in asked.also]
    if asked.edge is not None:
        rows.append(Row("edge", "edge", asked.edge, joins=EdgeDancer.joins, slow=True))
    if asked.run is not None:
        checkpoint = asked.run / "checkpoint.pt"
        folder = asked.out / f"jepa_{_digest(checkpoint)}"
        if not (folder / CARD).is_file():
            export_jepa(checkpoint, asked.weights, folder)
        rows.append(Row("jepa", "jepa", folder, seeded=False))
    for kind in ("retrieval", "random", "statue"):
        rows.append(Row(kind, kind, asked.shards, joins=None, generated=False))
    return rows


def _digest(path: Path) -> str:
    if not path.is_file():
        raise TwostepError(f"There is no {path}; name the folder of a training run.")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def _measured(clip: Clip) -> dict[str, float]:
    return measure(clip.motion, clip.beats, segment=None)


def _names(rows: Sequence[Row]) -> dict[str, bool]:
    names: dict[str, bool] = {}
    for row in rows:
        names[row.name] = row.generated
        if row.finish:
            names[row.name + FINISHED] = row.generated
    return names


def _place(outcome: Outcome) -> tuple[str, int, str, int, float]:
    order = outcome.order
    style = STYLES.index(order.style)
    return order.row.name, style, order.heard.name, order.seed, order.seconds


def _speeds(rows: Sequence[Row], plan: Plan, pool: ProcessPoolExecutor) -> dict[str, float]:
    """Seconds of dance a second of every row, one after the other on an otherwise idle pool."""
    speeds = {}
    brief = replace(plan, lengths=(min(TIMED, plan.short),))
    for row in rows:
        if row.kind == "statue":
            continue
        order = brief.orders(row)[0]
        speeds[row.name] = pool.submit(speed, order).result()
        if row.finish:
            speeds[row.name + FINISHED] = pool.submit(speed, order, whole=True).result()
    return speeds


def _report(
    asked: Asked,
    rows: Sequence[RowFigures],
    reference: Reference,
    plan: Plan,
    songs: Sequence[Heard],
    clips: Sequence[Clip],
) -> Report:
    by_name = {row.name: row for row in rows}
    raw, finished = by_name[SHIPPED], by_name.get(SHIPPED + FINISHED)
    held_out = [clip for clip in clips if clip.split != "train"]
    named = [f"{h.name} ({h.song.seconds:.0f} s, {h.song.bpm:.0f} bpm)" for h in songs]
    short = any(heard.song.seconds < max(plan.lengths) for heard in songs)
    left_out = crossed(see(clips))
    facts = [
        f"{datetime.now(UTC).date()}, weights version {read_card(asked.weights).version}, "
        f"{platform.machine()}, ONNX Runtime on one thread of a CPU.",
        f"Songs: {', '.join(named)}."
        + (" Shorter ones than a dance are repeated, bar behind bar." if short else ""),
        f"Styles: {', '.join(plan.styles)}. Seeds: {', '.join(map(str, plan.seeds))}. Dances of "
        f"{', '.join(f'{length:g}' for length in plan.lengths)} s; those up to {plan.main:g} s are "
        f"the beginnings of one. Controls (half a beat late, same noise) last {plan.short:g} s.",
        f"Held-out takes: {len({clip.name for clip in held_out})}, "
        f"{sum(clip.motion.seconds for clip in held_out) / 60:.1f} minutes; training: "
        f"{sum(c.motion.seconds for c in clips if c.split == 'train') / 60:.1f} minutes.",
        "Real takes left out of its training are seen as their style in "
        f"{', '.join(f'{100 * left_out[s]:.0f} % ({s})' for s in plan.styles if s in left_out)} of "
        "windows.",
    ]
    told = verdicts(raw, finished, rows, plan.main)
    return Report(rows, SHIPPED, told, reference, plan.main, facts, asked.command)


def _pictures(
    asked: Asked,
    plan: Plan,
    outcomes: Sequence[Outcome],
    rows: Sequence[RowFigures],
    truth: Truth,
    clips: Sequence[Clip],
) -> list[Path]:
    out = asked.out
    names = [row.name for row in rows if row.generated or row.name == "retrieval"]
    pictures = [
        _sheet(out / f"sheet_{style}.png", style, plan, outcomes, names, clips)
        for style in plan.styles
    ]
    band = _band(truth.everything)
    raw = [row for row in rows if not row.retimed]
    if any(len(row.blocks) > 1 for row in rows):
        path = out / "speed.png"
        pictures.append(charts.speed_over_time(raw, band, path, WANTED_SPEED))
    if any("fidk" in row.lengths.get(plan.main, {}) for row in rows):
        pictures.append(charts.quality(rows, plan.main, out / "quality.png"))
    return pictures


def _sheet(
    path: Path,
    style: str,
    plan: Plan,
    outcomes: Sequence[Outcome],
    names: Sequence[str],
    clips: Sequence[Clip],
) -> Path:
    """All dancers of one song in one style, from the same second on, below a held-out take."""
    song = plan.orders(Row("", "edge", path, slow=True))  # what even the slow ones dance to
    first = next(order for order in song if order.style == style and order.spans)
    motions, labels = [], []
    real = [c for c in clips if c.style == style]
    shown = [c for c in real if c.split != "train"] or real
    if shown:
        longest = max(shown, key=lambda clip: len(clip.motion))
        motions.append(longest.motion)
        labels.append(f"{TRUTH}: {longest.name}")
    for name in names:
        for outcome in outcomes:
            if outcome.order.row.name == name and _same(outcome.order, first):
                motions.append(Motion.load(outcome.path))
                labels.append(f"{name}: {style} to {first.heard.name}")
    start = min(8.0, min(motion.seconds for motion in motions) / 3)
    return sheets.strip(motions, labels, path, start, step=6)


def _same(order: Order, other: Order) -> bool:
    return (
        order.heard.name == other.heard.name
        and (order.style, order.seed, order.spans) == (other.style, other.seed, other.spans)
        and order.late == other.late
    )


def _band(judged: Sequence[Judged]) -> tuple[float, float]:
    """Where nine in ten 10-s blocks of real takes of that length lie."""
    blocks = [j.blocks for j in judged if j.seconds >= 10]
    shares = np.concatenate(blocks) if blocks else np.ones(1)
    low, high = np.percentile(shares, [5, 95])
    return float(low), float(high)


def _write(report: Report, pictures: Sequence[Path], asked: Asked) -> None:
    replace(report, pictures=pictures).write(asked.out)
    if asked.docs is None:
        return
    asked.docs.mkdir(parents=True, exist_ok=True)
    shown = []
    for path in pictures:
        shown.append(asked.docs / f"dance_{path.name}")
        shown[-1].write_bytes(path.read_bytes())
    text = replace(report, pictures=shown).markdown()
    (asked.docs / "dance.md").write_text(text, encoding="utf-8")
