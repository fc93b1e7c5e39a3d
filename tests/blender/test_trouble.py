# SPDX-License-Identifier: GPL-3.0-or-later
"""What nobody foresaw is one sentence, a box in the panel and a report, whatever operator it is."""

from __future__ import annotations

import json
import logging
import platform
import re
import secrets
from pathlib import Path, PurePosixPath

import bpy
import numpy as np
import pytest

from twostep import operators, panels
from twostep.inference.errors import Cancelled, TwostepError
from twostep.operators import session, trouble, work
from twostep.operators.run import Run, plan

from .driving import Pressed
from .layouts import draw
from .snapshots import snapshot

CALLED = ("execute", "invoke", "modal", "cancel")


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    trouble.forget()


def ours():
    """All operators that this package has registered, however they came to be."""
    known = [bpy.types.Operator]
    for cls in known:
        known += cls.__subclasses__()
    return {cls for cls in known if cls.__module__.startswith("twostep.") and cls.is_registered}


def test_every_operator_is_covered():
    found = ours()
    names = {name for name in dir(bpy.ops.twostep) if not name.startswith("_")}
    assert {cls.bl_idname for cls in found} == {f"twostep.{name}" for name in names}
    assert found == set(operators.CLASSES) and len(found) >= 28
    for cls in found:
        calls = [name for name in CALLED if getattr(cls, name, None) is not None]
        assert "execute" in calls
        for name in calls:
            assert hasattr(cls.__dict__[name], "__wrapped__"), f"{cls.bl_idname} bares {name}"


@pytest.mark.parametrize("call", CALLED)
@pytest.mark.parametrize(
    ("error", "kind", "noted"),
    [
        (KeyError("spine"), "ERROR", True),
        (MemoryError(), "ERROR", True),
        (TwostepError("Choose a song."), "ERROR", False),
        (Cancelled("Stopped."), "INFO", False),
    ],
)
def test_whatever_is_raised_is_told(context, caplog, call, error, kind, noted):
    said = []

    class Broken:
        bl_idname = "twostep.broken"

        def execute(self, context, *event):
            raise error

        invoke = modal = cancel = execute

        def report(self, kind, text):
            said.append((*kind, text))

        def as_keywords(self):
            return {"move": "DANCE"}

    one = trouble.covered(Broken)()
    event = (None,) if call in ("invoke", "modal") else ()
    assert getattr(one, call)(context, *event) == (None if call == "cancel" else {"CANCELLED"})
    ((told_as, sentence),) = said
    assert told_as == kind and sentence.endswith(".") and "\n" not in sentence
    assert (session.state.trouble == sentence) is noted
    assert bool(caplog.records) is noted
    assert ("in execute" in session.state.report) is noted


def test_an_operator_that_fails_changes_nothing_and_is_reported(context, monkeypatch, caplog):
    def broken(_most):
        raise ZeroDivisionError("no dice")

    monkeypatch.setattr(secrets, "randbelow", broken)
    before = snapshot()
    with pytest.raises(RuntimeError) as caught, caplog.at_level(logging.ERROR):
        bpy.ops.twostep.dice(move="SCORE")
    told = str(caught.value).removeprefix("Error: ").strip()
    assert told == (
        "Twostep failed in a way it did not foresee (ZeroDivisionError: no dice); "
        "please send in the report."
    )
    assert snapshot() == before
    report = session.state.report
    assert report.startswith(told) and report in caplog.text
    assert bpy.app.version_string in report and platform.python_version() in report
    assert f"numpy {np.__version__}" in report and re.search(r"onnxruntime \d", report)
    assert "doing twostep.dice" in report and "Asked to run on auto" in report
    assert re.search(r"Twostep \d+\.\d+", report) and platform.system() in report
    assert '"move": "SCORE"' in report
    assert 'raise ZeroDivisionError("no dice")' in report


def test_a_worker_that_fails_is_reported_with_its_traceback(
    context, figure, strip, package, own_worker, monkeypatch
):
    monkeypatch.setenv("HOME", str(package.parents[1]))
    code = package / "inference" / "footlock.py"
    whole = code.read_text()
    code.write_text(whole + "\n\ndef locked(*_, **__):\n    raise KeyError('left shoe')\n")
    before = snapshot()
    try:
        with pytest.raises(RuntimeError, match="did not foresee .KeyError: 'left shoe'"):
            bpy.ops.twostep.dance()
    finally:
        code.write_text(whole)
    assert snapshot() == before and not session.state.running
    report = session.state.report
    assert "In the worker\nTraceback" in report and "raise KeyError('left shoe')" in report
    recipe, _ = json.JSONDecoder().raw_decode(report.partition("Recipe\n")[2])
    assert (recipe["type"], recipe["style"], recipe["limbs"]) == ("dance", "auto", "FK")
    assert str(package.parents[1]) not in report
    assert f"~/{package.parent.name}/twostep/inference/footlock.py" in report
    # A fresh worker does better.
    assert bpy.ops.twostep.dance() == {"FINISHED"}


def test_a_dance_that_cannot_be_keyed_ends_all_the_same(
    context, figure, strip, worker, monkeypatch
):
    def broken(*_, **__):
        raise AttributeError("no such slot")

    monkeypatch.setattr("twostep.scene.keys.write_dance", broken)
    before = snapshot()
    button = Pressed(Run(plan(context)))
    assert button.ticks() == {"CANCELLED"}
    assert button.reports == [("ERROR", session.state.trouble)]
    assert "no such slot" in session.state.trouble and '"seed": 1' in session.state.report
    assert snapshot() == before
    assert not session.state.running and not work._going and not work._ticking
    assert not list(Path(bpy.app.tempdir).glob("twostep-dance-*"))
    monkeypatch.undo()
    assert bpy.ops.twostep.dance() == {"FINISHED"}


def test_esc_is_no_trouble(context, figure, strip, worker):
    button = Pressed(Run(plan(context)))
    session.state.cancelling = True
    assert button.ticks() == {"CANCELLED"}
    assert button.reports == [("INFO", "Cancelled; nothing was changed.")]
    assert not session.state.trouble and not work._ticking


@pytest.mark.parametrize(
    ("home", "text", "private"),
    [
        ("/home/ann", "/home/ann/a.wav and '/home/ann'", "~/a.wav and '~'"),
        ("/home/ann", "/home/anna/a.wav", "/home/anna/a.wav"),
        ("/", "/tmp/a.wav", "/tmp/a.wav"),
    ],
)
def test_the_users_folder_is_not_told(home, text, private):
    assert trouble.private(text, PurePosixPath(home)) == private


class TestBox:
    @pytest.fixture(autouse=True)
    def _trouble(self, context, monkeypatch):
        trouble.note(KeyError("spine"), "twostep.dance", {"seed": 1})

    def test_it_is_drawn_above_the_rest(self, context):
        cls = panels.TWOSTEP_PT_trouble
        assert cls.poll(context)
        drawn = draw(cls, context)
        assert drawn.texts[0] == "Something went wrong" and drawn.red == drawn.texts[:1]
        assert "spine" in " ".join(drawn.texts)
        assert set(drawn.operators) == {
            "twostep.copy_report", "twostep.save_report", "twostep.dismiss_report"
        }  # fmt: skip
        others = [each for each in panels.CLASSES if issubclass(each, bpy.types.Panel)]
        assert others[0] is cls and "HIDE_HEADER" in cls.bl_options

    def test_it_is_copied_saved_and_dismissed(self, context, tmp_path):
        report = session.state.report
        assert bpy.ops.twostep.copy_report() == {"FINISHED"}
        bpy.ops.twostep.save_report(filepath=str(tmp_path / "report"))
        assert (tmp_path / "report.txt").read_text("utf-8") == report
        with pytest.raises(RuntimeError, match="does not exist; choose another place"):
            bpy.ops.twostep.save_report(filepath=str(tmp_path / "nowhere" / "report.txt"))
        assert session.state.report == report
        bpy.ops.twostep.dismiss_report()
        assert not context.window_manager.twostep_trouble
        assert not panels.TWOSTEP_PT_trouble.poll(context)
        assert not bpy.ops.twostep.copy_report.poll()

    def test_it_is_not_part_of_the_file(self, context, tmp_path):
        before = snapshot()
        trouble.note(KeyError("neck"), "twostep.dance", {})
        assert snapshot() == before
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"), compress=False)
        assert b"neck" not in (tmp_path / "a.blend").read_bytes()
