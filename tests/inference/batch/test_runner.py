# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches run for real: the networks that ship, real Blenders, and accidents of all kinds."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import replace

import pytest

from twostep.inference.batch import crew, memory, store, summary, tidy
from twostep.inference.batch.runner import Runner, run

from .batches import LIMIT, blender, dance, posix


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
