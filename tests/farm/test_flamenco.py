# SPDX-License-Identifier: GPL-3.0-or-later
"""The Flamenco job type, compiled under Node."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from ..inference.conftest import song

JOB_TYPE = Path(__file__).resolve().parents[2] / "farm" / "flamenco" / "twostep_batch.js"
HOST = Path(__file__).with_name("flamenco_host.js")
GIVEN = {"job_file": "/farm/JOBS.toml", "units": "1-5", "chunk_size": 2}


def run_host(**settings) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Flamenco runs JavaScript, and there is no node here to do so")
    return subprocess.run(
        [node, str(HOST), str(JOB_TYPE)],
        input=json.dumps(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@cache
def described() -> dict:
    """The job type with the settings that it is shown with."""
    return json.loads(run_host(**GIVEN, command="python -m twostep").stdout)["job_type"]


def compiled(**settings) -> list[dict]:
    """The tasks of a job of whose settings these are given and the others left as they are."""
    defaults = {s["key"]: s["default"] for s in described()["settings"] if "default" in s}
    done = run_host(**{**defaults, **GIVEN, **settings})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["tasks"]


def command(task: dict) -> list[str]:
    (only,) = task["commands"]
    assert only["name"] == "exec"
    assert set(only["parameters"]) == {"exe", "args"}
    return [only["parameters"]["exe"], *only["parameters"]["args"]]


def test_settings_are_such_as_flamenco_knows():
    for setting in described()["settings"]:
        assert setting.keys() <= {
            "key", "type", "subtype", "required", "default", "description", "choices", "propargs",
            "visible",
        }  # fmt: skip
        assert setting["type"] in {"string", "int32", "float", "bool"}
        assert setting.get("subtype", "file_path") in {"file_path", "dir_path"}
        assert setting.get("visible", "visible") in {"visible", "submission", "web", "hidden"}
        assert setting["description"]
        if "choices" in setting:
            assert setting["type"] == "string"
            assert setting["default"] in setting["choices"]


def test_every_chunk_is_sampled_and_then_exported():
    tasks = compiled()
    names = [task["name"] for task in tasks]
    assert names == [
        "sample-1,2", "sample-3,4", "sample-5", "apply-1,2", "apply-3,4", "apply-5", "results",
    ]  # fmt: skip
    assert [task["dependencies"] for task in tasks] == [[], [], [], [0], [1], [2], [3, 4, 5]]
    assert [task["type"] for task in tasks] == 3 * ["misc"] + 4 * ["blender"]


def test_the_commands():
    sample, *_, apply, results = (command(task) for task in compiled(target="/farm/out"))
    batch = ["python", "-m", "twostep", "batch", "/farm/JOBS.toml"]
    there = ["--target", "/farm/out", "--blender", "{blender}"]
    assert sample == [*batch, "--stage", "sample", "--units", "1,2", *there, "--exit-zero"]
    assert apply == [*batch, "--stage", "apply", "--units", "5", *there, "--exit-zero"]
    assert results == [*batch, "--stage", "all", "--units", "1-5", *there]


def test_only_units_that_were_asked_for():
    tasks = compiled(units="3, 17, 200..203")
    assert [task["name"] for task in tasks][:3] == [
        "sample-3,17",
        "sample-200,201",
        "sample-202,203",
    ]
    assert "3,17,200-203" in command(tasks[-1])


def test_what_is_empty_is_left_to_the_job_file():
    for task in compiled(target="", blender=""):
        assert not {"--target", "--blender", "--preset"} & set(command(task))
    for task in compiled(preset="unreal"):
        words = command(task)
        assert words[words.index("--preset") + 1] == "unreal"


def test_blender_may_start_twostep():
    for task in compiled(command="{blender}  --command twostep"):
        assert command(task)[:4] == ["{blender}", "--command", "twostep", "batch"]


def test_twostep_takes_the_commands(tmp_path):
    for name in ("a", "b", "c"):
        song(tmp_path / f"{name}.wav", seconds=1)
    jobs = '[[jobs]]\nsongs = "*.wav"\nformats = "npz"\nseeds = [1, 2]\n'
    (tmp_path / "JOBS.toml").write_text(f'target = "out"\n{jobs}', encoding="utf-8")
    tasks = compiled(
        job_file=str(tmp_path / "JOBS.toml"),
        target=str(tmp_path / "dances"),
        units="1, 3-5",
        chunk_size=3,
        preset="unity",
        command=f"{sys.executable} -m twostep",
    )
    told = {}
    for task in tasks:
        words = [*command(task), "--dry-run"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        told[task["name"]] = done.stdout
    unit = re.compile(r"dances[/\\](\w)_\w+?_(\d)")
    made = {name: unit.findall(lines) for name, lines in told.items()}
    assert made["sample-1,3,4"] == made["apply-1,3,4"] == [("a", "1"), ("b", "1"), ("b", "2")]
    assert made["sample-5"] == made["apply-5"] == [("c", "1")]
    assert made["results"] == [*made["apply-1,3,4"], *made["apply-5"]]


@pytest.mark.parametrize(
    ("settings", "told"),
    [({"command": " "}, "python -m twostep"), ({"units": "all"}, "invalid range")],
)
def test_what_cannot_be_compiled_is_declined(settings, told):
    done = run_host(**{**GIVEN, "command": "python -m twostep", **settings})
    assert done.returncode == 1
    assert told in done.stderr
