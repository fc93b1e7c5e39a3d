# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge dancers next to real takes, nulls and baselines; or one motion.

    python -m twostep.models.judge --songs DIR --shards DIR --out DIR [--weights DIR]
        [--also NAME=DIR ...] [--run DIR] [--edge DIR] [--lengths 20 60 180] [--docs DIR]
    python -m twostep.models.judge --motion X.npz --song S --shards DIR --out DIR

The first writes judge.md, judge.json and pictures, and keeps the dances in OUT/dances: the same
command judges them again without dancing.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from ...inference.audio import analyse
from ...inference.errors import TwostepError
from ...inference.motion import Motion
from ...inference.styles import STYLES
from ...inference.weights import FOLDER
from . import sheets
from .arguments import named
from .clips import read_clips
from .metrics import Reference, build_reference, measure
from .report import figures_table
from .whole import Asked, judge_rows

QUICK_LENGTH, QUICK_STYLES = 20.0, ("salsa", "house")


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = _parser()
    arguments = parser.parse_args(words)
    if arguments.motion is not None and arguments.song is None:
        parser.error("--motion needs its --song")
    console = Console()
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        if arguments.motion is not None:
            reference = build_reference(read_clips(arguments.shards))
            judge_motion(arguments, reference, console)
            return 0
        report = judge_rows(_asked(arguments, words), console)
        report.show(console)
    except TwostepError as error:
        console.print(str(error), style="red")
        return 1
    console.print(f"Report and pictures are in {arguments.docs or arguments.out}.")
    return 0


def judge_motion(
    arguments: argparse.Namespace, reference: Reference, console: Console
) -> dict[str, float]:
    """Judge one motion file against its song and real motion of a style (or of all)."""
    motion = Motion.load(arguments.motion).resampled(30.0)
    song = analyse(arguments.song, arguments.start, motion.seconds)
    style = arguments.styles[0] if len(arguments.styles) == 1 else ""
    figures = measure(motion, song.beats, reference.get(style, reference[""]))
    name, out = arguments.motion.stem, arguments.out
    text = json.dumps(figures, indent=1)
    (out / f"{name}_judge.json").write_text(text, encoding="utf-8")
    console.print(figures_table(figures, f"{name}, {style or 'all styles'}"))
    sheets.strip([motion], [name], out / f"{name}_sheet.png", start=min(8.0, motion.seconds / 3))
    usual = reference.get(style, reference[""]).speed
    sheets.timeline(motion, song.beats, out / f"{name}_timeline.png", name, usual)
    return figures


def _asked(arguments: argparse.Namespace, words: Sequence[str] | None) -> Asked:
    """What is asked for; --quick is one song, two styles and one seed, and nothing long."""
    told = list(words if words is not None else sys.argv[1:])
    quick = arguments.quick
    return Asked(
        songs=arguments.songs,
        shards=arguments.shards,
        out=arguments.out,
        weights=arguments.weights,
        also=tuple(arguments.also),
        run=arguments.run,
        edge=arguments.edge,
        edge_long=0 if quick else arguments.edge_long,
        lengths=(QUICK_LENGTH,) if quick else tuple(sorted(set(arguments.lengths))),
        styles=QUICK_STYLES if quick else tuple(arguments.styles),
        seeds=tuple(arguments.seeds[:1] if quick else arguments.seeds),
        most_songs=1 if quick else None,
        processes=arguments.processes,
        docs=arguments.docs,
        command=shlex.join(["python", "-m", "twostep.models.judge", *map(_shown, told)]),
    )


def _shown(word: object) -> str:
    """A word of the command as the report shows it: where a folder was is nobody's business."""
    name, equals, value = str(word).rpartition("=")
    return f"{name}{equals}DIR" if Path(value).is_absolute() else str(word)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m twostep.models.judge", description=(__doc__ or "").splitlines()[0]
    )
    add = parser.add_argument
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--songs", type=Path, help="folder of songs to dance to")
    what.add_argument("--motion", type=Path, help="a motion .npz to judge instead; needs --song")
    add("--song", type=Path, help="the song of --motion")
    add("--start", type=float, default=0.0, help="seconds into the song of --motion")
    add("--shards", type=Path, required=True, help="folder with motion.npz and music.npz")
    add("--out", type=Path, required=True, help="folder to write to")
    add("--weights", type=Path, default=FOLDER, help="folder with dance.json: the row “shipped”")
    add("--also", type=named, nargs="+", default=[], metavar="NAME=DIR", help="more such rows")
    add("--run", type=Path, help="folder of the training's checkpoint, for the row “jepa”")
    add("--edge", type=Path, help="folder of the diffusion baseline, for the row “edge”")
    add("--edge-long", type=int, default=1, help="longest dances of the diffusion baseline")
    add("--lengths", type=float, nargs="+", default=[20.0, 60.0, 180.0], help="seconds")
    add("--styles", nargs="+", choices=STYLES, default=list(STYLES))
    add("--seeds", nargs="+", type=int, default=[0, 1])
    add("--processes", type=int, default=2, help="dances made at a time")
    add("--docs", type=Path, help="also write the report there, as dance.md and dance_*.png")
    add("--quick", action="store_true", help="one song of 20 s in two styles, to try the command")
    return parser


if __name__ == "__main__":
    sys.exit(main())
