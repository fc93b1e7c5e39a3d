# SPDX-License-Identifier: GPL-3.0-or-later
"""A Python of a version is found wherever it lies, and what only bears its name is passed over."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from twostep.tools import environment, pythons

OURS = sys.version_info[:2]
NAME = pythons.spelt(OURS)
#: The Python that runs these tests.
REAL = sys.executable
#: A Python that nobody has.
NONE = (3, 99)

scripts = pytest.mark.skipif(
    os.name == "nt", reason="Windows starts no scripts by their first line"
)


@pytest.fixture
def nowhere(tmp_path, monkeypatch) -> Path:
    """Nothing on the PATH, no pyenv, and this Python cannot be started by its name."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    pythons.find.cache_clear()
    yield tmp_path
    pythons.find.cache_clear()


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def real(path: Path) -> Path:
    """Ours, under another name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(Path(REAL).resolve())
    return path


def on_path(monkeypatch, *folders: Path) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, folders)))


def test_this_one():
    pythons.find.cache_clear()
    found = pythons.find(OURS)
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith(f"Python {NAME}.")
    assert found == Path(sys.executable)


def test_none(nowhere):
    assert pythons.find(OURS) is None
    assert pythons.find(NONE) is None


@scripts
def test_a_stand_in_that_fails_is_passed_over(nowhere, monkeypatch):
    script(nowhere / "shims" / f"python{NAME}", "echo 'command not found' >&2; exit 127")
    on_path(monkeypatch, nowhere / "shims")
    assert pythons.find(OURS) is None


@scripts
def test_behind_the_stand_in_lies_the_real_one(nowhere, monkeypatch):
    script(nowhere / "shims" / f"python{NAME}", "exit 127")
    there = real(nowhere / "bin" / f"python{NAME}")
    on_path(monkeypatch, nowhere / "shims", nowhere / "bin")
    assert pythons.find(OURS) == there


@scripts
def test_a_stand_in_that_leads_to_it_gives_the_real_one(nowhere, monkeypatch):
    """The environment is made with what runs, not with what may fail in another folder."""
    there = real(nowhere / "hidden" / "python")
    script(nowhere / "shims" / f"python{NAME}", f'exec "{there}" "$@"')
    on_path(monkeypatch, nowhere / "shims")
    assert pythons.find(OURS) == there


@scripts
def test_another_version_under_its_name_is_passed_over(nowhere, monkeypatch):
    script(nowhere / "bin" / f"python{pythons.spelt(NONE)}", f'exec "{REAL}" "$@"')
    on_path(monkeypatch, nowhere / "bin")
    assert pythons.find(NONE) is None


@scripts
def test_one_that_can_make_no_environments_is_passed_over(nowhere, monkeypatch):
    """As Debian's without python3-venv: everything but ensurepip is there."""
    broken = nowhere / "broken"
    (broken / "ensurepip").mkdir(parents=True)
    (broken / "ensurepip" / "__init__.py").write_text("raise ImportError('not installed')")
    # -I would keep PYTHONPATH out; what is said comes last, so a -c before it is ours.
    lines = f"import sys; sys.path.insert(0, {str(broken)!r}); sys.argv.pop(0); exec(sys.argv[-1])"
    script(nowhere / "bin" / f"python{NAME}", f'''exec "{REAL}" -c "{lines}" "$@"''')
    on_path(monkeypatch, nowhere / "bin")
    assert pythons.find(OURS) is None
    (broken / "ensurepip" / "__init__.py").write_text("")
    pythons.find.cache_clear()
    assert pythons.find(OURS) is not None


@pytest.mark.parametrize("named", [True, False], ids=["PYENV_ROOT", "home"])
def test_pyenv_has_it_and_the_newest_is_taken(nowhere, monkeypatch, named):
    root = nowhere / "elsewhere" if named else nowhere / "home" / ".pyenv"
    if named:
        monkeypatch.setenv("PYENV_ROOT", str(root))
    if os.name == "nt":
        pytest.skip("Windows lets nobody make symbolic links")
    real(root / "versions" / f"{NAME}.9" / "bin" / "python")
    newest = real(root / "versions" / f"{NAME}.10" / "bin" / "python")
    (root / "versions" / f"{NAME}.11").mkdir()
    assert pythons.find(OURS) == newest


@scripts
def test_uv_has_it(nowhere, monkeypatch):
    """uv is asked as its manual has it; a real one answered the same."""
    there = real(nowhere / "share" / "uv" / "python")
    asked = f'[ "$*" = "python find --no-project {NAME}" ] && echo "{there}"'
    script(nowhere / "bin" / "uv", asked)
    on_path(monkeypatch, nowhere / "bin")
    assert pythons.find(OURS) == there


@pytest.mark.parametrize("blender", ["4.5", "5.2"])
def test_what_lacks_is_told(nowhere, monkeypatch, blender):
    monkeypatch.setattr(environment, "ROOT", nowhere)
    wanted = pythons.spelt(environment.BLENDERS[blender])
    with pytest.raises(environment.NoPython) as raised:
        environment.environment(blender)
    assert f"Blender {blender} needs Python {wanted}" in str(raised.value)
    assert f"python{wanted}" in str(raised.value)


def test_every_blender_has_its_pins():
    named = {path.stem for path in environment.REQUIREMENTS.glob("blender-*.txt")}
    assert named == {f"blender-{version}" for version in environment.BLENDERS}
