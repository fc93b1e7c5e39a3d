# SPDX-License-Identifier: GPL-3.0-or-later
"""The short version of `python -m tests.soak`, and that what it counts shows every leak."""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path

import bpy
import pytest

from twostep.operators.run import Run

from ..soak import census, figures, turns

pytestmark = [
    pytest.mark.usefixtures("worker"),
    pytest.mark.skipif(sys.platform != "linux", reason="counts what Linux tells of processes"),
]

#: One for each way to end but "keep", and that one.
PLACES = (0, 1, 2, 3, 5)
#: What two laps may differ by, bytes; much less than one dance held back would take in each.
ROOM = 24 << 20


@pytest.fixture
def day(tmp_path, monkeypatch) -> turns.Day:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(census, "folders", lambda: {temporary, Path(bpy.app.tempdir)})
    return turns.Day(tmp_path / "songs")


def lap(day) -> list[tuple[turns.Done, dict]]:
    return [(day.take(turns.Turn(place)), census.census()) for place in PLACES]


def test_a_second_lap_leaves_all_as_the_first_did(day):
    lap(day)  # everything is used for the first time
    first, second = lap(day), lap(day)
    for place, (one, before), (again, after) in zip(PLACES, first, second, strict=True):
        assert one.said == again.said == ("cancelled" if place == 3 else "danced")
        assert one.keys == again.keys
        assert not one.left and not again.left
        assert after["blocks"] == before["blocks"]
        assert not list(figures.other(before, after, f"At place {place}"))
        for process in figures.PROCESSES:
            assert after[process]["own"] - before[process]["own"] < ROOM
    objects = [found["python"]["objects"] for _, found in (first[-1], second[-1])]
    assert objects[1] - objects[0] < figures.MOST_OBJECTS
    assert not [block for kind in second[-1][1]["blocks"].values() for block in kind[2:] if block]


def record(laps=4, lap=6, grow=0, slow=1.0, **other) -> figures.Record:
    """Made up: a turn more takes so many bytes more, a lap more so many times longer."""
    turns = []
    for number in range(laps * lap):
        process = {"rss": (300 << 20) + grow * number, "threads": 4, "open": {"pipe": 5}}
        found = {name: [] for name in figures.SAME}
        found |= {"blender": process, "worker": process, "blocks": {"scenes": [1, 1, 0]}}
        found["python"] = {"objects": 1000, "threads": ["MainThread"]}
        told = {"turn": number, "end": "keep", "said": "danced", "score": 0.0, "yard": 0.03}
        told |= {"keys": str(number % lap), "left": {}, "census": found, "seconds": 2.0}
        turns.append(told | {"processor": slow ** (number // lap) * (1 + number % lap / 9)})
    turns[-1] |= other
    end = {**turns[0]["census"], "worker": None}
    return figures.Record({}, turns, [{"ended": True, "census": end}], lap)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"grow": 1 << 20}, "The memory of blender grows by 1024 KiB a turn"),
        ({"slow": 1.04}, "Dances take 1.08 times as long"),
        ({"keys": "x"}, "The dance of place 5 is not the same"),
        ({"said": "not danced"}, "Turn 23 was not danced"),
        ({"left": {"actions": [[1, 1, 0], [2, 2, 0]]}}, "Turn 23 left"),
    ],
)
def test_a_record_is_judged(wrong, told):
    assert not figures.faults(record())
    assert not figures.faults(record(grow=1000, slow=1.01))
    assert any(told in fault for fault in figures.faults(record(**wrong)))


#: What gives back what leaks hold.
held: list = []


def _block():
    bpy.data.actions.new("left").use_fake_user = True


def _orphan():
    bpy.data.meshes.new("left")


def _leftover() -> Path:
    return Path(bpy.app.tempdir) / "twostep-dance-0.npz"


def _file():
    _leftover().write_bytes(b"left")


def _handle():
    held.append(open(__file__).close)  # noqa: SIM115


def _thread():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, daemon=True)
    thread.start()
    held.extend((thread.join, stop.set))  # the last is called first


def _handler():
    bpy.app.handlers.load_post.append(_handle)


def test_whatever_a_dance_would_leave_is_seen(day, monkeypatch):
    turn = turns.Turn(2)  # which is not undone
    day.open("mixamo")
    assert not day.take(turn).left
    close = Run.close
    for leak in (_block, _orphan, _file, _handle, _thread, _handler):
        known = census.census()

        def leaking(self, leak=leak):
            close(self)
            leak()

        monkeypatch.setattr(Run, "close", leaking)
        try:
            done = day.take(turn)
            assert done.left or list(figures.other(known, census.census(), "Then")), leak
        finally:
            while held:
                held.pop()()
            if leak is _handler:
                bpy.app.handlers.load_post.remove(_handle)
            _leftover().unlink(missing_ok=True)  # other tests look whether anything is left there
