# SPDX-License-Identifier: GPL-3.0-or-later
"""The long version: `python -m tests.soak --laps 4 --out soak.jsonl --plot docs/soak.png`.

It runs inside Blender (its Python, or one with the bpy wheel) on Linux, in folders of its own, and
writes a line of JSON for every turn. `--report soak.jsonl` tells of a record that is there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import figures, picture


def main() -> int:
    """Run it, or tell of a run; the exit code is 1 when something leaks or gets slower."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--laps", type=int, default=4, help="of 50 dances each")
    parser.add_argument("--out", type=Path, default=Path("soak.jsonl"), help="the record")
    parser.add_argument("--report", type=Path, help="a record, to be told of only")
    parser.add_argument("--plot", type=Path, help="a picture of memory and time, a .png")
    asked = parser.parse_args()
    if asked.report is None:
        with tempfile.TemporaryDirectory(prefix="soak-") as folder:
            _run(asked.laps, asked.out, Path(folder))
    record = figures.read(asked.report or asked.out)
    if asked.plot:
        picture.plot(record, asked.plot)
    print(figures.table(record))
    faults = figures.faults(record)
    print("\n".join(faults) if faults else "Nothing leaks, nothing gets slower.")
    return int(bool(faults))


def _run(laps: int, out: Path, folder: Path) -> None:
    """A Blender in folders of its own, and all the turns in it."""
    for name in ("temporary", "user"):
        (folder / name).mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder / "temporary")
    os.environ["BLENDER_USER_RESOURCES"] = str(folder / "user")
    from . import day  # Blender looks at the folders when it is imported

    with out.open("w", encoding="utf-8") as record:

        def note(line: dict[str, Any]) -> None:
            record.write(json.dumps(line) + "\n")
            record.flush()

        day.live(laps, folder / "songs", note)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # some Blenders never end where sound was played
