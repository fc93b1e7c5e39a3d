# SPDX-License-Identifier: GPL-3.0-or-later
"""What to key on the bones of a puppet so that it does a motion.

A bone's channel is what it does beyond its rest pose and its carrier:
rest⁻¹ · carrier⁻¹ · own · rest,  with `carrier` and `own` the rotations away from rest in armature
space.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..motion import Floats, Motion, forward_kinematics
from ..pose_features import continuous
from ..skeleton import INDEX
from .figure import Figure
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


@dataclass(frozen=True)
class Track:
    """The way over the floor that a root bone goes: places (T, 2), metres, and yaw (T,), rad.

    In our axes; at (0, 0) and 0 it is where it is at rest.
    """

    places: Doubles
    yaw: Doubles


@dataclass(frozen=True)
class Posed:
    """A motion in armature space: what each joint's bone turns away from rest, and where it is.

    turns: (T, 24, 3, 3); places: (T, 24, 3); seat: the middle between the hips, (T, 3).
    """

    turns: Doubles
    places: Doubles
    seat: Doubles


def posed(fitted: Motion, figure: Figure) -> Posed:
    """A motion that was `fit` to the figure, in the figure's armature space."""
    places, world = forward_kinematics(fitted.matrices(), fitted.root, figure.proportions.offsets)
    basis = figure.basis
    turns = basis @ world.astype(np.float64) @ (basis.T @ figure.alignment)
    away = places.astype(np.float64) @ (figure.scale * basis.T) + figure.ground
    hips = [INDEX["left_hip"], INDEX["right_hip"]]
    return Posed(turns, away, away[:, hips].mean(axis=1))


def channels(fitted: Motion, puppet: Puppet, track: Track | None = None) -> list[Channel]:
    """The channels, in the order of the handles, that make a puppet do a motion `fit` to it.

    track: the way that its root goes, if it has one.
    """
    pose = posed(fitted, puppet.figure)
    turns = [_turns(handle, pose, puppet.figure, track) for handle in puppet.handles]
    heads = _heads(puppet, pose, turns, track)
    made = []
    for place, handle in enumerate(puppet.handles):
        rotation = location = None
        if handle.role is Role.ROOT or (handle.joint is not None and handle.role is not Role.POLE):
            rotation = _rotation(puppet, place, turns)
        if handle.role is not Role.TURN:
            location = _location(puppet, place, turns, heads)
        made.append(Channel(handle.bone, rotation, location))
    return made


def _turns(handle: Handle, pose: Posed, figure: Figure, track: Track | None) -> Doubles:
    """How a handle is turned away from rest, (T, 3, 3)."""
    if handle.role is Role.ROOT and track is not None:
        yaw = Rotation.from_euler("z", track.yaw[:, None]).as_matrix()
        return figure.basis @ yaw @ figure.basis.T
    if handle.joint is None:
        return np.broadcast_to(np.eye(3), (len(pose.seat), 3, 3))
    return pose.turns[:, INDEX[handle.joint]]


def _heads(puppet: Puppet, pose: Posed, turns: list[Doubles], track: Track | None) -> list[Doubles]:
    """Where every handle's head is, (T, 3) each, so that the hips are where they should be."""
    figure, heads = puppet.figure, []
    for handle in puppet.handles:
        if handle.carrier >= 0:
            heads.append(_carried(puppet, handle, turns, heads))
        else:
            heads.append(np.broadcast_to(handle.head, pose.seat.shape))
        if handle.role is Role.ROOT and track is not None:
            heads[-1] = heads[-1] + figure.scale * track.places @ figure.basis[:, :2].T
    seat = puppet.seat
    hips = heads[seat] + turns[seat] @ (puppet.figure.seat - puppet.handles[seat].head)
    missing = pose.seat - hips
    for place, handle in enumerate(puppet.handles):
        if _rides(puppet, place):
            heads[place] = heads[place] + missing
        if handle.role is Role.GOAL and handle.joint is not None:
            joint = INDEX[handle.joint]
            away = turns[place] @ (handle.head - puppet.figure.heads[joint])
            heads[place] = pose.places[:, joint] + away
    return heads


def _rides(puppet: Puppet, place: int) -> bool:
    """Whether a handle is the one that travels, or is carried by it."""
    while place >= 0:
        if puppet.handles[place].role is Role.TRAVEL:
            return True
        place = puppet.handles[place].carrier
    return False


def _carried(puppet: Puppet, handle: Handle, turns: list[Doubles], heads: list[Doubles]) -> Doubles:
    """Where a handle's head is, (T, 3), when it only goes with its carrier."""
    carrier = puppet.handles[handle.carrier]
    return heads[handle.carrier] + turns[handle.carrier] @ (handle.head - carrier.head)


def _rotation(puppet: Puppet, place: int, turns: list[Doubles]) -> Floats:
    handle = puppet.handles[place]
    own = turns[place]
    if handle.carrier >= 0 and handle.inherits:
        own = turns[handle.carrier].swapaxes(-1, -2) @ own
    local = Rotation.from_matrix(handle.rest.T @ own @ handle.rest)
    return continuous(local.as_quat(scalar_first=True).astype(np.float32)[:, None])[:, 0]


def _location(puppet: Puppet, place: int, turns: list[Doubles], heads: list[Doubles]) -> Floats:
    handle = puppet.handles[place]
    away = heads[place] - handle.head
    if handle.carrier >= 0:
        away = heads[place] - _carried(puppet, handle, turns, heads)
        away = np.einsum("tki,tk->ti", turns[handle.carrier], away)
    return (away @ handle.rest if handle.local else away).astype(np.float32)
