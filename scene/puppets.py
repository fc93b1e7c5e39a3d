# SPDX-License-Identifier: GPL-3.0-or-later
"""What to key of an armature so that it dances, and what else has to be set meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import bpy

from ..inference.errors import TwostepError
from ..inference.retarget import Figure, Handle, Puppet, Role
from ..inference.rigs import Recognition
from ..inference.skeleton import INDEX
from . import armature
from .carriers import Carriers, is_active
from .holds import carried, drivers, holds
from .joints import chains
from .keyed import keyed
from .solvers import with_solvers
from .web import Web

#: A scale is uneven when its axes differ by more than this share.
_UNEVEN = 1e-3
#: mmd_tools' property of a goal that says whether it is followed.
_MMD_TOGGLE = "mmd_ik_toggle"
#: The hips place the whole figure: they belong to it even when they cannot be turned.
_HIPS = ("left_hip", "right_hip")


@dataclass(frozen=True)
class Strings:
    """A puppet, and what has to hold while it dances.

    switches: properties of the armature object, by their data path, and their values; left_out:
    sentences for the user about what will not dance; still: bones, keyed or not, whose other
    channels would show in the dance when they are not at rest.
    """

    puppet: Puppet
    switches: tuple[tuple[str, float], ...] = ()
    left_out: tuple[str, ...] = ()
    still: tuple[str, ...] = ()


def puppet(
    ob: bpy.types.Object, recognition: Recognition, limbs: str = "FK", root: bool = False
) -> Strings:
    """What to key so that an armature dances. Raises TwostepError when it cannot.

    limbs: "FK", or "IK" where the rig has controls for it; root: its root bone goes over the floor.
    """
    armature.check_whole(ob, recognition)
    if ob.pose is None:
        raise TwostepError(f"{ob.name} is nowhere to be seen; put it into the scene and try again.")
    if limbs == "IK":
        recognition = with_solvers(ob, recognition)
    controls, driven = recognition.controls, drivers(ob)
    wanted = keyed(recognition, chains(ob, recognition.bones), limbs, root)
    shown = recognition.bones.values()
    carriers = Carriers(ob, wanted, shown, driven.constraints, recognition.root)
    web = Web(ob, recognition, carriers, wanted)
    # What is between the controls of a rig that is known is as its switches make it.
    between = {} if controls and controls.turns else web.between()
    solved = set(controls.goals.values()) if controls else set()
    held = holds(ob, wanted, between, solved, driven)
    web = web.without(held.bones).travelling(driven)
    web.check()
    over = [] if controls and controls.turns else web.over()
    handles = web.handles()
    lost = [joint for joint in recognition.bones if web.lost(joint) and joint not in _HIPS]
    figure = _without(armature.figure(ob, recognition.bones), lost)
    return Strings(
        Puppet(figure, handles),
        (*held.switches.items(), *_switches(ob, recognition, limbs)),
        (*held.said, *carried(ob, over, driven), *_unmet(ob, recognition, handles, limbs, root)),
        _still(ob, {*web.wanted, *shown}, held.bones | driven.bones),
    )


def _without(figure: Figure, joints: list[str]) -> Figure:
    """The figure with those joints as they are at rest."""
    present = figure.present.copy()
    present[[INDEX[joint] for joint in joints]] = False
    return replace(figure, present=present)


def _switches(
    ob: bpy.types.Object, recognition: Recognition, limbs: str
) -> Iterator[tuple[str, float]]:
    """The custom properties that say how the rig moves, as many as it has."""
    controls = recognition.controls
    for switch in controls.switches if controls else ():
        value = switch.ik if limbs == "IK" else switch.fk
        bone = ob.pose.bones[switch.bone]
        if value is not None and switch.property in bone:
            name = bpy.utils.escape_identifier(switch.property)
            yield f'{bone.path_from_id()}["{name}"]', float(value)
    for goal in controls.goals.values() if controls else ():
        if hasattr(ob.pose.bones[goal], _MMD_TOGGLE):  # while mmd_tools is there
            path = f"{ob.pose.bones[goal].path_from_id()}.{_MMD_TOGGLE}"
            yield path, float(limbs == "IK")


def _unmet(
    ob: bpy.types.Object,
    recognition: Recognition,
    handles: Sequence[Handle],
    limbs: str,
    root: bool,
) -> Iterator[str]:
    """What was asked for and cannot be."""
    controls = recognition.controls
    if limbs == "IK" and not (controls and controls.goals):
        yield f"{ob.name} has no bones that its hands and feet follow; the limbs are keyed."
    travels = next(handle for handle in handles if handle.role is Role.TRAVEL)
    if not all(travels.moves):
        yield f"The bone {travels.bone} moves only along the axes that are not locked."
    if root and not recognition.root:
        yield f"{ob.name} has no root bone; its hips travel."
    scale = [abs(axis) for axis in ob.matrix_world.to_scale()]
    if max(scale) - min(scale) > _UNEVEN * max(scale):
        yield (
            f"{ob.name} is scaled unevenly, so its limbs change their length as they turn; apply "
            "its scale (Object > Apply > Scale) for a better dance."
        )


def _still(ob: bpy.types.Object, bones: set[str], without: set[str]) -> tuple[str, ...]:
    """Those bones, what they hang on, and what their constraints go by; `without` stay out."""
    pending, found = list(bones), set(bones)
    while pending:
        bone = ob.pose.bones[pending.pop()]
        above = [bone.parent.name] if bone.parent else []
        for constraint in bone.constraints:
            if is_active(constraint):
                above += _targets(ob, constraint)
        pending += [name for name in above if name not in found]
        found.update(above)
    return tuple(bone.name for bone in ob.data.bones if bone.name in found - without)


def _targets(ob: bpy.types.Object, constraint: bpy.types.Constraint) -> Iterator[str]:
    """The armature's own bones that a constraint goes by."""
    ends = [(constraint, "target", "subtarget"), (constraint, "pole_target", "pole_subtarget")]
    if constraint.type == "ARMATURE":
        ends = [(each, "target", "subtarget") for each in constraint.targets]
    for holder, target, name in ends:
        if getattr(holder, target, None) == ob and getattr(holder, name) in ob.pose.bones:
            yield getattr(holder, name)
