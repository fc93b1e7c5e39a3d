# SPDX-License-Identifier: GPL-3.0-or-later
"""How a dance shall land on a rig."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Options:
    """What the user chooses about the keys of a dance.

    limbs: keys on bones ("FK") or on hands and feet that the limbs follow ("IK"). travel: over the
    floor as danced ("WORLD"), not at all ("PLACE"), or by the rig's root bone ("ROOT"). reach: how
    far (0..1) the hands keep their places instead of the arms their directions. loop: the dance
    closes; its curves go on for ever, a strip to the end of the scene, a layer not at all. keys: on
    every frame ("ALL") or as few as keep within both tolerances ("FEW"). onto: a new action, a copy
    of the present one in which only these keys are changed ("LAYER"), or a new NLA track. bones: ""
    for all, "SELECTED", or the name of a bone collection, whose bones alone are keyed. blend_in,
    blend_out: frames in which the dance comes out of and goes back into what is already there.
    """

    limbs: Literal["FK", "IK"] = "FK"
    travel: Literal["WORLD", "PLACE", "ROOT"] = "WORLD"
    reach: float = 0.0
    loop: bool = False
    keys: Literal["ALL", "FEW"] = "ALL"
    tolerance_mm: float = 5.0
    tolerance_deg: float = 1.0
    onto: Literal["ACTION", "LAYER", "NLA"] = "ACTION"
    bones: str = ""
    blend_in: int = 0
    blend_out: int = 0

    def to_fields(self) -> dict[str, Any]:
        """As a recipe remembers them."""
        return asdict(self)


#: What most dances are: every frame keyed, in a new action, as danced.
AS_IS = Options()
