# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures made of numbers, and what their bones do when channels are keyed: Blender's own rule."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from twostep.inference.retarget import Channel, Figure, Handle, Puppet, Role, plain
from twostep.inference.skeleton import INDEX, JOINT_COUNT, JOINTS, STANDING_HEIGHT, rest_positions

Y_UP = Rotation.from_euler("x", -90, degrees=True).as_matrix()


def figure(turn=None, scale=1.0, rolled=False, skip=(), heads=None) -> Figure:
    """Our own proportions, or heads (24, 3), turned and scaled, its bones rolled anyhow."""
    turn = np.eye(3) if turn is None else turn
    if heads is None:
        heads = rest_positions() + np.array([0, 0, STANDING_HEIGHT])
    rest = np.tile(np.eye(3), (JOINT_COUNT, 1, 1))
    if rolled:
        rest = Rotation.random(JOINT_COUNT, random_state=4).as_matrix()
    present = np.array([joint not in skip for joint in JOINTS])
    heads = np.where(present[:, None], np.asarray(heads, float) @ turn.T * scale, np.nan)
    return Figure(rest, heads, present)


def hung(there: Figure, bones: list[tuple[str, Role, str | None, str | None]], **heads) -> Puppet:
    """A puppet of (bone, role, joint, carrier); bones are where their joints are, or as told."""
    names = [bone for bone, *_ in bones]
    handles = []
    for bone, role, joint, carrier in bones:
        rest = there.rest[INDEX[joint]] if joint else np.eye(3)
        head = heads[bone] if bone in heads else there.heads[INDEX[joint]]
        place = names.index(carrier) if carrier else -1
        handles.append(Handle(bone, role, joint, rest, np.asarray(head, float), place))
    return Puppet(there, tuple(handles))


def evaluated(puppet: Puppet, made: list[Channel]) -> tuple[np.ndarray, np.ndarray]:
    """Every handle's rotation away from rest (H, T, 3, 3) and head (H, T, 3) in armature space.

    pose = carrier's pose · carrier's rest⁻¹ · rest · location · rotation, as Blender does it.
    """
    assert [channel.bone for channel in made] == [handle.bone for handle in puppet.handles]
    count = max(len(c.rotation) for c in made if c.rotation is not None)
    poses: list[np.ndarray] = []
    for handle, channel in zip(puppet.handles, made, strict=True):
        own = np.tile(np.eye(4), (count, 1, 1))
        if channel.rotation is not None:
            turn = Rotation.from_quat(channel.rotation, scalar_first=True)
            own[:, :3, :3] = turn.as_matrix()
        if channel.location is not None:
            own[:, :3, 3] = channel.location @ handle.along.T @ handle.rest
        rest = _matrix(handle)
        above = np.tile(np.eye(4), (count, 1, 1))
        if handle.carrier >= 0:
            carrier = puppet.handles[handle.carrier]
            above = poses[handle.carrier] @ np.linalg.inv(_matrix(carrier))
        poses.append(above @ rest @ own)
    whole = np.array(poses)
    rests = np.array([handle.rest for handle in puppet.handles])
    return whole[..., :3, :3] @ rests[:, None].swapaxes(-1, -2), whole[..., :3, 3]


def joints(puppet: Puppet, made: list[Channel]) -> dict[str, np.ndarray]:
    """Where each joint's handle is, (T, 3)."""
    heads = evaluated(puppet, made)[1]
    return {handle.joint: heads[i] for i, handle in enumerate(puppet.handles) if handle.joint}


def _matrix(handle: Handle) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = handle.rest, handle.head
    return matrix


__all__ = ["Y_UP", "evaluated", "figure", "hung", "joints", "plain"]
