# SPDX-License-Identifier: GPL-3.0-or-later
"""An armature as far as recognising it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Rig:
    """Bones at rest: their names, the index of each one's parent or -1, and heads (N, 3).

    Parents may stand anywhere in the list; the unit and the axes of the heads are the armature's.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    heads: NDArray[np.float64]

    def above(self, bone: int) -> Iterator[int]:
        """The bone's parent, its parent's parent and so on."""
        bone = self.parents[bone]
        while bone >= 0:
            yield bone
            bone = self.parents[bone]

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """Of every bone, the bones that hang on it."""
        found: list[list[int]] = [[] for _ in self.names]
        for bone, parent in enumerate(self.parents):
            if parent >= 0:
                found[parent].append(bone)
        return tuple(map(tuple, found))
