# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bones of an armature are keyed, and as what, before it is known how they hang together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..inference.retarget import Role
from ..inference.rigs import Recognition
from ..inference.skeleton import JOINTS

#: The joints that move when inverse kinematics put the last one somewhere.
LIMBS = {
    f"{side}_{end}": tuple(f"{side}_{part}" for part in (*parts, end))
    for side in ("left", "right")
    for end, parts in {"ankle": ("hip", "knee"), "wrist": ("shoulder", "elbow")}.items()
}


@dataclass(frozen=True)
class Keyed:
    """A bone to key, what it does, and the joint that it goes by."""

    bone: str
    role: Role
    joint: str | None


def keyed(
    recognition: Recognition, chains: Mapping[str, tuple[str, ...]], limbs: str, root: bool
) -> dict[str, Keyed]:
    """The bones to key, by name; none of them travels yet unless the rig says which.

    chains: several bones that make a joint together; limbs: "FK", or "IK" where the rig has
    controls for it; root: with the rig's root bone.
    """
    controls = recognition.controls
    turns = {joint: chains.get(joint, (bone,)) for joint, bone in recognition.bones.items()}
    made: dict[str, Keyed] = {}
    if root and recognition.root:
        made[recognition.root] = Keyed(recognition.root, Role.ROOT, None)
    if controls is None:
        return made | _turned(turns)
    turns |= controls.turns
    ends: dict[str, Keyed] = {}
    if limbs == "IK" and controls.goals:
        for end in [end for end in LIMBS if end in controls.goals]:
            # Bones that both show a joint and follow a goal are keyed as well: the solver sets out
            # from the pose that they have by themselves, and so it ends on the right side.
            for each in LIMBS[end]:
                if each in controls.turns:
                    del turns[each]
        turns |= controls.ik_turns
        for role, bones in ((Role.GOAL, controls.goals), (Role.POLE, controls.poles)):
            ends |= {bone: Keyed(bone, role, joint) for joint, bone in bones.items()}
    made |= _turned(turns) | ends
    if controls.travel:
        joint = made[controls.travel].joint if controls.travel in made else None
        made[controls.travel] = Keyed(controls.travel, Role.TRAVEL, joint)
    return made


def _turned(turns: dict[str, tuple[str, ...]]) -> dict[str, Keyed]:
    return {
        bone: Keyed(bone, Role.TURN, joint) for joint in JOINTS for bone in turns.get(joint, ())
    }
