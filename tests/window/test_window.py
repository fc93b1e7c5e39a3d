# SPDX-License-Identifier: GPL-3.0-or-later
"""The run itself: what it makes of steps that fail, Blenders that crash, and faults in the output.

Blender is its Python module here, as a program that starts as Blender does; in a real window it all
runs where TWOSTEP_BLENDER names programs (separated as PATH is).
"""

from __future__ import annotations

import json
import os
import stat
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from twostep.tests.window import __main__ as command
from twostep.tests.window import breaks, launch, results, sessions
from twostep.tests.window.launch import LaunchError, Program, Session, Step

pytestmark = pytest.mark.skipif(find_spec("bpy") is None, reason="no Blender module here")

#: A Blender without a window out of its Python module: it knows the arguments that the run uses.
MODULE = """#!{python}
import os, runpy, sys
import bpy
arguments = sys.argv[1:]
if "--python-expr" in arguments:
    exec(arguments[arguments.index("--python-expr") + 1])
if "--python" in arguments:
    script = arguments[arguments.index("--python") + 1]
    sys.argv = [sys.argv[0], *arguments]
    runpy.run_path(script, run_name="__main__")
sys.stdout.flush()
os._exit(0)  # the module may hang at the interpreter's own exit
"""

GOOD = """
import bpy
from .driver import step, tell, wait

@step
def it_counts():
    numbers = iter(range(5))
    yield wait(lambda: next(numbers) == 3, "at three", 5)
    tell(objects=len(bpy.data.objects))

@step(bare=True)
def it_loads():
    bpy.ops.wm.read_homefile(use_empty=True)
    yield
    assert not bpy.data.objects
"""
BAD = """
from .driver import step, wait

@step
def it_never_comes():
    yield wait(lambda: False, "there", 0.1)

@step
def later():
    pass
"""
GONE = """
import os
from .driver import step

@step
def it_dies():
    os._exit(3)
"""
LOUD = """
import sys
from .driver import step

@step
def it_complains():
    print("Error: not a good day", file=sys.stderr)
"""
LEAVES = """
import subprocess, sys
from .driver import step

@step
def it_leaves_a_process():
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
"""


@pytest.fixture
def program(tmp_path) -> Path:
    path = tmp_path / "blender-module"
    path.write_text(MODULE.format(python=sys.executable))
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return path


@pytest.fixture
def go(program, tmp_path):
    blender = Program(str(program), tmp_path / "work")
    blender.prepare({})

    def run(scenario: str, **options) -> dict[str, Step]:
        (blender.work / "inside" / "tried.py").write_text(scenario)
        return {each.name: each for each in blender.go(Session("tried", "tried", **options))}

    return run


def test_steps_run_in_order_and_tell(go):
    steps = go(GOOD)
    assert list(steps) == ["it_counts", "it_loads", "(end)"]
    assert all(each.ok for each in steps.values()), results.table(list(steps.values()))
    assert steps["it_counts"].facts == {"objects": 3}


def test_what_does_not_come_in_time_fails_and_ends_it(go):
    steps = go(BAD)
    assert not steps["it_never_comes"].ok
    assert "0.1 s and still not there" in steps["it_never_comes"].error
    assert not steps["later"].ok and steps["later"].error == "not reached"
    assert results.failed([list(steps.values())]) == 1


def test_a_blender_that_dies_fails_unless_that_is_meant(go):
    steps = go(GONE)
    assert steps["it_dies"].error == "Blender ended in it"
    assert "exit code 3" in steps["(end)"].error
    assert all(each.ok for each in go(GONE, ends=False).values())


def test_a_fault_in_the_output_fails_unless_it_is_expected(go):
    steps = go(LOUD)
    assert steps["it_complains"].ok and "not a good day" in steps["(end)"].error
    assert go(LOUD, expected=("good day",))["(end)"].ok


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked for in /proc")
def test_a_process_that_is_left_fails_and_is_ended(go):
    assert "was left" in go(LEAVES)["(end)"].error
    assert go(GOOD)["(end)"].ok


def test_a_blender_that_hangs_is_stopped(go):
    steps = go(GOOD.replace("range(5)", "iter(lambda: 0, 1)").replace(", 5)", ", 99)"), limit=6)
    # A slow machine may not even have come to the first step.
    assert "it did not end in 6 s" in steps["(end)"].error
    assert not any(each.ok for each in steps.values())


def test_the_command_line(program, tmp_path, monkeypatch, capsys):
    package = tmp_path / "some.zip"
    package.write_bytes(b"zip")
    (tmp_path / "scenarios").mkdir()
    line = ["--blender", str(program), "--zip", str(package), "--out", str(tmp_path / "out")]
    monkeypatch.setattr(command, "FIRST_DAYS", (Session("hello", "hello"),))
    assert command.main([*line, "--only", "hello"]) == 0
    told = json.loads((tmp_path / "out" / "results.json").read_text())
    assert [each["name"] for (steps,) in [told.values()] for each in steps] == [
        "the_window_is_there",
        "(end)",
    ]
    assert "ok" in capsys.readouterr().out
    assert command.main([*line, "--only", "nonsense"]) == 2
    assert "There is no session nonsense" in capsys.readouterr().err


def test_what_is_no_blender_is_told(tmp_path):
    with pytest.raises(LaunchError, match="There is no program"):
        Program(str(tmp_path / "none"), tmp_path / "work")
    with pytest.raises(LaunchError, match="is no Blender"):
        Program(sys.executable, tmp_path / "work")


def test_a_screen_is_given_where_there_is_none_and_one_can_be_had(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert launch._screen() == []
    giver = tmp_path / "xvfb-run"
    giver.write_text("")
    giver.chmod(0o755)
    assert launch._screen()[0] == str(giver)
    monkeypatch.setenv("DISPLAY", ":0")
    assert launch._screen() == []


def test_the_page_tells_of_every_step_and_blender():
    facts = {"keys": 7, "said": "No /home/me/a.ogg.\n\nTwostep 0.1"}
    steps = [Step("a", "one_thing", True, 2.0, facts=facts), Step("a", "other", False)]
    page = results.report({"4.2": steps, "5.2": steps[:1]}, "Somewhere.")
    assert "2 of 3 steps passed. Somewhere." in page
    cell = "2 s; keys 7; said No …/a.ogg."
    assert f"| a: one thing | {cell} | {cell} |" in page
    assert "| a: other | **failed** | not run |" in page


def test_every_session_has_its_scenario_and_every_step_a_name():
    for each in (*sessions.FIRST_DAYS, *breaks.BREAKS):
        assert bool(each.scenario) != bool(each.command), each.name
        if each.scenario:
            text = (launch.HERE / "inside" / f"{each.scenario}.py").read_text()
            assert "@step" in text, each.name
    names = [each.name for each in (*sessions.FIRST_DAYS, *breaks.BREAKS)]
    assert len(names) == len(set(names))


@pytest.mark.slow
def test_in_real_windows(tmp_path):
    """All of the first days, in the Blenders that TWOSTEP_BLENDER names."""
    named = os.environ.get("TWOSTEP_BLENDER")
    if not named:
        pytest.skip("no Blender with a window here: name programs in TWOSTEP_BLENDER")
    line = ["--blender", *named.split(os.pathsep), "--out", str(tmp_path / "out")]
    package = os.environ.get("TWOSTEP_EXTENSION")
    assert command.main([*line, "--zip", package] if package else line) == 0
