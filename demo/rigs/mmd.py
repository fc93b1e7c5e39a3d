# SPDX-License-Identifier: GPL-3.0-or-later
"""What MikuMikuDance models bring besides bones, as mmd_tools sets it up: constraints."""

from __future__ import annotations

import bpy

#: The bones that other bones' legs lead, and the bones that carry the skin.
_LED = (("足", "足D"), ("ひざ", "ひざD"), ("足首", "足首D"))


def constrain(ob: bpy.types.Object) -> None:
    """Legs reach for their IK bones; D bones turn like the legs; hips' turns are cancelled."""
    bones = ob.pose.bones
    for side in ("左", "右"):
        _reach(ob, f"{side}ひざ", f"{side}足ＩＫ", 2)
        _reach(ob, f"{side}足首", f"{side}つま先ＩＫ", 1)
        knee = bones[f"{side}ひざ"]
        knee.lock_ik_y = knee.lock_ik_z = True
        for led, follower in _LED:
            _follow(ob, side + follower, side + led)
        _follow(ob, f"腰キャンセル{side}", "腰").invert_x = True
        cancelled = bones[f"腰キャンセル{side}"].constraints[0]
        cancelled.invert_y = cancelled.invert_z = True


def _reach(ob: bpy.types.Object, bone: str, goal: str, length: int) -> None:
    ik = ob.pose.bones[bone].constraints.new("IK")
    ik.target, ik.subtarget, ik.chain_count = ob, goal, length
    ik.name = "IK"


def _follow(ob: bpy.types.Object, bone: str, leader: str) -> bpy.types.CopyRotationConstraint:
    copy = ob.pose.bones[bone].constraints.new("COPY_ROTATION")
    copy.target, copy.subtarget = ob, leader
    copy.target_space = copy.owner_space = "LOCAL"
    copy.name = "mmd_additional_rotation"
    return copy
