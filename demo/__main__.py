# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m twostep.demo [SONG] --out DIR`: a dancing figure as .blend, .fbx, .mp4 and .png,
and music of another genre for its dance as .wav."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from ..inference.errors import TwostepError
from ..inference.genres import GENRES
from ..inference.jobs import AUTO, DanceJob
from ..inference.stopping import stoppable
from ..inference.styles import STYLES

DONE, FAILED, INTERRUPTED = 0, 1, 130
SONG = Path(__file__).parent.parent / "assets" / "first_steps.ogg"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit code: 0 done, 1 failed, 2 misused, 130 interrupted."""
    asked = _parser().parse_args(arguments)
    try:
        with stoppable():
            _demo(asked)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return INTERRUPTED
    except TwostepError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="twostep.demo", description=__doc__)
    parser.add_argument("song", type=Path, nargs="?", default=SONG, metavar="SONG",
                        help="a sound file; else a song that comes with Twostep")  # fmt: skip
    parser.add_argument("--out", type=Path, default=Path("out/demo"), metavar="DIR")
    parser.add_argument("--style", default=AUTO, help=", ".join((AUTO, *STYLES)))
    parser.add_argument("--energy", type=float, default=1.0, help="0 calm, 1 as the music, 2 wild")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another dance")
    parser.add_argument("--genre", choices=GENRES, metavar="GENRE",
                        help=f"of the music for the dance: {', '.join(GENRES)}")  # fmt: skip
    parser.add_argument("--length", type=float, help="how much of the song, seconds")
    parser.add_argument("--size", type=_size, default=(640, 360), metavar="WxH",
                        help="of the video, pixels")  # fmt: skip
    parser.add_argument("--no-render", action="store_true", help="no video, no contact sheet")
    return parser


def _size(text: str) -> tuple[int, int]:
    """Pixels, even because of the video's colour format."""
    width, _, height = text.partition("x")
    size = int(width), int(height)
    if min(size) < 16 or any(side % 2 for side in size):
        raise ValueError
    return size


def _demo(asked: argparse.Namespace) -> None:
    # librosa and ONNX Runtime take a moment to import: not for --help, nor for a wrong option.
    from .make import make

    job = DanceJob(
        song=asked.song.resolve(),
        length=asked.length,
        style=asked.style,
        energy=asked.energy,
        seed=asked.seed,
    )
    # A channel of its own: what Blender says on stderr goes to a file meanwhile.
    with (
        os.fdopen(os.dup(2), "w") as terminal,
        tqdm(
            total=100, file=terminal, leave=False, bar_format="{desc:22}|{bar}| {n:.0f} % {elapsed}"
        ) as bar,
    ):

        def progress(share: float, stage: str) -> None:
            bar.set_description_str(stage, refresh=False)
            bar.n = 100 * share
            bar.refresh()

        made = make(
            job, asked.out.resolve(), asked.size, not asked.no_render, progress, asked.genre
        )
    for warning in made.warnings:
        sys.stderr.write(f"{warning}\n")
    result = made.result
    music = made.music
    sys.stdout.write(
        f"{result.motion.seconds:.1f} s of {result.style} at {result.song.bpm:.0f} bpm, "
        f"and for this dance {music.seconds:.1f} s of {GENRES[music.genre].label} at "
        f"{music.cues.grid.bpm:.0f} bpm, computed on {result.provider}:\n"
    )
    sys.stdout.writelines(f"  {path}\n" for path in made.files)


if __name__ == "__main__":
    sys.exit(main())
