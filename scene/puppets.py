# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bones of an armature are keyed, how they hang on each other, and what else has to be set."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ..inference.retarget import Handle, Puppet, Role
from ..inference.rigs import Recognition
from . import armature


@dataclass(frozen=True)
class Strings:
    """A puppet, and what has to hold while it dances.

    switches: properties of the armature object, by their data path, and their values; left_out:
    sentences for the user about what will not dance; still: bones, keyed or not, whose other
    channels would show in the dance when they are not at rest.
    """

    puppet: Puppet
    switches: tuple[tuple[str, float], ...] = ()
    left_out: tuple[str, ...] = ()
    still: tuple[str, ...] = ()


def puppet(
    ob: bpy.types.Object, recognition: Recognition, limbs: str = "FK", root: bool = False
) -> Strings:
    """What to key so that an armature dances. Raises TwostepError when it cannot.

    limbs: "FK", or "IK" where the rig has controls for it; root: its root bone goes over the floor.
    """
    armature.check_whole(ob, recognition)
    figure = armature.figure(ob, recognition.bones)
    handles = _handles(ob, recognition)
    still = [bone.name for bone in armature.chain(ob, recognition.bones)]
    return Strings(Puppet(figure, handles), still=tuple(still))


def _handles(ob: bpy.types.Object, recognition: Recognition) -> tuple[Handle, ...]:
    joints = {name: joint for joint, name in recognition.bones.items()}
    handles: list[Handle] = []
    places: dict[str, int] = {}
    for bone in ob.data.bones:  # parents come before their children
        if bone.name not in joints:
            continue
        above = (parent.name for parent in bone.parent_recursive)
        matrix, joint = np.array(bone.matrix_local), joints[bone.name]
        places[bone.name] = len(handles)
        handles.append(
            Handle(
                bone.name,
                Role.TRAVEL if joint == "pelvis" else Role.TURN,
                joint,
                matrix[:3, :3],
                matrix[:3, 3],
                next((places[name] for name in above if name in places), -1),
                bone.use_inherit_rotation,
                bone.use_local_location,
            )
        )
    return tuple(handles)
