# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that lets every family of rigs dance: its page, its pictures, its exit code."""

from __future__ import annotations

import av
import pytest

pytest.importorskip("bpy", reason="the characters dance in the bpy wheel")

from twostep.demo.rigs import measure
from twostep.demo.rigs.__main__ import DONE, MISSED, main
from twostep.demo.rigs.body import Body, point
from twostep.demo.rigs.sheet import MOMENTS, SIZE

SHORT = ["--family", "vrm", "--family", "smpl", "--seconds", "4"]


def test_a_row_for_each_and_a_picture(tmp_path):
    assert main([*SHORT, "--out", str(tmp_path)]) == DONE
    page = (tmp_path / "rigs.md").read_text(encoding="utf-8")
    assert "2 characters" in page and "All within bounds." in page
    assert "| VRM (VRoid) | VRM | 64 |" in page and "**" not in page.split("## What")[0]
    with av.open(str(tmp_path / "rigs.png")) as file:
        picture = next(file.decode(video=0))
    assert (picture.width, picture.height) == (2 * MOMENTS * SIZE[0], SIZE[1])


def test_a_missed_bound_is_marked_and_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(measure.BOUNDS, "limbs_mean", 0.001)
    assert main([*SHORT, "--no-render", "--out", str(tmp_path)]) == MISSED
    assert "Out of bounds: 2 (bold)" in capsys.readouterr().out
    assert not (tmp_path / "rigs.png").exists()


def test_an_unknown_character_is_said(tmp_path, capsys):
    assert main(["--family", "octopus", "--out", str(tmp_path)]) == MISSED
    assert "no character octopus; there are: dancer, mixamo" in capsys.readouterr().err


def test_places_of_a_body_are_read():
    points = Body().points()
    middle = point(points, "hip>knee*0.5+0.1,0,0")
    assert middle == pytest.approx((points["hip"] + points["knee"]) / 2 + (0.1, 0, 0))
    with pytest.raises(ValueError, match="no place"):
        point(points, "hip > knee")
