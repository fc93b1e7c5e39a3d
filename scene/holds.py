# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds an armature's bones besides keys, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import bpy

from ..inference.retarget import Role
from .carriers import is_active
from .joints import free, takes_axes_only
from .keyed import Keyed

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
#: So many bones are named in a sentence.
_NAMED = 4


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
    between: Iterable[str],
    solved: set[str],
    driven: Drivers,
) -> Holds:
    """What holds the bones to key.

    between: bones that are not keyed themselves but have keyed ones above and below them; solved:
    bones at which inverse kinematics aim that the rig has for it.
    """
    found = Holds()
    worked = [name for name, bone in wanted.items() if _is_driven(bone, driven)]
    locked = [name for name in wanted if not any(free(ob.pose.bones[name]))]
    off: list[str] = []
    stay: list[str] = []
    ruled: list[str] = []
    goals = any(bone.role is Role.GOAL for bone in wanted.values())
    for bone, constraint in _constraints(ob, (*wanted, *between)):
        aims = _aims_at(ob, constraint, solved)
        if aims and goals and constraint.use_stretch:
            # A limb that may stretch is not bent as far as it should be.
            found.switches[constraint.path_from_id("use_stretch")] = 0.0
        held = [name for name in _held(ob, bone, constraint) if name in wanted]
        if not is_active(constraint) or not (held or bone in between):
            continue
        if constraint.type in _HARMLESS or _lets_be(ob, bone, constraint, wanted):
            continue
        label = f"{constraint.name} ({bone})"
        if constraint.type in _BOUNDS:
            if not takes_axes_only(constraint):
                stay.append(label)
        elif aims:
            found.switches[constraint.path_from_id("influence")] = float(goals)
        elif (bone, constraint.name) in driven.constraints:
            ruled += held
        else:
            found.switches[constraint.path_from_id("influence")] = 0.0
            off.append(label)
    found.bones.update(worked, locked, ruled)
    found.said += _sentences(off, stay, worked, locked, ruled)
    return found


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


def _held(ob: bpy.types.Object, bone: str, constraint: bpy.types.Constraint) -> list[str]:
    """The bones that a constraint moves."""
    if constraint.type not in _CHAINS:
        return [bone]
    at: bpy.types.Bone | None = ob.data.bones[bone]
    chain = []
    while at is not None and (not constraint.chain_count or len(chain) < constraint.chain_count):
        chain.append(at.name)
        at = at.parent
    return chain


def _lets_be(
    ob: bpy.types.Object, bone: str, constraint: bpy.types.Constraint, wanted: dict[str, Keyed]
) -> bool:
    target = getattr(constraint, "target", None)
    if bone in wanted:
        whole = wanted[bone].role in (Role.TRAVEL, Role.ROOT)
        return whole and constraint.type in _CARRYING and target != ob
    if constraint.type in _CHAINS:
        return False
    # Helpers between keyed bones are at rest while what they go by is.
    return target == ob and getattr(constraint, "subtarget", "") not in wanted


def _aims_at(ob: bpy.types.Object, constraint: bpy.types.Constraint, solved: set[str]) -> bool:
    if constraint.type != "IK" or constraint.target != ob:
        return False
    bone = ob.data.bones.get(constraint.subtarget)
    while bone is not None and bone.name not in solved:
        bone = bone.parent
    return bone is not None


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


def listed(names: Iterable[str]) -> str:
    """The first few of them, and how many more there are."""
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
