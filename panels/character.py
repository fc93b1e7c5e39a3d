# SPDX-License-Identifier: GPL-3.0-or-later
"""The Character section: what the armature was recognised as, and the bones that are meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import bpy

from ..inference.rigs import Recognition
from ..inference.skeleton import JOINT_COUNT
from ..scene import armature, corrections
from ..scene.words import listed, told
from .character_properties import GROUPS
from .sidebar import Sidebar, say


@dataclass(frozen=True)
class _Joints:
    """What there is to show of them: their bones, which ones need one, which the user corrected."""

    bones: Mapping[str, str]
    lacking: frozenset[str]
    corrected: frozenset[str]


class TWOSTEP_PT_character(Sidebar, bpy.types.Panel):
    """Which bone is which joint, and where the user knows better"""

    bl_idname = "TWOSTEP_PT_character"
    bl_label = "Character"
    bl_parent_id = "TWOSTEP_PT_dance"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        ob = armature.character(context)
        return ob is not None and ob.type == "ARMATURE"

    def draw(self, context: bpy.types.Context) -> None:
        layout, ob = self.layout, armature.character(context)
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.enabled = not context.window_manager.twostep_running
        if ob is None or ob.mode == "EDIT":
            say(layout, context, "The bones are being edited; leave edit mode (Tab) to see them.")
            return
        found = armature.recognition(ob)
        _draw_summary(layout, context, ob, found)
        _draw_buttons(layout, context, ob)
        plain = armature.recognition(ob, corrected=False)
        chosen = corrections.chosen(ob).items()
        joints = _Joints(
            found.bones,
            frozenset(found.lacking),
            frozenset(joint for joint, bone in chosen if bone != plain.bones.get(joint, "")),
        )
        for group in GROUPS:
            header, body = layout.panel(f"TWOSTEP_{group}")
            header.label(text=group)
            if body is not None:
                _draw_group(body, ob, group, joints)


class TWOSTEP_PT_presets(bpy.types.Panel):
    """The user's own rigs, to apply, to delete, to add to"""

    bl_idname = "TWOSTEP_PT_presets"
    bl_label = "Rig Presets"
    bl_space_type = "VIEW_3D"
    bl_region_type = "HEADER"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.label(text="Rig Presets")
        column = layout.column(align=True)
        for preset in corrections.presets():
            row = column.row(align=True)
            apply = row.operator("twostep.apply_preset", text=preset.label, translate=False)
            apply.preset = preset.name
            row.operator("twostep.delete_preset", text="", icon="REMOVE").preset = preset.name
        column.operator("twostep.save_preset", icon="ADD")


def summary(found: Recognition) -> str:
    """What was recognised, in a few words."""
    if not found.bones:
        return "Not recognised"
    return f"{found.label}, {len(found.bones)} of {JOINT_COUNT} joints"


def _draw_summary(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    ob: bpy.types.Object,
    found: Recognition,
) -> None:
    layout.label(text=told(summary(found)), icon="ERROR" if found.lacking else "CHECKMARK")
    if found.left_out and not found.lacking:
        say(layout, context, f"It dances without {', '.join(found.left_out)}.")
    for said in (*found.rivals, *found.notes, *corrections.damaged()):
        say(layout, context, said)
    gone = corrections.missing(ob)
    if gone:
        say(layout, context, f"{ob.name} has no bone {listed(gone)} any more.", alert=True)


def _draw_buttons(
    layout: bpy.types.UILayout, context: bpy.types.Context, ob: bpy.types.Object
) -> None:
    own = corrections.is_chosen(ob)
    row = layout.row(align=True)
    row.operator("twostep.edit_bones" if not own else "twostep.reset_bones")
    row.popover("TWOSTEP_PT_presets", text="", icon="PRESET")
    if own:
        layout.operator("twostep.mirror_bones", icon="MOD_MIRROR")
    if not corrections.is_editable(ob):
        say(layout, context, "It lies in another file: make a library override to choose bones.")


def _draw_group(
    layout: bpy.types.UILayout, ob: bpy.types.Object, group: str, joints: _Joints
) -> None:
    own, kept = corrections.is_chosen(ob), corrections.keeper(ob)
    column = layout.column(align=True)
    column.use_property_split = False  # leaves the names too little room
    for joint, label in GROUPS[group].items():
        split = column.split(factor=0.32, align=True)
        left = split.row()
        left.alert = joint in joints.lacking
        left.alignment = "RIGHT"
        left.label(text=label)
        row = split.row(align=True)
        if not own:
            bone = joints.bones.get(joint, "")
            row.label(
                text=bone or told("None"),
                icon="BONE_DATA" if bone else "BLANK1",
                translate=False,
            )
            continue
        row.prop_search(kept, corrections.PREFIX + joint, ob.data, "bones", text="")
        if ob.mode == "POSE":
            row.operator("twostep.pick_bone", text="", icon="RESTRICT_SELECT_OFF").joint = joint
        if joint in joints.corrected:
            row.operator("twostep.reset_bone", text="", icon="LOOP_BACK").joint = joint
