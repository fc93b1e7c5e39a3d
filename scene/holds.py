# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds an armature's bones besides keys, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import bpy

from ..inference.retarget import Role
from ..inference.retarget.figure import base
from .carriers import is_active
from .joints import free, takes_axes_only
from .keyed import Keyed
from .words import listed

#: Constraints that only keep a bone within bounds; they stay.
_BOUNDS = {"LIMIT_ROTATION", "LIMIT_LOCATION", "LIMIT_DISTANCE", "FLOOR"}
#: Constraints that do not say where a bone is or how it is turned.
_HARMLESS = {"LIMIT_SCALE", "COPY_SCALE", "MAINTAIN_VOLUME"}
#: Constraints by which something else carries a whole figure.
_CARRYING = {"CHILD_OF", "ARMATURE"}
#: Constraints that hold the bones above theirs too.
_CHAINS = {"IK", "SPLINE_IK"}

_DRIVEN = re.compile(
    r'pose\.bones\["((?:[^"\\]|\\.)*)"\]'
    r'(?:\.constraints\["((?:[^"\\]|\\.)*)"\])?\.(\w+)$'
)
#: Constraints by which a limb's end follows its goal.
_LEADING = {"IK", "COPY_ROTATION", "COPY_TRANSFORMS"}
#: mmd_tools' limits of knees: for the solver only.
_SOLVER_LIMIT = "mmd_ik_limit"


@dataclass
class Holds:
    """What has to be done so that keys show.

    switches: data paths and values; bones: those that cannot be keyed at all; said: sentences.
    """

    switches: dict[str, float] = field(default_factory=dict)
    bones: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Drivers:
    """What drivers of an armature object set: channels of bones, properties of constraints."""

    channels: frozenset[tuple[str, str]]
    constraints: frozenset[tuple[str, str]]

    @property
    def bones(self) -> set[str]:
        """The bones that they move."""
        return {bone for bone, _ in self.channels}


def drivers(ob: bpy.types.Object) -> Drivers:
    """The drivers that work."""
    channels, constraints = set(), set()
    for curve in ob.animation_data.drivers if ob.animation_data else ():
        found = None if curve.mute else _DRIVEN.match(curve.data_path)
        if found is None:
            continue
        bone, constraint, name = found.groups()
        bone = bpy.utils.unescape_identifier(bone)
        if constraint is None:
            channels.add((bone, name))
        elif name in ("influence", "mute", "enabled"):
            constraints.add((bone, bpy.utils.unescape_identifier(constraint)))
    return Drivers(frozenset(channels), frozenset(constraints))


def holds(
    ob: bpy.types.Object,
    wanted: dict[str, Keyed],
    between: Mapping[str, str | None],
    solved: set[str],
    driven: Drivers,
) -> Holds:
    """What holds the bones to key.

    between: bones that are not keyed themselves but have keyed ones above and below them, and what
    they are tied to; solved: bones at which inverse kinematics aim that the rig has for it.
    """
    found = Holds()
    worked = [name for name, bone in wanted.items() if _is_driven(bone, driven)]
    locked = [name for name, bone in wanted.items() if _is_locked(ob.pose.bones[name], bone)]
    off: list[str] = []
    stay: list[str] = []
    ruled: list[str] = []
    goals = any(bone.role is Role.GOAL for bone in wanted.values())
    rules = _Rules(ob, wanted, between)
    for bone, constraint in _constraints(ob, (*wanted, *between)):
        held = rules.held(bone, constraint)
        label = f"{constraint.name} ({bone})"
        if _solves(ob, constraint, solved):
            found.switches |= _solver(constraint, held, goals)
        elif not rules.matters(bone, constraint):
            continue
        elif constraint.type in _BOUNDS:
            stay += [] if takes_axes_only(constraint) else [label]
        elif (bone, constraint.name) in driven.constraints:
            ruled += held
        else:
            found.switches[constraint.path_from_id("influence")] = 0.0
            off.append(label)
    found.bones.update(worked, locked, ruled)
    found.said += _sentences(off, stay, worked, locked, ruled)
    return found


def _is_locked(pose: bpy.types.PoseBone, bone: Keyed) -> bool:
    """Whether what a bone should do is all locked; where goals and poles go riggers rarely turn."""
    if bone.role is Role.ROOT:
        return all(pose.lock_location) or all(pose.lock_rotation)
    turns = bone.role is Role.TURN or (bone.role is Role.TRAVEL and bone.joint is not None)
    return turns and not any(free(pose))


def _is_driven(bone: Keyed, driven: Drivers) -> bool:
    paths = ["rotation_quaternion", "rotation_euler", "rotation_axis_angle"]
    if bone.role is not Role.TURN:
        paths.append("location")
    return any((bone.bone, path) in driven.channels for path in paths)


def _constraints(
    ob: bpy.types.Object, bones: Iterable[str]
) -> Iterator[tuple[str, bpy.types.Constraint]]:
    """The constraints that are on those bones, and every chain that may hold bones above it."""
    bones = set(bones)
    for bone in ob.pose.bones:
        for constraint in bone.constraints:
            if bone.name in bones or constraint.type in _CHAINS:
                yield bone.name, constraint


@dataclass(frozen=True)
class _Rules:
    """Which constraints matter to the bones that are wanted."""

    ob: bpy.types.Object
    wanted: Mapping[str, Keyed]
    between: Mapping[str, str | None]

    def held(self, bone: str, constraint: bpy.types.Constraint) -> list[str]:
        """The wanted bones that a constraint of a bone moves."""
        chain = [bone]
        if constraint.type in _CHAINS:
            above = [each.name for each in self.ob.data.bones[bone].parent_recursive]
            chain = [bone, *above][: constraint.chain_count or None]
        return [name for name in chain if name in self.wanted]

    def matters(self, bone: str, constraint: bpy.types.Constraint) -> bool:
        """Whether a constraint may make the dance another one."""
        if not is_active(constraint) or constraint.type in _HARMLESS:
            return False
        target = getattr(constraint, "target", None)
        if bone in self.wanted:
            whole = self.wanted[bone].role in (Role.TRAVEL, Role.ROOT) or self._is_lowest(bone)
            return not (whole and constraint.type in _CARRYING and target != self.ob)
        if constraint.type in _CHAINS:
            return bool(self.held(bone, constraint))
        # Helpers between keyed bones are at rest while what they go by is.
        subtarget = getattr(constraint, "subtarget", "")
        moved = target != self.ob or (subtarget in self.wanted and subtarget != self.between[bone])
        return bone in self.between and moved

    def _is_lowest(self, bone: str) -> bool:
        """Whether all hangs on a bone, though it is not settled yet that it travels."""
        joints = {each.joint for each in self.wanted.values() if each.joint}
        travels = any(each.role is Role.TRAVEL for each in self.wanted.values())
        return not travels and self.wanted[bone].joint == base(joints)


def _solves(ob: bpy.types.Object, constraint: bpy.types.Constraint, solved: set[str]) -> bool:
    """Whether a constraint belongs to the rig's own inverse kinematics."""
    if constraint.name.startswith(_SOLVER_LIMIT):
        return True
    if constraint.type not in _LEADING or constraint.target != ob:
        return False
    bone = ob.data.bones.get(constraint.subtarget)
    while bone is not None and bone.name not in solved:
        bone = bone.parent
    return bone is not None


def _solver(constraint: bpy.types.Constraint, held: list[str], goals: bool) -> dict[str, float]:
    """How the rig's own inverse kinematics have to be set."""
    switches = {}
    if held:
        switches[constraint.path_from_id("influence")] = float(goals)
    if goals and constraint.type == "IK" and constraint.use_stretch:
        # A limb that may stretch is not bent as far as it should be.
        switches[constraint.path_from_id("use_stretch")] = 0.0
    return switches


def carried(ob: bpy.types.Object, bones: Iterable[str], driven: Drivers) -> Iterator[str]:
    """What moves the bones that carry the whole figure, where it is not what they are there for."""
    found = []
    for name in bones:
        found += [
            f"{constraint.name} ({name})"
            for constraint in ob.pose.bones[name].constraints
            if is_active(constraint) and constraint.type not in _HARMLESS | _CARRYING
        ]
        if name in driven.bones:
            found.append(f"drivers ({name})")
    if found:
        yield f"The whole dance goes along with what moves the bones above it: {listed(found)}."


def _sentences(
    off: list[str], stay: list[str], worked: list[str], locked: list[str], ruled: list[str]
) -> Iterator[str]:
    if off:
        yield f"While the dance plays these constraints are off: {listed(off)}."
    if stay:
        yield f"These constraints stay and may hold the dance back: {listed(stay)}."
    if worked:
        yield f"These bones stay as they are, because drivers move them: {listed(worked)}."
    if locked:
        yield f"These bones stay as they are, because their rotation is locked: {listed(locked)}."
    if ruled:
        yield (
            "These bones stay as they are, because a driver keeps the constraints on that hold "
            f"them: {listed(ruled)}."
        )
