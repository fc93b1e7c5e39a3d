# SPDX-License-Identifier: GPL-3.0-or-later
"""Music for training, from the command line.

    python -m twostep.models.data.music demo --out assets/first_steps.ogg
    python -m twostep.models.data.music library --music DIR --midi DIR --samples DIR --out shards
    python -m twostep.models.data.music corpus --motion shards/motion.npz --library shards/music.npz
        --music DIR --midi DIR --samples DIR --out shards/score
    python -m twostep.models.data.music hearing --music DIR --midi DIR --samples DIR --out shards
    python -m twostep.models.data.music held_out --samples DIR --out shards/held_out

`hearing` trains what the audio analysis itself has learned (beat and bar) on the
library and writes it to models/weights/dance; `library` writes shards/music.npz with it. `held_out`
writes songs that nothing is trained on, as sound files.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ....inference.errors import TwostepError
from . import held_out
from .demo import write_demo
from .library import build, one_shots, plan


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m twostep.models.data.music")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="render the bundled song")
    demo.add_argument("--out", type=Path, required=True)
    for name, text in (
        ("library", "write music.npz"),
        ("hearing", "train the listener for beat and bar"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--music", type=Path, help="folder of recordings")
        command.add_argument("--midi", type=Path, help="folder of MIDI collections")
        command.add_argument("--samples", type=Path, help="folder of one-shot drum samples")
        command.add_argument("--out", type=Path, default=Path("shards"))
        command.add_argument("--pieces", type=int, default=8, help="composed pieces a genre")
        command.add_argument("--midi-pieces", type=int, default=10, help="MIDI files a collection")
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--workers", type=int, default=None)
    commands.choices["library"].add_argument(
        "--motion", type=Path, help="motion.npz, whose takes get songs of their own"
    )
    songs = commands.add_parser("held_out", help="write songs that nothing is trained on")
    songs.add_argument("--samples", type=Path, help="folder of one-shot drum samples")
    songs.add_argument("--split", choices=("validation", "test"), default="test")
    songs.add_argument("--out", type=Path, required=True)
    corpus = commands.add_parser("corpus", help="write what the score is trained on")
    corpus.add_argument("--motion", type=Path, help="motion.npz, to pair music with")
    corpus.add_argument("--library", type=Path, help="music.npz, to be danced to by the networks")
    corpus.add_argument("--music", type=Path, help="folder of recordings")
    corpus.add_argument("--midi", type=Path, help="folder of MIDI collections")
    corpus.add_argument("--samples", type=Path, help="folder of one-shot drum samples")
    corpus.add_argument("--out", type=Path, default=Path("shards/score"))
    corpus.add_argument("--hours", type=float, default=8.0)
    corpus.add_argument("--sound-hours", type=float, default=1.75, help="of it with its sound")
    corpus.add_argument("--midi-pieces", type=int, default=30, help="MIDI files a collection")
    corpus.add_argument("--seed", type=int, default=0)
    corpus.add_argument("--workers", type=int, default=2)
    return parser


def main() -> int:
    """Runs one command; returns the exit status."""
    args = _parser().parse_args()
    try:
        if args.command == "demo":
            print(write_demo(args.out))
        elif args.command == "held_out":
            print(held_out.write(args.out, args.split, one_shots(args.samples)))
        elif args.command == "corpus":
            from . import corpus

            sources = corpus.Sources(args.motion, args.library, args.music, args.midi, args.samples)
            items = corpus.plan(sources, args.hours, args.sound_hours, args.midi_pieces, args.seed)
            print(corpus.write(sources, items, args.out, args.workers, report=print))
        elif args.command == "library":
            path = build(
                args.music, args.midi, args.samples, args.out, args.pieces, args.seed,
                args.midi_pieces, args.workers, report=print, motion=args.motion,
            )  # fmt: skip
            print(path)
        else:
            from .hearing import learn  # needs torch, which the demo song does not

            sounds = args.out / "sounds"
            sounds.mkdir(parents=True, exist_ok=True)
            jobs = plan(
                args.music, args.midi, args.samples, sounds, args.pieces, args.seed,
                args.midi_pieces,
            )  # fmt: skip
            learn(jobs, report=print)
    except TwostepError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
