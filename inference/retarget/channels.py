# SPDX-License-Identifier: GPL-3.0-or-later
"""What to key on the bones of a puppet so that it does a motion.

A bone's channel is what it does beyond its rest pose and its carrier:
rest⁻¹ · carrier⁻¹ · own · rest,  with `carrier` and `own` the turns away from rest in armature
space.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..motion import Floats, Motion
from ..skeleton import INDEX
from ..travel import Track
from . import hinges, turns
from .poles import pole
from .posed import Posed, posed
from .puppet import Handle, Puppet, Role

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Channel:
    """What to key on one bone.

    rotation: quaternions (w, x, y, z) in bone space, (T, 4), without jumps of sign; location: in
    the axes that the bone's handle says, (T, 3), armature units; None: nothing.
    """

    bone: str
    rotation: Floats | None
    location: Floats | None = None


def channels(fitted: Motion, puppet: Puppet, track: Track | None = None) -> list[Channel]:
    """The channels, in the order of the handles, that make a puppet do a motion `fit` to it.

    track: the way that its root goes, if it has one. Bones that may not turn about all of their
    axes do what they can (see `hinges`).
    """
    pose = posed(fitted, puppet.figure)
    own = _own(puppet, pose, track)
    for limb in hinges.limbs(puppet):
        hinges.bend(limb, puppet, pose, own, _heads(puppet, pose, own, track), fitted.contacts)
    rotations = _rotations(puppet, own)
    located = any(handle.role is not Role.TURN for handle in puppet.handles)
    heads = _heads(puppet, pose, own, track) if located else []
    made = []
    for place, handle in enumerate(puppet.handles):
        rotation = location = None
        if handle.role is Role.ROOT or (handle.joint is not None and handle.role is not Role.POLE):
            rotation = rotations[place]
        if handle.role is not Role.TURN:
            location = _location(puppet, place, own, heads)
        made.append(Channel(handle.bone, rotation, location))
    return made


def _own(puppet: Puppet, pose: Posed, track: Track | None) -> Doubles:
    """How the handles are turned away from rest, (4, H, T)."""
    found: list[Doubles] = []
    for handle in puppet.handles:
        if handle.role is Role.ROOT and track is not None:
            found.append(turns.about(puppet.figure.basis[:, 2], track.yaw))
        elif handle.joint is not None:
            found.append(pose.turns[:, INDEX[handle.joint]])
        elif handle.carrier >= 0 and handle.inherits:
            found.append(found[handle.carrier])
        else:
            found.append(turns.still(pose.turns.shape[-1]))
    return np.stack(found, axis=1)


def _heads(puppet: Puppet, pose: Posed, own: Doubles, track: Track | None) -> list[Doubles]:
    """Where every handle's head is, (3, T) each, so that the hips are where they should be.

    own: how the handles are turned, (4, H, T).
    """
    figure = puppet.figure
    heads: list[Doubles] = []
    for handle in puppet.handles:
        if handle.carrier >= 0:
            heads.append(_carried(puppet, handle, own, heads))
        else:
            heads.append(np.repeat(handle.head[:, None], own.shape[-1], axis=1))
        if handle.role is Role.ROOT and track is not None:
            heads[-1] = heads[-1] + figure.scale * figure.basis[:, :2] @ track.places.T
    seat = puppet.seat
    away = (figure.seat - puppet.handles[seat].head)[:, None]
    missing = pose.seat - heads[seat] - turns.turned(own[:, seat], away)
    for place, handle in enumerate(puppet.handles):
        if _rides(puppet, place):
            heads[place] = heads[place] + missing
        if handle.role is Role.GOAL and handle.joint is not None:
            joint = INDEX[handle.joint]
            away = (handle.head - figure.heads[joint])[:, None]
            heads[place] = pose.places[:, joint] + turns.turned(own[:, place], away)
        if handle.role is Role.POLE and handle.joint is not None:
            heads[place] = pole(handle, figure, pose)
    return heads


def _rides(puppet: Puppet, place: int) -> bool:
    """Whether a handle is the one that travels, or is carried by it."""
    while place >= 0:
        if puppet.handles[place].role is Role.TRAVEL:
            return True
        place = puppet.handles[place].carrier
    return False


def _carried(puppet: Puppet, handle: Handle, own: Doubles, heads: list[Doubles]) -> Doubles:
    """Where a handle's head is, (3, T), when it only goes with its carrier."""
    carrier = puppet.handles[handle.carrier]
    away = (handle.head - carrier.head)[:, None]
    return heads[handle.carrier] + turns.turned(own[:, handle.carrier], away)


def _rotations(puppet: Puppet, own: Doubles) -> Floats:
    """What every handle is turned in its own space beyond its carrier, (H, T, 4)."""
    carried = [i for i, each in enumerate(puppet.handles) if each.carrier >= 0 and each.inherits]
    carriers = [puppet.handles[i].carrier for i in carried]
    beyond = own.copy()
    beyond[:, carried] = turns.product(turns.inverse(own[:, carriers]), own[:, carried])
    rest = turns.quaternion(np.array([handle.rest for handle in puppet.handles]))[..., None]
    local = turns.product(turns.product(turns.inverse(rest), beyond), rest)
    flips = np.where((local[..., 1:] * local[..., :-1]).sum(axis=0) < 0, -1.0, 1.0)
    local[..., 1:] *= np.cumprod(flips, axis=-1)
    return np.ascontiguousarray(local.transpose(1, 2, 0), dtype=np.float32)


def _location(puppet: Puppet, place: int, own: Doubles, heads: list[Doubles]) -> Floats:
    handle = puppet.handles[place]
    away = heads[place] - handle.head[:, None]
    if handle.carrier >= 0:
        away = heads[place] - _carried(puppet, handle, own, heads)
        away = turns.turned(turns.inverse(own[:, handle.carrier]), away)
    return np.asarray(away.T @ handle.along * handle.moves, dtype=np.float32)
