# SPDX-License-Identifier: GPL-3.0-or-later
"""`blender --command twostep batch`: inside this Blender, and by a real Blender's program."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import bpy
import pytest

from twostep.inference import cli, weights
from twostep.inference.batch.crew import VARIABLE
from twostep.inference.motion import Motion
from twostep.operators import command

from .figures import smpl_armature
from .snapshots import snapshot

pytestmark = pytest.mark.skipif(
    not (weights.SHIPPED / "dance.json").is_file(), reason="the networks are not here"
)


@pytest.fixture
def jobs(tmp_path, song) -> Path:
    path = tmp_path / "JOBS.toml"
    path.write_text(
        f'target = "out"\n[[jobs]]\nsong = "{song.as_posix()}"\nlength = 2\nseeds = [1, 2]\n'
        'formats = ["bvh", "npz"]\nmeshes = false\npattern = "n{seed}"\n'
    )
    return path


def made(jobs: Path) -> list[str]:
    return sorted(path.name for path in (jobs.parent / "out").iterdir() if path.is_file())


ALL = ["n1.bvh", "n1.npz", "n1.twostep.json", "n2.bvh", "n2.npz", "n2.twostep.json"]


def test_the_command_is_known_once_and_taken_back():
    assert len(command._handles) == 1
    command.unregister()
    assert command._handles == []
    command.register()
    assert len(command._handles) == 1


def test_a_batch_runs_and_leaves_this_blender_alone(jobs, capsys, context, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    smpl_armature("Mine")
    before = snapshot()
    assert command.run(["batch", str(jobs), "--processes", "1"]) == cli.DONE
    assert "2 units: 2 done." in capsys.readouterr().out
    assert snapshot() == before and bpy.data.filepath == ""
    assert made(jobs) == ALL
    assert len(Motion.load(jobs.parent / "out" / "n1.npz")) == 60
    assert command.run(["batch", str(jobs)]) == cli.DONE
    assert "2 units: 2 skipped." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--help"], 0), (["batch"], 2), (["sing"], 2), (["batch", "nowhere.toml"], 2)],
)
def test_it_has_exit_codes_and_never_leaves_blender_by_itself(arguments, code, capsys):
    assert command.run(arguments) == code
    said = capsys.readouterr()
    assert "usage" in said.out + said.err or "nowhere.toml" in said.err


@pytest.mark.slow
def test_a_real_blender_does_it(jobs, request, tmp_path):
    """Its program, and nothing but what the extension brings."""
    program = os.environ.get(VARIABLE) or shutil.which("blender")
    if not program:
        pytest.skip(f"no program of Blender here: set {VARIABLE}")
    extension = request.getfixturevalue("extension_zip")
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path / "user")}

    def blender(*arguments: str) -> str:
        done = subprocess.run(
            [program, "--command", *arguments], env=environment, cwd=tmp_path,
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    install = ("install-file", "--repo", "user_default", "--enable", str(extension))
    blender("extension", *install)
    assert "2 units: 2 done." in blender("twostep", "batch", str(jobs))
    assert made(jobs) == ALL
