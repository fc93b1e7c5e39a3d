# SPDX-License-Identifier: GPL-3.0-or-later
"""About which of its axes each bone may turn, and which bones make one joint together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import bpy
import numpy as np

from ..inference.retarget import Handle, Role
from .carriers import is_active

#: Below this an angle is none, rad.
_NONE = 1e-6


def free(bone: bpy.types.PoseBone) -> tuple[bool, bool, bool]:
    """About which of its own axes a bone may turn."""
    axes = [not locked for locked in bone.lock_rotation]
    for constraint in bone.constraints:
        if _is_local_limit(constraint) and is_active(constraint):
            shut = (_is_shut(constraint, name) for name in "xyz")
            axes = [may and not never for may, never in zip(axes, shut, strict=True)]
    return axes[0], axes[1], axes[2]


def takes_axes_only(constraint: bpy.types.Constraint) -> bool:
    """Whether all that a constraint does is to take axes away to turn about."""
    if not _is_local_limit(constraint):
        return False
    limited = [name for name in "xyz" if getattr(constraint, f"use_limit_{name}")]
    return all(_is_shut(constraint, name) for name in limited)


def chains(ob: bpy.types.Object, bones: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The bones that make a joint together, from the top, where one alone may not turn anyhow.

    bones: the last bone of each joint. The others are those right above it that no joint has and
    that may not turn about all of their axes either, as a robot's hip is pitch, roll and yaw.
    """
    taken, found = set(bones.values()), {}
    for joint, name in bones.items():
        together: list[str] = []
        bone = ob.pose.bones[name]
        while bone is not None and _is_hinge(ob, bone.name):
            together.insert(0, bone.name)
            bone = bone.parent
            if bone is not None and bone.name in taken:
                break
        if together:
            found[joint] = tuple(together)
    return found


def parts(ob: bpy.types.Object, bones: Iterable[str]) -> list[Handle]:
    """Those bones as handles that hang on nothing."""
    made = []
    for name in bones:
        matrix = np.array(ob.data.bones[name].matrix_local)
        mobile = free(ob.pose.bones[name])
        made.append(Handle(name, Role.TURN, None, matrix[:3, :3], matrix[:3, 3], free=mobile))
    return made


def _is_hinge(ob: bpy.types.Object, name: str) -> bool:
    """Whether a bone may turn, but not about all of its axes."""
    return 0 < sum(free(ob.pose.bones[name])) < 3


def _is_local_limit(constraint: bpy.types.Constraint) -> bool:
    return constraint.type == "LIMIT_ROTATION" and constraint.owner_space == "LOCAL"


def _is_shut(constraint: bpy.types.LimitRotationConstraint, axis: str) -> bool:
    bounds = getattr(constraint, f"min_{axis}"), getattr(constraint, f"max_{axis}")
    return getattr(constraint, f"use_limit_{axis}") and max(map(abs, bounds)) < _NONE
