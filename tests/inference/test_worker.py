# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker as a real process, and the client that Blender holds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from twostep.inference.client import Worker
from twostep.inference.errors import TwostepError
from twostep.inference.motion import Motion
from twostep.inference.weights import VARIABLE

from .conftest import song

LIMIT = 120.0


@pytest.fixture
def worker(weights, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(weights))
    made = Worker(cache_dir=tmp_path / "cache")
    yield made
    made.close()


def wait(worker: Worker, *ends: str, count: int = 1) -> list[dict]:
    """All messages until `count` of them have an event that is one of `ends`."""
    messages, limit = [], time.monotonic() + LIMIT
    while time.monotonic() < limit:
        messages += worker.poll()
        if sum(message["event"] in ends for message in messages) >= count:
            return messages
        time.sleep(0.01)
    raise AssertionError(f"the worker said only {messages}")


def job(identity: int, tune: Path, out: Path, **more) -> dict:
    return {"id": identity, "type": "dance", "song": str(tune), "out": str(out), **more}


OVER = ("result", "error", "cancelled")


def test_a_job_is_done_and_told(worker, tune, tmp_path):
    out = tmp_path / "a.npz"
    worker.submit(job(1, tune, out, length=3.0, style="house", seed=5))
    assert worker.busy
    messages = wait(worker, *OVER)
    assert messages[0] == {"event": "ready", "version": 1}
    told = messages[-1]
    assert (told["event"], told["id"], told["path"]) == ("result", 1, str(out))
    assert (told["provider"], told["style"], told["seconds"]) == ("CPU", "house", 3.0)
    assert told["bpm"] == pytest.approx(120, rel=0.05) and len(told["beats"]) >= 4
    shares = [m["fraction"] for m in messages if m["event"] == "progress"]
    assert shares == sorted(shares) and len(shares) > 3
    assert len(Motion.load(out)) == 90
    assert not worker.busy and worker.alive
    # The second job finds the sessions warm, and a mistake in between does no harm.
    worker.submit(job(2, tune, out, length=3.0, style="polka"))
    assert "“style” must be" in wait(worker, *OVER)[-1]["message"]
    worker.submit(job(3, tune, out, length=2.0))
    assert not wait(worker, *OVER)[-1]["loop"]
    # A loop has one frame more than it lasts.
    worker.submit(job(4, tune, out, length=5.0, loop=True))
    told = wait(worker, *OVER)[-1]
    assert told["event"] == "result" and told["loop"]
    assert told["seconds"] == pytest.approx(4.0, abs=0.04)
    assert len(Motion.load(out)) == round(30 * told["seconds"]) + 1


def test_cancel_ends_a_job_and_leaves_no_file(worker, tmp_path):
    long = song(tmp_path / "long.wav", seconds=120.0)
    out = tmp_path / "out" / "a.npz"
    out.parent.mkdir()
    worker.submit(job(1, long, out, candidates=16))
    worker.submit(job(2, long, out))
    wait(worker, "progress")
    worker.cancel()
    ends = [m for m in wait(worker, *OVER, count=2) if m["event"] in OVER]
    assert ends == [{"id": 1, "event": "cancelled"}, {"id": 2, "event": "cancelled"}]
    assert os.listdir(out.parent) == []
    assert worker.alive and not worker.busy


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_killed_worker_is_told_and_replaced(worker, tune, tmp_path):
    out = tmp_path / "a.npz"
    long = song(tmp_path / "long.wav", seconds=120.0)
    worker.submit(job(1, long, out, candidates=16))
    wait(worker, "progress")
    os.kill(worker._process.pid, signal.SIGKILL)
    told = wait(worker, *OVER)[-1]
    assert (told["event"], told["id"]) == ("error", 1)
    assert "stopped unexpectedly (exit code -9" in told["message"]
    assert "\n" not in told["message"] and "try again" in told["message"]
    assert not worker.alive and not worker.busy and not out.exists()
    worker.submit(job(2, tune, out, length=2.0))
    assert wait(worker, *OVER)[-1]["event"] == "result"


def test_a_worker_that_cannot_start_tells_its_last_words(weights, monkeypatch, tmp_path):
    """A broken installation must end the job with what Python said, not wait for ever."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "onnxruntime.py").write_text("raise ImportError('no such library')")
    (broken / "scipy.py").write_text("raise ImportError('DLL load failed')")
    worker = Worker(extra_path=[broken])
    worker.submit({"id": 1, "type": "dance", "song": "x"})
    told = wait(worker, *OVER)[-1]
    assert told["event"] == "error" and "DLL load failed" in told["message"]
    assert "Traceback" in told["report"]
    worker.close()


def test_an_interpreter_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(TwostepError, match="could not be started"):
        Worker(python=str(tmp_path / "python")).start()


def test_missing_networks_are_an_error_of_the_job(monkeypatch, tune, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    worker = Worker()
    worker.submit(job(1, tune, tmp_path / "a.npz"))
    told = wait(worker, *OVER)[-1]
    assert "networks are missing" in told["message"] and "Traceback" in told["report"]
    worker.close()
    assert not worker.alive


def converse(lines: list[str], weights: Path) -> list[dict]:
    """What a worker says to these lines; every line of its stdout must be JSON."""
    run = subprocess.run(
        [sys.executable, "-m", "twostep", "worker"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        env={**os.environ, VARIABLE: str(weights)},
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_nonsense_is_answered_and_survived(weights):
    lines = [
        "this is no JSON", "[1, 2]", "", '{"id": 1, "type": "sing"}',
        '{"id": [1], "type": "dance"}',
        '{"id": 2, "type": "cancel"}', '{"id": 3, "type": "dance"}',
        '{"id": 4, "type": "dance", "song": "a.wav"}',
        '{"id": 5, "type": "dance", "song": "nowhere.wav", "out": "a.npz", "colour": 1}',
    ]  # fmt: skip
    said = converse([*lines, ""], weights)
    assert all(message["event"] in ("ready", "error", "cancelled") for message in said)
    assert len([m for m in said if m["event"] == "error" and "id" not in m]) == 3
    about = {m["id"]: m for m in said if "id" in m}
    assert "no message of type 'sing'" in about[1]["message"]
    assert {3, 4, 5} <= set(about)


def test_the_end_of_stdin_ends_the_worker(weights, tune, tmp_path):
    """When Blender dies its pipes close; the worker must not dance on alone."""
    out = tmp_path / "a.npz"
    said = converse([json.dumps(job(1, tune, out))], weights)
    assert said[-1]["event"] == "cancelled" and not out.exists()


def test_the_package_loads_from_its_folder_alone(tmp_path, weights, tune):
    """As in Blender: under another name, on no path, and the worker still is `twostep`."""
    out = tmp_path / "a.npz"
    code = (
        "import importlib.util, json, sys, time\n"
        "root = sys.argv[1]\n"
        "spec = importlib.util.spec_from_file_location('bl_ext_x', root + '/__init__.py',"
        " submodule_search_locations=[root])\n"
        "sys.modules['bl_ext_x'] = m = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(m)\n"
        "from bl_ext_x.inference.client import Worker\n"
        "w = Worker(cache_dir=sys.argv[3])\n"
        "w.submit(json.loads(sys.argv[2]))\n"
        "while w.busy:\n"
        "    for m in w.poll(): print(json.dumps(m))\n"
        "    time.sleep(.01)\n"
        "w.close()\n"
    )
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run(
        [sys.executable, "-P", "-c", code, str(root), json.dumps(job(1, tune, out, length=2.0)),
         str(tmp_path / "cache")],
        cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT, check=False,
        env={**os.environ, VARIABLE: str(weights)},
    )  # fmt: skip
    assert json.loads(run.stdout.splitlines()[-1])["event"] == "result", run.stderr
    assert out.exists()


def test_the_worker_finds_wheels_and_caches_where_it_is_told(tmp_path):
    worker = Worker(extra_path=["/wheels/a", tmp_path], cache_dir=tmp_path)
    paths = worker._environment["PYTHONPATH"].split(os.pathsep)
    assert paths[:2] == ["/wheels/a", str(tmp_path)]
    assert Path(worker._environment["NUMBA_CACHE_DIR"]).parent == tmp_path
    assert not worker.alive and not worker.busy and worker.poll() == []
