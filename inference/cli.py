# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: `python -m twostep dance SONG --out X.npz|X.bvh` and `... worker`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .errors import TwostepError
from .jobs import AUTO, DanceJob
from .providers import CHOICES
from .styles import STYLES

DONE, FAILED, INTERRUPTED = 0, 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0 done, 1 failed, 2 misused, 130 interrupted."""
    asked = _parser().parse_args(arguments)
    if asked.command == "worker":
        from . import worker

        return worker.main()
    try:
        return _dance(asked)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; nothing was written.\n")
        return INTERRUPTED
    except TwostepError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="twostep", description="Make a figure dance to a song.")
    commands = parser.add_subparsers(dest="command", required=True)
    dance = commands.add_parser("dance", help="make a dance and write it as .npz or .bvh")
    dance.add_argument("song", type=Path, metavar="SONG", help="a sound file")
    dance.add_argument("--out", type=Path, required=True, metavar="X.npz|X.bvh")
    dance.add_argument("--style", default=AUTO, help=f"{', '.join((AUTO, *STYLES))}")
    dance.add_argument("--energy", type=float, default=1.0, help="0 calm, 1 as the music, 2 wild")
    dance.add_argument("--seed", type=int, default=0, help="another seed, another dance")
    dance.add_argument("--start", type=float, default=0.0, help="where in the song, seconds")
    dance.add_argument("--length", type=float, default=None, help="how much of it, seconds")
    dance.add_argument("--no-retime", action="store_true", help="do not land rests on beats")
    dance.add_argument("--context", type=Path, help="a motion .npz to go on from")
    dance.add_argument("--candidates", type=int, default=DanceJob.candidates, metavar="K",
                       help="continuations tried for every two seconds")  # fmt: skip
    dance.add_argument("--provider", default=AUTO, help=f"{', '.join(CHOICES)}")
    commands.add_parser("worker", help="serve jobs as JSON lines on stdin and stdout")
    return parser


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
    )
    if not asked.out.parent.is_dir():
        raise TwostepError(f"The folder {asked.out.parent} does not exist; make it first.")
    # librosa and ONNX Runtime take a moment to import: not for --help, nor for a wrong option.
    from tqdm import tqdm

    from .dance import dance

    with tqdm(
        total=100, file=sys.stderr, leave=False, bar_format="{desc:22}|{bar}| {n:.0f} %"
    ) as bar:

        def progress(share: float, stage: str) -> None:
            bar.set_description_str(stage, refresh=False)
            bar.n = 100 * share
            bar.refresh()

        made = dance(job, progress)
    for warning in made.warnings:
        sys.stderr.write(f"{warning}\n")
    note = f" ({made.provider_note})" if made.provider_note else ""
    sys.stdout.write(
        f"{asked.out}: {made.motion.seconds:.1f} s of {made.style} at {made.song.bpm:.0f} bpm, "
        f"computed on {made.provider}{note}\n"
    )
    return DONE
