# SPDX-License-Identifier: GPL-3.0-or-later
"""Armatures that dance for a moment, and what tells whether their files would be the same."""

from __future__ import annotations

import bpy
import pytest
from mathutils import Matrix

from twostep.scene import batches, prints, versions
from twostep.scene.borrowed import borrowed
from twostep.scene.dancer import add_dancer

from .figures import wild_motion
from .snapshots import snapshot
from .test_keys import dance


class TestBorrowed:
    def test_what_danced_for_a_moment_is_as_it_was(self, context, figure):
        """Switches that an action keys too, which evaluation leaves on the bones."""
        figure.pose.bones["head"]["switch"] = 0.25
        figure.pose.bones["head"].rotation_mode = "XYZ"
        before = snapshot()
        with borrowed(figure) as data:
            dance(figure, wild_motion(12), frame=5)
            where = versions.playing_curves(data)
            path = 'pose.bones["head"]["switch"]'
            curves = data.action.fcurves if not versions.SLOTTED else versions.slot_curves(
                data.action, data.action_slot).fcurves  # fmt: skip
            curves.new(path).keyframe_points.insert(1, 1.0)
            context.scene.frame_set(9)
            assert figure.pose.bones["head"]["switch"] == 1.0 and where
            assert figure.pose.bones["left_elbow"].matrix_basis != Matrix()
        context.scene.frame_set(1)
        assert figure.pose.bones["head"]["switch"] == 0.25
        assert snapshot() == before


class TestPrints:
    """What is made anew, and what not."""

    @pytest.fixture
    def ob(self, context):
        ob = add_dancer(context, location=(0, 0, 0))
        dance(ob, wild_motion(12), frame=5)
        context.scene.frame_set(6)
        return ob

    def test_it_is_the_same_in_another_frame_and_after_loading(self, context, ob, tmp_path):
        moved = batches.bones_of(ob.animation_data.action)
        first = prints.character(ob, moved, True), prints.action(ob.animation_data.action)
        context.scene.frame_set(11)
        ob.select_set(False)
        assert prints.character(ob, moved, True) == first[0]
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "file.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "file.blend"))
        again = bpy.data.objects["Dancer"]
        action = again.animation_data.action
        assert (prints.character(again, moved, True), prints.action(action)) == first

    @pytest.mark.parametrize(
        "change",
        [
            lambda ob, body: setattr(ob, "location", (1, 0, 0)),
            lambda ob, body: setattr(ob.pose.bones["head"], "lock_rotation", (True,) * 3),
            lambda ob, body: ob.pose.bones["head"].constraints.new("LIMIT_ROTATION"),
            lambda ob, body: setattr(body.data.vertices[7], "co", (1, 2, 3)),
            lambda ob, body: body.vertex_groups[3].add([7], 0.5, "REPLACE"),
            lambda ob, body: body.modifiers.new("Smooth", "SUBSURF"),
            lambda ob, body: setattr(body.modifiers[0], "use_bone_envelopes", True),
            lambda ob, body: body.material_slots[0].material.node_tree.nodes[
                "Principled BSDF"].inputs["Roughness"].__setattr__("default_value", 0.123),
        ],
    )  # fmt: skip
    def test_what_counts(self, context, ob, change):
        body = prints.meshes_of(ob)[0]
        before = prints.character(ob, ob.pose.bones.keys(), True)
        change(ob, body)
        context.view_layer.update()
        assert prints.character(ob, ob.pose.bones.keys(), True) != before

    def test_the_pose_of_bones_that_do_not_dance(self, context, ob):
        others = set(ob.pose.bones.keys()) - {"left_hand"}
        before = prints.character(ob, others, False)
        ob.animation_data_clear()
        ob.pose.bones["left_hand"].rotation_quaternion = (0.8, 0.6, 0, 0)
        context.view_layer.update()
        assert prints.character(ob, others, False) != before
