# SPDX-License-Identifier: GPL-3.0-or-later
"""As few keys as keep a dance within a tolerance.

Every bone has keys of its own, shared by all its channels, and cubic curves between them
(`hermite`). Which frames are keyed: a first guess bone by bone (`walk`); then, with the curves
fitted by least squares, a key more wherever one is too far off (`curve`); then the same wherever
the puppet's joints, by forward kinematics, are too far off. So both tolerances hold in every frame.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..motion import Motion
from ..retarget import Channel, Puppet
from ..retarget.options import Options
from ..skeleton import CONTACT_JOINTS, JOINTS
from . import forward, turns
from .curve import Curve, guess
from .hermite import Spline

Doubles = NDArray[np.float64]

#: How far a planted foot may be off, metres of `Motion`: so it never slides by a centimetre.
_PLANTED = 0.004
#: Less than that is not asked for, millimetres and degrees: keys are single precision.
_LEAST = 0.01
#: The ends of a limb that inverse kinematics bend are kept so much more exactly, at the most,
#: where it is nearly straight: its knee or elbow swings out by so much more than they move.
_SWING = 4.0
#: How much of the tolerance in space a bone may take up by itself at first. Limbs are seldom
#: stretched, and seldom err all at once: it is cheaper to correct where they do.
_SHARE = 1.5
#: What is left of an error that is too large to the bone that caused most of it, or as much.
_TIGHTER, _GUILTY = 0.9, 0.99


@dataclass(frozen=True)
class Reduced:
    """The curves of each bone that was to be reduced: its rotation's, then its location's.

    error_mm: how far any joint is off at the most, on a figure with legs as long as ours; knees and
    elbows that inverse kinematics place are not counted, and may swing by more.
    error_deg: by what angle any bone is.
    """

    splines: dict[str, Spline]
    error_mm: float
    error_deg: float


def reduced(
    puppet: Puppet,
    dance: Sequence[Channel],
    modes: Sequence[str],
    motion: Motion,
    options: Options,
    seam: bool = False,
    bones: Collection[str] | None = None,
) -> Reduced:
    """The fewest keys that keep a dance within `options.tolerance_mm` and `tolerance_deg`.

    dance, modes: channel and rotation mode of each handle. motion: what is danced; its planted feet
    stay within 4 mm whatever the tolerance. seam: the last frame is the first again. bones:
    those to reduce; None: all.
    """
    puppet = forward.with_hanging(puppet)
    dance = [*dance, *(Channel("", None) for _ in puppet.handles[len(dance) :])]
    room = _room(puppet, motion, options)
    curves: dict[int, Curve] = {}
    reach = forward.reaches(puppet)
    for place, channel in enumerate(dance):
        moving = channel.rotation is not None or channel.location is not None
        if not moving or (bones is not None and channel.bone not in bones):
            continue
        rotation = None
        if channel.rotation is not None:
            rotation = turns.as_mode(modes[place], channel.rotation)
        length = _SHARE * room.max()
        angle = min(np.radians(max(options.tolerance_deg, _LEAST)), length / reach[place])
        location = None if channel.location is None else channel.location.astype(np.float64)
        curves[place] = Curve(modes[place], rotation, location, angle, length, seam)
    if curves:
        guess(list(curves.values()))
    for curve in curves.values():
        curve.refine()
    exact = forward.places(puppet, *_moves(dance, {}))
    while True:
        error = np.linalg.norm(forward.places(puppet, *_moves(dance, curves)) - exact, axis=1)
        worse = _tighten(puppet, curves, exact, error / room)
        if not worse:
            break
        for place in worse:
            curves[place].refine()
    return Reduced(
        {dance[place].bone: curve.spline for place, curve in curves.items()},
        float(error.max()) / puppet.figure.scale * 1000,
        float(np.degrees(max((curve.turned().max() for curve in curves.values()), default=0.0))),
    )


def _room(puppet: Puppet, motion: Motion, options: Options) -> Doubles:
    """How far every handle may be off in every frame, (B, T), armature units."""
    room = np.full((len(puppet.handles), len(motion)), max(options.tolerance_mm, _LEAST) / 1000)
    feet = {JOINTS[joint]: column for column, joint in enumerate(CONTACT_JOINTS)}
    for place, handle in enumerate(puppet.handles):
        if handle.joint in feet:
            planted = motion.contacts[:, feet[handle.joint]] > 0.5
            room[place, planted] = np.minimum(room[place, planted], _PLANTED)
    for joint, swing in forward.swings(puppet, motion).items():
        for place, handle in enumerate(puppet.handles):
            if handle.joint == joint:
                room[place] /= np.clip(swing, 1.0, _SWING)
    return room * puppet.figure.scale


def _moves(
    dance: Sequence[Channel], curves: dict[int, Curve]
) -> tuple[list[Doubles | None], list[Doubles | None]]:
    """Rotations as quaternions, and locations, of all handles: as fitted where they have curves."""
    rotations: list[Doubles | None] = []
    locations: list[Doubles | None] = []
    for place, channel in enumerate(dance):
        curve = curves.get(place)
        keyed, moved = channel.rotation, channel.location
        if curve is not None:
            turned, away = np.split(curve.fit, [curve.turning], axis=1)
            rotations.append(turns.as_quaternions(curve.mode, turned) if curve.turning else None)
            locations.append(None if moved is None else away)
        else:
            rotations.append(None if keyed is None else keyed.astype(np.float64))
            locations.append(None if moved is None else moved.astype(np.float64))
    return rotations, locations


def _tighten(puppet: Puppet, curves: dict[int, Curve], places: Doubles, error: Doubles) -> set[int]:
    """Ask more of the bones that have put others off by more than 1; returns which."""
    carried = forward.carriers(puppet)
    turned = {place: curve.turned() for place, curve in curves.items()}
    moved = {place: curve.moved() for place, curve in curves.items()}
    tightened: set[int] = set()
    for joint in np.flatnonzero(error.max(axis=1) > 1.0):
        frames = np.flatnonzero(error[joint] > 1.0)
        above = [place for place in curves if carried[place, joint] or place == joint]
        levers = [
            np.linalg.norm((places[place] - places[joint])[:, frames], axis=0) for place in above
        ]
        blame = np.array(
            [turned[place][frames] * lever + moved[place][frames]
             for place, lever in zip(above, levers, strict=True)]
        )  # fmt: skip
        for row, place in enumerate(above):
            at = frames[blame[row] > _GUILTY * blame.max(axis=0)]
            share, curve = _TIGHTER / error[joint, at], curves[place]
            for limit, own in ((curve.angle, turned[place]), (curve.length, moved[place])):
                limit[at] = np.where(own[at] > 0, np.minimum(limit[at], share * own[at]), limit[at])
            if len(at):
                tightened.add(place)
    return tightened
