# SPDX-License-Identifier: GPL-3.0-or-later
"""The bones of a rig that are keyed instead of those that show the joints."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeVar

from ..skeleton import JOINTS
from .names import Key, key, read, sided

#: By SMPL joint, the names of bones.
Names = dict[str, tuple[Key, ...]]

_Named = TypeVar("_Named")


@dataclass(frozen=True)
class Switch:
    """A custom property of a bone that says how the rig moves: its value for FK and for IK.

    None: for that the property may be as it is.
    """

    bone: str
    property: str
    fk: float | None
    ik: float | None


@dataclass(frozen=True)
class Controls:
    """Which bones of a rig move it.

    travel: the bone that carries the figure, None: the pelvis's own. turns: the bones to turn like
    a joint; empty when the bones that show the joints are keyed themselves. goals: the bones that
    are put where a joint is, and poles: where a knee or elbow points, for inverse kinematics;
    ik_turns: what other bones turn a joint then. All by SMPL joint.
    """

    travel: str | None = None
    turns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    goals: dict[str, str] = field(default_factory=dict)
    poles: dict[str, str] = field(default_factory=dict)
    ik_turns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    switches: tuple[Switch, ...] = ()


@dataclass(frozen=True)
class ControlNames:
    """The same as a family's file has it: keys of names in place of bones."""

    travel: tuple[Key, ...]
    turns: Names
    goals: Names
    poles: Names
    ik_turns: Names
    switches: tuple[tuple[Key, Switch], ...]

    def known(self) -> Iterator[Key]:
        """Every name that it knows."""
        yield from self.travel
        for names in (self.turns, self.goals, self.poles, self.ik_turns):
            yield from chain.from_iterable(names.values())
        yield from (key for key, _ in self.switches)

    def found(self, index: Mapping[Key, str], joints: Collection[str]) -> Controls:
        """Those bones that a rig has, of the joints that it shows; index: its bones by key."""

        def first(names: Names) -> dict[str, str]:
            return {joint: bones[0] for joint, bones in every(names).items()}

        def every(names: Names) -> dict[str, tuple[str, ...]]:
            bones = {joint: _there(names[joint], index) for joint in names if joint in joints}
            return {joint: there for joint, there in bones.items() if there}

        switches = (
            Switch(index[key], switch.property, switch.fk, switch.ik)
            for key, switch in self.switches
            if key in index
        )
        return Controls(
            next(iter(_there(self.travel, index)), None),
            every(self.turns),
            first(self.goals),
            first(self.poles),
            every(self.ik_turns),
            tuple(switches),
        )


def read_controls(data: Mapping[str, Any]) -> ControlNames | None:
    """The sections [controls], [ik] and [[switches]] of a family's file; None: it has none."""
    if not {"controls", "ik", "switches"} & data.keys():
        return None
    turned, solved = data.get("controls", {}), data.get("ik", {})
    return ControlNames(
        keys(turned.get("travel", ()), ""),
        by_joint(turned),
        by_joint({"sides": solved.get("goals", {})}),
        by_joint({"sides": solved.get("poles", {})}),
        by_joint(solved),
        tuple(each for switch in data.get("switches", ()) for each in _switches(switch)),
    )


def by_joint(data: Mapping[str, Any]) -> Names:
    """The sections [middle] and [sides] of some section, the right side made of the left one.

    Raises ValueError for joints that there are not, and for names that say no side or a wrong one.
    """
    names = {joint: keys(bones, "") for joint, bones in data.get("middle", {}).items()}
    for part, bones in data.get("sides", {}).items():
        names[f"left_{part}"] = left = keys(bones, "L")
        names[f"right_{part}"] = tuple(sided(name, "R") for name in left)
    unknown = set(names) - set(JOINTS)
    if unknown:
        raise ValueError(f"there are no joints {sorted(unknown)}")
    return names


def keys(names: str | list[str], side: str) -> tuple[Key, ...]:
    """The keys of a name, or of the names that a bone may have."""
    return tuple(key(name, side) for name in ([names] if isinstance(names, str) else names))


def _switches(data: Mapping[str, Any]) -> list[tuple[Key, Switch]]:
    name = read(data["bone"]).meanings()[0]
    switch = Switch(data["bone"], data["property"], data.get("fk"), data.get("ik"))
    return [(each, switch) for each in ([name, sided(name, "R")] if name[0] else [name])]


def _there(names: tuple[Key, ...], index: Mapping[Key, _Named]) -> tuple[_Named, ...]:
    return tuple(index[name] for name in names if name in index)
