# SPDX-License-Identifier: GPL-3.0-or-later
"""The built zip from its installation to its removal, with no network, watched from outside.

Nothing is asked of anybody, and nothing is written but where the user wants it and where Blender
keeps what is its own.
"""

from __future__ import annotations

import os
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from .installing import INSTALL, NAME, bare, command
from .watching import Seen, cutter, watch

USE = f"""
import sitecustomize  # it is not looked for with -S
import json, os, sys
import bpy, addon_utils
song, out = sys.argv[1:]
name = "{NAME}"
addon_utils.enable(name, default_set=True)
done = []
def did(outcome):
    assert outcome == {{"FINISHED"}}, done
    done.append(1)
try:
    bpy.ops.wm.read_homefile(use_empty=True)
    did(bpy.ops.twostep.quick_start())
    bpy.ops.wm.read_homefile(use_empty=True)
    scene = bpy.context.scene
    did(bpy.ops.twostep.add_dancer())
    did(bpy.ops.twostep.open_song(filepath=song))
    did(bpy.ops.twostep.dance())
    did(bpy.ops.twostep.read_rhythm())
    scene.twostep.score.genre = "house"
    did(bpy.ops.twostep.score())
    did(bpy.ops.twostep.export_fbx(filepath=os.path.join(out, "dance.fbx")))
    did(bpy.ops.twostep.edit_bones())
    did(bpy.ops.twostep.save_preset(name="Mine"))
    did(bpy.ops.wm.save_as_mainfile(filepath=os.path.join(out, "show.blend")))
    did(bpy.ops.twostep.score())
    did(bpy.ops.twostep.batch_add_job())
    folder, file = os.path.split(song)
    did(bpy.ops.twostep.batch_add_songs(directory=folder, files=[{{"name": file}}]))
    batch = scene.twostep.batch
    batch.jobs[0].styles, batch.folder = {{"salsa"}}, os.path.join(out, "batch")
    did(bpy.ops.twostep.batch())
    did(bpy.ops.twostep.batch_save(filepath=os.path.join(out, "jobs.toml")))
    session = sys.modules[name + ".operators.session"]
    session.state.report = "A report."
    did(bpy.ops.twostep.save_report(filepath=os.path.join(out, "report.txt")))
finally:
    addon_utils.disable(name)
sys.stdout.flush()
os._exit(0)  # some Blenders never end where sound was played
"""

REMOVE = """
import bpy, sys
number = next(i for i, each in enumerate(bpy.context.preferences.extensions.repos)
              if each.module == "user_default")
print(bpy.ops.extensions.package_uninstall(repo_index=number, pkg_id="twostep"))
"""

#: Where systems keep no files: devices, and memory that processes share.
_NO_DISK = ("/dev/", "/proc/", "/sys/")
#: What Blender writes by itself.
BLENDERS = ("what Blender keeps for the user", "Blender's thumbnails")


class Journey:
    """Where everything lies, and what was seen on the way."""

    def __init__(self, folder: Path) -> None:
        self.home, self.temporary = folder / "home", folder / "temporary"
        self.user, self.out = folder / "user", folder / "out"
        self.watching = folder / "watching"
        for each in (self.home, self.temporary, self.user, self.out, self.watching):
            each.mkdir()
        self.variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "USERPROFILE": str(self.home),
            "TMPDIR": str(self.temporary),
            "BLENDER_USER_RESOURCES": str(self.user),
            "PYTHONPATH": str(bare(folder)),
        }
        self.installed = Seen()
        self.used = Seen()
        self.removed = Seen()
        self.made: list[str] = []  # where the extension is installed
        self.kept: list[str] = []  # in its own folder, before it was removed

    @property
    def extension(self) -> Path:
        """Where it is installed."""
        return self.user / "extensions" / "user_default" / "twostep"

    @property
    def own(self) -> Path:
        """Where it keeps what is its own."""
        return self.user / "extensions" / ".user" / "user_default" / "twostep"

    def places(self, seen: Seen) -> Counter[str]:
        """How many paths were written in each place."""
        places = {
            "the folder that the user chose": self.out,
            "temporary files": self.temporary,
            "the extension's own folder": self.own,
            "where the extension is installed": self.extension,
            "what Blender keeps for the user": self.user,
            "Blender's thumbnails": self.home / ".cache" / "thumbnails",
            "the watch": self.watching,
        }
        found: Counter[str] = Counter()
        for path in seen.wrote:
            if not path.startswith(_NO_DISK) and path != str(self.home / ".cache"):
                is_in = (name for name, top in places.items() if Path(path).is_relative_to(top))
                found[next(is_in, path)] += 1
        del found["the watch"]
        return found


@pytest.fixture(scope="module")
def journey(tmp_path_factory, extension_zip, song) -> Journey:
    with zipfile.ZipFile(extension_zip) as packed:
        names = [name for name in packed.namelist() if not name.endswith("/")]
    if "models/weights/dance/dance.json" not in names:
        pytest.skip("there are no trained networks in this zip")
    made = Journey(tmp_path_factory.mktemp("journey"))
    steps = made.watching
    made.installed = watch(command(INSTALL, extension_zip), made.variables, steps / "install")
    before = _files(made.extension)
    use = command(USE, song, made.out)
    made.used = watch(use, made.variables, steps / "use", read_only=made.extension)
    made.made = sorted(set(_files(made.extension)) - set(before))
    made.kept = _files(made.own)
    made.removed = watch(command(REMOVE), made.variables, steps / "remove")
    return made


def _files(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def test_everything_is_there_with_no_network(journey):
    """What was asked for was made, in a namespace without a network where one can be had."""
    there = {path.relative_to(journey.out).as_posix() for path in journey.out.rglob("*")}
    assert {"show.blend", "dance.fbx", "jobs.toml", "report.txt"} <= there
    assert any(name.startswith("show_Dancer_house") and name.endswith(".wav") for name in there)
    assert any(name.startswith("batch/") and name.endswith(".fbx") for name in there)


def test_no_python_asks_for_an_address_or_a_connection(journey):
    """Of Blender's own and of all that it starts; audit events tell even what fails."""
    events = journey.used.events
    assert any(event[0] == "subprocess.Popen" for event in events)  # it hears
    assert len({event[0] for event in events}) > 3
    asking = ("socket.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.")
    assert not [event for event in events if event[0].startswith(asking)]


def test_no_system_call_reaches_for_a_network(journey):
    """Those of ONNX Runtime, FFmpeg and Blender itself, too."""
    if not journey.used.traced:
        pytest.skip("strace is not here, or may not trace")
    assert journey.used.wrote  # it sees
    for seen in (journey.installed, journey.used, journey.removed):
        assert not [line for line in seen.reached if "sun_path" not in line]


def test_nothing_is_written_but_in_its_places(journey):
    if not journey.used.traced:
        pytest.skip("strace is not here, or may not trace")
    places = journey.places(journey.used)
    assert set(places) <= {
        "the folder that the user chose",
        "temporary files",
        "the extension's own folder",
        *BLENDERS,
    }
    assert places["the folder that the user chose"] and places["the extension's own folder"]
    allowed = {"where the extension is installed", "temporary files", *BLENDERS}
    assert set(journey.places(journey.installed)) <= allowed
    assert set(journey.places(journey.removed)) <= {*allowed, "the extension's own folder"}


def test_nobodys_home_is_written_to(journey):
    """But that Blender makes folders for its thumbnails, with or without Twostep."""
    assert not [path for path in _files(journey.home) if not path.startswith(".cache/thumbnails/")]


def test_nothing_is_left_in_the_temporary_folder(journey):
    """The folder of Blender's own that is made anew with every start is Blender's to remove."""
    left = [path for path in journey.temporary.rglob("*") if "twostep" in path.name]
    assert not left


def test_it_runs_where_its_own_folder_may_not_be_written(journey):
    if cutter() is None:
        pytest.skip("this user may not make a folder read-only for a process")
    assert not journey.made
    assert not [path for path in journey.used.wrote if Path(path).is_relative_to(journey.extension)]
    # Where it tried to, that was Python, which keeps its own bytecode where it can.
    tried = {path for path in journey.used.refused if str(journey.extension) in path}
    assert not [path for path in tried if "__pycache__" not in path]


def test_what_it_keeps_is_music_and_presets(journey):
    """Music of files that were never saved, that is."""
    assert {Path(name).parts[0] for name in journey.kept} == {"music", "rigs"}


def test_what_is_handed_on_does_not_tell_where_the_song_lies(journey, song):
    """The .blend does, as Blender's do, and so do job files and a batch's notes, to find it."""
    folder = str(song.parent).encode()
    files = [path for path in journey.out.rglob("*") if path.is_file()]
    telling = {path.suffix for path in files if folder in path.read_bytes()}
    assert len({path.suffix for path in files}) > 4
    assert telling <= {".blend", ".toml", ".json"}


def test_nothing_is_left_when_it_is_removed(journey):
    """Blender deletes what an extension keeps, together with it."""
    assert not journey.extension.exists()
    assert not [name for name in _files(journey.user) if "twostep" in name]
