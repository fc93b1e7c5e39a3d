# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the dances of trained networks, or one motion, next to real takes.

    python -m twostep.models.judge --songs DIR --shards DIR --out DIR [--weights DIR]
        [--styles salsa house] [--seeds 0 1] [--length 60]
    python -m twostep.models.judge --motion X.npz --song S --shards DIR --out DIR

Writes judge.json, judge.md, a sheet of stick figures and timelines for each style, and the dances.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from ...inference.audio import analyse
from ...inference.errors import TwostepError
from ...inference.motion import Motion
from ...inference.networks import warm
from ...inference.rollout import Direction
from ...inference.styles import STYLES
from ...inference.weights import FOLDER
from . import sheets, sync
from .clips import read_clips
from .metrics import Reference, build_reference, mean_difference, measure
from .performances import Performance, hear_all, on_beats, perform
from .report import Report, Verdict, figures_table
from .signals import kinematic_beats


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = _parser()
    arguments = parser.parse_args(words)
    if arguments.motion is not None and arguments.song is None:
        parser.error("--motion needs its --song")
    console = Console()
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        clips = read_clips(arguments.shards)
        reference = build_reference(clips)
        if arguments.motion is not None:
            judge_motion(arguments, reference, console)
            return 0
        real = {style: next((c for c in clips if c.style == style), None) for style in STYLES}
        judge_networks(arguments, reference, {s: c.motion for s, c in real.items() if c}, console)
    except TwostepError as error:
        console.print(str(error), style="red")
        return 1
    return 0


def judge_motion(
    arguments: argparse.Namespace, reference: Reference, console: Console
) -> dict[str, float]:
    """Judge one motion file against its song and real motion of a style (or of all)."""
    motion = Motion.load(arguments.motion).resampled(30.0)
    song = analyse(arguments.song, arguments.start, motion.seconds)
    style = arguments.styles[0] if len(arguments.styles) == 1 else ""
    figures = measure(motion, song.beats, reference[style])
    name, out = arguments.motion.stem, arguments.out
    text = json.dumps(figures, indent=1)
    (out / f"{name}_judge.json").write_text(text, encoding="utf-8")
    console.print(figures_table(figures, f"{name}, {style or 'all styles'}"))
    sheets.strip([motion], [name], out / f"{name}_sheet.png", start=min(8.0, motion.seconds / 3))
    usual = reference[style].speed
    sheets.timeline(motion, song.beats, out / f"{name}_timeline.png", name, usual)
    return figures


def judge_networks(
    arguments: argparse.Namespace, reference: Reference, real: dict[str, Motion], console: Console
) -> Report:
    """Dance every song in every style with every seed, judge, and write report and pictures."""
    networks = warm("cpu", arguments.weights)
    heard = hear_all(arguments.songs, arguments.start, arguments.length)
    wanted = list(product(arguments.styles, heard, arguments.seeds))
    made = [
        perform(networks, song, style, seed, arguments.candidates)
        for style, song, seed in track(wanted, "Dancing", console=console)
    ]
    verdicts = [judge(performance, reference) for performance in track(made, "Judging")]
    styles = arguments.styles
    variety = {s: _variety([p for p in made if p.style == s], reference, s) for s in styles}
    report = Report(reference, verdicts, variety)
    report.write(arguments.out)
    report.show(console)
    for style in styles:
        _draw([p for p in made if p.style == style], real.get(style), reference, arguments.out)
    console.print(f"Report and pictures are in {arguments.out}.")
    return report


def judge(performance: Performance, reference: Reference) -> Verdict:
    """The figures of one performance; `fed_half_margin` is the F1 margin of its late twin,
    `lost_half` how much of the margin that costs."""
    usual = reference.get(performance.style, reference[""])
    beats = performance.heard.song.beats
    raw = measure(performance.raw, beats, usual)
    late = performance.late
    found = kinematic_beats(late.positions(), late.fps)
    half = sync.beat_scores(found, beats)["f1"]
    raw |= {"fed_half_f1": half, "fed_half_margin": half - sync.null_f1(found, beats)}
    raw["lost_half"] = raw["f1_margin"] - raw["fed_half_margin"]
    finished = measure(performance.finished, beats, usual, segment=None)
    return Verdict(performance.heard.name, performance.style, performance.seed, raw, finished)


def _variety(made: Sequence[Performance], reference: Reference, style: str) -> dict[str, float]:
    """How far dances are apart, as shares of random stretches of real motion of the style."""
    usual = max(reference.get(style, reference[""]).difference, 1e-9)

    def apart(groups: Sequence[Sequence[Performance]]) -> float | None:
        dances = [[on_beats(p) for p in group] for group in groups if len(group) > 1]
        return float(np.mean([mean_difference(d) for d in dances])) / usual if dances else None

    songs = {p.heard.name: [q for q in made if q.heard.name == p.heard.name] for p in made}
    seeds = {p.seed: [q for q in made if q.seed == p.seed] for p in made}
    found = {"seeds": apart(list(songs.values())), "songs": apart(list(seeds.values()))}
    return {key: value for key, value in found.items() if value is not None}


def _draw(
    made: Sequence[Performance], real: Motion | None, reference: Reference, out: Path
) -> None:
    style = made[0].style
    motions = [p.finished for p in made]
    labels = [f"{p.heard.name}, {style}, seed {p.seed}" for p in made]
    start = min(14.0, motions[0].seconds / 3)
    if real is not None:
        motions, labels = [real, *motions], [f"real {style}", *labels]
    sheets.strip(motions, labels, out / f"sheet_{style}.png", start, step=5)
    usual = reference.get(style, reference[""]).speed
    for p in made:
        name = f"{p.heard.name}_{style}_{p.seed}"
        if p.seed == made[0].seed:
            path = out / f"timeline_{name}.png"
            sheets.timeline(p.raw, p.heard.song.beats, path, f"{name}, raw", usual)
        p.raw.save(out / f"{name}_raw.npz")
        p.finished.save(out / f"{name}.npz")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m twostep.models.judge", description=(__doc__ or "").splitlines()[0]
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--songs", type=Path, help="folder of songs to dance to")
    what.add_argument("--motion", type=Path, help="a motion .npz to judge instead; needs --song")
    parser.add_argument("--song", type=Path, help="the song of --motion")
    parser.add_argument("--shards", type=Path, required=True, help="folder with motion.npz")
    parser.add_argument("--weights", type=Path, default=FOLDER, help="folder with dance.json")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--styles", nargs="+", choices=STYLES, default=list(STYLES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--start", type=float, default=0.0, help="seconds into the songs")
    parser.add_argument("--length", type=float, default=60.0, help="seconds to dance")
    parser.add_argument("--candidates", type=int, default=Direction.candidates)
    return parser


if __name__ == "__main__":
    sys.exit(main())
