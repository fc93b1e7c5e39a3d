# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that reads the cases: asked by stdin, answers by stdout, in lines of JSON."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import tempfile
import traceback
import warnings
from pathlib import Path
from random import Random
from typing import Any

from twostep.inference.errors import TwostepError

from . import guard
from .formats import FORMATS, Format

#: A sentence is no longer than this, characters.
LONGEST = 1000


def case(form: Format, seed: int, number: int) -> tuple[str, bytes]:
    """Name and content of a case, the same wherever it is made."""
    return form.make(Random(f"{seed}/{form.name}/{number}"))


def judged(form: Format, path: Path, size: int) -> dict[str, Any]:
    """What came of reading a file: "read", "refused" or "fault", and why."""
    told = {"verdict": "read", "why": ""}
    with guard.watching() as watch:
        try:
            form.read(path)
        except TwostepError as error:
            told = {"verdict": "refused", "why": str(error)}
        except BaseException as error:
            lines = traceback.format_exception(error)
            told = {"verdict": "fault", "why": "".join(lines)[-1500:]}
    if told["verdict"] == "refused" and (fault := odd_sentence(told["why"])):
        told = {"verdict": "fault", "why": f"{fault}: {told['why'][:300]!r}"}
    if watch.peak > guard.allowance(size):
        told = {"verdict": "fault", "why": f"took {watch.peak >> 20} MB for {size} bytes"}
    if watch.broken:
        told = {"verdict": "fault", "why": f"did what it must not: {watch.broken[0]}"}
    return {**told, "seconds": watch.seconds, "peak": watch.peak}


def odd_sentence(text: str) -> str:
    """Why a text is none that a user can be shown, or ""."""
    if not text.strip().endswith((".", "…")):
        return "the sentence does not end"
    if any(not each.isprintable() for each in text):
        return "the sentence has more than one line"
    return "the sentence is too long" if len(text) > LONGEST else ""


def main() -> None:
    """Answer requests such as {"format": "bvh", "seed": 0, "number": 7} until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii", buffering=1)
    os.dup2(2, 1)
    faulthandler.enable()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
        os.chdir(folder)
        for form in FORMATS.values():
            form.prepare()
        guard.install()
        answers.write(json.dumps({"ready": True}) + "\n")
        for line in sys.stdin:
            asked = json.loads(line)
            form = FORMATS[asked["format"]]
            name, content = case(form, asked["seed"], asked["number"])
            path = Path(folder) / "case" / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            answers.write(json.dumps(judged(form, path, len(content))) + "\n")
            path.unlink()


if __name__ == "__main__":
    main()
