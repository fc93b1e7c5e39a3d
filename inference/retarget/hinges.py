# SPDX-License-Identifier: GPL-3.0-or-later
"""Bones that may not turn about all of their axes: robots' joints, and bones with locked axes.

Several such bones, one after the other, may make one joint together: hip = pitch, roll, yaw. What
they cannot do, what hangs on them makes up for. An arm or a leg that has such a bone is bent as a
whole, from the hip or the shoulder on. What it aims at, where it cannot have everything:

    feet            stand where they should, first of all, with a level sole (see `soles`)
    limbs           point where they should; so a thigh or an upper arm twists until the hinge below
                    it lies across the bend
    hands           point where they should, then lie as they should
    twist           is the source's own as far as nothing else asks for another: so it is in a
                    straight limb, which has no plane to bend in

All others, spine, neck, head, toes, are turned as nearly as can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..motion import Floats
from ..skeleton import INDEX, JOINTS, PARENTS
from . import davenport, turns
from .bending import Aim, Base, Bent, Hinge, Link, bent
from .figure import SIDES, Figure
from .posed import Posed
from .puppet import Handle, Puppet, Role
from .soles import ANKLES, lying, settled, standing

Doubles = NDArray[np.float64]

_LEG, _ARM = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")
_HIPS = tuple(f"{side}_hip" for side in SIDES)

#: What of a direction is missed, its sine, counts so much: of a bone's own one, and of one across
#: it, which is its twist.
_WEIGHTS = {
    "hip": (1.0, 0.2),
    "knee": (1.0, 0.0),
    "shoulder": (1.0, 0.2),
    "elbow": (1.0, 0.3),
    "wrist": (1.0, 0.5),
}
#: The same of a turn as a whole.
_WHOLE = 0.7
#: How hinges keep their angles from frame to frame, and free bones their source's turn.
_SMOOTH, _STILL = 0.1, 0.05


@dataclass(frozen=True)
class Limb:
    """The handles of a leg, an arm or a joint, one of which at least may not turn as it likes."""

    joints: tuple[str, ...]
    handles: tuple[int, ...]

    def last(self, puppet: Puppet, joint: str) -> int | None:
        """The place in the limb of the bone that shows a joint."""
        found = [i for i, place in enumerate(self.handles) if puppet.handles[place].joint == joint]
        return found[-1] if found else None


def meeting(handles: Sequence[Handle]) -> Doubles:
    """Where the joint that handles make together is at rest, (3,): nearest to all their axes.

    The axes of robots' joints need not meet. A bone that may turn anyhow is a joint by itself.
    """
    matrix, vector = np.zeros((3, 3)), np.zeros(3)
    heads = np.array([handle.head for handle in handles])
    for handle in handles:
        for axis in _axes(handle):
            across = np.eye(3) if all(handle.free) else np.eye(3) - np.outer(axis, axis)
            matrix += across
            vector += across @ handle.head
    # Along an axis that all of them share, anywhere is as near: stay by the heads.
    little = 1e-6
    return np.linalg.solve(matrix + little * np.eye(3), vector + little * heads.mean(axis=0))


def limbs(puppet: Puppet) -> list[Limb]:
    """The limbs of a puppet that need to be bent, carriers first; else a joint is one by itself."""
    if all(all(handle.free) for handle in puppet.handles):
        return []
    whole = [tuple(f"{side}_{part}" for part in limb) for limb in (_LEG, _ARM) for side in SIDES]
    alone = [(joint,) for joint in JOINTS if not any(joint in limb for limb in whole)]
    ends = [(f"{side}_{part}",) for part in ("foot", "hand") for side in SIDES]
    found = []
    for joints in [joint for joint in alone if joint not in ends] + whole + ends:
        if _is_free(puppet, joints):
            continue
        # What may turn anyhow at the end of a limb makes up by itself for all before it; but a knee
        # is needed to bring the foot where it should be.
        while len(joints) > (2 if joints[0] in _HIPS else 1) and _is_free(puppet, joints[-1:]):
            joints = joints[:-1]
        found.append(Limb(joints, _turning(puppet, joints)))
    return found


def _is_free(puppet: Puppet, joints: Sequence[str]) -> bool:
    return all(all(puppet.handles[place].free) for place in _turning(puppet, joints))


def _turning(puppet: Puppet, joints: Sequence[str]) -> tuple[int, ...]:
    """The places of the handles that turn like those joints."""
    return tuple(
        i
        for i, handle in enumerate(puppet.handles)
        if handle.joint in joints and handle.role in (Role.TURN, Role.TRAVEL)
    )


def bend(
    limb: Limb, puppet: Puppet, pose: Posed, own: Doubles, heads: list[Doubles], contacts: Floats
) -> None:
    """Put into `own` (4, H, T) how the limb's handles can be turned.

    own: how those above are turned; heads: where those are, (3, T) each; contacts: (T, 4).
    """
    links = _links(puppet, limb, own, heads)
    angles = _begin(puppet, limb, links, own)
    aims, sole = _aims(puppet, limb, pose, contacts), []
    ankle = limb.last(puppet, limb.joints[-1]) if limb.joints[-1] in ANKLES else None
    if ankle is not None:
        sole = lying(ankle, limb.joints[-1], pose, puppet.figure)
    now = bent(links, aims + sole, angles)
    if sole:
        sole = settled(sole, now, limb.joints[-1], puppet.figure, contacts)
        now = bent(links, aims + sole, now.angles)
    for place, turn in zip(limb.handles, now.turns, strict=True):
        own[:, place] = turn


def _links(puppet: Puppet, limb: Limb, own: Doubles, heads: list[Doubles]) -> list[Link]:
    links = []
    for place in limb.handles:
        handle = puppet.handles[place]
        above: int | Base
        if handle.carrier in limb.handles:
            above = limb.handles.index(handle.carrier)
            carrier = own[:, handle.carrier]
        else:
            carrier = own[:, handle.carrier] if handle.carrier >= 0 else turns.still(own.shape[-1])
            above = Base(carrier, heads[place])
        before, smooth, still = None, _SMOOTH, 0.0
        if all(handle.free):
            before, smooth, still = own[:, place], 0.0, _STILL
            if handle.inherits:
                before = turns.product(turns.inverse(carrier), before)
        hinges = tuple(Hinge(axis, smooth, still) for axis in _axes(handle))
        links.append(Link(above, handle.head, hinges, before, handle.inherits))
    return links


def _begin(puppet: Puppet, limb: Limb, links: list[Link], own: Doubles) -> Doubles:
    """Angles (N, T) of all the limb's hinges that turn each joint as nearly as its own can."""
    counts = np.cumsum([0, *(len(link.hinges) for link in links)])
    angles = np.zeros((counts[-1], own.shape[-1]))
    for chain in _chains(puppet, limb):
        link = links[chain[0]]
        carrier = turns.still(own.shape[-1])
        if link.inherits:
            above = link.above
            carrier = above.turn if isinstance(above, Base) else Bent(links, angles).turns[above]
        rows = [row for i in chain for row in range(counts[i], counts[i + 1])]
        axes = np.array([hinge.axis for i in chain for hinge in links[i].hinges]).reshape(-1, 3)
        wanted = turns.product(turns.inverse(carrier), own[:, limb.handles[chain[-1]]])
        angles[rows] = davenport.angles(wanted, axes)
    return angles


def _chains(puppet: Puppet, limb: Limb) -> list[list[int]]:
    """The hinges that make one joint together each, as places in the limb, from the carrier on."""
    chains: list[list[int]] = []
    for i, place in enumerate(limb.handles):
        handle = puppet.handles[place]
        if all(handle.free):
            continue
        for chain in chains:
            last = limb.handles[chain[-1]]
            if handle.carrier == last and puppet.handles[last].joint == handle.joint:
                chain.append(i)
                break
        else:
            chains.append([i])
    return chains


def _aims(puppet: Puppet, limb: Limb, pose: Posed, contacts: Floats) -> list[Aim]:
    """What the joints of a limb aim at, but for how a foot lies."""
    aims: list[Aim] = []
    figure = puppet.figure
    if limb.joints[0] in _HIPS:
        ankle = ANKLES[_HIPS.index(limb.joints[0])]
        if figure.known[INDEX[ankle]]:
            aims.append(standing(len(limb.handles) - 1, ankle, pose, figure, contacts))
    for joint in limb.joints:
        link = limb.last(puppet, joint)
        part = joint.rpartition("_")[2]
        if link is None or part == "ankle":
            continue
        if part in _WEIGHTS:
            aims += [
                _direction(link, joint, vector, pose, weight)
                for vector, weight in zip(_line(joint, figure), _WEIGHTS[part], strict=True)
            ]
        else:
            aims += [_direction(link, joint, vector, pose, _WHOLE) for vector in np.eye(3)]
    return aims


def _axes(handle: Handle) -> list[Doubles]:
    """The axes about which a bone may turn, from its carrier on: of Euler angles XYZ, z first."""
    return [handle.rest[:, axis] for axis in (2, 1, 0) if handle.free[axis]]


def _direction(link: int, joint: str, vector: Doubles, pose: Posed, weight: float) -> Aim:
    target = turns.turned(pose.turns[:, INDEX[joint]], vector[:, None])
    return Aim(link, vector, False, target, weight)


def _line(joint: str, figure: Figure) -> tuple[Doubles, Doubles]:
    """Directions along a joint's bone at rest and across it, (3,) each.

    A bone without a joint at its end goes on as the one before it.
    """
    start = INDEX[joint]
    end = next((i for i, above in enumerate(PARENTS) if above == start and figure.known[i]), start)
    if end == start:
        start = max(figure.parent(end), 0)
    line = figure.heads[end] - figure.heads[start]
    line = line / max(float(np.linalg.norm(line)), 1e-9)
    side = np.cross(line, np.eye(3)[np.argmin(np.abs(line))])
    return line, side / max(float(np.linalg.norm(side)), 1e-9)
