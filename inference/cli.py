# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line.

python -m twostep dance SONG --out X.npz|X.bvh
python -m twostep score MOTION.npz|.bvh|.pkl --out X.wav
python -m twostep batch JOBS.toml
python -m twostep worker
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .batch import command as batch
from .errors import TwostepError
from .genres import NAMES
from .jobs import AUTO, DanceJob, ScoreJob
from .progress import Progress
from .provider_names import CHOICES
from .stopping import stoppable
from .styles import STYLES

DONE, FAILED, INTERRUPTED = 0, 1, 130


def main(
    arguments: Sequence[str] | None = None,
    blender: str = "",
    extra_path: Sequence[str | Path] = (),
) -> int:
    """Run the command line; returns the exit code: 0 done, 1 failed, 2 misused, 130 interrupted.

    blender: the program of the Blender that this runs in; extra_path: its folders of wheels.
    """
    asked = _parser().parse_args(arguments)
    if asked.command == "worker":
        from . import worker

        return worker.main()
    try:
        if asked.command == "batch":
            asked.blender = asked.blender or blender
            return batch.main(asked, extra_path)
        with stoppable():
            return _score(asked) if asked.command == "score" else _dance(asked)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; nothing was written.\n")
        return INTERRUPTED
    except TwostepError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED


def _parser() -> argparse.ArgumentParser:
    about = "Make a figure dance to a song, or make music for a dance."
    parser = argparse.ArgumentParser(prog="twostep", description=about)
    commands = parser.add_subparsers(dest="command", required=True)
    dance = commands.add_parser("dance", help="make a dance and write it as .npz or .bvh")
    dance.add_argument("song", type=Path, metavar="SONG", help="a sound file")
    dance.add_argument("--out", type=Path, required=True, metavar="X.npz|X.bvh")
    dance.add_argument("--style", default=AUTO, help=f"{', '.join((AUTO, *STYLES))}")
    dance.add_argument("--energy", type=float, default=1.0, help="0 calm, 1 as the music, 2 wild")
    _add_common(dance, "dance", "song")
    dance.add_argument("--no-retime", action="store_true", help="do not land rests on beats")
    dance.add_argument("--context", type=Path, help="a motion .npz to go on from")
    dance.add_argument("--candidates", type=int, default=DanceJob.candidates, metavar="K",
                       help="continuations tried for every two seconds")  # fmt: skip
    dance.add_argument("--loop", action="store_true", help="whole bars that end as they began")
    score = commands.add_parser("score", help="make music for a dance and write it as .wav")
    score.add_argument("motion", type=Path, metavar="MOTION", help="a .npz, .bvh or .pkl file")
    score.add_argument("--out", type=Path, required=True, metavar="X.wav")
    score.add_argument("--genre", default=AUTO, help=f"{', '.join((AUTO, *NAMES))}")
    _add_common(score, "piece", "motion")
    score.add_argument("--loop", action="store_true", help="let it go on at its beginning")
    score.add_argument("--bpm", type=float, help="tempo, where the motion tells a wrong one")
    score.add_argument("--beats-per-bar", type=int, help="3 or 4")
    score.add_argument("--first-downbeat", type=float, metavar="SECONDS",
                       help="when a bar starts, from the start of the music")  # fmt: skip
    batch.add(commands)
    commands.add_parser("worker", help="serve jobs as JSON lines on stdin and stdout")
    return parser


def _add_common(parser: argparse.ArgumentParser, made: str, given: str) -> None:
    parser.add_argument("--seed", type=int, default=0, help=f"another seed, another {made}")
    parser.add_argument("--start", type=float, default=0.0, help=f"where in the {given}, seconds")
    parser.add_argument("--length", type=float, default=None, help="how much of it, seconds")
    parser.add_argument("--provider", default=AUTO, help=f"{', '.join(CHOICES)}")


def _dance(asked: argparse.Namespace) -> int:
    job = DanceJob(
        song=asked.song,
        out=asked.out,
        start=asked.start,
        length=asked.length,
        style=asked.style,
        energy=asked.energy,
        seed=asked.seed,
        retime=not asked.no_retime,
        context=asked.context,
        provider=asked.provider,
        candidates=asked.candidates,
        loop=asked.loop,
    )
    _check_folder(asked.out)
    # ONNX Runtime takes a moment to import: not for --help, nor for a wrong option.
    from .dance import dance

    with _bar() as progress:
        made = dance(job, progress)
    _tell(
        f"{asked.out}: {made.seconds:.1f} s of {made.style} at {made.song.bpm:.0f} bpm",
        made.provider, made.provider_note, made.warnings,
    )  # fmt: skip
    return DONE


def _score(asked: argparse.Namespace) -> int:
    job = ScoreJob(
        motion=asked.motion,
        out=asked.out,
        genre=asked.genre,
        seed=asked.seed,
        start=asked.start,
        length=asked.length,
        loop=asked.loop,
        bpm=asked.bpm,
        beats_per_bar=asked.beats_per_bar,
        first_downbeat=asked.first_downbeat,
        provider=asked.provider,
    )
    _check_folder(asked.out)
    from .score.score import score

    with _bar() as progress:
        made = score(job, progress)
    grid = made.cues.grid
    _tell(
        f"{asked.out}: {made.seconds:.1f} s of {made.genre} at {grid.bpm:.0f} bpm, "
        f"{grid.beats_per_bar} beats a bar from {made.first_downbeat:.2f} s",
        made.provider, made.provider_note, made.warnings,
    )  # fmt: skip
    return DONE


def _check_folder(out: Path) -> None:
    if not out.parent.is_dir():
        raise TwostepError(f"The folder {out.parent} does not exist; make it first.")


@contextmanager
def _bar() -> Iterator[Progress]:
    """A progress bar on stderr."""
    from tqdm import tqdm

    with tqdm(
        total=100, file=sys.stderr, leave=False, bar_format="{desc:22}|{bar}| {n:.0f} %"
    ) as bar:

        def progress(share: float, stage: str) -> None:
            bar.set_description_str(stage, refresh=False)
            bar.n = 100 * share
            bar.refresh()

        yield progress


def _tell(made: str, provider: str, note: str, warnings: Iterable[str]) -> None:
    for warning in warnings:
        sys.stderr.write(f"{warning}\n")
    why = f" ({note})" if note else ""
    sys.stdout.write(f"{made}, computed on {provider}{why}\n")
