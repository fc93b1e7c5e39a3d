# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking the dance to another program."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..inference.errors import TwostepError
from ..scene import armature, fbx, staging
from ..scene.words import reported, told


class TWOSTEP_OT_export_fbx(bpy.types.Operator):
    """Export the character, its meshes and its dance, and nothing else, as FBX"""

    bl_idname = "twostep.export_fbx"
    bl_label = "Export Dance as FBX"

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE", "HIDDEN"})
    filter_glob: bpy.props.StringProperty(default="*.fbx", options={"HIDDEN"})
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    preset: bpy.props.EnumProperty(
        name="For",
        description="Which program the file is for",
        items=(
            ("GENERIC", "Generic", "Y up, for most programs and for Blender itself"),
            ("UNITY", "Unity", "Y up, in metres; comes in unturned and at scale 1"),
            ("UNREAL", "Unreal", "Z up, in centimetres, with a root bone; comes in at scale 1"),
        ),
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        try:
            _dancer(context)
        except TwostepError as error:
            cls.poll_message_set(told(str(error)))
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        ob = _dancer(context)
        if not self.filepath:
            blend = Path(bpy.data.filepath)
            folder = blend.parent if bpy.data.filepath else Path.home()
            self.filepath = str(folder / f"{bpy.path.clean_name(ob.name)}.fbx")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        ob = _dancer(context)
        if not self.filepath:
            raise TwostepError("Choose a file to export to.")
        path = Path(bpy.path.abspath(self.filepath)).with_suffix(".fbx")
        fbx.export(context, ob, path, fbx.PRESETS[self.preset])
        self.report({"INFO"}, reported(f"Exported {ob.name} to {path}"))
        return {"FINISHED"}


def _dancer(context: bpy.types.Context) -> bpy.types.Object:
    """The armature that is meant, if it dances. Raises TwostepError."""
    ob = armature.character(context)
    if ob is None or ob.type != "ARMATURE":
        raise TwostepError("Select the armature that dances.")
    staging.dance_range(ob)
    return ob
