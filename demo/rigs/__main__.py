# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m twostep.demo.rigs`: every family of rigs dances, is measured, and is drawn.

Writes rigs.md, a table, and rigs.png. A character that misses a bound makes the exit code 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from ...inference.errors import TwostepError
from ...inference.jobs import AUTO
from ...inference.stopping import stoppable
from ...inference.styles import STYLES

DONE, MISSED, INTERRUPTED = 0, 1, 130
#: A folder of data that nobody ships: a BVH file of it dances too, and the real G1.
DATA = "TWOSTEP_DATA"
COMMAND = "python run.py rigs"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; returns the exit code: 0 all within bounds, 1 not, 2 misused, 130 interrupted."""
    asked = _parser().parse_args(arguments)
    try:
        with stoppable():
            return _everyone(asked)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return INTERRUPTED
    except TwostepError as error:
        sys.stderr.write(f"{error}\n")
        return MISSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="twostep.demo.rigs", description=__doc__)
    parser.add_argument("--family", action="append", metavar="NAME", help="only this one; again")
    parser.add_argument("--seconds", type=float, default=30.0, help="of the dance")
    parser.add_argument("--style", default=AUTO, help=", ".join((AUTO, *STYLES)))
    parser.add_argument("--energy", type=float, default=1.0, help="0 calm, 1 as the music, 2 wild")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another dance")
    parser.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR")
    parser.add_argument("--no-render", action="store_true", help="no pictures")
    return parser


def _everyone(asked: argparse.Namespace) -> int:
    import bpy

    from .. import pictures
    from ..make import aside
    from . import perform, sheet, table
    from .families import everyone

    out: Path = asked.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    cast = everyone(_data())
    unknown = [name for name in asked.family or () if name not in cast]
    if unknown:
        raise TwostepError(f"There is no character {unknown[0]}; there are: {', '.join(cast)}.")
    motion = perform.the_dance(asked.seconds, asked.style, asked.energy, asked.seed)
    shown: list[perform.Performance] = []
    failed: dict[str, str] = {}
    rows: list[pictures.Picture] = []
    built = None
    with (
        # A channel of its own: what Blender says on stderr goes to a file meanwhile.
        os.fdopen(os.dup(2), "w") as terminal,
        tempfile.TemporaryDirectory() as folder,
        aside(Path(folder) / "blender.log"),
    ):
        for name in tqdm(asked.family or cast, file=terminal, leave=False):
            try:
                if cast[name].build is not built:  # one rig may dance twice, FK and IK
                    ob, built = perform.stage(bpy.context, cast[name], motion), cast[name].build
                done = perform.perform(bpy.context, cast[name], ob, motion)
            except TwostepError as error:
                failed[cast[name].label] = str(error)
                continue
            shown.append(done)
            if not asked.no_render:
                rows.append(sheet.row(bpy.context, ob, done.family.label, motion, Path(folder)))
    # Without that folder there is no file of motion capture, and a robot of our own.
    prefix = [f"{DATA}=DIR"] if _data() else []
    version, command = bpy.app.version_string, " ".join([*prefix, COMMAND, *sys.argv[1:]])
    page = table.page(shown, failed, motion.seconds, version, command)
    (out / "rigs.md").write_text(page, encoding="utf-8")
    if rows:
        pictures.write_png(out / "rigs.png", sheet.sheet(rows))
    sys.stdout.write(page)
    return MISSED if failed or any(each.missed for each in shown) else DONE


def _data() -> Path | None:
    folder = Path(os.environ.get(DATA) or ".")
    return folder if (folder / "mocap").is_dir() else None


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # The panels that Rigify gives every rig are registered for good; with a class that still is,
    # some Blenders never end.
    os._exit(code)
