# SPDX-License-Identifier: GPL-3.0-or-later
"""The job template, run by Open Job Description's own command line."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ..inference.conftest import song

TEMPLATE = Path(__file__).resolve().parents[2] / "farm" / "openjd" / "template.yaml"
RIGS = ("mixamo", "unreal5", "vrm")
SONGS = ("one", "two")
FORMATS = ("npz", "bvh", "fbx")
#: The farm's storage as the one who submits sees it; the machine that works has it elsewhere.
STORAGE = "/studio/dances"
JOBS = f"""
target = "out"
pattern = "{{song}}_{{seed}}_{{rig}}"

[defaults]
formats = {json.dumps(FORMATS)}
length = 3.0
candidates = 1

[[jobs]]
songs = "songs/*.wav"
rigs = {json.dumps([f"rigs/{name}.blend" for name in RIGS])}
styles = "hiphop"
seeds = 1
"""

pytest.importorskip("openjd.cli", reason="the template is run by openjd-cli")


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "openjd", *map(str, arguments)]


def openjd(*arguments: object, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=timeout,
    )


def parameters(folder: str | Path, **more: object) -> list[str]:
    values = {"JobFile": f"{folder}/JOBS.toml", "Target": f"{folder}/farmed", **more}
    return [word for name, value in values.items() for word in ("-p", f"{name}={value}")]


def ran(storage: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Both steps of a job that was submitted elsewhere, on this machine."""
    rule = {
        "source_path_format": "POSIX",
        "source_path": STORAGE,
        "destination_path": str(storage),
    }
    rules = json.dumps({"version": "pathmapping-1.0", "path_mapping_rules": [rule]})
    return openjd("run", TEMPLATE, "--path-mapping-rules", rules, *words, timeout=900)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A farm's storage: songs, rigs and a job file."""
    if importlib.util.find_spec("bpy") is None:
        pytest.skip("the second step exports, for which there is no Blender here")
    folder = tmp_path_factory.mktemp("storage")
    for name in ("songs", "rigs"):
        (folder / name).mkdir()
    for place, name in enumerate(SONGS):
        song(folder / "songs" / f"{name}.wav", bpm=110 + 10 * place)
    maker = Path(__file__).with_name("make_rigs.py")
    subprocess.run([sys.executable, maker, folder / "rigs", *RIGS], check=True, timeout=300)
    (folder / "JOBS.toml").write_text(JOBS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def done(storage: Path) -> str:
    """What was told while the whole job ran."""
    done = ran(
        storage,
        *parameters(STORAGE, Units="1-6", UnitsPerTask=2, Program=sys.executable),
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_template_is_one():
    checked = openjd("check", TEMPLATE)
    assert checked.returncode == 0, checked.stdout


def test_chunks_make_up_each_step():
    words = parameters("/x", Units="1-5,9", UnitsPerTask=2)
    told = openjd("summary", TEMPLATE, *words, "--output", "json")
    summary = json.loads(told.stdout)
    assert [step["name"] for step in summary["steps"]] == ["Sample", "ApplyAndExport"]
    assert summary["total_tasks"] == 2 * 6


@pytest.mark.parametrize(
    "wrong", [{"UnitsPerTask": 0}, {"Units": "all"}, {"Preset": "maya"}, {"StartedBy": "-c"}]
)
def test_parameters_that_cannot_be_are_declined(wrong):
    words = parameters("/x", **{"Units": "1-5", **wrong})
    assert openjd("summary", TEMPLATE, *words).returncode != 0


@pytest.mark.slow
def test_a_folder_of_songs_and_three_rigs_become_files(storage, done):
    made = contents(storage / "farmed")
    names = {f"{song}_1_{rig}" for song in SONGS for rig in RIGS}
    assert set(made) == {
        f"{name}.{suffix}" for name in names for suffix in (*FORMATS, "twostep.json")
    }
    assert all(made.values())
    for name in names:
        report = json.loads(made[f"{name}.twostep.json"])
        assert set(report["files"]) == {f"{name}.{suffix}" for suffix in FORMATS}
    assert not (storage / "out").exists()  # the job's own folder gave way to the farm's


@pytest.mark.slow
def test_steps_follow_one_another_in_chunks(done):
    told = re.findall(r"Running step '(\w+)'|Units\(CHUNK\[INT\]\) = (\S+)", done)
    assert [step or units for step, units in told] == [
        "Sample", "1-2", "3-4", "5-6", "ApplyAndExport", "1-2", "3-4", "5-6",
    ]  # fmt: skip


@pytest.mark.slow
def test_progress_is_told_as_farms_read_it(done):
    shares = [float(share) for share in re.findall(r"openjd_progress: (\S+)", done)]
    assert shares
    assert all(0 <= share <= 100 for share in shares)
    assert shares.count(100.0) >= 6  # every task comes to its end
    assert "openjd_status: " in done
    assert "openjd_fail" not in done


@pytest.mark.slow
def test_once_more_changes_nothing(storage, done):
    before = {path: path.stat().st_mtime_ns for path in (storage / "farmed").iterdir()}
    words = parameters(STORAGE, Units="1-6", UnitsPerTask=6, Program=sys.executable)
    again = ran(storage, *words)
    assert again.returncode == 0, again.stdout
    after = {path: path.stat().st_mtime_ns for path in (storage / "farmed").iterdir()}
    assert {path: at for path, at in after.items() if path.is_file()} == {
        path: at for path, at in before.items() if path.is_file()
    }


@pytest.fixture
def motions(tmp_path: Path) -> Path:
    """Songs, one of them broken, whose dances need no Blender as they are wanted as motions."""
    (tmp_path / "songs").mkdir()
    (tmp_path / "songs" / "noise.wav").write_bytes(b"This is no sound.")
    song(tmp_path / "songs" / "fine.wav", seconds=40)
    jobs = JOBS.replace(json.dumps(FORMATS), '"npz"').replace("_{rig}", "")
    jobs = re.sub(r"^rigs = .*$", "", jobs, flags=re.MULTILINE)
    (tmp_path / "JOBS.toml").write_text(jobs, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_a_broken_song_harms_no_other(motions):
    """Its chunk fails in the second step and tells why; what is beside it in the chunk is made."""
    words = parameters(STORAGE, Units="1-2", UnitsPerTask=2, Program=sys.executable)
    half = ran(motions, *words)
    assert half.returncode != 0
    assert "Running step 'ApplyAndExport'" in half.stdout
    assert re.search(r"openjd_fail: .*1 failed.*noise_1", half.stdout), half.stdout
    assert set(contents(motions / "farmed")) == {"fine_1.npz", "fine_1.twostep.json"}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows asks processes to end in another way")
def test_what_is_cancelled_ends_by_itself_and_goes_on_later(motions):
    jobs = (motions / "JOBS.toml").read_text(encoding="utf-8").replace("= 3.0", "= 40.0")
    (motions / "JOBS.toml").write_text(jobs, encoding="utf-8")
    words = parameters(motions, Units="1-1", Program=sys.executable)
    told = ""
    with subprocess.Popen(
        command("run", TEMPLATE, *words),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as farm:
        assert farm.stdout is not None
        for line in farm.stdout:
            told += line
            if "openjd_status" in line and "signal" not in told:
                farm.terminate()
    assert farm.returncode != 0
    assert "exited with code: 130" in told  # by itself, when asked
    assert contents(motions / "farmed") == {}
    again = openjd("run", TEMPLATE, *words, timeout=300)
    assert again.returncode == 0, again.stdout
    assert set(contents(motions / "farmed")) == {"fine_1.npz", "fine_1.twostep.json"}
