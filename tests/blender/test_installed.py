# SPDX-License-Identifier: GPL-3.0-or-later
"""The built zip, installed as a user would: a fresh Blender dances with nothing but what it holds.

Each step is a process of its own, as with a person who installs and comes back the next day.
"""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from .installing import INSTALL, bare, command

DANCE = """
import json, subprocess, sys
import bpy
import addon_utils  # is there once bpy is
song, report = sys.argv[1:]
name = "bl_ext.user_default.twostep"
addon_utils.enable(name, default_set=True)
try:
    bpy.ops.wm.read_homefile(use_empty=True)
    scene = bpy.context.scene
    bpy.ops.twostep.add_dancer()
    dancer = bpy.context.object
    scene.twostep.song_file = song
    scene.twostep.seed = 3
    bpy.ops.twostep.dance()
    import av, onnxruntime, scipy
    session = sys.modules[name + ".operators.session"]
    weights = sys.modules[name + ".inference.weights"]
    if (weights.folder("score") / "flow.onnx").is_file():
        scene.twostep.score.genre = "house"
        bpy.ops.twostep.score()
    asked = (
        "import av, onnxruntime, scipy;"
        "print(av.__file__, onnxruntime.__file__, scipy.__file__)")
    worker = subprocess.run(
        [sys.executable, "-P", "-c", asked], env=session.worker()._environment,
        capture_output=True, text=True, check=True)
    facts = {
        "action": dancer.animation_data.action.name,
        "length": list(dancer.animation_data.action.frame_range),
        "package": sys.modules[name].__file__,
        "music": [str(path) for path in session.user_folder("music").iterdir()],
        "blender_imports": [av.__file__, onnxruntime.__file__, scipy.__file__],
        "worker_imports": worker.stdout.split(),
    }
    with open(report, "w") as file:
        json.dump(facts, file)
finally:
    addon_utils.disable(name)
"""


@pytest.fixture(scope="module")
def variables(tmp_path_factory, extension_zip) -> dict[str, str]:
    """A user's folder that has never seen Blender, and networks if the zip has none yet."""
    resources = tmp_path_factory.mktemp("user")
    found = {**os.environ, "BLENDER_USER_RESOURCES": str(resources)}
    found["PYTHONPATH"] = str(bare(tmp_path_factory.mktemp("blender")))
    found.pop("TWOSTEP_WEIGHTS", None)
    with zipfile.ZipFile(extension_zip) as packed:
        trained = "models/weights/dance/dance.json" in packed.namelist()
    if not trained:
        pytest.importorskip("onnx", reason="no trained networks, and no onnx to make others")
        from twostep.tests.inference import tiny_networks

        tiny_networks.build(tmp_path_factory.mktemp("networks"))
        found["TWOSTEP_WEIGHTS"] = str(max(resources.parent.glob("networks*")))
    return found


def blender(script: str, arguments: list[Path], variables: dict[str, str]) -> str:
    done = subprocess.run(
        command(script, *arguments),
        env=variables,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def facts(variables, extension_zip, song, tmp_path_factory) -> dict:
    assert "FINISHED" in blender(INSTALL, [extension_zip], variables)
    report = tmp_path_factory.mktemp("report") / "facts.json"
    blender(DANCE, [song, report], variables)
    return json.loads(report.read_text())


def test_the_installed_extension_dances(facts, variables):
    assert facts["action"].startswith("Drum - ")
    first, last = facts["length"]
    # Six seconds at the 24 frames a second of Blender's own default.
    assert last - first == pytest.approx(6 * 24, abs=3)
    assert Path(facts["package"]).is_relative_to(variables["BLENDER_USER_RESOURCES"])


def test_the_installed_extension_scores(facts, variables):
    """The file was never saved, so its music is in the user's folder."""
    (path,) = map(Path, facts["music"])
    assert path.name == "untitled_Dancer_house_s1_001.wav" and path.stat().st_size > 5 * 88_200
    assert path.is_relative_to(variables["BLENDER_USER_RESOURCES"])


@pytest.mark.parametrize("whose", ["blender_imports", "worker_imports"])
def test_it_runs_on_the_wheels_that_it_brought(facts, variables, whose):
    assert len(facts[whose]) == 3
    for path in facts[whose]:
        assert Path(path).is_relative_to(variables["BLENDER_USER_RESOURCES"])


def test_nothing_is_written_where_it_is_installed(facts, extension_zip):
    """Caches and results belong into the user's folders; Python's own bytecode is Blender's."""
    folder = Path(facts["package"]).parent
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    with zipfile.ZipFile(extension_zip) as packed:
        came = {name for name in packed.namelist() if not name.endswith("/")}
    assert {name for name in there - came if "__pycache__" not in name} == set()
