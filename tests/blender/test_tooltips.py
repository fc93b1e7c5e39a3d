# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can be pointed at says what it is for, and every grey button why it is grey."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

import bpy
import pytest

from twostep import operators, panels
from twostep.panels import properties

from . import wording

#: Letters that a tooltip has at most, and lines of them.
LONGEST = 180
#: What Blender adds to classes by itself.
BLENDERS = {"name", "rna_type", "bl_idname", "module"}
CLASSES = (*operators.CLASSES, *panels.CLASSES)


def described() -> Iterator[tuple[str, str, str]]:
    """(where, label, tooltip) of every button, property, choice and section of ours."""
    for cls in CLASSES:
        rna = cls.bl_rna
        if issubclass(cls, bpy.types.Operator):
            rna = getattr(bpy.ops.twostep, cls.bl_idname.partition(".")[2]).get_rna_type()
            yield cls.__name__, rna.name, rna.description
        elif issubclass(cls, bpy.types.Panel):
            yield cls.__name__, cls.bl_label, cls.__doc__ or ""
        own = {name for base in cls.__mro__ for name in inspect.get_annotations(base)}
        for prop in rna.properties:
            if prop.identifier in own - BLENDERS or issubclass(cls, bpy.types.PropertyGroup):
                yield from _of_property(cls.__name__, prop)
    for kind in (bpy.types.Armature, bpy.types.Object, bpy.types.WindowManager):
        for prop in kind.bl_rna.properties:
            if prop.identifier.startswith("twostep_"):
                yield from _of_property(kind.__name__, prop)
    for name, label, text, _ in properties._style_items(None, None):  # computed: not in the RNA
        yield f"style {name}", label, text


def _of_property(where: str, prop: bpy.types.Property) -> Iterator[tuple[str, str, str]]:
    if prop.is_hidden or prop.identifier in BLENDERS:
        return
    yield f"{where}.{prop.identifier}", prop.name, prop.description
    if prop.type == "ENUM":
        for item in prop.enum_items:
            yield f"{where}.{prop.identifier} {item.identifier}", item.name, item.description


@pytest.fixture(scope="module")
def known(_addon) -> dict[str, tuple[str, str]]:
    return {where: (label, text) for where, label, text in described()}


def test_everything_is_looked_at(known):
    for name in (
        "TWOSTEP_OT_dance", "TWOSTEP_OT_dice.move SCORE", "TWOSTEP_PT_keys",
        "TWOSTEP_PG_settings.travel ROOT", "TWOSTEP_PG_batch_job.seeds",
        "TWOSTEP_AP_preferences.provider cpu", "Armature.twostep_left_knee", "style salsa",
        "WindowManager.twostep_stage",
    ):  # fmt: skip
        assert name in known, name
    assert len(known) > 200


def test_everything_has_a_tooltip(known):
    assert not [where for where, (label, text) in known.items() if not label or not text]


def test_no_tooltip_says_just_what_the_label_says(known):
    plain = str.maketrans("", "", " -.,")
    same = [
        where for where, (label, text) in known.items()
        if label.lower().translate(plain) == text.lower().translate(plain)
    ]  # fmt: skip
    assert not same


def test_tooltips_are_written_as_blender_writes_them(known):
    """Blender itself puts the full stop; a label is no key of a program."""
    for where, (label, text) in known.items():
        assert not text.endswith((".", ",", ";")), where
        assert "\n" not in text and "  " not in text and text == text.strip(), where
        assert text[:1] == text[:1].upper(), where
        assert len(text) <= LONGEST, (where, len(text))
        assert "_" not in label and not label.endswith("."), where


def test_buttons_next_to_each_other_say_what_is_different(known):
    """No two operators, and no two choices of one property, have one tooltip."""
    groups: dict[str, list[str]] = {}
    for where, (_, text) in known.items():
        owner = where.rpartition(" ")[0] if " " in where else where.startswith("TWOSTEP_OT")
        if owner and (" " in where or "." not in where):
            groups.setdefault(str(owner), []).append(text)
    for owner, texts in groups.items():
        assert len(texts) == len(set(texts)), owner


@pytest.mark.parametrize("module", [name for name in wording.spoken_modules() if "ors/" in name])
def test_what_refuses_says_why(module):
    """Every poll of an operator that can say no sets a message."""
    for cls in ast.walk(wording.tree_of(module)):
        if not isinstance(cls, ast.ClassDef) or not cls.name.startswith("TWOSTEP_OT"):
            continue
        for poll in cls.body:
            if isinstance(poll, ast.FunctionDef) and poll.name == "poll":
                assert "poll_message_set" in ast.unparse(poll), cls.name


@pytest.mark.parametrize("module", [name for name in wording.spoken_modules() if "els/" in name])
def test_no_panel_switches_a_lone_button_off(module):
    """Which would not say why: only whole forms are, while something is made."""
    for node in ast.walk(wording.tree_of(module)):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith(".enabled"):
            said = ast.unparse(node.value)
            told = ("twostep_running", "settings.", "lacking")  # which is told below it
            assert any(each in said for each in told), (module, node.lineno)
