# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a puppet's handles are when channels are keyed on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..retarget import Puppet, turns

Doubles = NDArray[np.float64]

#: How far a bone that carries no other reaches, metres of `Motion`.
_TIP = 0.1


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
        away = np.zeros((3, 1)) if moved is None else moved.T
        if moved is not None:
            away = handle.along @ away
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
