# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences."""

from __future__ import annotations

import bpy

from ..scene.words import told


class TWOSTEP_AP_preferences(bpy.types.AddonPreferences):
    """What holds for every file"""

    bl_idname = __package__.rpartition(".")[0]

    provider: bpy.props.EnumProperty(
        name="Run On",
        description="What the networks run on",
        items=(
            ("auto", "Automatic", "The fastest that this computer has and this build supports"),
            ("cpu", "Processor", "Works everywhere"),
            ("cuda", "NVIDIA GPU (CUDA)", "Needs the GPU build of Twostep"),
            ("tensorrt", "NVIDIA GPU (TensorRT)", "Needs the GPU build of Twostep and TensorRT"),
            ("directml", "GPU (DirectML)", "On Windows"),
            ("coreml", "Apple (Core ML)", "On macOS"),
        ),
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "provider")
        used = context.window_manager
        if used.twostep_provider:
            text = told(f"Last ran on {used.twostep_provider}")
            note = told(used.twostep_provider_note)
            layout.label(text=f"{text} ({note})" if note else text, translate=False)
