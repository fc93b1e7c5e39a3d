# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches run for real: the networks that ship, real Blenders, and accidents of all kinds."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from twostep.inference import weights
from twostep.inference.batch import crew, memory, store, summary, tidy
from twostep.inference.batch.command import chosen
from twostep.inference.batch.runner import Runner, run
from twostep.inference.batch.work import Work
from twostep.inference.errors import TwostepError
from twostep.inference.jobs import DanceJob
from twostep.inference.motion import Motion

from ..conftest import song

LIMIT = 300.0
DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130

pytestmark = pytest.mark.skipif(
    not (weights.SHIPPED / "dance.json").is_file(), reason="the networks are not here"
)
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
blender = pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="needs bpy")


@pytest.fixture(scope="module")
def songs(tmp_path_factory) -> Path:
    """A folder of two songs that can be danced to, and two that cannot."""
    folder = tmp_path_factory.mktemp("songs")
    song(folder / "slow.wav", bpm=90.0, seconds=4.0)
    song(folder / "fast.wav", bpm=120.0, seconds=4.0, pitch=330.0)
    (folder / "noise.wav").write_bytes(b"this is no sound" * 100)
    return folder


def dance(name: str, out: Path, path: Path, **more) -> Work:
    """A dance of two seconds, kept as it is sampled."""
    more = {"formats": ("npz",), **more}
    return Work("dance", name, out, dance=DanceJob(path, length=2.0, seed=len(name)), **more)


def started(*arguments, **more) -> subprocess.Popen:
    """`twostep batch` on its way, with children of its own that no other process has."""
    # Where the tests run in the background, Ctrl-C is ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-m", "twostep", "batch", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"}, start_new_session=True, **more,
    )  # fmt: skip


def batch(*arguments) -> tuple[int, str, str]:
    """The exit code of `twostep batch`, and what it says on stdout and stderr."""
    process = started(*arguments)
    try:
        said, complained = process.communicate(timeout=LIMIT)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, said, complained


def sums(folder: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, and what is in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# Forty units, four of them broken.

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


def right(out: Path) -> int:
    """How many units are finished and whole; whatever lies there besides is an error."""
    named, count = set(), 0
    for path in out.glob("*.twostep.json"):
        report = json.loads(path.read_text("utf-8"))
        for name, known in report["files"].items():
            assert hashlib.sha256((out / name).read_bytes()).hexdigest() == known
        named |= {path.name, *report["files"]}
        count += 1
    return count if {path.name for path in out.iterdir()} == {*named, ".twostep"} else -1


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
    same = (".npz", ".bvh")
    assert [name for name in made if name.endswith(same) and made[name] != again[name]] == []


# Accidents, one at a time.


def busy(runner: Runner) -> crew.Child | None:
    """The process that is at a task."""
    return next((child for child in runner._crew._children if child.task is not None), None)


def finish(runner: Runner, watch=lambda: None) -> list:
    until = time.monotonic() + LIMIT
    try:
        while runner.step(0.02):
            watch()
            assert time.monotonic() < until
    finally:
        runner.close()
    return list(runner.outcomes)


@posix
def test_a_process_that_dies_harms_its_unit_only_and_once_is_no_harm(songs, tmp_path):
    works = [dance(name, tmp_path, songs / "fast.wav") for name in ("a", "bb", "ccc")]
    killed: list[str] = []

    def tell(_share, sentence, outcome):
        name = sentence.partition(":")[0]
        deserved = killed.count("bb") < 2 if name == "bb" else name == "a" and "a" not in killed
        if outcome is None and deserved:
            killed.append(name)
            os.kill(busy(runner).worker._process.pid, signal.SIGKILL)

    runner = Runner(works, count=1, tell=tell)
    ended = finish(runner)
    assert killed == ["a", "bb", "bb"]
    assert [outcome.state for outcome in ended] == ["done", "failed", "done"]
    assert "stopped unexpectedly (exit code -9" in ended[1].message
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "a.npz", "a.twostep.json", "ccc.npz", "ccc.twostep.json"
    ]  # fmt: skip


@posix
def test_a_process_that_hangs_is_replaced(songs, tmp_path):
    stopped: list[int] = []

    def tell(_share, _sentence, outcome):
        if outcome is None and not stopped:
            stopped.append(busy(runner).worker._process.pid)
            os.kill(stopped[0], signal.SIGSTOP)
            runner._crew._tools = crew.Tools(patience=0.5)

    def watch():
        child = busy(runner)
        if stopped and child is not None and child.worker._process.pid != stopped[0]:
            runner._crew._tools = crew.Tools()  # the new one has all the time it needs

    runner = Runner([dance("a", tmp_path, songs / "fast.wav")], count=1, tell=tell)
    ended = finish(runner, watch)
    assert stopped and ended[0].state == "done"
    with pytest.raises(ProcessLookupError):
        os.kill(stopped[0], 0)


def test_a_process_that_grows_is_replaced(songs, tmp_path, monkeypatch):
    monkeypatch.setattr(crew, "GROWTH", -1)
    works = [dance(name, tmp_path, songs / "fast.wav") for name in ("a", "bb")]
    seen = set()

    def tell(_share, _sentence, outcome):
        if outcome is None:
            seen.add(busy(runner).worker._process.pid)

    runner = Runner(works, count=1, tell=tell)
    assert [outcome.state for outcome in finish(runner)] == ["done", "done"]
    assert len(seen) == 2


def test_without_blender_all_else_is_done(songs, tmp_path):
    path = songs / "fast.wav"
    works = [dance("a", tmp_path, path), dance("bb", tmp_path, path, formats=("fbx",))]
    ended = run(works, count=1, tools=crew.Tools("no/such/blender"))
    assert [outcome.state for outcome in ended] == ["done", "failed"]
    assert ended[1].message.startswith("There is no Blender no/such/blender")


def test_a_blender_that_does_not_start_fails_its_units_only(songs, tmp_path):
    """This Python is no Blender: it does not know the options."""
    path = songs / "fast.wav"
    named = ("bb", "ccc", "dddd")
    works = [dance(name, tmp_path, path, formats=("fbx",)) for name in named]
    ended = run([dance("a", tmp_path, path), *works], count=2, tools=crew.Tools(sys.executable))
    assert [outcome.state for outcome in ended] == ["done", "failed", "failed", "failed"]
    assert all("Blender stopped unexpectedly" in outcome.message for outcome in ended[1:])


def test_units_of_the_same_dance_wait_for_one_sampling(songs, tmp_path):
    work = dance("a", tmp_path, songs / "slow.wav")
    ended = run([replace(work, name=f"n{number}") for number in range(6)], count=2)
    assert {outcome.state for outcome in ended} == {"done"}
    assert len(list((tmp_path / ".twostep").glob("*.npz"))) == 1
    assert len({path.read_bytes() for path in tmp_path.glob("*.npz")}) == 1


def test_what_is_cancelled_leaves_nothing_and_goes_on_later(songs, tmp_path):
    works = [dance("a" * count, tmp_path, songs / "fast.wav") for count in (1, 2, 3)]
    told = []

    def tell(_share, _sentence, outcome):
        if outcome is not None:
            told.append(outcome.state)

    ended = run(works, count=1, tell=tell, cancelled=lambda: "done" in told)
    assert [outcome.state for outcome in ended] == ["done", "cancelled", "cancelled"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "a.npz", "a.twostep.json"
    ]  # fmt: skip
    assert [outcome.state for outcome in run(works, count=1)] == ["skipped", "done", "done"]


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_farm_stop_it_cleanly(songs, tmp_path, number):
    jobs = tmp_path / "JOBS.toml"
    jobs.write_text(
        f'target = "out"\n[[jobs]]\nsong = "{songs.as_posix()}/fast.wav"\n'
        'seeds = "1-300"\ncandidates = 16\nformats = ["npz"]\n'
    )
    process = started(jobs, "--processes", 2)
    said = ""
    while ": done" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    os.killpg(process.pid, number)
    rest, complained = process.communicate(timeout=LIMIT)
    assert process.returncode == INTERRUPTED, complained
    assert "cancelled" in rest and "Traceback" not in complained
    left = tmp_path / "out"
    assert right(left) > 0
    assert not [path for path in left.rglob("*") if ".part" in path.name]
    assert all(path.is_file() for path in (left / ".twostep").iterdir())


@blender
def test_the_stages_run_apart(songs, tmp_path):
    work = dance("a", tmp_path / "out", songs / "fast.wav", formats=("bvh",), meshes=False)
    (first,) = run([work], stage="sample")
    assert (first.state, first.files) == ("done", ())
    assert store.sampled(work) is not None and store.finished(work) is None
    assert [outcome.state for outcome in run([work], stage="sample")] == ["skipped"]
    (second,) = run([work], stage="apply")
    assert second.state == "done" and set(second.seconds) == {"apply"}
    assert [path.name for path in second.files] == ["a.bvh"]


# The command line.


def jobs_of(folder: Path, songs: Path, count: int) -> Path:
    path = folder / "JOBS.toml"
    path.write_text(
        f'target = "out"\n[[jobs]]\nsong = "{songs.as_posix()}/fast.wav"\nlength = 2\n'
        f'seeds = "1-{count}"\nformats = ["npz"]\npattern = "n{{seed}}"\n'
    )
    return path


@posix
def test_a_farm_is_told_and_runs_a_part(songs, tmp_path):
    jobs = jobs_of(tmp_path, songs, 5)
    code, said, _ = batch(jobs, "--dry-run")
    assert code == DONE and said.splitlines()[-1] == "5 units" and not (tmp_path / "out").exists()
    target = tmp_path / "elsewhere"
    part = ("--units", "2,4-5", "--target", target, "--progress", "openjd")
    code, said, _ = batch(jobs, *part)
    assert code == DONE and sorted(path.name for path in target.glob("*.npz")) == [
        "n2.npz", "n4.npz", "n5.npz"
    ]  # fmt: skip
    lines = said.splitlines()
    shares = [float(line.split()[1]) for line in lines if line.startswith("openjd_progress: ")]
    assert shares == sorted(shares) and shares[-1] == 100
    assert any(line.startswith("openjd_status: n4") for line in lines)
    (tmp_path / "gone.toml").write_text(jobs.read_text("utf-8").replace("fast.wav", "gone.wav"))
    code, said, _ = batch(tmp_path / "gone.toml", "--units", "1", "--progress", "openjd")
    assert code == FAILED and "openjd_fail: 1 unit: 1 failed. n1: failed: There is" in said
    code, said, _ = batch(tmp_path / "gone.toml", "--units", "1", "--exit-zero")
    assert code == DONE and "gone.wav" in said


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--units", "6"], "the units are 1 to 5"),
        (["--units", "a"], "--units must be like"),
        (["--chunk", "3/2"], "--chunk must be"),
        (["--preset", "maya"], "--preset must be one of generic, unity, unreal"),
        (["--processes", "0"], "must be 1 or more"),
    ],
)
def test_misuse_is_one_sentence(songs, tmp_path, capsys, more, sentence):
    from twostep.inference import cli

    try:
        code = cli.main(["batch", str(jobs_of(tmp_path, songs, 5)), *more])
    except SystemExit as ended:
        code = ended.code
    assert code == MISUSED and sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_job_file_that_is_wrong_is_misuse(tmp_path, capsys):
    from twostep.inference import cli

    path = tmp_path / "JOBS.toml"
    path.write_text('target = "out"\n[[jobs]]\nsong = "a.wav"\nseed = -1\n')
    assert cli.main(["batch", str(path)]) == MISUSED
    assert "JOBS.toml, line 4: jobs[1].seed" in capsys.readouterr().err


def test_chunks_are_all_units_once(tmp_path):
    works = [dance("a" * count, tmp_path, tmp_path / "x.wav") for count in range(1, 12)]
    parts = [chosen(works, chunk=f"{part}/4") for part in (1, 2, 3, 4)]
    assert [work for part in parts for work in part] == works
    assert {len(part) for part in parts} == {2, 3}
    assert chosen(works, "1,3-4,4") == (works[0], works[2], works[3])
    assert chosen(works, "3-6", "2/2") == (works[4], works[5])
    with pytest.raises(TwostepError, match="1 to 11"):
        chosen(works, "12")


def test_the_summary_tells_people_and_machines(songs, tmp_path):
    works = [dance("a", tmp_path, songs / "fast.wav"), dance("bb", tmp_path, tmp_path / "gone.wav")]
    ended = run(works, count=1)
    lines = summary.table(ended).splitlines()
    assert lines[0].split() == ["name", "result", "seconds", "why"]
    assert lines[1].split()[:2] == ["a", "done"] and "gone.wav" in lines[2]
    assert lines[-1] == "2 units: 1 done, 1 failed."
    summary.write(tmp_path / "s.json", ended, 1.5)
    told = json.loads((tmp_path / "s.json").read_text("utf-8"))
    assert (told["seconds"], told["counts"]["failed"]) == (1.5, 1)
    assert told["units"][0]["files"] == ["a.npz"] and told["units"][0]["seconds"]["sample"] > 0
    assert "gone.wav" in told["units"][1]["message"]


def test_what_killed_processes_left_is_swept(tmp_path):
    works = [dance("a", tmp_path, tmp_path / "x.wav")]
    cache = store.cache(works[0])
    left = [cache / "a.x7", cache / "other.x7", cache / "old.x7"]
    for folder in left:
        folder.mkdir()
        (folder / "a.fbx").write_bytes(b"half")
    temporary = tmp_path / ".a.twostep.json.x7.part"
    other = tmp_path / ".b.twostep.json.x7.part"
    kept = cache / "0123.npz"
    for path in (temporary, other, kept):
        path.write_bytes(b"half")
    for path in (left[2], kept):
        os.utime(path, (0, 0))
    tidy.sweep(works)
    assert [folder.exists() for folder in left] == [False, True, False]
    assert [path.exists() for path in (temporary, other, kept)] == [False, True, True]


def test_memory_is_told(monkeypatch):
    before = memory.resident()
    more = bytearray(os.urandom(1 << 20)) * 100
    grown = memory.resident()
    assert before is not None and grown - before > 50 << 20 and len(more) == 100 << 20
    assert memory.free() > 1 << 20
    monkeypatch.setattr(memory, "free", lambda: 1)
    assert crew.processes() == 1 and crew.processes(3) == 3
