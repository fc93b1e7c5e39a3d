# SPDX-License-Identifier: GPL-3.0-or-later
"""Prepare everything that the dance networks learn from.

python -m twostep.models.data --mocap DIR --music DIR --midi DIR --samples DIR --out shards
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from ...inference.errors import TwostepError
from . import shards, sources


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all went well, 2 with one sentence on stderr when not."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        if options.only != "music":
            build_motion(options)
        if options.only != "motion":
            build_music(options)
    except TwostepError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def build_motion(options: argparse.Namespace) -> None:
    """Write motion.npz, and with --report its report."""
    takes: list[sources.Take] = []
    for folder, find in (
        (options.mocap, sources.mocap_takes),
        (options.aist, sources.aist_takes),
        (options.amass, sources.amass_takes),
    ):
        takes += find(folder) if folder else []
    if not takes:
        raise TwostepError("There is no motion to read; give --mocap, --aist or --amass.")
    with tqdm(total=len(takes), desc="motion", unit="take") as bar:
        collection = shards.prepare(takes, progress=lambda _: bar.update())
    shards.write_motion(collection, options.out / "motion.npz")
    for (style, split), minutes in sorted(shards.minutes(collection).items()):
        print(f"{style:8s} {split:10s} {minutes:5.1f} min")
    if options.report:
        from .report import write_report  # matplotlib is slow to come

        write_report(collection, options.out / "report")
        print(f"The report is in {options.out / 'report'}.")


def build_music(options: argparse.Namespace) -> None:
    """Write music.npz: recordings, MIDI files, composed pieces, songs for motion.npz's takes."""
    missing = [name for name in ("music", "midi", "samples") if getattr(options, name) is None]
    if missing:
        raise TwostepError(f"Give --{missing[0]}, or ask for the motion alone with --only motion.")
    from .music.library import build

    motion = options.out / "motion.npz"
    build(
        options.music, options.midi, options.samples, options.out, options.pieces,
        report=tqdm.write, motion=motion if motion.exists() else None,
    )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="twostep.models.data", description=__doc__)
    parser.add_argument("--mocap", type=Path, help="folder with cmu_05, cmu_60, cmu_61, g1")
    parser.add_argument("--aist", type=Path, help="AIST++ folder, in its own layout")
    parser.add_argument("--amass", type=Path, help="folder of AMASS npz files")
    parser.add_argument("--music", type=Path, help="folder of licensed tracks")
    parser.add_argument("--midi", type=Path, help="folder of MIDI files")
    parser.add_argument("--samples", type=Path, help="folder of drum and bass samples")
    parser.add_argument("--pieces", type=int, default=8, help="composed pieces a genre")
    parser.add_argument("--out", type=Path, default=Path("shards"), help="where the shards go")
    parser.add_argument("--only", choices=("motion", "music"), help="prepare one half alone")
    parser.add_argument("--report", action="store_true", help="draw and write what went in")
    return parser


if __name__ == "__main__":
    sys.exit(main())
