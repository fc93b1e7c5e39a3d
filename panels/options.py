# SPDX-License-Identifier: GPL-3.0-or-later
"""What most dances need not change: when, how and where on the character they are danced."""

from __future__ import annotations

import bpy

from ..inference.rigs import Recognition
from ..scene import armature
from ..scene.words import OWN
from .sidebar import Sidebar, say


class Section(Sidebar):
    """A section of the Dance panel"""

    bl_parent_id = "TWOSTEP_PT_dance"
    bl_options = {"DEFAULT_CLOSED"}


class TWOSTEP_PT_timing(Section, bpy.types.Panel):
    """When the dance moves, begins and ends"""

    bl_idname = "TWOSTEP_PT_timing"
    bl_label = "Timing"

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, _begun(self.layout, context)
        column = layout.column(heading="Music")
        column.prop(settings, "use_retime")
        column = layout.column(heading="Start")
        column.prop(settings, "use_present_pose", text="From Present Pose")
        column = layout.column(heading="End")
        column.prop(settings, "use_loop")


class TWOSTEP_PT_movement(Section, bpy.types.Panel):
    """How the character makes the dance its own"""

    bl_idname = "TWOSTEP_PT_movement"
    bl_label = "Movement"

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, _begun(self.layout, context)
        found = _recognition(context)
        both = found is not None and has_both(found)
        column = layout.column()
        column.active = both
        column.row().prop(settings, "limbs", expand=True)
        if not both:
            say(layout, context, "Only for rigs that have both FK and IK controls.")
        layout.prop(settings, "travel")
        if settings.travel == "ROOT" and found is not None and not found.root:
            say(layout, context, "This rig has no root bone; its hips travel.", alert=True)
        layout.prop(settings, "reach", slider=True)


class TWOSTEP_PT_keys(Section, bpy.types.Panel):
    """Which keys are made, and where they go"""

    bl_idname = "TWOSTEP_PT_keys"
    bl_label = "Keys"
    bl_translation_context = OWN

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, _begun(self.layout, context)
        layout.prop(settings, "onto")
        column = layout.column(align=True)
        column.active = settings.onto != "ACTION" or not settings.use_loop  # it goes on for ever
        column.prop(settings, "blend_in")
        column.prop(settings, "blend_out", text="Out")
        layout.prop(settings, "bones")
        if settings.bones == "COLLECTION":
            ob = armature.character(context)
            if ob is not None and ob.type == "ARMATURE":
                layout.prop_search(
                    settings, "bone_collection", ob.data, "collections_all", text="Collection"
                )
        layout.prop(settings, "keys")
        column = layout.column(align=True)
        column.active = settings.keys == "FEW"
        column.prop(settings, "tolerance_mm", text="Within mm")
        column.prop(settings, "tolerance_deg", text="Degrees")


def _begun(layout: bpy.types.UILayout, context: bpy.types.Context) -> bpy.types.PropertyGroup:
    layout.use_property_split = True
    layout.use_property_decorate = False
    layout.enabled = not context.window_manager.twostep_running
    return context.scene.twostep


def _recognition(context: bpy.types.Context) -> Recognition | None:
    """What the character was recognised as, if there is one."""
    ob = armature.character(context)
    if ob is None or ob.type != "ARMATURE" or ob.mode == "EDIT":
        return None
    return armature.recognition(ob)


def has_both(found: Recognition) -> bool:
    """Whether a rig's limbs can be moved by FK and by IK."""
    return found.controls is not None and bool(found.controls.goals)
