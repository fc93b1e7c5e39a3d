# SPDX-License-Identifier: GPL-3.0-or-later
"""What an armature remembers of its bones: which one the user chose for each joint."""

from __future__ import annotations

import bpy

from ..scene.corrections import CHOSEN, PREFIX

_SPINE = {
    "pelvis": "Pelvis",
    "spine1": "Lower Spine",
    "spine2": "Middle Spine",
    "spine3": "Upper Spine",
    "neck": "Neck",
    "head": "Head",
}
_ARM = {
    "collar": "Collar",
    "shoulder": "Shoulder",
    "elbow": "Elbow",
    "wrist": "Wrist",
    "hand": "Knuckles",
}
#: What SMPL calls foot is called by what no one takes for the bone from the ankle on.
_LEG = {"hip": "Hip", "knee": "Knee", "ankle": "Ankle", "foot": "Toes"}


def _sided(side: str, parts: dict[str, str]) -> dict[str, str]:
    return {f"{side}_{part}": label for part, label in parts.items()}


#: What the joints are called, in the groups in which they are shown.
GROUPS: dict[str, dict[str, str]] = {
    "Spine": _SPINE,
    "Left Arm": _sided("left", _ARM),
    "Right Arm": _sided("right", _ARM),
    "Left Leg": _sided("left", _LEG),
    "Right Leg": _sided("right", _LEG),
}

#: Those that remember bones: armatures, and objects for armatures of other files.
_KEEPERS = (bpy.types.Armature, bpy.types.Object)


def properties() -> dict[str, object]:
    """What an armature remembers, by the properties' names.

    They lie on the armature itself: Blender 5.0 does not apply a library override to a property
    group that the file it overrides has nothing of. Animating them would make no sense.
    """
    kind = {"options": set(), "override": {"LIBRARY_OVERRIDABLE"}}
    found: dict[str, object] = {
        CHOSEN: bpy.props.BoolProperty(
            name="Own Bones",
            description="The bones that the user chose are meant, whatever is recognised",
            **kind,
        )
    }
    text = "The bone that turns at this joint; empty: there is none"
    for labels in GROUPS.values():
        for joint, label in labels.items():
            found[PREFIX + joint] = bpy.props.StringProperty(name=label, description=text, **kind)
    return found


def register() -> None:
    """Let armatures remember."""
    for keeper in _KEEPERS:
        for name, kind in properties().items():
            setattr(keeper, name, kind)


def unregister() -> None:
    """Make them forget until they are registered again; what files hold stays there."""
    for keeper in _KEEPERS:
        for name in properties():
            delattr(keeper, name)
