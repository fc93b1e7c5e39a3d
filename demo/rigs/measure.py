# SPDX-License-Identifier: GPL-3.0-or-later
"""How well a rig does a dance: figures, and the bounds that they must keep.

round trip  how each joint is turned in the world, in the dance and as read off the rig, apart;
            where it is, on our own body, apart. Of a rig that cannot turn all of its joints
            anyhow: the same between what was read off it and what is read when it dances that
directions  thighs, shins, upper arms and forearms; feet (which way ankle to toe points) and
            trunk (hips to neck, or shoulders, as the pelvis sees it) against their own T-pose
feet        of each contact of the dance, what the joint that it names moves along the floor:
            the largest distance between any two of its places; and how far it is under (sink)
            or over (float) where it is when the figure stands
flips       the angular speed of each joint in the world by the source's, or by `CALM` where
            the source is calmer; both over three frames
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.spatial.distance import pdist
from scipy.spatial.transform import Rotation

from ...inference.contacts import stretches
from ...inference.motion import Motion, forward_kinematics
from ...inference.retarget import smallest_turn
from ...inference.skeleton import (
    ANKLE_HEIGHT,
    CONTACT_JOINTS,
    INDEX,
    TOE_HEIGHT,
    rest_positions,
)
from .body import Doubles
from .watch import Seen

#: Limbs by the joints at their ends.
_LIMBS = [
    (INDEX[f"{side}_{start}"], INDEX[f"{side}_{end}"])
    for start, end in (
        ("hip", "knee"),
        ("knee", "ankle"),
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
    )
    for side in ("left", "right")
]
_HIPS = [INDEX["left_hip"], INDEX["right_hip"]]
_ANKLES = [INDEX["left_ankle"], INDEX["right_ankle"]]
#: Where the trunk ends: the first of these that a rig has.
_TOPS = ([INDEX["neck"]], [INDEX["head"]], [INDEX["left_shoulder"], INDEX["right_shoulder"]])
#: Speeds under this one, degrees a second, are not told apart.
CALM = 90.0
#: A heel that is this far over the floor in the dance, metres, is not asked to be on it.
RAISED = 0.005


@dataclass(frozen=True)
class Figures:
    """Degrees, and centimetres at the figure's own size; feet_p95 and such are percentiles."""

    trip_deg: float
    trip_cm: float
    limbs_mean: float
    limbs_p95: float
    limb_worst: float
    slide_mean: float
    slide_worst: float
    sink_worst: float
    float_worst: float
    speed_ratio: float


#: What the figures may be at most.
BOUNDS = {
    "trip_deg": 1.0,
    "trip_cm": 1.0,
    "limbs_mean": 3.0,
    "slide_worst": 1.0,
    "sink_worst": 1.0,
    "float_worst": 1.0,
    "speed_ratio": 2.0,
}


def missed(figures: Figures) -> tuple[str, ...]:
    """The names of the figures that are out of bounds, or no numbers."""
    values = {field.name: getattr(figures, field.name) for field in fields(figures)}
    return tuple(name for name, most in BOUNDS.items() if not values[name] <= most)


def measured(dance: Motion, seen: Seen) -> Figures:
    """The figures of a rig that was seen dancing `dance`."""
    places, world = _kinematics(dance)
    angles, away = trip(dance, seen)
    limbs = _directions(places, world, seen)
    slides, heights = _feet(dance, places, seen)
    centimetres = 100.0 * seen.size
    return Figures(
        angles,
        away,
        float(limbs.mean()),
        float(np.quantile(limbs, 0.95)),
        float(limbs.mean(axis=0).max()),
        centimetres * float(np.mean(slides or [0.0])),
        centimetres * max(slides, default=0.0),
        centimetres * abs(float(np.min(heights, initial=0.0))),
        centimetres * float(np.max(heights, initial=0.0)),
        _ratio(world, seen, dance.fps),
    )


def _kinematics(motion: Motion) -> tuple[Doubles, Doubles]:
    places, world = forward_kinematics(motion.matrices(), motion.root)
    return places.astype(np.float64), world.astype(np.float64)


def trip(dance: Motion, seen: Seen) -> tuple[float, float]:
    """How far a dance and what was read off a rig are apart, over the joints with a bone.

    Mean angle, degrees, and mean distance, cm on our own body.
    """
    places, world = _kinematics(dance)
    found, back = _kinematics(seen.back)
    turned = _angle(back.swapaxes(-1, -2) @ world)[:, seen.present]
    apart = np.linalg.norm(found - places, axis=-1)[:, seen.present]
    return float(np.degrees(turned).mean()), 100.0 * float(apart.mean())


def _directions(places: Doubles, world: Doubles, seen: Seen) -> Doubles:
    """How far each limb points from where it should, degrees, (T, limbs)."""
    found = [
        _between(places[:, end] - places[:, start], seen.places[:, end] - seen.places[:, start])
        for start, end in _LIMBS
        if seen.present[start] and seen.present[end]
    ]
    forward = np.array([0.0, -1.0, 0.0])
    found += [
        _between(world[:, ankle] @ forward, seen.turns[:, ankle] @ forward)
        for ankle in _ANKLES
        if seen.present[ankle]
    ]
    found.append(_trunk(places, world, seen))
    return np.degrees(np.stack(found, axis=1))


def _trunk(places: Doubles, world: Doubles, seen: Seen) -> Doubles:
    rows = next(rows for rows in _TOPS if seen.present[rows].all())

    def upright(joints: Doubles) -> Doubles:
        return joints[..., rows, :].mean(axis=-2) - joints[..., _HIPS, :].mean(axis=-2)

    own, other = upright(places), upright(seen.places)
    turn = smallest_turn(upright(rest_positions().astype(np.float64)), upright(seen.rest))
    own = np.einsum("tki,tk->ti", world[:, 0], own) @ turn.T
    return _between(own, np.einsum("tki,tk->ti", seen.turns[:, 0], other))


def _feet(dance: Motion, places: Doubles, seen: Seen) -> tuple[list[float], Doubles]:
    """The slide of every contact, (contacts,), and how high over its place a joint is in every
    frame of it, (frames,), metres of a figure with our legs."""
    slides: list[float] = []
    heights = [np.zeros(0)]
    for column, joint in enumerate(CONTACT_JOINTS):
        over = seen.places[:, joint, 2] - seen.rest[joint, 2]
        raised = places[:, joint, 2] - (TOE_HEIGHT if column % 2 else ANKLE_HEIGHT) > RAISED
        for start, stop in stretches(dance.contacts[:, column] > 0.5):
            if stop - start > 1:
                slides.append(float(pdist(seen.places[start:stop, joint, :2]).max()))
            here, lifted = over[start:stop], raised[start:stop]
            heights += [np.minimum(here, 0.0), here[~lifted]]
    return slides, np.concatenate(heights)


def _ratio(world: Doubles, seen: Seen, fps: float) -> float:
    """How many times faster than its source a joint turns at worst."""
    source, rig = _speeds(world[:, seen.present], fps), _speeds(seen.turns[:, seen.present], fps)
    return float((rig / np.maximum(source, CALM)).max())


def _speeds(turns: Doubles, fps: float) -> Doubles:
    """Angular speeds, degrees a second, (T - 1, N), of rotations (T, N, 3, 3)."""
    speed = np.degrees(_angle(turns[:-1].swapaxes(-1, -2) @ turns[1:])) * fps
    return uniform_filter1d(speed, 3, axis=0, mode="nearest")


def _angle(turns: Doubles) -> Doubles:
    """The angle of rotations (..., 3, 3), rad."""
    return Rotation.from_matrix(turns.reshape(-1, 3, 3)).magnitude().reshape(turns.shape[:-2])


def _between(first: Doubles, second: Doubles) -> Doubles:
    """The angle between directions (T, 3), rad."""
    sine = np.linalg.norm(np.cross(first, second), axis=-1)
    return np.arctan2(sine, (first * second).sum(axis=-1))
