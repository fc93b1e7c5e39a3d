# SPDX-License-Identifier: GPL-3.0-or-later
"""How the bones to key hang together, and which of them carries the figure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise

import bpy
import numpy as np
from numpy.typing import NDArray

from ..inference.errors import TwostepError
from ..inference.retarget import Handle, Role
from ..inference.retarget.figure import base
from ..inference.rigs import Recognition
from .carriers import Carriers
from .holds import Drivers
from .joints import free
from .keyed import LIMBS, Keyed

#: Joints whose bone must hang on that of the joint above, whatever the others hang on.
_TIED = {low: high for limb in LIMBS.values() for high, low in pairwise(limb)}
#: Nothing is locked.
_ALL = (True, True, True)


class Web:
    """The bones to key, `wanted` by their names, and what carries them."""

    def __init__(
        self,
        ob: bpy.types.Object,
        recognition: Recognition,
        carriers: Carriers,
        wanted: dict[str, Keyed],
    ) -> None:
        self.wanted = wanted
        self._ob, self._recognition, self._carriers = ob, recognition, carriers
        last = {
            bone.joint: name
            for name, bone in wanted.items()
            if bone.joint and bone.role is not Role.POLE
        }
        self._shows = {
            bone: last[joint] for joint, bone in recognition.bones.items() if joint in last
        }

    def without(self, bones: Collection[str]) -> Web:
        """The web of the other bones."""
        return self._of({name: bone for name, bone in self.wanted.items() if name not in bones})

    def lost(self, joint: str) -> bool:
        """Whether no bone is left that turns a joint or puts it somewhere."""
        joints = {bone.joint for bone in self.wanted.values() if bone.role is not Role.POLE}
        solved = {each for end in LIMBS for each in LIMBS[end] if self._is_solved(end)}
        return joint not in joints | solved

    def between(self) -> dict[str, str | None]:
        """Bones that are not keyed but hang on keyed ones and carry keyed ones.

        With the bone that each of them is tied to, None: to none but its parent.
        """
        found: dict[str, str | None] = {}
        for name in self.wanted:
            path, carrier = self._path(name)
            if carrier is not None:
                own = (bone for bone in path if bone not in self._shows)
                found |= {bone: self._carriers.leader(bone) for bone in own}
        return found

    def over(self) -> list[str]:
        """Bones that are not keyed and carry the whole figure."""
        top = [name for name in self.wanted if self._path(name)[1] is None]
        whole = [name for name in top if self.wanted[name].role not in (Role.GOAL, Role.POLE)]
        return [bone for name in whole for bone in self._carriers.above(name)]

    def travelling(self, driven: Drivers) -> Web:
        """With the bone that carries the figure: the pelvis's, else the next above it that can.

        Raises TwostepError when there is none.
        """
        if any(bone.role is Role.TRAVEL for bone in self.wanted.values()):
            return self
        lowest = self._recognition.bones[base(self._recognition.bones)]
        pelvis = self._shows.get(lowest)
        if pelvis is None:
            raise TwostepError(
                f"{self._ob.name} cannot dance: its bone {lowest} is locked or moved by a driver; "
                "unlock it or remove the driver and try again."
            )
        above = {name: {name, *self._carriers.above(name)} for name in self.wanted}
        hanging = [name for name in self.wanted if self._hangs(name)]
        stuck = ""
        for name in (pelvis, *self._carriers.above(pelvis)):
            bone = self.wanted.get(name, Keyed(name, Role.TURN, None))
            if bone.role is Role.ROOT or not all(name in above[other] for other in hanging):
                continue
            if self._can_move(name, driven):
                return self._of({**self.wanted, name: replace(bone, role=Role.TRAVEL)})
            stuck = stuck or name
        if not stuck:
            loose = next(name for name in hanging if pelvis not in above[name])
            raise TwostepError(
                f"{self._ob.name} is not put together like a person: the bone {loose} does not "
                f"hang on {pelvis}, and no bone carries both."
            )
        raise TwostepError(
            f"The bone {stuck} of {self._ob.name} cannot travel: it is connected to its parent, "
            "locked or moved by a driver; clear Connected in the bone's relations, or its locks, "
            "and try again."
        )

    def check(self) -> None:
        """Raises TwostepError when a limb does not hang together."""
        for name, bone in self.wanted.items():
            above = _TIED.get(bone.joint or "")
            if bone.role is not Role.TURN or above is None or self.lost(above):
                continue
            carrier = self._path(name)[1]
            if carrier is None or self.wanted[carrier].joint not in (bone.joint, above):
                raise TwostepError(
                    f"{self._ob.name} is not put together like a person: the bone {name} does not "
                    f"hang on {self._recognition.bones[above]}."
                )

    def handles(self) -> tuple[Handle, ...]:
        """The handles, carriers before what they carry."""
        places: dict[str, int] = {}
        made: list[Handle] = []

        def place(name: str, passed: tuple[str, ...] = ()) -> int:
            if name not in places:
                path, carrier = self._path(name)
                if carrier in passed:  # two bones that are tied to each other
                    carrier = None
                above = -1 if carrier is None else place(carrier, (*passed, name))
                made.append(self._handle(name, above, path))
                places[name] = len(made) - 1
            return places[name]

        for bone in self._ob.data.bones:  # parents come before their children
            if bone.name in self.wanted:
                place(bone.name)
        return tuple(made)

    def _handle(self, name: str, carrier: int, path: list[str]) -> Handle:
        bones, keyed = self._ob.data.bones, self.wanted[name]
        bone = bones[name]
        matrix, pose = np.array(bone.matrix_local), self._ob.pose.bones[name]
        x, y, z = pose.lock_location
        return Handle(
            name,
            keyed.role,
            keyed.joint,
            matrix[:3, :3],
            matrix[:3, 3],
            carrier,
            all(bones[each].use_inherit_rotation for each in (name, *path)),
            None if bone.use_local_location else _parents_axes(bone),
            free(pose) if keyed.role in (Role.TURN, Role.TRAVEL) else _ALL,
            (not x, not y, not z) if keyed.role is Role.TRAVEL else _ALL,
        )

    def _of(self, wanted: dict[str, Keyed]) -> Web:
        return Web(self._ob, self._recognition, self._carriers, wanted)

    def _path(self, name: str) -> tuple[list[str], str | None]:
        """The bones above one up to that which carries it, and that one."""
        path: list[str] = []
        for above in self._carriers.above(name):
            carrier = above if above in self.wanted else self._shows.get(above)
            if carrier not in (None, name):
                return path, carrier
            path.append(above)
        return path, None

    def _hangs(self, name: str) -> bool:
        """Whether a bone has to be carried with the figure."""
        passed: list[str] = []
        at: str | None = name
        while at is not None and at not in passed:
            passed.append(at)
            at = self._path(at)[1]
        roles = {self.wanted[each].role for each in passed}
        return self.wanted[name].role is not Role.ROOT and not roles & {Role.GOAL, Role.POLE}

    def _can_move(self, name: str, driven: Drivers) -> bool:
        bone, pose = self._ob.data.bones[name], self._ob.pose.bones[name]
        return not (
            (bone.use_connect and bone.parent)
            or all(pose.lock_location)
            or (name, "location") in driven.channels
        )

    def _is_solved(self, end: str) -> bool:
        return any(bone.role is Role.GOAL and bone.joint == end for bone in self.wanted.values())


def _parents_axes(bone: bpy.types.Bone) -> NDArray[np.float64]:
    """The axes in which a bone without Local Location moves, at rest: its parent's."""
    if bone.parent is None:
        return np.eye(3)
    return np.array(bone.parent.matrix_local)[:3, :3]
