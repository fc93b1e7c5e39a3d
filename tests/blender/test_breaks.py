# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever happens while something is made: one sentence, the scene as it was, the next one works.

What ends a worker, its memory, its disk, its device; what the user does meanwhile is in
`test_meanwhile`.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import bpy
import pytest

from twostep.operators import session, trouble
from twostep.operators.batch_plan import plan as batch_plan
from twostep.operators.batch_run import Batch
from twostep.operators.run import Run, plan
from twostep.operators.score_run import ScoreRun
from twostep.operators.score_run import plan as score_plan

from ..dancers import dancer
from .conftest import add_song
from .driving import finished, going, gone, limited, pid, started
from .figures import smpl_armature
from .snapshots import snapshot
from .sounds import beat, write_wav
from .test_bad_input import declined
from .test_keys import dance

POSIX = pytest.mark.skipif(sys.platform != "linux", reason="limits of processes as Linux has them")
#: A song of 79 MB as floats, and the room that is left for it, which is enough to tell of that.
LONG, ROOM = beat(900.0), 16 << 20


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    trouble.forget()


@pytest.fixture
def short(context, figure, tmp_path):
    """Two seconds of a drum: what has to work afterwards."""
    add_song(context, write_wav(tmp_path / "Short.wav", beat(2.0)), 1)
    return tmp_path


@pytest.fixture
def performer(context, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "Show.blend"))
    context.scene.render.fps = 30
    context.scene.twostep.score.genre = "house"
    ob = smpl_armature("Ann")
    dance(ob, dancer(120.0, seconds=3.0))
    context.scene.frame_set(1)
    return ob


def data(process: int) -> int:
    """Bytes that a process has for its data now."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[5]) * resource.getpagesize()


class TestWorker:
    def test_killed_during_a_batch(self, context, batch, worker, tmp_path):
        batch.jobs[0].seeds = "1, 2"
        before = snapshot()
        run = Batch(batch_plan(context))
        with started(run):
            os.kill(pid(), signal.SIGKILL)
            going(run)
        assert [row.state for row in batch.results] == ["FAILED", "DONE"]
        assert "stopped unexpectedly (exit code -9: killed" in batch.results[0].text
        assert '"seed": 1' in session.state.report and not session.state.running
        batch.results.clear()
        assert snapshot() == before
        assert bpy.ops.twostep.batch() == {"FINISHED"}
        assert [row.state for row in batch.results] == ["DONE", "SKIPPED"]

    def test_at_a_loss_during_a_batch(self, context, batch, package, own_worker, tmp_path):
        """It lives on, but nobody knows in what state: the next dance gets a fresh one."""
        batch.jobs[0].seeds = "1, 2"
        code, once = package / "inference" / "footlock.py", tmp_path / "once"
        whole = code.read_text()
        code.write_text(
            f"{whole}\n\n_locked = locked\n\n\ndef locked(*values, **names):\n"
            f"    from pathlib import Path\n    if not Path({str(once)!r}).exists():\n"
            f"        Path({str(once)!r}).touch()\n        raise KeyError('left shoe')\n"
            "    return _locked(*values, **names)\n"
        )
        process = pid()
        try:
            assert bpy.ops.twostep.batch() == {"FINISHED"}
        finally:
            code.write_text(whole)
        assert [row.state for row in batch.results] == ["FAILED", "DONE"]
        assert "did not foresee (KeyError: 'left shoe')" in batch.results[0].text
        assert "In the worker\nTraceback" in session.state.report
        assert '"seed": 1' in session.state.report
        assert gone(process) and session.worker().alive
        assert bpy.ops.twostep.batch_retry() == {"FINISHED"}
        assert [row.state for row in batch.results] == ["DONE", "DONE"]

    @POSIX
    def test_taken_down_by_a_library(self, context, short, worker):
        """The last words say where it was."""
        with declined("stopped unexpectedly .exit code -11: Fatal Python error: Segm"):
            run = Run(plan(context))
            with started(run):
                os.kill(pid(), signal.SIGSEGV)
                going(run)
        assert bpy.ops.twostep.dance() == {"FINISHED"}

    @POSIX
    def test_out_of_memory(self, context, short, worker, tmp_path):
        """It gets hardly more than it has: enough for small things, not for a song."""
        assert bpy.ops.twostep.dance() == {"FINISHED"}
        settings, process = context.scene.twostep, pid()
        shorter = settings.song, settings.song_file
        settings.song = getattr(
            add_song(context, write_wav(tmp_path / "L.wav", LONG), 99), "name", ""
        )
        with limited(process, resource.RLIMIT_DATA, data(process) + ROOM):
            with declined("not enough memory for this; choose a shorter part"):
                bpy.ops.twostep.dance()
        assert "MemoryError" in session.state.report and gone(process)
        settings.song, settings.song_file = shorter
        assert bpy.ops.twostep.dance() == {"FINISHED"}


class TestDisk:
    @POSIX
    def test_full_for_the_dance(self, context, short, worker):
        """The file that the dance comes back in."""
        process = pid()
        with limited(process, resource.RLIMIT_FSIZE, 512):
            with declined(r"dance\.npz would be larger than a file may be here"):
                bpy.ops.twostep.dance()
        assert not session.state.trouble
        assert bpy.ops.twostep.dance() == {"FINISHED"}

    @POSIX
    def test_full_for_the_present_pose(self, context, short, worker):
        context.scene.twostep.use_present_pose = True
        with limited(os.getpid(), resource.RLIMIT_FSIZE, 16):
            with declined(r"pose\.npz would be larger"):
                bpy.ops.twostep.dance()
        assert bpy.ops.twostep.dance() == {"FINISHED"}

    @POSIX
    def test_full_for_what_was_read(self, context, performer, worker):
        with limited(os.getpid(), resource.RLIMIT_FSIZE, 16):
            with declined(r"motion\.npz would be larger"):
                bpy.ops.twostep.score()
        assert bpy.ops.twostep.score() == {"FINISHED"}

    @pytest.fixture
    def small(self, tmp_path):
        """A disk of 64 kB."""
        place = tmp_path / "disk"
        place.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
        try:
            subprocess.run(mount, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("only who may mount disks can make a small one")
        yield place
        subprocess.run(["umount", str(place)], check=True)

    def test_small_for_files(self, context, batch, worker, small):
        batch.folder, batch.formats = str(small / "files"), {"fbx", "bvh"}
        before = snapshot()
        assert bpy.ops.twostep.batch() == {"FINISHED"}
        ((state, text),) = [(row.state, row.text) for row in batch.results]
        assert state == "FAILED" and "The disk is full" in text and not session.state.trouble
        batch.results.clear()
        assert snapshot() == before
        assert not [path for path in (small / "files").iterdir() if path.name != ".twostep"]
        assert not list((small / "files").rglob("*.part"))

    def test_small_for_music(self, context, performer, worker, small, monkeypatch):
        # As if the file lay there, which fits as little as the music.
        monkeypatch.setattr("twostep.scene.takes.folder", lambda _: small)
        with declined("The disk is full"):
            bpy.ops.twostep.score()
        assert not list(small.glob("*.wav")) and not list(small.glob(".*"))

    @pytest.mark.parametrize("what", ["fbx", "jobs", "report", "folder", "preset", "music"])
    def test_closed(self, context, figure, batch, tmp_path, monkeypatch, what):
        """Where nobody may write, not even root."""
        closed = Path("/sys/kernel")
        if not closed.is_dir():
            pytest.skip("there is no such place here")
        said = "may not be written|cannot be made"
        dance(figure, dancer(120.0, seconds=3.0))
        context.scene.frame_set(1)
        match what:
            case "fbx":
                with declined(said):
                    bpy.ops.twostep.export_fbx(filepath=str(closed / "a.fbx"))
            case "jobs":
                bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "Show.blend"))
                with declined(said):
                    bpy.ops.twostep.batch_save(filepath=str(closed / "a.toml"))
            case "report":
                trouble.note(KeyError("spine"), "twostep.dance", {})
                with declined(said):
                    bpy.ops.twostep.save_report(filepath=str(closed / "a.txt"))
                trouble.forget()
            case "folder":
                batch.folder = str(closed / "dances")
                with declined(said):
                    bpy.ops.twostep.batch()
            case "preset" | "music":
                monkeypatch.setattr(
                    bpy.utils, "user_resource", lambda *_, path, create: str(closed / path)
                )
                with declined("The folder /sys/kernel/.* cannot be made"):
                    if what == "music":
                        bpy.ops.twostep.score()
                    else:
                        bpy.ops.twostep.save_preset(name="Mine")
        assert not session.state.trouble


#: In the place of ONNX Runtime's sessions: some that run on a GPU until that is gone.
LOST = """

import onnxruntime as _runtime
_real = _runtime.InferenceSession


class _Session(_real):
    ran = 0

    def __init__(self, path, sess_options=None, providers=None):
        self._lost = [name for name, _ in providers][0] == PROVIDERS["cuda"]
        super().__init__(path, sess_options, providers=["CPUExecutionProvider"])

    def get_providers(self):
        return [PROVIDERS["cuda"]] * self._lost + [PROVIDERS["cpu"]]

    def run(self, *values):
        _Session.ran += 1
        if self._lost and _Session.ran > 1:
            raise _runtime.capi.onnxruntime_pybind11_state.RuntimeException(
                "CUDA failure 719: unspecified launch failure ; GPU=0\\nand more")
        return super().run(*values)


_runtime.InferenceSession = _Session
_runtime.get_available_providers = lambda: [PROVIDERS["cuda"], PROVIDERS["cpu"]]
"""


@pytest.mark.usefixtures("own_worker")
def test_a_gpu_that_vanishes(context, short, package):
    """The dance goes on on the processor, and says so; and so does the next one."""
    code = package / "inference" / "providers.py"
    whole = code.read_text()
    code.write_text(whole + LOST)
    try:
        assert bpy.ops.twostep.dance() == {"FINISHED"}
    finally:
        code.write_text(whole)
    now = context.window_manager
    assert now.twostep_provider == "CPU"
    assert now.twostep_provider_note == (
        "CUDA stopped working (CUDA failure 719: unspecified launch failure); running on CPU "
        "until Twostep is started again."
    )
    session.state.provider_note = ""
    assert bpy.ops.twostep.dance() == {"FINISHED"}
    assert "CUDA stopped working" in now.twostep_provider_note and not session.state.trouble
    session.state.provider_note = ""


class TestNetworks:
    @pytest.mark.parametrize("name", ["flow", "score.json"])
    @pytest.mark.usefixtures("own_worker")
    def test_of_the_score_are_damaged(self, context, performer, package, name):
        folder = package / "models" / "weights" / "score"
        path = folder / (name if "." in name else f"{name}.onnx")
        whole = path.read_bytes()
        path.write_bytes(b"damaged" + whole[7:])
        try:
            with declined("is damaged"):
                bpy.ops.twostep.score()
        finally:
            path.write_bytes(whole)
        assert not session.state.trouble
        assert bpy.ops.twostep.score() == {"FINISHED"}

    @pytest.mark.usefixtures("own_worker")
    def test_of_the_dance_are_damaged_in_a_batch(self, context, batch, package):
        path = package / "models" / "weights" / "dance" / "decoder.onnx"
        whole = path.read_bytes()
        path.write_bytes(whole[:-7] + b"damaged")
        try:
            bpy.ops.twostep.batch()
        finally:
            path.write_bytes(whole)
        ((state, text),) = [(row.state, row.text) for row in batch.results]
        assert state == "FAILED" and "decoder.onnx is damaged" in text
        bpy.ops.twostep.batch_retry()
        assert batch.results[0].state == "DONE"


#: Blender with a dance on its way, whose worker it names.
ALONE = """
import os, signal, sys, time
from pathlib import Path
import bpy
import twostep
from twostep.operators import session
from twostep.operators.run import Run, plan
twostep.register()
bpy.ops.wm.read_homefile(use_empty=True)
song, end = sys.argv[1:]
bpy.ops.twostep.add_dancer()
bpy.context.scene.twostep.song_file = song
run = Run(plan(bpy.context))
run.start()
while session.state.fraction == 0:
    run.step()
    time.sleep(0.005)
print("worker", session.worker()._process.pid, flush=True)
if end == "quit":
    twostep.unregister()
    print("left", *Path(bpy.app.tempdir).glob("twostep-*"), flush=True)
    os._exit(0)
os.kill(os.getpid(), signal.SIGTERM if end == "term" else signal.SIGKILL)
time.sleep(60)
"""


@POSIX
@pytest.mark.parametrize("end", ["quit", "term", "kill"])
def test_blender_ends(song, end):
    """Quit, or gone without a word: its worker goes, too, and leaves no zombie."""
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(song), end],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    said = done.stdout.split()
    assert "worker" in said, done.stdout + done.stderr
    assert gone(int(said[said.index("worker") + 1]))
    if end == "quit":
        assert done.returncode == 0 and said[-1] == "left"


def test_two_at_once_wait_for_each_other(context, performer, worker, song):
    """Whatever is made, only one thing is."""
    add_song(context, song, 1)
    run = ScoreRun(*score_plan(context))
    with started(run):
        for other in ("dance", "score", "score_variation", "read_rhythm", "batch", "batch_retry"):
            assert not getattr(bpy.ops.twostep, other).poll()
            with pytest.raises(RuntimeError, match="Music is being made; wait for it"):
                getattr(bpy.ops.twostep, other)()
        assert "Show_Ann_house" in finished(run)
