# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs programs that take minutes, one after the other or several at once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from .environment import ROOT, stop

#: Seconds between two looks at what is running, and between two lines about how far it is.
_LOOK, _TELL = 0.2, 60.0
#: How pytest tells how far it is.
_SHARE = re.compile(rb"\[ *(\d+)%\]")


class Job(NamedTuple):
    """A program, what its environment has beside ours, and the seconds that it may take."""

    command: Sequence[str | Path]
    variables: Mapping[str, str]
    timeout: float


class _Running(NamedTuple):
    process: subprocess.Popen
    start: float
    log: Path | None


def run_beside(
    jobs: Mapping[str, Job], at_once: int, logs: Path
) -> Iterator[tuple[str, int, float]]:
    """Run all jobs in the root folder; give each one's name, exit code and seconds as it ends.

    Where several run at once, what a job prints goes into a file of its own in `logs`, and is
    printed whole when it ends. A job that takes too long is killed and has failed.
    """
    several = at_once > 1 and len(jobs) > 1
    waiting = list(jobs)
    running: dict[str, _Running] = {}
    told = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                name = waiting.pop(0)
                log = logs / f"{name}.log" if several else None
                running[name] = _start(name, jobs[name], log)
            time.sleep(_LOOK)
            for name, one in list(running.items()):
                code = _exit_code(one, jobs[name].timeout)
                if code is not None:
                    del running[name]
                    _print(name, one)
                    yield name, code, time.monotonic() - one.start
            if several and running and time.monotonic() - told > _TELL:
                told = time.monotonic()
                print(f"... {', '.join(_share(name, one) for name, one in running.items())}")
                sys.stdout.flush()
    finally:  # stopped: what they said so far is of use
        for name, one in running.items():
            stop(one.process)
            _print(name, one)


def _start(name: str, job: Job, log: Path | None) -> _Running:
    command = [str(part) for part in job.command]
    variables = {**os.environ, **job.variables}
    start = time.monotonic()
    if log is None:
        print(f"\n=== {name} ===", flush=True)
        return _Running(subprocess.Popen(command, cwd=ROOT, env=variables), start, None)
    print(f"{name} has begun.", flush=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, env=variables, stdout=file, stderr=subprocess.STDOUT
        )
    return _Running(process, start, log)


def _exit_code(one: _Running, timeout: float) -> int | None:
    """None while it runs and may do so."""
    code = one.process.poll()
    if code is None and time.monotonic() - one.start > timeout:
        stop(one.process)
        _say(one, f"\nStopped after {timeout / 60:.3g} minutes: it hangs or takes too long.")
        return 1
    return code


def _say(one: _Running, line: str) -> None:
    if one.log is None:
        print(line, flush=True)
    else:
        with one.log.open("a", encoding="utf-8") as file:
            print(line, file=file)


def _print(name: str, one: _Running) -> None:
    if one.log is None:
        return
    print(f"\n=== {name} ===", flush=True)
    with one.log.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.flush()


def _share(name: str, one: _Running) -> str:
    """How far it is, if it tells."""
    shares = _SHARE.findall(one.log.read_bytes()) if one.log is not None else []
    return f"{name} {shares[-1].decode()}%" if shares else name
