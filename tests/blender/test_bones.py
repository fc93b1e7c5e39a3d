# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bone is which joint: chosen by the user, remembered by the armature, kept as presets."""

from __future__ import annotations

from dataclasses import replace

import bpy
import pytest

from twostep.demo.rigs.families import everyone
from twostep.inference.rigs import recognise
from twostep.inference.skeleton import JOINTS
from twostep.scene import armature, corrections

from .families import mixamo_armature
from .figures import smpl_armature


@pytest.fixture
def rig(context):
    return mixamo_armature("Ann")


@pytest.fixture
def presets(tmp_path, monkeypatch):
    """A folder of the user's own that is empty, and not even there, at first."""

    def folder(name, *, create=True):
        place = tmp_path / "user" / name
        if create:
            place.mkdir(parents=True, exist_ok=True)
        return place

    monkeypatch.setattr(corrections, "user_folder", folder)
    return tmp_path / "user" / "rigs"


def bone_of(ob, joint):
    return armature.recognition(ob).bones.get(joint)


def rename(ob, names):
    for bone in list(ob.data.bones):
        bone.name = names(bone.name)


def test_editing_begins_with_what_is_recognised(rig):
    before = armature.recognition(rig).bones
    assert not rig.data.twostep_own_bones and corrections.chosen(rig) == {}
    bpy.ops.twostep.edit_bones()
    assert rig.data.twostep_own_bones and rig.data.twostep_left_elbow == "mixamorig:LeftForeArm"
    assert corrections.chosen(rig) == {joint: before.get(joint, "") for joint in JOINTS}
    assert corrections.differing(rig, before) == {}
    assert armature.recognition(rig).bones == before


def test_a_correction_takes_effect_at_once(rig):
    bpy.ops.twostep.edit_bones()
    rig.data.twostep_neck = ""
    assert bone_of(rig, "neck") is None
    rig.data.twostep_spine2 = "mixamorig:Spine2"
    rig.data.twostep_spine3 = ""
    assert bone_of(rig, "spine2") == "mixamorig:Spine2" and bone_of(rig, "spine3") is None
    assert bone_of(rig, "left_elbow") == "mixamorig:LeftForeArm"
    plain = armature.recognition(rig, corrected=False).bones
    assert plain["neck"] == "mixamorig:Neck"
    assert corrections.differing(rig, plain) == {
        "neck": "", "spine2": "mixamorig:Spine2", "spine3": ""
    }  # fmt: skip


def test_reading_a_dance_goes_by_the_same_bones(rig):
    bpy.ops.twostep.edit_bones()
    rig.data.twostep_neck = ""
    assert "neck" not in armature.readable_bones(rig)


def test_resetting_one_joint_and_all(rig):
    bpy.ops.twostep.edit_bones()
    rig.data.twostep_neck = rig.data.twostep_head = ""
    bpy.ops.twostep.reset_bone(joint="neck")
    assert rig.data.twostep_neck == "mixamorig:Neck" and rig.data.twostep_head == ""
    bpy.ops.twostep.reset_bones()
    assert not rig.data.twostep_own_bones and bone_of(rig, "head") == "mixamorig:Head"
    assert not rig.data.is_property_set("twostep_neck")


def test_the_selected_bone_is_picked(rig):
    rig.data.bones.active = None
    assert not bpy.ops.twostep.pick_bone.poll()
    bpy.ops.object.mode_set(mode="POSE")
    rig.data.bones.active = rig.data.bones["mixamorig:Spine1"]
    bpy.ops.twostep.pick_bone(joint="spine1")
    assert bone_of(rig, "spine1") == "mixamorig:Spine1"
    assert bone_of(rig, "head") == "mixamorig:Head"  # the others stay as they were recognised


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("mixamorig:LeftArm", "mixamorig:RightArm"),
        ("upper_arm.L.001", "upper_arm.R.001"),
        ("Bip01 L UpperArm", "Bip01 R UpperArm"),
        ("左腕", "右腕"),
        ("LUpArm", "RUpArm"),
    ],
)
def test_left_is_mirrored_to_right(context, left, right):
    names = {"left_shoulder": left, "right_shoulder": right}
    ob = smpl_armature(rename=lambda joint: names.get(joint, joint))
    bpy.ops.twostep.edit_bones()
    ob.data.twostep_left_shoulder, ob.data.twostep_right_shoulder = left, ""
    ob.data.twostep_left_collar = ""
    bpy.ops.twostep.mirror_bones()
    assert ob.data.twostep_right_shoulder == right
    assert ob.data.twostep_right_collar == ""
    assert ob.data.twostep_right_knee == "right_knee" and ob.data.twostep_neck == "neck"


def test_what_has_no_mirror_image_stays(rig, capfd):
    rig.data.bones["mixamorig:LeftArm"].name = "tentacle"
    bpy.ops.twostep.edit_bones()
    rig.data.twostep_left_shoulder = "tentacle"
    bpy.ops.twostep.mirror_bones()
    assert rig.data.twostep_right_shoulder == "mixamorig:RightArm"
    assert "no bone on the right that mirrors tentacle" in "".join(capfd.readouterr())


def test_one_step_back_undoes_it(rig):
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.twostep.edit_bones("EXEC_DEFAULT", True)
    assert bpy.data.objects["Ann"].data.twostep_own_bones
    bpy.ops.ed.undo()
    ob = bpy.data.objects["Ann"]
    assert not ob.data.twostep_own_bones and bone_of(ob, "neck") == "mixamorig:Neck"


def test_nothing_to_choose_for(context):
    assert not bpy.ops.twostep.edit_bones.poll()
    bpy.ops.mesh.primitive_cube_add()
    assert not bpy.ops.twostep.edit_bones.poll()
    rig = mixamo_armature()
    assert bpy.ops.twostep.edit_bones.poll()
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.twostep.edit_bones.poll()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert bpy.context.view_layer.objects.active == rig and bpy.ops.twostep.edit_bones.poll()


@pytest.fixture
def library(rig, tmp_path):
    """A file with Ann, who has been told that she has no neck."""
    bpy.ops.twostep.edit_bones()
    rig.data.twostep_neck = ""
    path = tmp_path / "ann.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def take(context, library, link):
    """Ann out of that file."""
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(library), link=link) as (_, wanted):
        wanted.objects = ["Ann"]
    ob = bpy.data.objects["Ann"]
    context.scene.collection.objects.link(ob)
    context.view_layer.objects.active = ob
    return ob


def test_saved_and_loaded(library):
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(library))
    ob = bpy.data.objects["Ann"]
    assert ob.data.twostep_own_bones and bone_of(ob, "neck") is None
    assert bone_of(ob, "head") == "mixamorig:Head"


def test_appended_and_copied(context, library):
    ob = take(context, library, link=False)
    assert bone_of(ob, "neck") is None
    copy = ob.copy()
    copy.data = ob.data.copy()
    corrections.forget(ob)
    assert bone_of(ob, "neck") == "mixamorig:Neck" and bone_of(copy, "neck") is None


def test_linked_it_is_shown_and_not_changed(context, library):
    ob = take(context, library, link=True)
    assert bone_of(ob, "neck") is None
    assert not bpy.ops.twostep.edit_bones.poll() and not bpy.ops.twostep.mirror_bones.poll()


@pytest.mark.parametrize("with_data", [False, True], ids=["object", "object and data"])
def test_a_library_override_chooses_for_itself(context, library, tmp_path, with_data):
    linked = take(context, library, link=True)
    ob = linked.override_create(remap_local_usages=True)
    if with_data:
        ob.data = linked.data.override_create(remap_local_usages=True)
    context.view_layer.objects.active = ob
    assert bone_of(ob, "neck") is None  # as in the file that it comes from
    assert corrections.is_chosen(ob) == with_data
    bpy.ops.twostep.edit_bones()
    assert corrections.is_chosen(ob)
    bpy.ops.twostep.reset_bone(joint="neck")
    corrections.keeper(ob).twostep_left_hand = "mixamorig:LeftHand"
    corrections.keeper(ob).twostep_left_wrist = ""
    assert bone_of(ob, "neck") == "mixamorig:Neck"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    ob = next(each for each in bpy.data.objects if each.override_library)
    chosen = corrections.chosen(ob)
    assert (chosen["neck"], chosen["left_hand"]) == ("mixamorig:Neck", "mixamorig:LeftHand")
    assert chosen["left_wrist"] == ""


def test_bones_that_are_gone_correct_nothing(rig):
    bpy.ops.twostep.edit_bones()
    rename(rig, lambda name: name.replace("mixamorig:", "Character1_"))
    found = armature.recognition(rig)
    assert found.bones["left_elbow"] == "Character1_LeftForeArm" and not found.lacking
    assert len(corrections.missing(rig)) == 22


def test_what_changes_the_bones_is_noticed(rig):
    assert bone_of(rig, "left_elbow") == "mixamorig:LeftForeArm"
    rig.data.bones["mixamorig:LeftForeArm"].name = "mixamorig:LeftLowerArm_"
    assert bone_of(rig, "left_elbow") != "mixamorig:LeftForeArm"
    rig.data.bones["mixamorig:LeftLowerArm_"].name = "mixamorig:LeftForeArm"
    assert bone_of(rig, "left_elbow") == "mixamorig:LeftForeArm"
    bpy.ops.object.mode_set(mode="EDIT")
    rig.data.edit_bones.remove(rig.data.edit_bones["mixamorig:Neck"])
    bpy.ops.object.mode_set(mode="OBJECT")
    assert bone_of(rig, "neck") is None


def test_a_rig_is_recognised_once_for_as_long_as_it_stays_the_same(rig, monkeypatch):
    asked = []

    def counted(*what):
        asked.append(what)
        return recognise(*what)

    monkeypatch.setattr(armature, "recognise", counted)
    rig.data.bones["mixamorig:Neck"].name = "mixamorig:Neck_"  # not seen by any test before
    for _ in range(3):
        armature.recognition(rig)
    assert len(asked) == 1
    bpy.ops.twostep.edit_bones()
    rig.data.twostep_head = ""
    for _ in range(3):
        armature.recognition(rig)
    assert len(asked) == 2
    bpy.ops.object.mode_set(mode="EDIT")
    rig.data.edit_bones["mixamorig:LeftHand"].parent = rig.data.edit_bones["mixamorig:Hips"]
    bpy.ops.object.mode_set(mode="OBJECT")
    armature.recognition(rig)
    assert len(asked) == 4  # as it is, and corrected


class TestPresets:
    """Families of the user's own."""

    ODD = staticmethod(lambda joint: f"Q{JOINTS.index(joint) * 37 % 101}")

    @pytest.fixture
    def robot(self, context, presets):
        """A figure without toes whose names say nothing, and whose head is not where it looks."""
        ob = smpl_armature("Robot", rename=self.ODD)
        corrections.choose(ob, {joint: self.ODD(joint) for joint in JOINTS if joint != "neck"})
        return ob

    def test_none_at_first(self, context, presets):
        assert corrections.presets() == () and corrections.damaged() == ()
        assert not presets.exists()  # looking makes no folder

    def test_a_rig_with_those_bones_is_recognised_by_itself(self, robot, presets):
        bpy.ops.twostep.save_preset(name="My Robot")
        assert [path.suffix for path in presets.iterdir()] == [".toml"]
        other = smpl_armature("Other", rename=self.ODD, seed=5)
        found = armature.recognition(other)
        assert found.label == "My Robot" and found.bones["left_foot"] == self.ODD("left_foot")
        assert "neck" not in found.bones

    @pytest.mark.parametrize("family", ["mixamo", "mmd"])
    def test_nothing_else_that_is_known_of_a_rig_is_lost(self, context, presets, family):
        rig = everyone()[family].build(context)
        before = armature.recognition(rig)
        assert before.marks or before.controls
        bpy.ops.twostep.save_preset(name="Ours")
        after = armature.recognition(rig)
        assert (after.label, after.family) == ("Ours", "ours")
        assert replace(after, label=before.label, family=before.family) == before

    def test_saved_again_it_is_replaced(self, robot):
        bpy.ops.twostep.save_preset(name="My Robot")
        robot.data.twostep_head = ""
        robot.data.twostep_neck = self.ODD("head")
        robot.data.twostep_head = self.ODD("neck")
        bpy.ops.twostep.save_preset(name="My Robot")
        (preset,) = corrections.presets()
        assert dict(preset.bones)["head"] == self.ODD("neck")

    def test_applied(self, robot):
        bpy.ops.twostep.save_preset(name="My Robot")
        (preset,) = corrections.presets()
        bpy.ops.twostep.reset_bones()
        bpy.ops.twostep.apply_preset(preset=preset.name)
        assert robot.data.twostep_own_bones and robot.data.twostep_neck == ""
        assert robot.data.twostep_left_knee == self.ODD("left_knee")

    def test_applied_to_another_kind_of_rig(self, robot):
        bpy.ops.twostep.save_preset(name="My Robot")
        (preset,) = corrections.presets()
        other = mixamo_armature()
        with pytest.raises(RuntimeError, match="none of the bones of My Robot"):
            bpy.ops.twostep.apply_preset(preset=preset.name)
        assert not other.data.twostep_own_bones

    def test_deleted(self, robot, presets):
        bpy.ops.twostep.save_preset(name="My Robot")
        (preset,) = corrections.presets()
        bpy.ops.twostep.delete_preset(preset=preset.name)
        assert corrections.presets() == () and not list(presets.iterdir())
        with pytest.raises(RuntimeError, match="not there any more"):
            bpy.ops.twostep.apply_preset(preset=preset.name)

    @pytest.mark.parametrize("name", ["", "  "])
    def test_without_a_name(self, robot, name):
        with pytest.raises(RuntimeError, match="Give the preset a name"):
            bpy.ops.twostep.save_preset(name=name)

    def test_half_a_figure_is_no_preset(self, robot):
        robot.data.twostep_left_knee = ""
        with pytest.raises(RuntimeError, match="left knee"):
            bpy.ops.twostep.save_preset(name="Half")
        assert corrections.presets() == ()

    @pytest.mark.parametrize("text", [b"label = ", b"\xff\xfe", b"", b"label = 3\n[bones]\n"])
    def test_a_damaged_file_is_said_and_left_out(self, robot, presets, text):
        bpy.ops.twostep.save_preset(name="My Robot")
        (presets / "broken.toml").write_bytes(text)
        assert [preset.label for preset in corrections.presets()] == ["My Robot"]
        (said,) = corrections.damaged()
        assert "broken.toml" in said and not armature.recognition(robot).lacking
