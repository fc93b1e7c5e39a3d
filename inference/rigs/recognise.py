# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognises a rig: every family and every shared prefix is tried, and the best fit is taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..retarget import OPTIONAL, missing
from ..skeleton import INDEX, JOINTS, PARENTS
from . import names, shape
from .families import Family, families
from .names import Key, Name
from .rig import Rig

_NEEDED = frozenset(JOINTS) - OPTIONAL

#: Bones by SMPL joint.
_Found = dict[str, int]


@dataclass(frozen=True)
class Recognition:
    """What a rig is.

    family: its file's name, "shape" when names did not help, "" when nothing did; label: as users
    know it; bones: the bone of each SMPL joint that has one; keyable: whether keys on these bones
    move the figure.
    """

    family: str
    label: str
    bones: dict[str, str]
    keyable: bool = True

    @property
    def lacking(self) -> tuple[str, ...]:
        """The joints that a figure needs and has no bone for."""
        return missing(np.array([joint in self.bones for joint in JOINTS]))


def recognise(rig: Rig) -> Recognition:
    """The best reading of a rig's bones; check what it is `lacking`.

    A family whose names are half there and half not says what is lacking, unless the rig's shape
    shows a whole figure in which the named bones are where they belong.
    """
    family, found = _by_name(rig)
    if found.keys() >= _NEEDED:
        assert family is not None
        return _told(rig, family.name, family.label, found, family.keyable)
    shaped = shape.find(rig)
    agreed = sum(shaped.get(joint) == bone for joint, bone in found.items())
    if shaped.keys() >= _NEEDED and agreed >= 0.9 * len(found):
        return _told(rig, "shape", "Humanoid", shaped)
    if family is None or len(_NEEDED & found.keys()) < len(_NEEDED) / 3:
        return Recognition("", "", {})
    return _told(rig, family.name, family.label, found, family.keyable)


def _told(rig: Rig, family: str, label: str, found: _Found, keyable: bool = True) -> Recognition:
    bones = {joint: rig.names[found[joint]] for joint in JOINTS if joint in found}
    return Recognition(family, label, bones, keyable)


def _by_name(rig: Rig) -> tuple[Family | None, _Found]:
    best: tuple[float, Family | None, _Found] = (0.0, None, {})
    for family, found in _candidates(rig):
        score = len(found) + len(_NEEDED & found.keys()) + 0.5 * _in_order(rig, found)
        if score > best[0]:
            best = (score, family, found)
    return best[1:]


def _candidates(rig: Rig) -> Iterator[tuple[Family, _Found]]:
    read = [names.read(name) for name in rig.names]
    # No prefix first: of equal fits it is the one to be taken.
    for prefix in names.prefixes(read):
        index = _index(rig, read, prefix)
        for family in families():
            yield family, _matched(family, index)


def _index(rig: Rig, read: list[Name], prefix: tuple[str, ...]) -> dict[Key, int]:
    """The bone of each key. Bones that bear the prefix go first, then short names."""
    ranked = []
    for bone, name in enumerate(read):
        bare = name.meanings(prefix)
        for guess, key in enumerate(bare or name.meanings()):
            ranked.append((guess, not bare, len(rig.names[bone]), rig.names[bone], key, bone))
    index: dict[Key, int] = {}
    for *_, key, bone in sorted(ranked):
        index.setdefault(key, bone)
    return index


def _matched(family: Family, index: dict[Key, int]) -> _Found:
    found: _Found = {}
    for joint, keys in family.joints.items():
        free = (index[key] for key in keys if key in index and index[key] not in found.values())
        bone = next(free, None)
        if bone is not None:
            found[joint] = bone
    return found


def _in_order(rig: Rig, found: _Found) -> int:
    """How many joints hang below a joint that SMPL has above them too."""
    joints = {bone: joint for joint, bone in found.items()}
    good = 0
    for joint, bone in found.items():
        above = next((joints[other] for other in rig.above(bone) if other in joints), None)
        good += above in _ancestors(joint)
    return good


def _ancestors(joint: str) -> set[str]:
    found, above = set(), PARENTS[INDEX[joint]]
    while above >= 0:
        found.add(JOINTS[above])
        above = PARENTS[above]
    return found
