# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender shows and stores of the add-on."""

from __future__ import annotations

import subprocess
import sys

import bpy
import pytest

import twostep
from twostep import operators, panels
from twostep.inference.client import ROOT
from twostep.inference.genres import GENRES
from twostep.inference.providers import CHOICES
from twostep.inference.styles import STYLES

CLASSES = (*operators.CLASSES, *panels.CLASSES)


def test_it_registers_as_often_as_wanted():
    for _ in range(2):
        twostep.unregister()
        assert not hasattr(bpy.types.Scene, "twostep")
        assert not any(getattr(cls, "is_registered", False) for cls in CLASSES)
        twostep.register()
    assert all(cls.is_registered for cls in CLASSES)


def test_importing_touches_no_context():
    """As an extension it is imported while Blender has no context to give."""
    code = (
        "import bpy\n"
        "class None_:\n"
        "    def __getattr__(self, name): raise AssertionError('context.' + name)\n"
        "bpy.context = None_()\n"
        "import twostep.operators, twostep.panels\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "add_dancer", "cancel", "dance", "dice", "export_fbx", "open_song",
        "score", "score_variation", "read_rhythm",
    ],
)  # fmt: skip
def test_operators_explain_themselves(name):
    rna = getattr(bpy.ops.twostep, name).get_rna_type()
    assert rna.name and rna.description and not rna.description.endswith(".")


def test_settings_explain_themselves():
    groups = (panels.TWOSTEP_PG_settings, panels.TWOSTEP_PG_score)
    own = [prop for group in groups for prop in group.bl_rna.properties if prop.is_runtime]
    assert len(own) >= 20
    for prop in own:
        assert prop.name and (prop.description or prop.type == "ENUM"), prop.identifier


def test_settings_have_sane_defaults(context):
    settings = context.scene.twostep
    assert settings.style == "auto" and settings.energy == 1.0 and settings.length == "STRIP"
    for style in STYLES:
        settings.style = style
        assert settings.style == style


def test_every_genre_can_be_chosen(context):
    settings = context.scene.twostep.score
    assert settings.genre == "auto" and settings.range == "ANIMATION" and not settings.use_rhythm
    items = settings.bl_rna.properties["genre"].enum_items
    assert [item.identifier for item in items] == ["auto", *GENRES]


def test_every_provider_can_be_preferred():
    items = panels.TWOSTEP_AP_preferences.bl_rna.properties["provider"].enum_items
    assert {item.identifier for item in items} == set(CHOICES)


def test_nothing_is_written_into_the_add_on(context, worker, figure, strip, package):
    before = {path: path.stat().st_mtime_ns for path in package.rglob("*") if path.suffix != ".pyc"}
    bpy.ops.twostep.dance()
    after = {path: path.stat().st_mtime_ns for path in package.rglob("*") if path.suffix != ".pyc"}
    written = {path for path in after if path not in before and path.name != "__pycache__"}
    assert not written
    assert ROOT.is_dir()
