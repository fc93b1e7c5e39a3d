# SPDX-License-Identifier: GPL-3.0-or-later
"""The short version, with fixed seeds, and that the fuzzer sees what it looks for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from . import child, runner
from .formats import FORMATS

#: Of each format. Hearing a whole song takes longer than the others.
CASES, SONGS = 200, 40


@pytest.fixture(scope="module")
def process() -> Iterator[runner.Child]:
    process = runner.Child()
    yield process
    process.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_every_case_is_read_or_refused(process, name):
    cases = SONGS if name == "song" else CASES
    (row,) = runner.run([name], cases, 7, process)
    assert not row.faults
    if name not in ("report", "score card"):  # damaged reports are none; its networks are not there
        assert row.read and row.refused  # else the cases are too tame, or too wild
    assert row.read + row.refused == row.cases == cases


def test_a_case_is_the_same_wherever_it_is_made():
    for form in FORMATS.values():
        assert child.case(form, 3, 5) == child.case(form, 3, 5)
        assert len({child.case(form, 3, number) for number in range(20)}) > 5


BAD = {
    "another exception": "raise KeyError('a')",
    "an open end": "raise TwostepError('no end')",
    "writing": "open(path.parent / 'new', 'w')",
    "a hidden program": "\n  try: os.system('true')\n  except Exception: raise TwostepError('No.')",
    "a socket": "import socket; socket.create_connection(('127.0.0.1', 9))",
    "other code": "exec(compile('1', 'song.mp3', 'exec'))",
    "memory": "np.ones(1 << 26).sum()",
    "too much memory": "np.ones(1 << 40)",
}
_JUDGE = """
import os, sys, pathlib
import numpy as np
from twostep.inference.errors import TwostepError
from tests.fuzz import child, guard
from tests.fuzz.formats import Format
def read(path): {body}
guard.install()
path = pathlib.Path(sys.argv[1])
print(child.judged(Format("bad", None, read), path, 10)["verdict"])
"""


@pytest.mark.parametrize("name", ["nothing", *BAD])
def test_the_guard_sees_what_must_not_be(name, tmp_path):
    if sys.platform != "linux" and "memory" in name:
        pytest.skip("memory is only measured on Linux")
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    code = _JUDGE.format(body=BAD.get(name, "path.read_bytes()"))
    told = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        cwd=runner.ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.strip() == ("read" if name == "nothing" else "fault")
    assert not (tmp_path / "new").exists()
