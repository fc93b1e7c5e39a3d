# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on registered once in this Blender, a fresh file for every test, songs and networks."""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

bpy = pytest.importorskip("bpy", reason="these tests run under the bpy wheel")

import twostep  # noqa: E402
from twostep.demo.rigs import rigify as rigs  # noqa: E402
from twostep.inference import client, weights  # noqa: E402
from twostep.inference.errors import TwostepError  # noqa: E402
from twostep.operators import session  # noqa: E402
from twostep.scene import versions  # noqa: E402

from .figures import smpl_armature  # noqa: E402
from .sounds import beat, write_wav  # noqa: E402

_registered: list[bool] = []
_done: list[bool] = []


def _unregister_once() -> None:
    if _registered and not _done:
        _done.append(True)
        twostep.unregister()


_ended: list[int] = []


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(exitstatus: int) -> None:
    """Remember how it went."""
    _ended.append(int(exitstatus))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Leave without Blender's static destructors, once everything of ours is closed.

    Where a scene with sound was evaluated, 4.5's destructors wait for ever for the thread that
    closes the sound device later.
    """
    if _ended:
        _unregister_once()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_ended[-1])


@pytest.fixture(scope="session", autouse=True)
def _addon():
    twostep.register()
    _registered.append(True)
    bpy.app.handlers.load_post.append(_renew_context)
    # A class that is still registered when the interpreter exits crashes 4.2 and hangs 4.5,
    # so this also has to happen when pytest is interrupted.
    atexit.register(_unregister_once)
    yield
    _unregister_once()


@pytest.fixture(autouse=True)
def context(_addon):
    bpy.ops.wm.read_homefile(use_empty=True)
    return bpy.context


@bpy.app.handlers.persistent
def _renew_context(_path: str) -> None:
    """Tests, and Blender's own importers, set things by way of the context."""
    versions.renew_context()


@pytest.fixture(scope="session")
def package(tmp_path_factory) -> Path:
    """A copy of what the worker needs, whose networks a test may spoil."""
    root = tmp_path_factory.mktemp("package") / "twostep"
    # Python writes its bytecode there while it is read here, for the tests that run beside these.
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(client.ROOT / "inference", root / "inference", ignore=ignored)
    for name in ("__init__.py", "blender_manifest.toml"):
        shutil.copy(client.ROOT / name, root)
    for kind in ("dance", "style"):
        if weights.folder(kind).is_dir():
            shutil.copytree(weights.folder(kind), root / "models" / "weights" / kind)
    _score_networks(root / "models" / "weights" / "score")
    return root


def _score_networks(folder: Path) -> None:
    """Tiny ones, or, where there is no onnx to make them with, those that ship."""
    if importlib.util.find_spec("onnx"):
        from ..inference.score import tiny_networks

        tiny_networks.build(folder)
    elif weights.folder("score").is_dir():
        shutil.copytree(weights.folder("score"), folder)


@pytest.fixture(scope="session")
def song(tmp_path_factory) -> Path:
    """Six seconds of a drum at 120 bpm."""
    return write_wav(tmp_path_factory.mktemp("songs") / "Drum.wav", beat(6.0))


@pytest.fixture
def own_worker(package, monkeypatch):
    """A worker of this test's own, started from the copied package; spoil the copy before use."""
    session.close()
    monkeypatch.setattr(client, "ROOT", package)
    yield
    session.close()


@pytest.fixture(scope="session")
def _warm(package):
    yield
    session.close()


@pytest.fixture
def worker(package, _warm, monkeypatch):
    """The session's warm worker, running from the copied package."""
    monkeypatch.setattr(client, "ROOT", package)


@pytest.fixture(scope="module")
def rigify(_addon):
    """Blender's own add-on, on while the tests of a file need it."""
    with ExitStack() as stack:
        try:
            stack.enter_context(rigs.enabled())
        except TwostepError as error:
            pytest.skip(str(error))
        yield
        bpy.ops.wm.read_homefile(use_empty=True)


@pytest.fixture
def figure(context):
    context.scene.render.fps = 30
    return smpl_armature("Dancer")


@pytest.fixture
def strip(context, song):
    """The song as a strip at frame 11, or, in a Blender without sound, as a file."""
    return add_song(context, song, 11)


def add_song(context, path, frame):
    try:
        return versions.new_sound_strip(context.scene, path.stem, path, 1, frame)
    except RuntimeError:
        context.scene.twostep.song_file = str(path)
        context.scene.frame_start = frame
        return None


@pytest.fixture
def other_song(tmp_path):
    return write_wav(tmp_path / "Waltz.wav", beat(6.0, bpm=100.0))


@pytest.fixture
def batch(context, figure, song, tmp_path):
    """A job: the figure, the drum, one style and one seed, as FBX."""
    made = context.scene.twostep.batch
    bpy.ops.twostep.batch_add_job()
    bpy.ops.twostep.batch_add_songs(directory=str(song.parent), files=[{"name": song.name}])
    made.jobs[0].styles = {"salsa"}
    made.folder = str(tmp_path / "files" / "new")
    return made
