# SPDX-License-Identifier: GPL-3.0-or-later
"""`run.py test`: what is run, what is left out, and what is said about it in the end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from twostep.tools import checks, environment, pythons

ROOT = Path(__file__).resolve().parents[2]
LACKING = "5.2"
FOLDER = "BLENDER_USER_RESOURCES"

needs_other = pytest.mark.skipif(
    sys.version_info[:2] == environment.BLENDERS[LACKING], reason="this is that Python"
)


@pytest.fixture
def no_python(tmp_path, monkeypatch):
    """No environments are there yet, and no Python but this one."""
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    pythons.find.cache_clear()
    yield
    pythons.find.cache_clear()


@pytest.fixture
def suites(tmp_path, monkeypatch) -> dict[str, checks.Suite]:
    """One that passes, one that fails, and the tests in a Blender whose Python is not here."""
    monkeypatch.setattr(checks, "LOGS", tmp_path / "logs")
    for name, line in (("good", "assert True"), ("bad", "assert 'this' == 'that'")):
        text = f"import os\ndef test_it():\n    print(os.environ['{FOLDER}'])\n    {line}\n"
        (tmp_path / f"test_{name}.py").write_text(text)

    def suite(name: str) -> checks.Suite:
        return checks.Suite(
            lambda: Path(sys.executable), (str(tmp_path / f"test_{name}.py"), "-rP"), 120.0
        )

    lacking = checks._suites()[f"blender-{LACKING}"]
    return {"good": suite("good"), "bad": suite("bad"), f"blender-{LACKING}": lacking}


@needs_other
@pytest.mark.parametrize("at_once", [1, 2])
def test_what_everything_goes_without(no_python, suites, capfd, at_once):
    del suites["bad"]
    outcomes = checks._test(suites, at_once, everything=True)
    assert outcomes["good"].code == 0
    assert outcomes[f"blender-{LACKING}"].code is None
    assert checks._summary(outcomes) == 0
    printed = capfd.readouterr().out
    assert f"blender-{LACKING} is left out: Blender {LACKING} needs Python 3.13" in printed
    assert re.search(r"^ok       good +\d+ s$", printed, re.MULTILINE)
    assert re.search(rf"^left out blender-{LACKING} +0 s$", printed, re.MULTILINE)
    assert printed.splitlines()[-1] == "1 passed, 0 failed, 1 left out"


@needs_other
def test_what_is_named_must_be_there(no_python, suites, capfd):
    outcomes = checks._test(suites, 2, everything=False)
    assert outcomes["good"].code == 0
    assert outcomes["bad"].code == 1
    assert outcomes[f"blender-{LACKING}"].code == 1
    assert checks._summary(outcomes) == 1
    printed = capfd.readouterr().out
    assert f"error: Blender {LACKING} needs Python 3.13" in printed
    assert "left out" not in printed
    # pytest's own account of either is there whole.
    assert "1 passed" in printed and "1 failed" in printed
    assert "AssertionError: assert 'this' == 'that'" in printed
    assert printed.splitlines()[-1] == "1 passed, 2 failed"


def test_the_python_of_the_checks_is_never_left_out():
    suites = checks._suites()
    assert not suites["tests"].may_lack
    needed = environment.BLENDERS[environment.DEMO_BLENDER]
    for version, python in environment.BLENDERS.items():
        assert suites[f"blender-{version}"].may_lack == (python != needed)


def test_each_has_a_users_folder_of_its_own(suites, capfd):
    """Presets and music that tests write are neither the user's nor each other's."""
    two = {"good": suites["good"], "other": suites["good"]}
    checks._test(two, 1, everything=False)
    lines = capfd.readouterr().out.splitlines()
    folders = {line for line in lines if line.endswith((os.sep + "good", os.sep + "other"))}
    assert len(folders) == 2
    assert not any(Path(folder).exists() for folder in folders)


@needs_other
def test_as_a_command(tmp_path):
    """In a checkout that has no environments yet, on a machine without that Python."""
    for name in ("run.py", "tools", "requirements"):
        (tmp_path / name).symlink_to(ROOT / name, target_is_directory=name != "run.py")
    bare = {"PATH": str(tmp_path), "HOME": str(tmp_path), "PYENV_ROOT": str(tmp_path)}
    script = (
        "import pathlib, sys; sys.path.insert(0, sys.argv[1])\n"
        "from tools import environment; environment.ROOT = pathlib.Path(sys.argv[1])\n"
        "import run; sys.exit(run.main(sys.argv[2:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), "test", f"blender-{LACKING}"],
        env={**os.environ, **bare}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert f"error: Blender {LACKING} needs Python 3.13, and none was found" in done.stdout
    assert "0 passed, 1 failed" in done.stdout


def test_a_part_that_is_none():
    done = subprocess.run(
        [sys.executable, "run.py", "test", "blender-9.9"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "there is no part 'blender-9.9'" in done.stderr
    assert f"blender-{LACKING}" in done.stderr
