# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a family's armature, as its data file here tells it.

label = "Mixamo"
metre = 100.0                # the armature's data in a metre
scale = 0.01                 # of the object
up = "Y"                     # the data's axes: y up, the object turned; else as Blender's
sides = ["Left", "Right"]    # what stands for * in names, and its first letter for ?; such
                             # bones are made twice
axes = "along"               # which way a bone's own axes point, see `_axes`
bones = '''
name  parent  head  tail     # by at least two spaces; places as in `body.point`
'''                          # a last column `-`: no part of the body is drawn around it
[body]                       # the measures of `body.Body` that differ
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from .body import Body, Doubles, point

_MIRROR = np.array([-1.0, 1.0, 1.0])
#: Blender's z up to the data's y up.
_Y_UP = Rotation.from_euler("x", -90, degrees=True)
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Bone:
    """A bone at rest in the armature's data: head and tail (3,), and where its z axis looks.

    flesh: the ends of the part of the body around it, None for a bone that only helps.
    """

    name: str
    parent: str
    head: Doubles
    tail: Doubles
    upward: Doubles
    flesh: tuple[Doubles, Doubles] | None


@dataclass(frozen=True)
class Plan:
    """All bones, parents before children; metre: units of the data in a metre of the person.

    turned: whether the data is y-up, and the object turned upright.
    """

    label: str
    bones: tuple[Bone, ...]
    metre: float
    scale: float
    turned: bool


def read(family: str, **measures: float) -> Plan:
    """The plan in that family's data file. measures: of the body that differ again."""
    data = tomllib.loads((FOLDER / f"{family}.toml").read_text(encoding="utf-8"))
    metre, turned = data.get("metre", 1.0), data.get("up") == "Y"
    points, bones = Body(**{**data["body"], **measures}).points(), []
    lowest = point(points, data["origin"]) if "origin" in data else np.zeros(3)
    for line in data["bones"].strip().splitlines():
        name, parent, start, end, *helper = re.split(r"\s{2,}", line.strip())
        for side, word in zip((1, -1), data.get("sides", ["", ""]), strict=True):
            if side < 0 and not set("*?") & set(name):
                continue
            mirror = _MIRROR if side < 0 else np.ones(3)
            places = [(point(points, said) - lowest) * mirror for said in (start, end)]
            tail, upward = _axes(data.get("axes", "along"), places[0], places[1], side)
            ends = [place * metre for place in (places[0], tail, *places)]
            if turned:
                ends, upward = [_Y_UP.apply(place) for place in ends], _Y_UP.apply(upward)
            bones.append(
                Bone(
                    _sided(name, word),
                    "" if parent == "-" else _sided(parent, word),
                    ends[0],
                    ends[1],
                    upward,
                    None if helper else (ends[2], ends[3]),
                )
            )
    return Plan(data["label"], tuple(bones), metre, data.get("scale", 1.0), turned)


def _sided(name: str, side: str) -> str:
    return name.replace("*", side).replace("?", side[:1])


def _axes(kind: str, head: Doubles, tail: Doubles, side: int) -> tuple[Doubles, Doubles]:
    """Where a bone's tail is and where its z axis looks.

    along: the bone's y axis lies along the limb. x: its x axis does, away from the body on the left
    and towards it on the right, as in Unreal and Biped; so Blender shows it across the limb.
    world: its axes are the world's, as in SMPL's add-ons.
    """
    way = tail - head
    length = float(np.linalg.norm(way))
    ahead = np.array([0.0, -1.0, 0.0])
    if abs(way[1]) > 0.9 * length:
        ahead = np.array([0.0, 0.0, 1.0])
    if kind == "along":
        return tail, ahead
    if kind == "world":
        return head + np.array([0.0, 0.0, max(0.5 * length, 0.02)]), ahead
    across = np.cross(ahead, way) * side
    across = across / np.linalg.norm(across)
    return head + 0.5 * length * across, np.cross(way / length * side, across)
