# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the person in a rig whose names say nothing: by what hangs on what, and how long it is.

Bones that have a mirror image are limbs, bones in the mirror's plane are the spine. The legs are
the pair of limbs that reaches lowest, the arms the longest pair that hangs on the spine above them.
Along a limb, the two bones after each other that are longest are thigh and shank, or upper arm
and forearm.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .rig import Rig

#: How far a bone may be from its mirror image, and a bone of the spine from the mirror, as shares
#: of the rig's size; so near is just there.
_NEAR, _MIDDLE, _JUST = 0.015, 0.002, 0.002
#: Fewer bones than pelvis, spine, head and four limbs of three make no person.
_FEWEST = 15
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
    best: tuple[int, int] = (0, 0)
    found: tuple[int, dict[int, int]] = (0, {})
    bones = np.arange(len(heads))
    # Of bones in one place the first has a mirror image: twist bones come after their limb.
    _, first = np.unique(np.round(heads / (1e-4 * size)), axis=0, return_index=True)
    tree = cKDTree(heads[first])
    # The mirror is where most bones have as many on either side, or at the armature's middle.
    planes = [(axis, at) for axis in range(3) for at in {float(np.median(heads[:, axis])), 0.0}]
    for axis, plane in planes:
        flipped = heads.copy()
        flipped[:, axis] = 2 * plane - flipped[:, axis]
        apart, place = tree.query(flipped)
        nearest = first[place]
        aside = np.abs(flipped[:, axis] - heads[:, axis]) > 2 * _MIDDLE * size
        twin = (nearest != bones) & (nearest[nearest] == bones) & (apart < _NEAR * size)
        # In a cloud of hair and cloth many bones are near some mirror image, but none just there.
        just = aside & twin & (apart < _JUST * size)
        fit = (int(just.sum()), int((aside & twin).sum()))
        if fit > best:
            paired = just if fit[0] >= _FEWEST else aside & twin
            found = (axis, {int(bone): int(nearest[bone]) for bone in np.flatnonzero(paired)})
            best = fit
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
    arms = max(high, key=lambda limb: max(_pairs(limb.chain, heads)))
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
    """The pair that reaches lowest, if it is the lowest of all bones and goes down."""
    long = [limb for limb in limbs if len(limb.chain) >= 3]
    if not long:
        return None
    lowest = min(long, key=lambda limb: min(height[list(limb.chain)]))
    bottom = float(min(height[list(lowest.chain)]))
    drop = height[lowest.chain[0]] - bottom
    if drop < 0.7 * lowest.length or bottom > height.min() + 0.1 * float(np.ptp(height)):
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
        rising.pop()  # only marks where the head ends
    return spine, rising


def _leg(limb: _Limb, heads: NDArray) -> dict[str, int]:
    start = _strongest(limb.chain, heads)
    parts = ("hip", "knee", "ankle", "foot")
    return _both(limb, dict(zip(parts, range(start, len(limb.chain)), strict=False)))


def _arm(rig: Rig, limb: _Limb, heads: NDArray) -> dict[str, int]:
    palm = next((i for i, bone in enumerate(limb.chain) if len(rig.children[bone]) > 2), None)
    start = _strongest(limb.chain[: palm + 1] if palm and palm > 1 else limb.chain, heads)
    parts = {"shoulder": start, "elbow": start + 1, "wrist": start + 2}
    if start > 0:
        parts["collar"] = start - 1
    wrist = limb.chain[start + 2]
    if palm is None and start + 3 < len(limb.chain) and len(rig.children[wrist]) == 1:
        parts["hand"] = start + 3
    return _both(limb, parts)


def _strongest(chain: tuple[int, ...], heads: NDArray) -> int:
    """Where in a chain the two bones begin whose shorter one is longest."""
    return int(np.argmax(_pairs(chain, heads)))


def _pairs(chain: tuple[int, ...], heads: NDArray) -> list[float]:
    """Of every two bones after each other, the length of the shorter."""
    lengths = np.linalg.norm(np.diff(heads[list(chain)], axis=0), axis=1)
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
