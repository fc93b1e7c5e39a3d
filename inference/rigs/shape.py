# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the person in a rig whose names say nothing: by what hangs on what, and how long it is.

Bones that have a mirror image are limbs, bones in the mirror's plane are the spine. The legs are
the pair of limbs that reaches lowest, the arms the longest pair that hangs on the spine above them.
A leg ends where it turns off into the foot, an arm where fingers spread; the knee and the elbow are
half way. Along an arm of few bones, the two after each other that are longest are upper arm and
forearm.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .rig import Rig

#: How far a bone may be from its mirror image, and a bone of the spine from the mirror, as shares
#: of the rig's size; so near is just there.
_NEAR, _MIDDLE, _JUST = 0.015, 0.002, 0.002
#: Fewer bones than pelvis, spine, head and four limbs of three make no person.
_FEWEST = 15
#: A head is longer than the last bone of its neck, by this factor at least.
_CROWN = 1.3
#: A bone that turns off a leg by more is no longer the leg, rad.
_TURN = np.radians(35)
SIDES = ("left", "right")
_TRUNK = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")


@dataclass(frozen=True)
class _Limb:
    """A chain of bones down to the farthest leaf, and its mirror image."""

    chain: tuple[int, ...]
    mirrored: tuple[int, ...]
    root: int
    length: float


def find(rig: Rig) -> dict[str, int]:
    """The bone of each SMPL joint, as many as are found; empty when it looks like no person."""
    heads = np.asarray(rig.heads, dtype=float)
    if len(heads) < _FEWEST or not np.isfinite(heads).all():
        return {}
    size = float(np.linalg.norm(np.ptp(heads, axis=0)))
    if size == 0:
        return {}
    across, partners = _mirror(heads, size)
    limbs = _limbs(rig, heads, partners, across)
    for up in _directions(across):
        person = _person(rig, heads, limbs, partners, up, size)
        if person:
            return _sided(person, heads, across, up)
    return {}


def _mirror(heads: NDArray, size: float) -> tuple[int, dict[int, int]]:
    """The axis that left and right lie along, and every limb bone's mirror image."""
    # Bones in one place are paired in their order: twist bones and the like with each other.
    cells, place = np.unique(np.round(heads / (1e-4 * size)), axis=0, return_inverse=True)
    here: list[list[int]] = [[] for _ in cells]
    for bone, at in enumerate(place.ravel()):
        here[at].append(bone)
    spots = heads[[bones[0] for bones in here]]
    tree = cKDTree(spots)
    best: tuple[int, int] = (0, 0)
    found: tuple[int, dict[int, int]] = (0, {})
    # The mirror is where most bones have as many on either side, or at the armature's middle.
    planes = [(axis, at) for axis in range(3) for at in {float(np.median(heads[:, axis])), 0.0}]
    for axis, plane in planes:
        flipped = spots.copy()
        flipped[:, axis] = 2 * plane - flipped[:, axis]
        apart, nearest = tree.query(flipped)
        aside = np.abs(flipped[:, axis] - spots[:, axis]) > 2 * _MIDDLE * size
        twin = aside & (nearest[nearest] == np.arange(len(spots))) & (apart < _NEAR * size)
        # In a cloud of hair and cloth many bones are near some mirror image, but none just there.
        just = twin & (apart < _JUST * size)
        fit = (int(just.sum()), int(twin.sum()))
        if fit > best:
            paired = np.flatnonzero(just if fit[0] >= _FEWEST else twin)
            pairs = (zip(here[at], here[nearest[at]], strict=False) for at in paired)
            best, found = fit, (axis, dict(chain.from_iterable(pairs)))
    return found


def _limbs(rig: Rig, heads: NDArray, partners: dict[int, int], across: int) -> list[_Limb]:
    """The pairs of limbs; `chain` is the one farther along the axis."""
    found = []
    for bone, other in partners.items():
        root = rig.parents[bone]
        if root < 0 or root in partners or heads[bone, across] < heads[other, across]:
            continue
        chain, length = _longest(rig, heads, bone, set(partners))
        mirrored = tuple(partners[each] for each in chain)
        others = set(rig.above(other))
        root = next((each for each in rig.above(bone) if each in others), root)
        found.append(_Limb(chain, mirrored, root, length))
    return found


def _longest(rig: Rig, heads: NDArray, bone: int, among: set[int]) -> tuple[tuple[int, ...], float]:
    best: tuple[tuple[int, ...], float] = ((), 0.0)
    for child in rig.children[bone]:
        if child in among:
            chain, length = _longest(rig, heads, child, among)
            length += float(np.linalg.norm(heads[child] - heads[bone]))
            if length > best[1]:
                best = (chain, length)
    return (bone, *best[0]), best[1]


def _directions(across: int) -> list[NDArray]:
    """Which way up may be: z, y or x, whichever does not lie across, and their opposites."""
    axes = [np.eye(3)[axis] for axis in (2, 1, 0) if axis != across]
    return [*axes, *(-axis for axis in axes)]


def _person(
    rig: Rig, heads: NDArray, limbs: list[_Limb], partners: dict[int, int], up: NDArray, size: float
) -> dict[str, int]:
    height = heads @ up
    legs = _legs(limbs, height)
    if legs is None:
        return {}
    high = [limb for limb in limbs if limb is not legs and len(limb.chain) >= 3
            and height[limb.chain[0]] > height[legs.chain[0]] + 0.1 * size]  # fmt: skip
    if not high:
        return {}
    arms = max(high, key=lambda limb: max(_pairs(heads[list(limb.chain)])))
    spine, neck = _middle(rig, heads, partners, legs.root, arms.root, up)
    if arms.length < 0.4 * legs.length or not spine or not neck:
        return {}
    person = {"pelvis": legs.root, "spine1": spine[0], "head": neck[-1]}
    if len(spine) > 1:
        person["spine3"] = spine[-1]
    if len(spine) > 2:
        person["spine2"] = spine[len(spine) // 2]
    if len(neck) > 1:
        person["neck"] = neck[0]
    return {**person, **_leg(legs, heads), **_arm(rig, arms, heads)}


def _legs(limbs: list[_Limb], height: NDArray) -> _Limb | None:
    """Of the pairs that go down the one that reaches lowest, if no bones are lower."""

    def bottom(limb: _Limb) -> float:
        return float(min(height[list(limb.chain)]))

    down = [limb for limb in limbs if len(limb.chain) >= 3
            and height[limb.chain[0]] - bottom(limb) >= 0.7 * limb.length]  # fmt: skip
    lowest = min(down, key=bottom, default=None)
    if lowest is None or bottom(lowest) > height.min() + 0.1 * float(np.ptp(height)):
        return None
    return lowest


def _middle(
    rig: Rig, heads: NDArray, partners: dict[int, int], pelvis: int, chest: int, up: NDArray
) -> tuple[list[int], list[int]]:
    """The bones from above the pelvis to the chest, and those from above the chest to the head."""
    spine = [chest]
    for bone in rig.above(chest):
        if bone == pelvis or bone in rig.above(pelvis):
            break
        spine.insert(0, bone)
    if chest == pelvis or any(bone in partners for bone in spine):
        return [], []
    rising, here = [], chest
    while True:
        higher = [child for child in rig.children[here]
                  if child not in partners and (heads[child] - heads[here]) @ up > 0]  # fmt: skip
        if not higher:
            break
        here = max(higher, key=lambda child: float(heads[child] @ up))
        rising.append(here)
        if len(rig.children[here]) > 2:  # a head with its eyes, hair and jaw
            break
    if len(rising) > 2 and not rig.children[rising[-1]]:
        below, last = (float(np.linalg.norm(heads[b] - heads[a])) for a, b in pairwise(rising[-3:]))
        if last > _CROWN * below:
            rising.pop()  # only marks where the head ends
    return spine, rising


def _leg(limb: _Limb, heads: NDArray) -> dict[str, int]:
    points = heads[list(limb.chain)]
    # It may begin with a bone across the hips.
    start = next((i for i in range(len(points) - 3) if _angle(points, i, i + 1) < _TURN), 0)
    turned = (
        i for i in range(start + 2, len(points) - 1) if _angle(points, i, i + 1, start) > _TURN
    )
    ankle = next(turned, min(start + 2, len(points) - 1))
    ratios = [_ratio(points, start, knee, ankle) for knee in range(start + 1, ankle)]
    parts = {"hip": start, "knee": start + 1 + int(np.argmin(ratios)), "ankle": ankle}
    far = np.linalg.norm(points[ankle + 1 :] - points[ankle], axis=1)
    if len(far):
        parts["foot"] = ankle + 1 + int(np.argmax(far > 0.4 * far.max()))
    return _both(limb, parts)


def _arm(rig: Rig, limb: _Limb, heads: NDArray) -> dict[str, int]:
    palm = next((i for i, bone in enumerate(limb.chain) if len(rig.children[bone]) > 2), None)
    start, elbow, wrist = _bends(heads[list(limb.chain)], palm)
    parts = {"shoulder": start, "elbow": elbow, "wrist": wrist}
    if start > 0:
        parts["collar"] = start - 1 if wrist == start + 2 else 0
    end = limb.chain[wrist]
    if palm is None and wrist + 1 < len(limb.chain) and len(rig.children[end]) == 1:
        parts["hand"] = wrist + 1
    return _both(limb, parts)


def _bends(points: NDArray, palm: int | None) -> tuple[int, int, int]:
    """Where along an arm are shoulder, elbow and wrist."""
    if palm is None or palm < 4:
        start = int(np.argmax(_pairs(points[: palm + 1] if palm and palm > 1 else points)))
        return start, start + 1, start + 2
    # Its bones are split: of all that look like half and half the longest, of bones in one place
    # the last.
    split = [(start, elbow) for elbow in range(palm - 1, 0, -1)
             for start in range(elbow - 1, -1, -1)]  # fmt: skip
    long = [
        np.linalg.norm(points[palm] - points[start])
        * np.exp(-((3 * _ratio(points, start, elbow, palm)) ** 2))
        for start, elbow in split
    ]
    return (*split[int(np.argmax(long))], palm)


def _ratio(points: NDArray, start: int, middle: int, end: int) -> float:
    """How far from half and half a limb is divided: the logarithm of the parts' ratio."""
    high = np.linalg.norm(points[middle] - points[start])
    low = np.linalg.norm(points[end] - points[middle])
    return float(abs(np.log(high / low))) if high > 0 and low > 0 else np.inf


def _angle(points: NDArray, first: int, second: int, start: int | None = None) -> float:
    """Between a bone of a leg and the leg as a whole: from `start` to it, or from it to its end."""
    bone = points[second] - points[first]
    leg = points[-1] - points[first] if start is None else points[first] - points[start]
    length = np.linalg.norm(bone) * np.linalg.norm(leg)
    return float(np.arccos(np.clip(bone @ leg / length, -1, 1))) if length > 0 else np.pi / 2


def _pairs(points: NDArray) -> list[float]:
    """Of every two bones after each other, the length of the shorter."""
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    return [float(min(pair)) for pair in pairwise(lengths)]


def _both(limb: _Limb, parts: dict[str, int]) -> dict[str, int]:
    """Bones of both sides, the left one taken to lie along the axis."""
    left = {f"left_{part}": limb.chain[place] for part, place in parts.items()}
    return left | {f"right_{part}": limb.mirrored[place] for part, place in parts.items()}


def _sided(person: dict[str, int], heads: NDArray, across: int, up: NDArray) -> dict[str, int]:
    """The same with the sides right: toes point forward, and left is where up × forward points.

    A rig without toes is taken to face as Blender's figures do, its left along the axis.
    """
    if "left_foot" not in person:
        return person
    toes = sum(heads[person[f"{side}_foot"]] - heads[person[f"{side}_ankle"]] for side in SIDES)
    if np.cross(up, toes)[across] >= 0:
        return person
    return {_other(joint): bone for joint, bone in person.items()}


def _other(joint: str) -> str:
    side, _, part = joint.partition("_")
    return f"{SIDES[side == 'left']}_{part}" if side in SIDES else joint


def on_four_legs(rig: Rig, found: dict[str, int]) -> bool:
    """Whether a rig's bones are an animal's: its trunk lies across its legs, its arms stand."""
    trunk = _way(rig, found, ("hip",), ("shoulder", "spine3", "spine1", "head"))
    legs = _way(rig, found, ("hip",), ("ankle",))
    if trunk is None or legs is None or -trunk @ legs > 0.5:
        return False
    arms = _way(rig, found, ("shoulder",), ("wrist",))
    return arms is None or bool(arms @ legs > 0.5)


def is_bust(rig: Rig, found: dict[str, int]) -> bool:
    """Whether bones are the upright trunk of somebody: up from the hips or waist to the head."""
    trunk = [found[joint] for joint in _TRUNK if joint in found]
    if len(trunk) < 4 or "head" not in found:
        return False
    way = rig.heads[trunk[-1]] - rig.heads[trunk[0]]
    return bool(way[2] >= np.abs(way).max())


def _way(
    rig: Rig, found: dict[str, int], start: tuple[str, ...], end: tuple[str, ...]
) -> NDArray | None:
    """The direction (3,) from the first joints that there are to the others, both sides' middle."""
    places = []
    for parts in (start, end):
        named = ((part, f"left_{part}", f"right_{part}") for part in parts)
        known = ([found[joint] for joint in joints if joint in found] for joints in named)
        bones = next((bones for bones in known if bones), None)
        if bones is None:
            return None
        places.append(rig.heads[bones].mean(axis=0))
    length = float(np.linalg.norm(places[1] - places[0]))
    return (places[1] - places[0]) / length if length > 0 else None
