# SPDX-License-Identifier: GPL-3.0-or-later
"""Forty units, four of them broken; killed in the middle, and started again."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from twostep.inference.motion import Motion

from .batches import FAILED, LIMIT, batch, blender, posix, right, started

FORTY = """
target = "out"
pattern = "{{song}}_{{style}}_{{seed}}"
[defaults]
length = 2
meshes = false
[[jobs]]                                       # 24 that need no Blender
songs = ["{songs}/slow.wav", "{songs}/fast.wav"]
styles = ["house", "pop"]
seeds = "1-6"
formats = ["npz"]
[[jobs]]                                       # 10 of the same dances on Twostep's dancer
songs = ["{songs}/slow.wav", "{songs}/fast.wav"]
style = "house"
seeds = "1-5"
formats = ["bvh"]
pattern = "{{song}}_{{seed}}_dancer"
[[jobs]]                                       # 2 in another format
song = "{songs}/fast.wav"
styles = ["house", "pop"]
formats = ["fbx", "npz"]
pattern = "{{song}}_{{style}}_fbx"
[[jobs]]                                       # 4 that cannot be
songs = ["{songs}/gone.wav", "{songs}/noise.wav"]
pattern = "{{song}}"
[[jobs]]
song = "{songs}/fast.wav"
seed = 1
rigs = ["damaged.blend"]
pattern = "damaged"
[[jobs]]
kind = "export"
rig = "empty.blend"
pattern = "empty"
"""
GOOD, BROKEN = 36, {"gone", "noise", "damaged", "empty"}

EMPTY_FILE = """
import sys, bpy
bpy.ops.wm.read_homefile(use_empty=True)
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[1], check_existing=False)
"""


def sums(folder: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, and what is in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def rigs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("rigs")
    (folder / "damaged.blend").write_bytes(b"BLENDER-v405" + bytes(1000))
    empty = [sys.executable, "-c", EMPTY_FILE, str(folder / "empty.blend")]
    subprocess.run(empty, check=True, timeout=LIMIT, stdout=subprocess.DEVNULL)
    return folder


def forty(folder: Path, songs: Path, rigs: Path) -> Path:
    """The job file of the forty, in a folder of its own."""
    folder.mkdir()
    for path in rigs.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    jobs = folder / "JOBS.toml"
    jobs.write_text(FORTY.format(songs=songs.as_posix()), encoding="utf-8")
    return jobs


@blender
@posix
def test_forty_units_four_broken_killed_and_started_again(songs, rigs, tmp_path):
    whole = forty(tmp_path / "whole", songs, rigs)
    summary_path = tmp_path / "summary.json"
    code, said, complained = batch(whole, "--processes", 2, "--json", summary_path)
    assert code == FAILED, complained
    out = whole.parent / "out"
    told = json.loads(summary_path.read_text("utf-8"))
    assert told["counts"] == {"done": GOOD, "skipped": 0, "failed": 4, "cancelled": 0}, said
    failures = {unit["name"]: unit["message"] for unit in told["units"] if unit["message"]}
    assert set(failures) == BROKEN
    for name, message in failures.items():
        assert message.endswith(".") and "\n" not in message and "did not foresee" not in message
        assert message in said and not list(out.glob(f"{name}.*"))
    assert "gone.wav" in failures["gone"] and "damaged.blend" in failures["damaged"]
    assert "40 units: 36 done, 4 failed." in said
    assert right(out) == GOOD
    # Ten dance on a rig what ten others dance without; the one for the damaged rig is sampled too.
    assert len(list((out / ".twostep").glob("*.npz"))) == GOOD - 10 + 1
    for path in out.glob("*.npz"):
        assert len(Motion.load(path)) == 60

    # Once more: nothing is written, and nothing is started.
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    code, said, _ = batch(whole, "--blender", sys.executable)
    assert code == FAILED and "36 skipped, 4 failed." in said
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before

    # Killed twice, with everything that belongs to it, and with another number of processes.
    cut = forty(tmp_path / "cut", songs, rigs)
    target = cut.parent / "out"
    for enough in (5, 28):
        process = started(cut, "--processes", 1)
        until = time.monotonic() + LIMIT
        while len(list(target.glob("*.twostep.json"))) < enough:
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert len(list(target.glob("*.twostep.json"))) < GOOD
    code, said, _ = batch(cut)
    assert code == FAILED and "4 failed." in said
    assert right(target) == GOOD
    made, again = sums(out), sums(target)
    assert set(made) == set(again)  # and so nothing is left of what was half-done
    same = (".npz", ".bvh", ".fbx")
    assert [name for name in made if name.endswith(same) and made[name] != again[name]] == []
