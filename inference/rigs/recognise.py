# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognises a rig by its names if they tell, else by its shape; what users chose goes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..skeleton import JOINTS
from . import shape
from .controls import Controls
from .presets import Preset
from .readings import Chosen, Found, Reading, around, best, in_order
from .recognition import WHOLE, Recognition
from .rig import Rig

#: Fewer bones make no skeleton of a person.
_FEWEST = 15
_WHOLE = frozenset(WHOLE)


def recognise(
    rig: Rig, corrections: Mapping[str, str] | None = None, presets: Sequence[Preset] = ()
) -> Recognition:
    """The best reading of a rig's bones; check what it is `lacking`.

    corrections: bones that the user chose for joints, "": the joint has none; they stand, and the
    rest is recognised around them. presets: one all of whose bones are there goes before what we
    know. A family whose names are half there and half not says what is lacking, unless the rig's
    shape shows a whole figure in which the named bones are where they belong.
    """
    preset = _fitting(rig, presets)
    chosen, notes = _chosen(rig, {**dict(preset.bones if preset else ()), **(corrections or {})})
    reading, found = _found(rig, chosen)
    if not found or (not chosen and shape.on_four_legs(rig, found)):
        return Recognition("", "", {}, notes=notes)
    if preset:
        family, label = preset.name, preset.label
    elif reading:
        family, label = reading.family.name, reading.family.label
    else:
        alone = found.keys() <= chosen.keys()
        family, label = ("chosen", "Chosen bones") if alone else ("shape", "Humanoid")
    bones = {joint: rig.names[found[joint]] for joint in JOINTS if joint in found}
    controls, marks = _furniture(rig, reading, bones, chosen)
    rivals = _rivals(rig, found) if controls is None or not controls.turns else ()
    root = _root(rig, reading, found, controls)
    return Recognition(family, label, bones, root, controls, marks, rivals, notes)


def _found(rig: Rig, chosen: Chosen) -> tuple[Reading | None, Found]:
    """The joints' bones, and what names said of them if they said enough."""
    reading = _read(rig, chosen)
    if reading and not _says_enough(rig, reading.found):
        reading = None
    named = reading.found if reading else {}
    found = around(rig, reading, chosen) if reading and chosen else named
    if found.keys() >= _WHOLE or named.keys() >= _WHOLE:
        return reading, found
    shaped = shape.find(rig)
    agreed = sum(shaped.get(joint) == bone for joint, bone in named.items())
    if shaped.keys() >= _WHOLE and agreed >= 0.9 * len(named):
        taken = set(chosen.values())
        kept = {joint: b for joint, b in shaped.items() if joint not in chosen and b not in taken}
        return None, kept | _bones(chosen)
    return (reading, found) if reading else (None, _bones(chosen))


def _bones(chosen: Chosen) -> Found:
    return {joint: bone for joint, bone in chosen.items() if bone is not None}


def _furniture(
    rig: Rig, reading: Reading | None, bones: Mapping[str, str], chosen: Chosen
) -> tuple[Controls | None, dict[str, str]]:
    """What the family says beyond the joints' bones: controls, and marks of joints not chosen."""
    if reading is None:
        return None, {}
    named = {key: rig.names[bone] for key, bone in reading.index.items()}
    controls = reading.family.controls
    marks = {
        joint: next((named[key] for key in keys if key in named), "")
        for joint, keys in reading.family.marks.items()
        if joint not in chosen
    }
    return (
        controls.found(named, bones) if controls else None,
        {joint: bone for joint, bone in marks.items() if bone},
    )


def _fitting(rig: Rig, presets: Iterable[Preset]) -> Preset | None:
    """The preset with most bones, if they are all there."""
    there = {"", *rig.names}
    fitting = (preset for preset in presets if there.issuperset(bone for _, bone in preset.bones))
    counted = [(sum(bone != "" for _, bone in preset.bones), preset) for preset in fitting]
    count, preset = max(counted, key=lambda pair: pair[0], default=(0, None))
    return preset if count else None


def _chosen(rig: Rig, wanted: Mapping[str, str]) -> tuple[dict[str, int | None], tuple[str, ...]]:
    """The bones that a user chose, each of them once, and what could not be as wanted."""
    places = {name: bone for bone, name in enumerate(rig.names)}
    chosen: dict[str, int | None] = {}
    notes = []
    for joint in (joint for joint in JOINTS if joint in wanted):
        bone = places.get(wanted[joint])
        spoken = joint.replace("_", " ")
        if bone is None and wanted[joint]:
            notes.append(
                f"The bone {wanted[joint]}, chosen for the {spoken}, is gone; choose another."
            )
        elif bone is not None and bone in chosen.values():
            notes.append(
                f"The bone {wanted[joint]} is chosen twice and not taken for the {spoken}; "
                "choose another."
            )
        else:
            chosen[joint] = bone
    return chosen, tuple(notes)


def _read(rig: Rig, chosen: Chosen) -> Reading | None:
    """The best reading of the whole rig, or of one of its trees where that mixes two skeletons."""
    tops = _tops(rig)
    trees = [tree for tree in _trees(tops) if len(tree) >= _FEWEST]
    for bone in chosen.values():
        wanted = next((tree for tree in trees if bone in tree), None)
        if wanted and len(trees) > 1:
            return best(rig, wanted, chosen)
    reading = best(rig, range(len(rig.names)), chosen)
    if reading is None or len({tops[bone] for bone in reading.found.values()}) == 1:
        return reading
    apart = (best(rig, tree, chosen) for tree in trees)
    whole = [each for each in apart if each and each.found.keys() >= _WHOLE]
    return max(whole, key=lambda each: each.score, default=reading)


def _tops(rig: Rig) -> list[int]:
    """The bone that each bone's tree begins with."""
    return [[bone, *rig.above(bone)][-1] for bone in range(len(rig.names))]


def _trees(tops: list[int]) -> list[list[int]]:
    trees: dict[int, list[int]] = {}
    for bone, top in enumerate(tops):
        trees.setdefault(top, []).append(bone)
    return list(trees.values())


def _says_enough(rig: Rig, found: Found) -> bool:
    """Whether so many bones are named that their likeness to a family's is no chance."""
    return len(_WHOLE & found.keys()) >= len(_WHOLE) / 3 or shape.is_bust(rig, found)


def _root(rig: Rig, reading: Reading | None, found: Found, controls: Controls | None) -> str | None:
    """The bone that carries the whole rig: the family's, else the top of its tree."""
    keys = reading.family.root if reading else ()
    named = [reading.index[key] for key in keys if reading and key in reading.index]
    if controls and controls.turns:
        return next((rig.names[bone] for bone in named), None)
    carriers = [set(rig.above(bone)) for bone in found.values()]
    shared = set.intersection(*carriers)
    some = next(iter(found.values()))
    top = [some, *rig.above(some)][-1]
    for bone in (*named, top):
        if bone in shared and not (controls and controls.travel == rig.names[bone]):
            return rig.names[bone]
    return None


def _rivals(rig: Rig, found: Found) -> tuple[str, ...]:
    """A second whole skeleton among the other bones."""
    taken = set(found.values())
    others = [bone for bone in range(len(rig.names)) if bone not in taken]
    if len(others) < _FEWEST:
        return ()
    rival = best(rig, others, {})
    if rival is None or not rival.found.keys() >= _WHOLE:
        return ()
    if in_order(rig, rival.found) < 0.8 * len(rival.found):
        return ()
    pelvis = rig.names[rival.found["pelvis"]]
    return (
        f"There is a second skeleton, of {pelvis}; to have that one dance, choose {pelvis} as the "
        "pelvis.",
    )
