# SPDX-License-Identifier: GPL-3.0-or-later
"""Rig files are opened to dance, without their scripts, or it is said in one sentence why not."""

from __future__ import annotations

import re

import bpy
import pytest

from twostep.inference.errors import TwostepError
from twostep.scene.characters import open_character
from twostep.scene.dancer import add_dancer

from .families import mixamo_armature


def saved(path, **options):
    bpy.ops.wm.save_as_mainfile(filepath=str(path), **options)
    return path


def test_twosteps_own_dancer(context):
    bpy.data.objects.new("Left over", None)
    ob = open_character(None).ob
    assert ob.name == "Dancer" and "Left over" not in bpy.data.objects
    assert bpy.context.scene.render.fps == 30


def test_a_blend(context, tmp_path):
    mixamo_armature("Hero")
    context.scene.render.fps = 25
    character = open_character(saved(tmp_path / "hero.blend"))
    assert (character.ob.name, character.warnings) == ("Hero", ())
    assert bpy.context.scene.render.fps == 25


@pytest.mark.parametrize("mode", ["EDIT", "POSE"])
def test_whatever_mode_it_was_saved_in(context, tmp_path, mode):
    mixamo_armature("Hero")
    bpy.ops.object.mode_set(mode=mode)
    ob = open_character(saved(tmp_path / "hero.blend")).ob
    assert ob.mode == "OBJECT"


def test_one_that_no_scene_shows(context, tmp_path):
    ob = mixamo_armature("Hero")
    context.scene.collection.objects.unlink(ob)
    ob.use_fake_user = True
    ob = open_character(saved(tmp_path / "hero.blend")).ob
    assert bpy.context.view_layer.objects.get("Hero") == ob


@pytest.mark.parametrize("form", ["fbx", "glb"])
def test_imported(context, tmp_path, form):
    add_dancer(context)
    context.scene.render.fps = 24
    path = tmp_path / f"hero.{form}"
    if form == "fbx":
        bpy.ops.export_scene.fbx(filepath=str(path), add_leaf_bones=False)
    else:
        bpy.ops.export_scene.gltf(filepath=str(path))
    ob = open_character(path).ob
    assert "left_knee" in ob.data.bones
    assert bpy.context.scene.render.fps == (24 if form == "fbx" else 30)


def test_several(context, tmp_path):
    for name in ("Anna", "Bert"):
        mixamo_armature(name)
    path = saved(tmp_path / "both.blend")
    with pytest.raises(TwostepError, match="2 armatures; say which by “armature”: Anna, Bert"):
        open_character(path)
    assert open_character(path, "Bert").ob.name == "Bert"
    with pytest.raises(TwostepError, match="no armature object Carl; it has Anna, Bert"):
        open_character(path, "Carl")


def test_none(context, tmp_path):
    with pytest.raises(TwostepError, match="has no armature; choose another"):
        open_character(saved(tmp_path / "empty.blend"))


def test_a_file_that_is_not_there(context, tmp_path):
    with pytest.raises(TwostepError, match="There is no file"):
        open_character(tmp_path / "none.blend")


@pytest.mark.parametrize("form", ["blend", "fbx", "glb", "gltf"])
@pytest.mark.parametrize("text", [b"", b"no such thing" * 50])
def test_a_damaged_file(context, tmp_path, form, text):
    path = tmp_path / f"hero.{form}"
    path.write_bytes(text)
    with pytest.raises(TwostepError, match=rf"hero\.{form} cannot be (opened|imported)") as told:
        open_character(path)
    assert "\n" not in str(told.value) and "Traceback" not in str(told.value)


def test_half_a_blend(context, tmp_path):
    mixamo_armature("Hero")
    path = saved(tmp_path / "hero.blend")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(TwostepError, match=r"hero\.blend"):
        open_character(path)


def test_a_newer_blenders_file(context, tmp_path):
    mixamo_armature("Hero")
    path = saved(tmp_path / "hero.blend", compress=False)
    content = path.read_bytes()
    digits = re.search(rb"v(\d+)", content[:20])
    newer = b"9" * 3 if len(digits[1]) == 3 else b"0999"
    path.write_bytes(content[: digits.start(1)] + newer + content[digits.end(1) :])
    with pytest.raises(TwostepError, match=r"newer|saved by Blender 9\.99"):
        open_character(path)


def test_scripts_are_never_run(context, tmp_path):
    ob = mixamo_armature("Hero")
    trace = tmp_path / "trace"
    text = bpy.data.texts.new("evil.py")
    text.write(f"import bpy, pathlib\npathlib.Path({str(trace)!r}).touch()\n")
    text.use_module = True
    driver = ob.driver_add("location", 0).driver
    driver.type = "SCRIPTED"
    driver.expression = f"len([open({str(trace)!r}, 'w')])"
    simple = ob.driver_add("location", 1).driver
    simple.type, simple.expression = "SCRIPTED", "1 + 1"
    path = saved(tmp_path / "hero.blend")
    trace.unlink(missing_ok=True)
    character = open_character(path)
    bpy.context.scene.frame_set(5)
    assert not trace.exists()
    (told,) = character.warnings
    assert told.startswith("1 driver of Hero needs a script")
