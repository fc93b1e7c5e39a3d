# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches that tests run for real, and what must be there afterwards."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from twostep.inference.batch.work import Work
from twostep.inference.jobs import DanceJob

LIMIT = 300.0
DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
blender = pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="needs bpy")


def dance(name: str, out: Path, path: Path, **more) -> Work:
    """A dance of two seconds, kept as it is sampled."""
    more = {"formats": ("npz",), **more}
    return Work("dance", name, out, dance=DanceJob(path, length=2.0, seed=len(name)), **more)


def started(*arguments, **more) -> subprocess.Popen:
    """`twostep batch` on its way, with children of its own that no other process has."""
    # Where the tests run in the background, Ctrl-C is ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-m", "twostep", "batch", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"}, start_new_session=True, **more,
    )  # fmt: skip


def batch(*arguments) -> tuple[int, str, str]:
    """The exit code of `twostep batch`, and what it says on stdout and stderr."""
    process = started(*arguments)
    try:
        said, complained = process.communicate(timeout=LIMIT)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, said, complained


def right(out: Path) -> int:
    """How many units are finished and whole; whatever lies there besides is an error."""
    named, count = set(), 0
    for path in out.glob("*.twostep.json"):
        report = json.loads(path.read_text("utf-8"))
        for name, known in report["files"].items():
            assert hashlib.sha256((out / name).read_bytes()).hexdigest() == known
        named |= {path.name, *report["files"]}
        count += 1
    return count if {path.name for path in out.iterdir()} == {*named, ".twostep"} else -1
