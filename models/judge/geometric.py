# SPDX-License-Identifier: GPL-3.0-or-later
"""What the body does, in yes or no: the 32 geometric features behind FIDg (Müller et al., 2005).

Each asks a question of every frame (is the right hand above the neck, is a foot fast, …) whose
lengths are in humerus lengths, shoulder or hip widths; the feature is the share of frames where the
answer is yes.

The code that the field shares (fairmotion, AIST++, Bailando) asks other questions than the paper;
`published` mode repeats it for comparison with published tables. It differs in this:
- A second holds 120 frames, whatever the rate: at 60 fps everything seems twice as fast.
- The lengths are those of SMPL's mean body, not the figure's own.
- "Moves towards" looks at the third joint instead of the fourth. Hands moving upwards became the
  chest moving away from the belly (the same for both hands, and never true), hands approaching each
  other became parting, and a hand moving away from the pelvis became one that moves past the other.
- Planes are turned round, which also sets the sides against each other: the right hand must move
  backwards and the left forwards, the right foot stand before the left leg and the left foot behind
  the right one; the pelvis must be before, not behind, the plane of neck and feet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...inference.skeleton import INDEX
from .kinetic import REACH
from .signals import Array

#: Humerus length, shoulder width and hip width of SMPL's mean body, metres.
SMPL_LENGTHS = (0.2568, 0.3908, 0.1192)
#: The frame time that the public code takes for granted, seconds.
PUBLISHED_FRAME = 1 / 120


@dataclass(frozen=True)
class Body:
    """The frames of a clip, metres, z up: places and speeds (T', 24, 3).

    lengths: humerus, shoulder width, hip width.
    """

    places: Array
    speeds: Array
    lengths: tuple[float, float, float]

    def at(self, joint: str) -> Array:
        """Where a joint is, (T', 3)."""
        return self.places[:, _JOINTS[joint]]

    def way(self, start: str, end: str) -> Array:
        """From one joint to another, (T', 3)."""
        return self.at(end) - self.at(start)

    def relative(self, joint: str, other: str) -> Array:
        """How fast a joint moves as seen from another, (T', 3)."""
        return self.speeds[:, _JOINTS[joint]] - self.speeds[:, _JOINTS[other]]

    def normal(self, a: str, b: str, c: str) -> Array:
        """Of the plane through three joints: (b - a) x (c - a), (T', 3)."""
        return np.cross(self.way(a, b), self.way(a, c))

    def height(self, joint: str) -> Array:
        """Of a joint over the lowest one, (T',)."""
        return self.at(joint)[:, 2] - self.places[..., 2].min(1)


Answer = NDArray[np.bool_]
Question = Callable[[Body], Answer]


def geometric(
    positions: NDArray[np.floating], fps: float = 30.0, *, published: bool = False
) -> Array:
    """The geometric features (32,), each 0..1, of a clip of positions (T, 24, 3) in metres, z up.

    published: as the public code computes them, with no regard to `fps`; see above.
    Raises ValueError when the clip is too short to tell a speed.
    """
    return answers(positions, fps, published=published).mean(0)


def answers(
    positions: NDArray[np.floating], fps: float = 30.0, *, published: bool = False
) -> Answer:
    """The answers frame by frame, (T', 32); the first frames have no speed and are left out."""
    places = np.asarray(positions, dtype=np.float64)
    step = 1 if published else max(1, round(fps * REACH))
    if len(places) <= step:
        raise ValueError(f"{len(places)} frames are too few for geometric features")
    span = PUBLISHED_FRAME if published else step / fps
    lengths = SMPL_LENGTHS if published else body_lengths(places)
    body = Body(places[step:], (places[step:] - places[:-step]) / span, lengths)
    asked = [PUBLISHED.get(name, question) for name, question in QUESTIONS.items()]
    return np.stack([ask(body) for ask in (asked if published else QUESTIONS.values())], axis=1)


def body_lengths(places: NDArray[np.floating]) -> tuple[float, float, float]:
    """Humerus length, shoulder width and hip width of the figure itself, metres: medians."""

    def apart(a: str, b: str) -> float:
        gap = places[:, _JOINTS[a]] - places[:, _JOINTS[b]]
        return float(np.median(np.linalg.norm(gap, axis=1)))

    humerus = (apart("rshoulder", "relbow") + apart("lshoulder", "lelbow")) / 2
    return humerus, apart("lshoulder", "rshoulder"), apart("lhip", "rhip")


def _moves(a: str, b: str, joint: str, other: str, limit: float) -> Question:
    """A joint, seen from another, goes the way from a to b faster than `limit` humeri a second."""
    return lambda body: (
        _along(body.relative(joint, other), body.way(a, b)) > limit * body.lengths[0]
    )


def _crosses(plane: tuple[str, str, str], joint: str, limit: float) -> Question:
    """A joint goes through a plane along its normal faster than `limit` humeri a second."""
    return lambda body: (
        _along(body.relative(joint, plane[0]), body.normal(*plane)) > limit * body.lengths[0]
    )


def _beyond(plane: tuple[str, str, str], joint: str, limit: float) -> Question:
    """A joint is more than `limit` humeri beyond a plane."""
    return lambda body: (
        _along(body.way(plane[0], joint), body.normal(*plane)) > limit * body.lengths[0]
    )


def _farther(a: str, b: str, start: str, joint: str, limit: float, unit: int = 0) -> Question:
    """On the way from a to b, a joint is farther than `start` by `limit` of a length."""
    return lambda body: _along(body.way(start, joint), body.way(a, b)) > limit * body.lengths[unit]


def _angle(a: str, b: str, c: str, d: str, low: float, high: float) -> Question:
    """The ways from a to b and from c to d meet at an angle within degrees."""
    return lambda body: _within(_along(_unit(body.way(a, b)), body.way(c, d)), low, high)


def _fast(joint: str, limit: float) -> Question:
    """A joint is faster than `limit` humeri a second."""
    return lambda body: (
        np.linalg.norm(body.speeds[:, _JOINTS[joint]], axis=1) > limit * body.lengths[0]
    )


def _raised(joint: str) -> Question:
    return lambda body: body.height(joint) > 1.2 * body.lengths[0]


def _lowered(joint: str) -> Question:
    return lambda body: body.height(joint) < 1.2 * body.lengths[0]


def _lying(body: Body) -> Answer:
    return _within(_unit(body.way("neck", "root"))[:, 2], 70, 110)


def _unit(ways: Array) -> Array:
    return ways / np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-12)


def _along(values: Array, ways: Array) -> Array:
    return np.einsum("ti,ti->t", values, _unit(ways))


def _within(cosine: Array, low: float, high: float) -> Answer:
    angle = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    return (angle > low) & (angle < high)


#: The paper's names of the joints.
_JOINTS = {
    "root": INDEX["pelvis"], "belly": INDEX["spine1"], "chest": INDEX["spine3"],
    "neck": INDEX["neck"],
    **{
        f"{side[0]}{paper}": INDEX[f"{side}_{ours}"]
        for side in ("left", "right")
        for paper, ours in (
            ("hip", "hip"), ("knee", "knee"), ("ankle", "ankle"), ("toes", "foot"),
            ("shoulder", "shoulder"), ("elbow", "elbow"), ("wrist", "wrist"),
        )
    },
}  # fmt: skip
_FRONT = ("neck", "rhip", "lhip")  # its normal points forwards

#: By name, in the order of the public code.
QUESTIONS: dict[str, Question] = {
    "right hand forwards": _crosses(_FRONT, "rwrist", 1.8),
    "left hand forwards": _crosses(_FRONT, "lwrist", 1.8),
    "right hand above neck": _farther("chest", "neck", "neck", "rwrist", 0.2),
    "left hand above neck": _farther("chest", "neck", "neck", "lwrist", 0.2),
    "right hand upwards": _moves("belly", "chest", "rwrist", "chest", 1.8),
    "left hand upwards": _moves("belly", "chest", "lwrist", "chest", 1.8),
    "right elbow bent": _angle("relbow", "rshoulder", "relbow", "rwrist", 0, 110),
    "left elbow bent": _angle("lelbow", "lshoulder", "lelbow", "lwrist", 0, 110),
    "hands far apart sideways": _farther("lshoulder", "rshoulder", "lwrist", "rwrist", 2.5, 1),
    "hands approaching": _moves("lwrist", "rwrist", "lwrist", "rwrist", 1.4),
    "right hand away from pelvis": _moves("root", "rwrist", "rwrist", "root", 1.4),
    "left hand away from pelvis": _moves("root", "lwrist", "lwrist", "root", 1.4),
    "right hand fast": _fast("rwrist", 2.5),
    "left hand fast": _fast("lwrist", 2.5),
    "right foot behind left leg": _beyond(("root", "lhip", "ltoes"), "rankle", 0.38),
    "left foot behind right leg": _beyond(("root", "rtoes", "rhip"), "lankle", 0.38),
    "right foot raised": _raised("rankle"),
    "left foot raised": _raised("lankle"),
    "feet far apart sideways": _farther("lhip", "rhip", "lankle", "rankle", 2.1, 2),
    "right knee bent": _angle("rknee", "rhip", "rknee", "rankle", 0, 110),
    "left knee bent": _angle("lknee", "lhip", "lknee", "lankle", 0, 110),
    "right foot fast": _fast("rankle", 2.5),
    "left foot fast": _fast("lankle", 2.5),
    "right arm abducted": _angle("neck", "root", "rshoulder", "relbow", 25, 180),
    "left arm abducted": _angle("neck", "root", "lshoulder", "lelbow", 25, 180),
    "right thigh raised": _angle("neck", "root", "rhip", "rknee", 50, 180),
    "left thigh raised": _angle("neck", "root", "lhip", "lknee", 50, 180),
    "pelvis behind neck and feet": _beyond(("rankle", "neck", "lankle"), "root", 0.5),
    "spine horizontal": _lying,
    "right hand lowered": _lowered("rwrist"),
    "left hand lowered": _lowered("lwrist"),
    "pelvis fast": _fast("root", 2.3),
}
#: What the public code asks instead.
PUBLISHED: dict[str, Question] = {
    "right hand forwards": _crosses(("neck", "lhip", "rhip"), "rwrist", 1.8),
    "right hand upwards": _moves("belly", "chest", "chest", "belly", 1.8),
    "left hand upwards": _moves("belly", "chest", "chest", "belly", 1.8),
    "hands approaching": _moves("lwrist", "rwrist", "rwrist", "lwrist", 1.4),
    "right hand away from pelvis": _moves("rwrist", "root", "lwrist", "rwrist", 1.4),
    "left hand away from pelvis": _moves("lwrist", "root", "rwrist", "lwrist", 1.4),
    "right foot behind left leg": _beyond(("root", "ltoes", "lhip"), "rankle", 0.38),
    "pelvis behind neck and feet": _beyond(("rankle", "lankle", "neck"), "root", 0.5),
}
NAMES: tuple[str, ...] = tuple(QUESTIONS)
SIZE = len(NAMES)
