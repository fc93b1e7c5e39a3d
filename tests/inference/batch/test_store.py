# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from twostep.inference.batch import stamp, store
from twostep.inference.batch.work import Work
from twostep.inference.errors import TwostepError


@pytest.fixture
def work(tmp_path):
    """A unit that is only exported."""
    rig = tmp_path / "rig.blend"
    rig.write_bytes(b"rig")
    return Work.from_fields(
        {"kind": "export", "name": "wave", "out": tmp_path / "out", "rig": rig,
         "formats": ["fbx", "glb"]}
    )  # fmt: skip


def deliver(work, **contents):
    with store.delivery(work) as parcel:
        for suffix, content in {"fbx": b"one", "glb": b"two", **contents}.items():
            (parcel.folder / f"{work.name}.{suffix}").write_bytes(content)
        parcel.warnings += ["Mind the gap.", "Mind the gap."]
        parcel.versions["blender"] = "4.5.0"
    return parcel.made


def listed(work):
    return sorted(os.listdir(work.out)) if work.out.exists() else []


def test_what_is_delivered_is_finished(work):
    assert store.finished(work) is None
    made = deliver(work)
    assert listed(work) == [".twostep", "wave.fbx", "wave.glb", "wave.twostep.json"]
    assert os.listdir(work.out / ".twostep") == []
    assert store.finished(work) == made
    assert made.stamp == stamp.stamp(work) and set(made.files) == {"wave.fbx", "wave.glb"}
    assert made.warnings == ("Mind the gap.",)
    assert made.versions == {"twostep": stamp.version(), "blender": "4.5.0"}
    assert Work.from_fields(made.work) == work


def test_another_unit_under_the_same_name_is_not_finished(work):
    deliver(work)
    assert store.finished(replace(work, fps=60)) is None
    assert store.finished(replace(work, name="other")) is None
    work.rig.write_bytes(b"another rig")
    assert store.finished(work) is None


@pytest.mark.parametrize("name", ["wave.fbx", "wave.glb", "wave.twostep.json"])
@pytest.mark.parametrize("damage", ["gone", "cut", "changed", "empty", "folder"])
def test_what_is_damaged_is_not_finished(work, name, damage):
    deliver(work, fbx=b"x" * 1000)
    path = work.out / name
    content = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "gone":
        path.write_bytes({"cut": content[:-1], "changed": b"\xff" + content[1:]}.get(damage, b""))
    if damage == "cut" and name.endswith(".json"):
        path.write_bytes(content[:-3])
    assert store.finished(work) is None
    if damage != "folder":
        deliver(work, fbx=b"x" * 1000)
        assert store.finished(work) is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.pop("files"), lambda told: told.update(files=[]),
        lambda told: told.update(files={}), lambda told: told.update(files={"wave.fbx": None}),
        lambda told: told.update(files={"gone.fbx": None}), lambda told: told.pop("warnings"),
        lambda told: told.update(hat=1), lambda told: told.update(warnings=3),
        lambda told: told.update(stamp=None),
    ],
)  # fmt: skip
def test_a_report_of_another_make_is_not_believed(work, change):
    deliver(work)
    path = store.report_path(work)
    told = json.loads(path.read_text(encoding="utf-8"))
    change(told)
    path.write_text(json.dumps(told), encoding="utf-8")
    assert store.finished(work) is None


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), TwostepError("No.")])
def test_a_failure_leaves_no_file(work, error):
    with pytest.raises(type(error)), store.delivery(work) as parcel:
        (parcel.folder / "wave.fbx").write_bytes(b"half")
        raise error
    assert listed(work) == [".twostep"] and os.listdir(work.out / ".twostep") == []


def test_a_failure_while_files_are_moved_leaves_none_of_them(work):
    (work.out / "wave.glb").mkdir(parents=True)
    (work.out / "wave.glb" / "in the way").write_bytes(b"")
    with pytest.raises(TwostepError):
        deliver(work)
    assert listed(work) == [".twostep", "wave.glb"]


def test_a_failure_leaves_what_was_there(work):
    made = deliver(work)
    with pytest.raises(ValueError), store.delivery(work):
        raise ValueError
    assert store.finished(work) == made


def test_nothing_is_no_delivery(work):
    with pytest.raises(TwostepError, match="Nothing was made"), store.delivery(work):
        pass
    assert listed(work) == [".twostep"]


def test_a_full_disk_is_one_sentence_and_leaves_nothing(work):
    with pytest.raises(TwostepError, match="The disk is full"), store.delivery(work) as parcel:
        (parcel.folder / "wave.fbx").write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert listed(work) == [".twostep"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_really_full_device_is_one_sentence(work):
    with pytest.raises(TwostepError, match="The disk is full"), store.delivery(work) as parcel:
        os.symlink("/dev/full", parcel.folder / "wave.fbx")
        (parcel.folder / "wave.fbx").write_bytes(b"x" * 100_000)
    assert listed(work) == [".twostep"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing stops root")
def test_a_folder_that_may_not_be_written_is_one_sentence(work):
    work.out.mkdir()
    work.out.chmod(0o500)
    try:
        with pytest.raises(TwostepError, match="choose another target"), store.delivery(work):
            pass
    finally:
        work.out.chmod(0o700)


def test_a_target_that_cannot_be_is_one_sentence(work):
    work.out.write_bytes(b"a file")
    with pytest.raises(TwostepError, match="cannot be made .*; choose another target"):
        deliver(work)
    with pytest.raises(TwostepError, match="choose another target"):
        deliver(replace(work, out=Path("/proc/nowhere") if os.name == "posix" else work.out))
    assert store.finished(work) is None


def test_others_may_read_what_was_delivered(work):
    deliver(work)
    plain = work.out / "plain"
    plain.write_bytes(b"")
    modes = {path.stat().st_mode for path in work.out.iterdir() if path.is_file()}
    assert modes == {plain.stat().st_mode}


def test_what_was_not_sampled_cannot_be_delivered(unit):
    work = unit()
    with pytest.raises(TwostepError, match="has not been sampled"), store.delivery(work):
        pass


def test_the_sample_goes_along_where_it_is_asked_for(sampled, tmp_path):
    work = replace(sampled, name="b", out=tmp_path, formats=("fbx", "npz"))
    shutil.copytree(sampled.out / ".twostep", tmp_path / ".twostep")
    with store.delivery(work) as parcel:
        (parcel.folder / "b.fbx").write_bytes(b"one")
        parcel.facts["frames"] = 60
    assert set(parcel.made.files) == {"b.fbx", "b.npz"}
    assert (tmp_path / "b.npz").read_bytes() == store.place(work).read_bytes()
    assert parcel.made.facts["frames"] == 60 and parcel.made.facts["seconds"] == 2.0


@pytest.mark.parametrize("damage", ["gone", "cut", "untold", "nonsense", "no object"])
def test_a_damaged_sample_is_none(sampled, tmp_path, damage):
    work = replace(sampled, out=tmp_path)
    shutil.copytree(sampled.out / ".twostep", tmp_path / ".twostep")
    assert store.sampled(work) is not None
    path = store.place(work)
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "untold":
        path.with_suffix(".json").unlink()
    else:
        path.with_suffix(".json").write_text("{}" if damage == "nonsense" else "3")
    assert store.sampled(work) is None


_KILLED = """
import json, os, pathlib, signal, sys
from twostep.inference.batch import store
from twostep.inference.batch.work import Work
left = int(sys.argv[2])
def counted(replace):
    def replaced(self, target):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return replace(self, target)
    return replaced
pathlib.Path.replace = counted(pathlib.Path.replace)
work = Work.from_fields(json.loads(sys.argv[1]))
with store.delivery(work) as parcel:
    for suffix in ("fbx", "glb"):
        (parcel.folder / f"wave.{suffix}").write_bytes(b"new" * 1000)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
@pytest.mark.parametrize("moment", [0, 1, 2])
def test_killed_at_any_moment_no_file_is_half_written(work, moment):
    """After so many of the three renames; an older result lies there under the same name."""
    deliver(work, fbx=b"old" * 1000, glb=b"old" * 1000)
    newer = replace(work, fps=60)
    command = [sys.executable, "-c", _KILLED, json.dumps(newer.to_fields()), str(moment)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    contents = [(work.out / name).read_bytes() for name in ("wave.fbx", "wave.glb")]
    assert contents == [b"new" * 1000] * moment + [b"old" * 1000] * (2 - moment)
    assert store.finished(work) is None and store.finished(newer) is None
    made = deliver(newer, fbx=b"new" * 1000, glb=b"new" * 1000)
    assert store.finished(newer) == made
