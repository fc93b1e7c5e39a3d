# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs run side by side or one by one; each tells its own story, and none outlives the run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from twostep.tools.beside import Job, run_beside

#: Waits for the file named first, having made the one named second.
MEET = """
import pathlib, sys, time
there, mine = map(pathlib.Path, sys.argv[1:])
print("before", mine.name, flush=True)
mine.touch()
while not there.exists():
    time.sleep(0.01)
print("after", mine.name)
"""


def job(text: str, *arguments: object, timeout: float = 60, **variables: str) -> Job:
    return Job([sys.executable, "-c", text, *map(str, arguments)], variables, timeout)


def test_two_at_once_and_each_ones_lines_together(tmp_path, capfd):
    """Neither comes to an end unless the other runs meanwhile."""
    a, b = tmp_path / "a", tmp_path / "b"
    jobs = {"one": job(MEET, a, b), "two": job(MEET, b, a)}
    ended = {name: code for name, code, _ in run_beside(jobs, 2, tmp_path / "logs")}
    assert ended == {"one": 0, "two": 0}
    printed = capfd.readouterr().out.replace("\r\n", "\n")
    assert "=== one ===\nbefore b\nafter b\n" in printed
    assert "=== two ===\nbefore a\nafter a\n" in printed
    assert (tmp_path / "logs" / "one.log").read_text() == "before b\nafter b\n"


def test_one_by_one_in_their_order(tmp_path, capfd):
    """Here the second would never end if it did not find what the first leaves at its end."""
    left = tmp_path / "left"
    first = "import sys, time; time.sleep(0.3); open(sys.argv[1], 'w').close(); print('done')"
    second = "import os, sys; print(os.path.exists(sys.argv[1]))"
    jobs = {"first": job(first, left), "second": job(second, left)}
    assert [ended[:2] for ended in run_beside(jobs, 1, tmp_path)] == [("first", 0), ("second", 0)]
    printed = capfd.readouterr().out.replace("\r\n", "\n")
    assert printed == "\n=== first ===\ndone\n\n=== second ===\nTrue\n"
    assert not list(tmp_path.glob("*.log"))


@pytest.mark.parametrize("at_once", [1, 2])
def test_how_they_end(tmp_path, capfd, at_once):
    jobs = {
        "good": job("pass"),
        "bad": job("import sys; sys.exit('it failed')"),
        "told": job("import os; print(os.environ['WORD'])", WORD="as it was told"),
        "endless": job("import time\nwhile True: time.sleep(1)", timeout=1.5),
    }
    ended = {name: code for name, code, _ in run_beside(jobs, at_once, tmp_path)}
    assert ended == {"good": 0, "bad": 1, "told": 0, "endless": 1}
    printed = "".join(capfd.readouterr())
    for words in ("it failed", "as it was told", "Stopped after 0.025 minutes"):
        assert words in printed


def test_none_outlives_a_run_that_is_broken_off(tmp_path, capfd):
    """What was running is asked to end and heard, what waited never starts."""
    pid, begun = tmp_path / "pid", tmp_path / "begun"
    stays = (
        "import os, signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit('tidy'));"
        "open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
    )
    ends = "import os, sys, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)"
    starts = "import sys; open(sys.argv[1], 'w').close()"
    jobs = {"stays": job(stays, pid), "ends": job(ends, pid), "waits": job(starts, begun)}
    run = run_beside(jobs, 2, tmp_path / "logs")
    assert next(run)[:2] == ("ends", 0)
    run.close()
    assert not begun.exists()
    assert os.name == "nt" or "=== stays ===\ntidy" in capfd.readouterr().out
    with pytest.raises(OSError):
        os.kill(int(Path(pid).read_text()), 0)
