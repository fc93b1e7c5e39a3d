# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments that both judges take."""

from __future__ import annotations

import argparse
from pathlib import Path


def named(word: str) -> tuple[str, Path]:
    """A name and a folder of the word NAME=DIR."""
    name, _, folder = word.partition("=")
    if not name or not folder:
        raise argparse.ArgumentTypeError(f"{word} is not NAME=DIR")
    return name, Path(folder)
