# SPDX-License-Identifier: GPL-3.0-or-later
"""The style extractor, from the command line.

    python -m twostep.models.style train --corpus DIR --run DIR --budget MINUTES
    python -m twostep.models.style export --run DIR --version 1
    python -m twostep.models.style motion --shards DIR
    python -m twostep.models.style report --corpus DIR --songs DIR --picture FILE

`train` goes on where an interrupted run stopped; `motion` trains what tells the style of a dance;
`report` judges what ships on the pieces that were held back.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ...inference.errors import TwostepError
from ...inference.weights import ALL_SHIPPED
from ..training import add_arguments, load_average, prepare
from . import export, motion, report, train
from .network import Extractor

_OUT = ALL_SHIPPED / "style"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m twostep.models.style")
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train", help="train the extractor")
    training.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    add_arguments(training)
    exporting = commands.add_parser("export", help="write style.onnx and its card")
    exporting.add_argument("--run", type=Path, required=True, help="folder of the checkpoint")
    exporting.add_argument("--version", required=True, help="version of the weights, e.g. 1")
    exporting.add_argument("--out", type=Path, default=_OUT)
    moving = commands.add_parser("motion", help="train and judge what tells a dance's style")
    moving.add_argument("--shards", type=Path, required=True, help="folder of motion.npz")
    moving.add_argument("--out", type=Path, default=_OUT)
    moving.add_argument("--seed", type=int, default=0)
    reporting = commands.add_parser("report", help="judge what ships")
    reporting.add_argument("--corpus", type=Path, help="folder of the corpus")
    reporting.add_argument("--splits", nargs="+", default=["validation", "test"])
    reporting.add_argument("--songs", type=Path, nargs="*", default=[], help="files or folders")
    reporting.add_argument("--picture", type=Path, help="where to draw the confusion matrix")
    return parser


def _export(asked: argparse.Namespace) -> None:
    model = Extractor()
    load_average(model, asked.run)
    difference = export.write(model, asked.out, asked.version)
    print(f"torch and ONNX differ by {difference:.1e}")


def _report(asked: argparse.Namespace) -> None:
    if asked.corpus is not None:
        judged = report.judge(asked.corpus, tuple(asked.splits))
        print(report.summary(judged))
        if asked.picture is not None:
            share = report.right(judged.pieces)
            report.draw(
                judged.pieces, asked.picture, f"Held-out pieces: {share:.1%} heard as composed"
            )
    if asked.songs:
        print("\n" + report.songs(asked.songs))


def main() -> int:
    """Runs one command; returns the exit status."""
    asked = _parser().parse_args()
    try:
        if asked.command == "train":
            prepare(asked)
            train.train(asked.corpus, asked.run, asked.budget, asked.device, asked.seed)
        elif asked.command == "export":
            _export(asked)
        elif asked.command == "motion":
            print(motion.learn(asked.shards, asked.out, asked.seed))
        else:
            _report(asked)
    except TwostepError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
