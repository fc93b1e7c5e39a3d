# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender shows and stores of the add-on."""

from __future__ import annotations

import subprocess
import sys
from typing import Literal, get_args, get_origin, get_type_hints

import bpy
import pytest

import twostep
from twostep import operators, panels
from twostep.inference.client import ROOT
from twostep.inference.errors import TwostepError
from twostep.inference.genres import GENRES
from twostep.inference.providers import CHOICES
from twostep.inference.retarget.options import Options
from twostep.inference.skeleton import JOINTS
from twostep.inference.styles import STYLES
from twostep.operators.run import options_of
from twostep.scene import armature, corrections

from .families import mixamo_armature
from .figures import smpl_armature
from .layouts import draw

CLASSES = (*operators.CLASSES, *panels.CLASSES)
PANELS = [cls for cls in panels.CLASSES if issubclass(cls, bpy.types.Panel)]
OPERATORS = (
    "add_dancer", "cancel", "dance", "dice", "export_fbx", "open_song",
    "score", "score_variation", "read_rhythm", "quick_start", "play_in_sync",
    "apply_settings", "save_settings", "delete_settings",
    "edit_bones", "mirror_bones", "pick_bone", "reset_bone", "reset_bones",
    "save_preset", "apply_preset", "delete_preset",
    "batch", "batch_retry", "batch_open", "batch_save",
    "batch_add_job", "batch_remove_job", "batch_add_songs", "batch_remove_song",
    "copy_report", "save_report", "dismiss_report",
)  # fmt: skip


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


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_explain_themselves(name):
    rna = getattr(bpy.ops.twostep, name).get_rna_type()
    assert rna.name and rna.description and not rna.description.endswith(".")


def test_every_operator_is_asked_to():
    known = {cls.bl_idname for cls in operators.CLASSES}
    assert known == {f"twostep.{name}" for name in OPERATORS}


def test_settings_explain_themselves():
    groups = (panels.TWOSTEP_PG_settings, panels.TWOSTEP_PG_score)
    own = [prop for group in groups for prop in group.bl_rna.properties if prop.is_runtime]
    for kind in (bpy.types.Armature, bpy.types.Object):
        own += [kind.bl_rna.properties[f"twostep_{name}"] for name in ("own_bones", *JOINTS)]
    assert len(own) >= 80
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


def test_the_options_are_those_that_a_dance_knows(context):
    settings, ob = context.scene.twostep, smpl_armature()
    assert options_of(settings, ob) == Options()
    for name, kind in get_type_hints(Options).items():
        if get_origin(kind) is Literal:
            items = settings.bl_rna.properties[name].enum_items.keys()
            assert tuple(items) == get_args(kind), name
    ob.data.collections.new("Upper Body")
    settings.limbs, settings.travel, settings.reach, settings.use_loop = "IK", "ROOT", 0.5, True
    settings.keys, settings.tolerance_mm, settings.tolerance_deg = "FEW", 4.0, 1.5
    settings.onto, settings.blend_in, settings.blend_out = "LAYER", 5, 9
    settings.bones, settings.bone_collection = "COLLECTION", "Upper Body"
    found = options_of(settings, ob)
    wanted = Options("IK", "ROOT", 0.5, True, "FEW", 4.0, 1.5, "LAYER", "Upper Body", 5, 9)
    assert found == wanted
    settings.bones = "SELECTED"
    assert options_of(settings, ob).bones == "SELECTED"


@pytest.mark.parametrize(
    ("name", "said"), [("Lost", "no bone collection Lost"), ("", "Choose the bone collection")]
)
def test_a_bone_collection_that_is_not_there(context, name, said):
    context.scene.twostep.bones, context.scene.twostep.bone_collection = "COLLECTION", name
    with pytest.raises(TwostepError, match=said):
        options_of(context.scene.twostep, smpl_armature())


class TestDrawing:
    """Every panel is drawn, in every state of the scene that it tells apart."""

    @pytest.fixture(autouse=True)
    def _no_presets(self, tmp_path, monkeypatch):
        monkeypatch.setattr(corrections, "user_folder", lambda name, create=True: tmp_path)

    @pytest.mark.parametrize("cls", PANELS)
    def test_without_a_character(self, context, cls):
        if not hasattr(cls, "poll") or cls.poll(context):
            draw(cls, context)
        else:
            assert cls in (panels.TWOSTEP_PT_character, panels.TWOSTEP_PT_trouble)

    @pytest.mark.parametrize("cls", PANELS)
    def test_with_a_character(self, context, cls):
        mixamo_armature()
        draw(cls, context)
        bpy.ops.object.mode_set(mode="EDIT")
        draw(cls, context)

    @pytest.mark.parametrize("cls", PANELS)
    def test_with_something_else(self, context, cls):
        bpy.ops.object.armature_add()
        draw(cls, context)

    def test_every_setting_is_shown(self, context):
        mixamo_armature()
        settings = context.scene.twostep
        settings.bones = "COLLECTION"
        settings.score.use_rhythm = True
        shown = {name for cls in PANELS for name in draw(cls, context).properties}
        hidden = {"song", "song_file", "score", "rhythm_known", "batch"}
        for group in (settings, settings.score):
            own = {prop.identifier for prop in group.bl_rna.properties if prop.is_runtime}
            assert own - hidden <= shown

    def test_what_was_recognised(self, context):
        mixamo_armature()
        texts = draw(panels.TWOSTEP_PT_character, context).texts
        assert texts[0] == "Mixamo, 22 of 24 joints"
        assert texts[texts.index("Elbow") + 1] == "mixamorig:LeftForeArm"
        assert texts[texts.index("Knuckles") + 1] == "None"

    def test_bones_to_choose(self, context):
        ob = mixamo_armature()
        bpy.ops.twostep.edit_bones()
        drawn = draw(panels.TWOSTEP_PT_character, context)
        assert {f"twostep_{j}" for j in JOINTS} == set(
            drawn.properties
        ) and "twostep.reset_bone" not in drawn.operators
        ob.data.twostep_neck, ob.data.twostep_head = "", "Gone"
        drawn = draw(panels.TWOSTEP_PT_character, context)
        assert drawn.operators.count("twostep.reset_bone") == 2
        assert "twostep.pick_bone" not in drawn.operators
        bpy.ops.object.mode_set(mode="POSE")
        picking = draw(panels.TWOSTEP_PT_character, context).operators
        assert picking.count("twostep.pick_bone") == len(JOINTS)
        assert "Mixamo has no bone Gone any more." in " ".join(drawn.texts)

    def test_a_joint_that_is_lacking_is_red(self, context):
        ob = mixamo_armature()
        bpy.ops.twostep.edit_bones()
        for joint in ("left_knee", "left_hand"):
            setattr(ob.data, f"twostep_{joint}", "")
        assert "left_knee" in armature.recognition(ob).lacking
        assert draw(panels.TWOSTEP_PT_character, context).red == ["Knee"]
        texts = " ".join(draw(panels.TWOSTEP_PT_dance, context).texts)
        assert "no bones for left knee" in texts and "under Character" in texts

    def test_what_does_not_apply_is_switched_off(self, context):
        mixamo_armature()
        movement = draw(panels.TWOSTEP_PT_movement, context)
        assert not movement.properties["limbs"].usable and movement.properties["reach"].usable
        assert "FK and IK" in " ".join(movement.texts)
        context.scene.twostep.travel = "ROOT"
        assert "no root bone" in " ".join(draw(panels.TWOSTEP_PT_movement, context).texts)
        assert not draw(panels.TWOSTEP_PT_keys, context).properties["tolerance_mm"].usable
        context.scene.twostep.keys = "FEW"
        context.scene.twostep.use_loop = True
        assert not draw(panels.TWOSTEP_PT_keys, context).properties["blend_in"].usable
        context.scene.twostep.onto = "NLA"
        assert draw(panels.TWOSTEP_PT_keys, context).properties["blend_in"].usable
        assert draw(panels.TWOSTEP_PT_keys, context).properties["tolerance_mm"].usable

    def test_presets_are_listed(self, context):
        ob = mixamo_armature()
        corrections.save_preset("Mixamo Girls", armature.recognition(ob).bones)
        drawn = draw(panels.TWOSTEP_PT_presets, context)
        assert drawn.operators == [
            "twostep.apply_preset", "twostep.delete_preset", "twostep.save_preset"
        ]  # fmt: skip
