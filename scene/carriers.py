# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bone really carries which: parents, and constraints that tie a bone to another one."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import bpy

#: Constraints by which a bone goes wherever another one goes.
_TYING = {"COPY_TRANSFORMS", "COPY_ROTATION", "TRANSFORM"}
#: Spaces in which a constraint copies only what a bone does by itself.
_LOCAL = {"LOCAL", "LOCAL_WITH_PARENT", "LOCAL_OWNER_ORIENT"}
#: How mmd_tools calls the children of the bones that others copy.
_DUMMY = "_dummy_"
#: A copy of a copy of a copy is not looked for.
_COPIES = 4


class Carriers:
    """What carries the bones of an armature, as far as can be told without posing it.

    keyed: bones that will be keyed, and so be tied to nothing; shown: bones that show what is
    keyed; the others are at rest. driven: constraints (bone, name) that drivers switch; those tie
    nothing, the rig's switches see to them. top: the bone that carries what hangs on nothing but an
    Armature constraint, if any.
    """

    def __init__(
        self,
        ob: bpy.types.Object,
        keyed: Collection[str],
        shown: Collection[str],
        driven: Collection[tuple[str, str]],
        top: str | None,
    ) -> None:
        self._ob, self._keyed, self._driven, self._top = ob, set(keyed), driven, top
        self._moving = self._keyed | set(shown)
        self._parents = {
            bone.name: parent.name if (parent := bone.parent) else None for bone in ob.data.bones
        }

    def above(self, bone: str) -> Iterator[str]:
        """The bones that carry a bone, the nearest first."""
        passed = {bone}
        at = self._parents[bone] or self._tied_at_top(bone)
        while at is not None and at not in passed:
            passed.add(at)
            yield at
            at = self.leader(at) or self._parents[at] or self._tied_at_top(at)

    def leader(self, bone: str) -> str | None:
        """The bone of the same armature that a bone is tied to."""
        if bone in self._keyed:
            return None
        for constraint in self._ob.pose.bones[bone].constraints:
            if (
                constraint.type in _TYING
                and constraint.target == self._ob
                and is_active(constraint)
                and constraint.influence > 0.999
                and (bone, constraint.name) not in self._driven
                and constraint.subtarget in self._parents
                and _is_whole(constraint)
            ):
                leader = str(constraint.subtarget)
                if constraint.target_space not in _LOCAL or self._moves(leader):
                    return leader
        return None

    def _moves(self, bone: str) -> bool:
        """Whether a bone is one that moves by itself, or a copy of such a one."""
        at: str | None = bone
        for _ in range(_COPIES):
            if at is None or at in self._moving:
                break
            follower = self._parents[at] if at.startswith(_DUMMY) else self.leader(at)
            at = follower
        return at in self._moving

    def _tied_at_top(self, bone: str) -> str | None:
        if self._top in (None, bone):
            return None
        constraints = self._ob.pose.bones[bone].constraints
        return self._top if any(each.type == "ARMATURE" for each in constraints) else None


def is_active(constraint: bpy.types.Constraint) -> bool:
    """Whether a constraint does anything."""
    return constraint.enabled and not constraint.mute and constraint.influence > 0


def _is_whole(constraint: bpy.types.Constraint) -> bool:
    if constraint.type == "TRANSFORM":
        return constraint.map_from == constraint.map_to == "ROTATION"
    if constraint.type == "COPY_ROTATION":
        inverted = constraint.invert_x or constraint.invert_y or constraint.invert_z
        return constraint.use_x and constraint.use_y and constraint.use_z and not inverted
    return True
