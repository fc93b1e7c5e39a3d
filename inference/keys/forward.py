# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a puppet's handles are when channels are keyed on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..motion import Motion
from ..retarget import Handle, Puppet, Role, turns
from ..retarget.figure import SIDES
from ..skeleton import INDEX, JOINTS

Doubles = NDArray[np.float64]

#: How far a bone that carries no other reaches, metres of `Motion`.
_TIP = 0.1


#: The joints of each limb, from the body outwards.
_LIMBS = tuple(
    tuple(f"{side}_{part}" for part in parts)
    for side in SIDES
    for parts in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
)


def with_hanging(puppet: Puppet) -> Puppet:
    """The puppet and, as handles that nobody keys, the joints that hang on its handles.

    Where inverse kinematics bend a limb those are its hip or shoulder: nothing else tells where it
    begins.
    """
    figure = puppet.figure
    lowest = {
        handle.joint: place
        for place, handle in enumerate(puppet.handles)
        if handle.role is not Role.POLE
    }
    hanging = [
        Handle("", Role.TURN, name, np.eye(3), figure.heads[joint], lowest[JOINTS[above]])
        for joint, name in enumerate(JOINTS)
        if figure.present[joint] and name not in lowest
        if (above := figure.parent(joint)) >= 0 and JOINTS[above] in lowest
    ]
    return Puppet(figure, (*puppet.handles, *hanging))


def swings(puppet: Puppet, motion: Motion) -> dict[str, Doubles]:
    """By how much more the knee or elbow of a limb moves than an end of it, (T,), by the end.

    Only of limbs that inverse kinematics bend: their middle joint has no handle that turns it.
    """
    turned = {handle.joint for handle in puppet.handles if handle.role is not Role.POLE}
    offsets, made = puppet.figure.proportions.offsets, {}
    for upper, middle, end in _LIMBS:
        if end not in turned or middle in turned:
            continue
        bend = np.ascontiguousarray(motion.rotations[:, INDEX[middle]].T, dtype=np.float64)
        first, second = offsets[INDEX[middle]], offsets[INDEX[end]]
        across = first[:, None] + turns.turned(bend, second[:, None])
        length = np.maximum(np.linalg.norm(across, axis=0), 1e-6)
        squares = first @ first - second @ second
        along = (length**2 + squares) / (2 * length)
        out = np.sqrt(np.maximum(first @ first - along**2, 1e-8))
        made[upper] = made[end] = np.abs(along / out * (length**2 - squares) / (2 * length**2))
    return made


def places(
    puppet: Puppet, rotations: Sequence[Doubles | None], locations: Sequence[Doubles | None]
) -> Doubles:
    """The handles' heads in armature space, (B, 3, T).

    rotations: quaternions (T, 4) of each handle in its own rest axes, None: none; locations: (T, 3)
    as `Channel.location`, None: none. Blender's rule: a bone is moved in the axes of what carries
    it, and then turned.
    """
    frames = max(len(each) for each in (*rotations, *locations) if each is not None)
    heads = np.empty((len(puppet.handles), 3, frames))
    world: list[Doubles] = []
    for place, handle in enumerate(puppet.handles):
        rest = turns.quaternion(handle.rest[None])
        moved, rotation = locations[place], rotations[place]
        away = np.zeros((3, 1)) if moved is None else handle.along @ moved.T
        own = turns.still(1)
        if rotation is not None:
            local = np.ascontiguousarray(rotation.T, dtype=np.float64)
            own = turns.product(turns.product(rest, local), turns.inverse(rest))
        if handle.carrier >= 0:
            carrier, above = puppet.handles[handle.carrier], world[handle.carrier]
            away = away + (handle.head - carrier.head)[:, None]
            heads[place] = heads[handle.carrier] + turns.turned(above, away)
            own = turns.product(above, own) if handle.inherits else own
        else:
            heads[place] = handle.head[:, None] + away
        world.append(own)
    return heads


def reaches(puppet: Puppet) -> Doubles:
    """How far from each handle's head the farthest one is that it carries, (B,), armature units."""
    far = np.full(len(puppet.handles), _TIP * puppet.figure.scale)
    for place in reversed(range(len(puppet.handles))):
        handle = puppet.handles[place]
        if handle.carrier >= 0:
            away = np.linalg.norm(handle.head - puppet.handles[handle.carrier].head)
            far[handle.carrier] = max(far[handle.carrier], float(away) + far[place])
    return far


def carriers(puppet: Puppet) -> NDArray[np.bool_]:
    """Whether handle b is carried, however indirectly, by handle a, (a, b)."""
    carried = np.zeros((len(puppet.handles),) * 2, dtype=bool)
    for place, handle in enumerate(puppet.handles):
        if handle.carrier >= 0:
            carried[:, place] = carried[:, handle.carrier]
            carried[handle.carrier, place] = True
    return carried
