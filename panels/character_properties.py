# SPDX-License-Identifier: GPL-3.0-or-later
"""What an armature remembers of its bones: which one the user chose for each joint."""

from __future__ import annotations

import bpy

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

#: Can be changed in a file that only borrows the armature, by a library override of it.
_OVERRIDABLE = {"LIBRARY_OVERRIDABLE"}


class TWOSTEP_PG_character(bpy.types.PropertyGroup):
    """Which bones of an armature are the joints of a dancer, where the user knows better"""

    use_own: bpy.props.BoolProperty(
        name="Own Bones",
        description="The bones below are meant, whatever is recognised",
        default=False,
        options=set(),
        override=_OVERRIDABLE,
    )


def _bone(group: str, label: str) -> bpy.props.StringProperty:
    side = "" if group == "Spine" else f"{group.split(maxsplit=1)[0].lower()} "
    return bpy.props.StringProperty(
        name=label,
        description=f"The bone that turns at the {side}{label.lower()}; empty: there is none",
        options=set(),
        override=_OVERRIDABLE,
    )


for _group, _labels in GROUPS.items():
    TWOSTEP_PG_character.__annotations__.update(
        {joint: _bone(_group, label) for joint, label in _labels.items()}
    )
