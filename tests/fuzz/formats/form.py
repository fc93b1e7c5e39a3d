# SPDX-License-Identifier: GPL-3.0-or-later
"""What a format is to the fuzzer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random


@dataclass(frozen=True)
class Format:
    """make: a case's file name and content. read: what Twostep does with it.

    prepare: called before the first case: imports what is imported late, and makes the seeds.
    """

    name: str
    make: Callable[[Random], tuple[str, bytes]]
    read: Callable[[Path], object]
    prepare: Callable[[], object] = lambda: None
