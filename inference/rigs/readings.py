# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a rig's bones by their names: every family with every shared prefix and suffix."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ..retarget import OPTIONAL
from ..skeleton import INDEX, JOINTS, PARENTS
from . import names
from .families import Family, families
from .names import Key, Name
from .rig import Rig

#: Bones by SMPL joint.
Found = dict[str, int]
#: The same as a user chose it; None: the joint has no bone.
Chosen = Mapping[str, int | None]

_NEEDED = frozenset(JOINTS) - OPTIONAL
_OTHER = {"L": "R", "R": "L"}

#: With which other affixes a suffix is tried.
_WITH_SUFFIX = 4


@dataclass(frozen=True)
class Reading:
    """What one family makes of a rig.

    index: the bone of each key; found: the bone of each joint; score: how well it fits.
    """

    family: Family
    index: Mapping[Key, int]
    found: Found
    score: float


def best(rig: Rig, among: Collection[int], chosen: Chosen) -> Reading | None:
    """The reading of some of a rig's bones that fits best; where it can it agrees with choices."""
    found: Reading | None = None
    bones = frozenset(among)
    for index in _indices(rig, bones):
        for family in families():
            if not all(key in index for key in family.needs):
                continue
            matched = _matched(family, index, bones)
            score = float(len(matched) + len(_NEEDED & matched.keys()))
            score += 2 * sum(matched.get(joint) == bone for joint, bone in chosen.items())
            if found is not None and score + 0.5 * len(matched) <= found.score:
                continue  # even with all of them in order it would be no better
            score += 0.5 * in_order(rig, matched)
            if found is None or score > found.score:
                found = Reading(family, index, matched, score)
    return found


def around(rig: Rig, reading: Reading, chosen: Chosen) -> Found:
    """The joints' bones with the chosen ones among them, the others such that all go together.

    Where a limb's bones do not hang on a chosen one, those of the other side are tried: choosing
    the right thigh for the left one swaps the legs.
    """
    found = {joint: bone for joint, bone in chosen.items() if bone is not None}
    joints = reading.family.joints
    spine = [joint for joint in joints if _limb(joint) is None]
    for joint in [*spine, *(joint for joint in JOINTS if joint in joints and joint not in spine)]:
        if joint in chosen:
            continue
        own = joints[joint]
        other = [names.sided(key, _OTHER[key[0]]) for key in own if key[0]]
        free = [bone for key in own if (bone := reading.index.get(key)) is not None]
        swapped = [bone for key in other if (bone := reading.index.get(key)) is not None]
        taken = set(found.values())
        free = [bone for bone in free if bone not in taken and _ordered(rig, joint, bone, found)]
        swapped = [bone for bone in swapped if bone not in taken]
        fitting = (bone for bone in (*free, *swapped) if _fits(rig, joint, bone, found))
        bone = next(fitting, next(iter(free), None))
        if bone is not None:
            found[joint] = bone
    return found


def in_order(rig: Rig, found: Found) -> int:
    """How many joints hang below a joint that SMPL has above them too."""
    joints = {bone: joint for joint, bone in found.items()}
    good = 0
    for joint, bone in found.items():
        above = next((joints[other] for other in rig.above(bone) if other in joints), None)
        good += above in _above(joint)
    return good


def _matched(family: Family, index: Mapping[Key, int], among: frozenset[int]) -> Found:
    found: Found = {}
    taken: set[int] = set()
    for joint, keys in family.joints.items():
        for key in keys:
            bone = index.get(key)
            if bone is not None and bone not in taken and bone in among:
                found[joint] = bone
                taken.add(bone)
                break
    return found


def _ordered(rig: Rig, joint: str, bone: int, found: Found) -> bool:
    """Whether no bone of a joint above hangs on it, and none of a joint below carries it."""
    for other, placed in found.items():
        if other in _above(joint) and bone in rig.above(placed):
            return False
        if joint in _above(other) and placed in rig.above(bone):
            return False
    return True


def _fits(rig: Rig, joint: str, bone: int, found: Found) -> bool:
    """Whether a bone hangs as it should with the bones of its own limb."""
    limb = _limb(joint)
    for other, placed in found.items():
        if limb is None or _limb(other) != limb:
            continue
        low, high = (bone, placed) if other in _above(joint) else (placed, bone)
        if high not in rig.above(low):
            return False
    return True


def _limb(joint: str) -> str | None:
    side, _, part = joint.partition("_")
    if not part:
        return None
    return f"{side} {'leg' if part in ('hip', 'knee', 'ankle', 'foot') else 'arm'}"


@lru_cache(maxsize=len(JOINTS))
def _above(joint: str) -> frozenset[str]:
    """The joints that SMPL has above a joint."""
    found, above = set(), PARENTS[INDEX[joint]]
    while above >= 0:
        found.add(JOINTS[above])
        above = PARENTS[above]
    return frozenset(found)


def _indices(rig: Rig, among: frozenset[int]) -> Iterator[Mapping[Key, int]]:
    """The bone of each key; without a prefix first: of equal fits it is the one to be taken.

    Where several bones may be meant, those that are wanted, then those that bear the prefix or
    suffix go first, then short names.
    """
    order = sorted(range(len(rig.names)), key=lambda bone: _rank(rig, bone, among))
    read = {bone: names.read(rig.names[bone]) for bone in order}
    surely, maybe = _meanings(order, read)
    yield {**maybe, **surely}
    prefixes = names.prefixes(read[bone] for bone in among)
    for prefix in prefixes:
        affixed = _meanings(order, read, prefix)
        yield {**maybe, **affixed[1], **surely, **affixed[0]}
    for suffix in names.suffixes(rig.names[bone] for bone in among):
        bearing = [bone for bone in order if rig.names[bone].endswith(suffix)]
        short = {bone: names.read(rig.names[bone].removesuffix(suffix)) for bone in bearing}
        for prefix in ((), *prefixes[:_WITH_SUFFIX]):
            affixed = _meanings(bearing, short, prefix)
            yield {**maybe, **affixed[1], **surely, **affixed[0]}


def _rank(rig: Rig, bone: int, among: frozenset[int]) -> tuple[bool, int, str]:
    return bone not in among, len(rig.names[bone]), rig.names[bone]


def _meanings(
    bones: list[int], read: Mapping[int, Name], prefix: tuple[str, ...] = ()
) -> tuple[dict[Key, int], dict[Key, int]]:
    """What names surely mean, and what they may mean if a side is glued to them."""
    surely: dict[Key, int] = {}
    maybe: dict[Key, int] = {}
    known, length = _vocabulary(), len(prefix)
    for bone in bones:
        name = read[bone]
        if name.words[:length] == prefix and "".join(name.words[length:]) in known:
            for place, key in enumerate(name.meanings(prefix)):
                (maybe if place else surely).setdefault(key, bone)
    return surely, maybe


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    """What the words of a name may be, run together, if any family knows it."""
    words = {word for family in families() for _, word in family.known()}
    before = {mark + word for mark in names.GLUED for word in words}
    return frozenset(words | before | {word + mark for mark in names.GLUED_AFTER for word in words})
