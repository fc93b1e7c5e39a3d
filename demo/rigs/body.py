# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the joints of a made-up person are at rest; what its bones are laid along.

Axes as in Blender: metres, z up, the person faces -y, its left is +x. Only the left side is told;
the right one is its mirror image.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

#: Of each finger: how far from the middle of the hand towards the thumb, and where its knuckle is
#: along the hand, both as shares of the hand's length up to the middle knuckle.
_FINGERS = {
    "index": (0.28, 1.0),
    "middle": (0.06, 1.03),
    "ring": (-0.15, 0.98),
    "pinky": (-0.35, 0.9),
}
#: Lengths of a finger's three bones, as shares of the hand's.
_PHALANGES = (0.42, 0.27, 0.22)

_POINT = re.compile(r"^(?P<a>\w+)(?:>(?P<b>\w+)\*(?P<share>[\d.]+))?(?:\+(?P<away>[-\d.,]+))?$")


@dataclass(frozen=True)
class Body:
    """A person's measures in metres and degrees.

    hips, collars, shoulders: half the distance between left and right. rise: of the pelvis over the
    hips. foot: ankle to ball, along the floor. arms: how far below the horizontal; elbows: bent
    forwards; legs: apart from straight down; knees: bent; toes_out: the feet turned outwards.
    """

    thigh: float = 0.42
    shin: float = 0.42
    ankle: float = 0.09
    foot: float = 0.13
    toe: float = 0.02
    hips: float = 0.09
    rise: float = 0.08
    torso: float = 0.5
    neck: float = 0.09
    head: float = 0.22
    collars: float = 0.03
    shoulders: float = 0.18
    upper_arm: float = 0.28
    forearm: float = 0.26
    hand: float = 0.09
    arms: float = 0.0
    elbows: float = 0.0
    legs: float = 0.0
    knees: float = 0.0
    toes_out: float = 0.0

    def points(self) -> dict[str, Doubles]:
        """Named places of the middle and the left side, (3,) each."""
        found = {"ground": np.zeros(3)}
        self._leg(found)
        self._trunk(found)
        self._arm(found)
        return found

    def _leg(self, found: dict[str, Doubles]) -> None:
        apart, bent = np.radians(self.legs), np.radians(self.knees) / 2
        out = np.radians(self.toes_out)
        high = np.array(
            [np.sin(apart) * np.cos(bent), -np.sin(bent), -np.cos(apart) * np.cos(bent)]
        )
        low = high * (1, -1, 1)
        ahead = np.array([np.sin(out), -np.cos(out), 0.0])
        hip = np.array([self.hips, 0.0, self.ankle]) - high * (0, 0, self.thigh + self.shin)
        knee = hip + self.thigh * high
        ankle = knee + self.shin * low
        ball = (ankle + self.foot * ahead) * (1, 1, 0) + (0, 0, self.toe)
        found |= {"hip": hip, "knee": knee, "ankle": ankle, "ball": ball}
        found["toe"] = ball + 0.6 * self.foot * ahead
        found["heel"] = (ankle - 0.45 * self.foot * ahead) * (1, 1, 0)

    def _trunk(self, found: dict[str, Doubles]) -> None:
        pelvis = np.array([0.0, 0.0, found["hip"][2] + self.rise])
        for tenth in range(11):  # a gentle curve backwards
            share = tenth / 10
            curve = 0.08 * self.torso * np.sin(np.pi * share)
            found[f"s{tenth}"] = pelvis + np.array([0.0, curve, share * self.torso])
        neck = found["s10"]
        head = neck + np.array([0.0, -0.2 * self.neck, self.neck])
        size = self.head
        found |= {"pelvis": pelvis, "neck": neck, "head": head}
        found["crown"] = head + size * np.array([0.0, 0.0, 1.0])
        found["eye"] = head + size * np.array([0.14, -0.38, 0.4])
        found["jaw"] = head + size * np.array([0.0, -0.1, 0.12])
        found["chin"] = head + size * np.array([0.0, -0.4, -0.08])
        found["breast"] = found["s7"] + (0.45 * self.shoulders, -0.55 * self.shoulders, 0.0)

    def _arm(self, found: dict[str, Doubles]) -> None:
        down, bent = np.radians(self.arms), np.radians(self.elbows)
        ahead = np.array([0.0, -1.0, 0.0])
        out = np.array([np.cos(down), 0.0, -np.sin(down)])
        along = np.cos(bent) * out + np.sin(bent) * ahead
        thumb = np.cos(bent) * ahead - np.sin(bent) * out
        chest = found["s8"]
        shoulder = chest + np.array([self.shoulders, 0.0, 0.12 * self.torso])
        elbow = shoulder + self.upper_arm * out
        wrist = elbow + self.forearm * along
        found["collar"] = chest + np.array([self.collars, -0.01, 0.1 * self.torso])
        found |= {"shoulder": shoulder, "elbow": elbow, "wrist": wrist}
        found["palm"] = wrist + self.hand * along
        for name, (aside, start) in _FINGERS.items():
            place = wrist + self.hand * (start * along + aside * thumb)
            found[f"{name}0"] = wrist + self.hand * (0.2 * along + 0.6 * aside * thumb)
            self._finger(found, name, place, along)
        start = wrist + self.hand * (0.25 * along + 0.3 * thumb)
        self._finger(found, "thumb", start, (along + thumb) / np.sqrt(2))

    def _finger(self, found: dict[str, Doubles], name: str, place: Doubles, way: Doubles) -> None:
        found[f"{name}1"] = place
        for number, share in enumerate(_PHALANGES, start=2):
            place = place + share * self.hand * way
            found[f"{name}{number}"] = place


def point(points: dict[str, Doubles], said: str) -> Doubles:
    """The place that is meant by `knee`, `hip>knee*0.5`, `head+0.03,-0.1,0`, (3,)."""
    read = _POINT.match(said)
    if read is None:
        raise ValueError(f"{said!r} names no place of a body")
    place = points[read["a"]]
    if read["b"]:
        place = place + float(read["share"]) * (points[read["b"]] - place)
    if read["away"]:
        place = place + np.array([float(part) for part in read["away"].split(",")])
    return place
