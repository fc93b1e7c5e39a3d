# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user does in a long day, by numbers: the same things in the same order in every lap."""

from __future__ import annotations

import hashlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from twostep.demo.rigs.families import everyone
from twostep.inference.styles import STYLES
from twostep.operators import session
from twostep.scene import versions
from twostep.scene.folders import user_folder
from twostep.scene.keys import RECIPE

from ..blender.sounds import beat, write_wav
from . import census

#: How the turns of a file end.
ENDS = (
    "keep", "undo", "delete", "cancel", "keep", "reload", "delete", "undo", "keep", "delete",
    "keep",
)  # fmt: skip
FILES = 5
#: Turns of a lap; one of each file is cancelled, so 50 dances come of it.
LAP = len(ENDS) * FILES
#: Turns of a lap whose dance gets music, too.
SCORED = (26, 54)
#: Seconds and beats a minute of the songs.
SONGS = ((8, 96.0), (11, 128.0), (14, 112.0), (17, 90.0), (20, 140.0))
#: The rig that stands beside our own dancer, file by file.
RIGS = ("mixamo", "mmd", "mixamo", "mmd", "mixamo")
_DANCER = "Dancer"

#: How many data-blocks of a kind there are, their users, and those that have none.
Blocks = dict[str, list[int]]


@dataclass(frozen=True)
class Turn:
    """One thing asked for. place: its number within a lap, which tells everything about it."""

    place: int

    @property
    def file(self) -> int:
        return self.place // len(ENDS)

    @property
    def end(self) -> str:
        return ENDS[self.place % len(ENDS)]

    @property
    def opens(self) -> bool:
        """Whether a new file is begun."""
        return self.place % len(ENDS) == 0

    @property
    def scores(self) -> bool:
        return self.place in SCORED

    def wishes(self) -> dict[str, Any]:
        """The panel's settings."""
        chance = random.Random(self.place)
        return {
            "style": chance.choice(("auto", *STYLES)),
            "energy": chance.choice((0.5, 1.0, 1.5)),
            "seed": self.place,
            "limbs": chance.choice(("FK", "IK")),
            "travel": chance.choice(("WORLD", "PLACE", "ROOT")),
            "reach": chance.choice((0.0, 0.7)),
            "keys": chance.choice(("ALL", "ALL", "FEW")),
            "onto": chance.choice(("ACTION", "ACTION", "LAYER", "NLA")),
            "use_loop": chance.random() < 0.3,
            "use_present_pose": chance.random() < 0.2,
            "blend_in": chance.choice((0, 6)),
        }


@dataclass
class Done:
    """What came of a turn. seconds: of the clock; processor: of both processes together; yard: of
    the processor for a sum that is always the same, which tells how fast the machine is just then.

    left: what the file holds more or less of than before, without what was wanted. keys: of the
    dance, as a number that tells one from another.
    """

    said: str
    seconds: float = 0.0
    processor: float = 0.0
    yard: float = 0.0
    score: float = 0.0
    keys: str = ""
    left: dict[str, Any] = field(default_factory=dict)


class Day:
    """A user's day in this Blender. folder: for songs and files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for own in ("cache", "music"):  # which stay, once they were needed
            user_folder(own)
        self._songs = [
            write_wav(folder / f"Song {number}.wav", beat(seconds, bpm))
            for number, (seconds, bpm) in enumerate(SONGS)
        ]

    def take(self, turn: Turn) -> Done:
        """Do it all, and look at what is left of it."""
        if turn.opens:
            self.open(RIGS[turn.file])
        self._choose(turn)
        before, there = census.blocks(), set(census.files())
        bpy.ops.ed.undo_push(message="before")
        done = Done(turn.end, yard=_yard())
        with _measured(done):
            done.said = _cancelled() if turn.end == "cancel" else _danced()
        if turn.end != "cancel":
            done.keys = _keys()
        if turn.scores:
            done.score = _scored()
        _ENDINGS[turn.end](self._folder)
        if turn.scores:
            _delete_made(before)
        kept = turn.end == "keep" and not turn.scores
        done.left = _differences(_one_more_action(before) if kept else before, census.blocks())
        if files := sorted(there ^ set(census.files())):
            done.left["files"] = files
        return done

    def open(self, rig: str) -> None:
        """A new file: our dancer, another character, and a song."""
        bpy.ops.wm.read_homefile(use_empty=True)
        bpy.context.scene.render.fps = 30
        bpy.ops.twostep.add_dancer()
        everyone()[rig].build(bpy.context)
        for song in self._songs:
            bpy.ops.twostep.open_song(filepath=str(song))

    def _choose(self, turn: Turn) -> None:
        """Select a character and a song, and set the panel."""
        scene = bpy.context.scene
        figures = sorted(ob.name for ob in bpy.data.objects if ob.type == "ARMATURE")
        name = _DANCER if turn.place % 2 else next(each for each in figures if each != _DANCER)
        bpy.context.view_layer.objects.active = bpy.data.objects[name]
        song = self._songs[turn.place % len(self._songs)]
        if versions.strips(scene):
            scene.twostep.song = song.stem
        else:  # a Blender without sound
            scene.twostep.song_file = str(song)
        for wish, value in turn.wishes().items():
            setattr(scene.twostep, wish, value)
        scene.frame_set(1)


def _danced() -> str:
    return "danced" if bpy.ops.twostep.dance("EXEC_DEFAULT", True) == {"FINISHED"} else "not danced"


def _cancelled() -> str:
    """Cancelled as soon as the worker is at it, as Esc and the panel's button do."""
    ended = threading.Event()

    def press() -> None:
        while session.state.fraction <= 0 and not ended.wait(0.002):
            pass
        session.state.cancelling = True

    finger = threading.Thread(target=press)
    session.state.fraction = 0.0
    finger.start()
    try:
        outcome = bpy.ops.twostep.dance("EXEC_DEFAULT", True)
    finally:
        ended.set()
        finger.join()
    _quiet()
    return "cancelled" if outcome == {"CANCELLED"} else "not cancelled"


def _quiet() -> None:
    """Wait until the worker has heard that nobody waits for it."""
    worker, limit = session.worker(), time.monotonic() + 60
    while worker.busy and time.monotonic() < limit:
        worker.poll()
        time.sleep(0.01)


def _yard() -> float:
    began = time.process_time()
    sum(number * number for number in range(400_000))
    return time.process_time() - began


def _scored() -> float:
    """Music for what was just danced; how many seconds of the clock it took."""
    settings = bpy.context.scene.twostep.score
    settings.genre, settings.use_length, settings.length = "house", True, 6.0
    settings.range = "NLA" if bpy.context.object.animation_data.action is None else "ANIMATION"
    began = time.perf_counter()
    bpy.ops.twostep.score("EXEC_DEFAULT", True)
    return time.perf_counter() - began


def _keep(_folder: Path) -> None:
    """Nothing more is done."""


def _undo(_folder: Path) -> None:
    bpy.ops.ed.undo()


def _delete(_folder: Path) -> None:
    """As in the outliner: the newest action, and the tracks and the users that it has."""
    action = _newest()
    for ob in bpy.data.objects:
        data = ob.animation_data
        for track in tuple(data.nla_tracks) if data else ():
            if any(strip.action == action for strip in track.strips):
                data.nla_tracks.remove(track)
    bpy.data.actions.remove(action)


def _reload(folder: Path) -> None:
    """Saved and opened again, and then the dance is deleted."""
    path = folder / "day.blend"
    name = _newest().name
    _newest().use_fake_user = True
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=False)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    path.unlink()
    bpy.data.actions[name].use_fake_user = False
    _delete(folder)


_ENDINGS: dict[str, Callable[[Path], None]] = {
    "keep": _keep, "undo": _undo, "delete": _delete, "reload": _reload, "cancel": _keep,
}  # fmt: skip


def _delete_made(before: Blocks) -> None:
    """A scored turn leaves nothing: its strip, its sound, its file and its action are deleted."""
    scene = bpy.context.scene
    for strip in versions.strips(scene):
        if strip.get(RECIPE) is not None:
            sound = strip.sound
            versions.remove_strip(scene, strip)
            bpy.data.sounds.remove(sound)
    for path in user_folder("music").glob("*.wav"):
        path.unlink()
    if len(bpy.data.actions) > before.get("actions", [0])[0]:
        _delete(Path())


def _newest() -> bpy.types.Action:
    return max(bpy.data.actions, key=lambda action: action.session_uid)


def _keys() -> str:
    """Tells the keys of the newest action from those of another."""
    seen = hashlib.sha256()
    for curve in versions.curves(_newest()):
        values = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
        curve.keyframe_points.foreach_get("co", values)
        seen.update(f"{curve.data_path}{curve.array_index}".encode() + values.tobytes())
    return seen.hexdigest()[:16]


@contextmanager
def _measured(done: Done) -> Iterator[None]:
    pid, mine = census.worker_pid(), os.getpid()
    clock = time.perf_counter()
    began = census.processor(mine) + (census.processor(pid) if pid else 0.0)
    yield
    with suppress(FileNotFoundError):  # another worker now
        done.processor = census.processor(mine) - began
        done.processor += census.processor(pid or census.worker_pid())
    done.seconds = time.perf_counter() - clock


def _one_more_action(before: Blocks) -> Blocks:
    count, users, orphans = before.get("actions", [0, 0, 0])
    return {**before, "actions": [count + 1, users + 1, orphans]}


def _differences(wanted: Blocks, found: Blocks) -> dict[str, Any]:
    """Kinds whose number or orphans are others than wanted. Users may be: a fake one, or two."""
    kinds = {*wanted, *found}
    none = [0, 0, 0]
    return {
        kind: [wanted.get(kind, none), found.get(kind, none)]
        for kind in sorted(kinds)
        if wanted.get(kind, none)[::2] != found.get(kind, none)[::2]
    }
