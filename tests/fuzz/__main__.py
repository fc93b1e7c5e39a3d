# SPDX-License-Identifier: GPL-3.0-or-later
"""The long version: `python -m tests.fuzz --cases 20000 --seed 0 --out report.json`."""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path

from .child import case
from .formats import FORMATS
from .runner import Child, run, table


def main() -> int:
    """Run it; the exit code is 1 when there were faults."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000, help="of all formats together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--formats", nargs="*", default=list(FORMATS), choices=list(FORMATS))
    parser.add_argument("--out", type=Path, help="a .json of all that is in the table, and faults")
    parser.add_argument("--keep", type=Path, help="a folder for the files of the faults")
    asked = parser.parse_args()
    share = math.ceil(asked.cases / len(asked.formats))
    child, rows = Child(), []
    try:
        for row in run(asked.formats, share, asked.seed, child):
            rows.append(row)
            print(f"{row.format}: {row.cases} cases, {len(row.faults)} faults", flush=True)
            for fault in row.faults:
                print(f"  {fault['number']}: {fault['why']}", flush=True)
                if asked.keep:
                    _keep(asked.keep, row.format, asked.seed, fault["number"])
            if asked.out:
                told = {"seed": asked.seed, "formats": [asdict(each) for each in rows]}
                asked.out.write_text(json.dumps(told, indent=1) + "\n")
    finally:
        child.close()
    print(table(rows))
    return int(any(row.faults for row in rows))


def _keep(folder: Path, form: str, seed: int, number: int) -> None:
    FORMATS[form].prepare()
    name, content = case(FORMATS[form], seed, number)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{form}-{number}-{name}").write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
