# SPDX-License-Identifier: GPL-3.0-or-later
"""A dance lands on a rig: recognised, fitted, planted, keyed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import bpy

from ..inference.motion import Motion
from ..inference.retarget import Figure, fit
from ..inference.retarget.options import AS_IS, Options
from ..inference.retarget.plant import planted
from ..inference.retarget.reach import reached
from ..inference.rigs import Recognition
from ..inference.travel import in_place, track
from . import armature, keys, puppets


@dataclass(frozen=True)
class Landed:
    """The keys that were written, and what the user should know of what was left out."""

    written: keys.Written
    warnings: tuple[str, ...]


def apply_dance(
    ob: bpy.types.Object,
    motion: Motion,
    placement: keys.Placement,
    name: str,
    recipe: dict[str, object],
    options: Options = AS_IS,
    bones: Collection[str] | None = None,
) -> Landed:
    """Let the armature dance: its own proportions, its feet on its own floor, its own controls.

    bones: those that may be keyed, when what `options.bones` says was looked up before.
    Raises TwostepError, nothing changed, when the rig cannot dance.
    """
    recognition = armature.recognition(ob)
    strings = puppets.puppet(ob, recognition, options.limbs, options.travel == "ROOT")
    figure = strings.puppet.figure
    own = planted(fit(motion, figure), figure, loop=options.loop)
    if options.reach > 0:
        own = reached(own, motion, figure, options.reach)
    if options.travel == "PLACE":
        own = in_place(own, loop=options.loop)
    path = track(own, loop=options.loop) if options.travel == "ROOT" else None
    recipe = {**recipe, "rig": recognition.label, "landing": options.to_fields()}
    written = keys.write_dance(ob, strings, own, placement, name, recipe, options, path, bones)
    said = (*_unable(ob, recognition), *_odd(ob, figure))
    return Landed(written, (*said, *strings.left_out, *written.told))


def _unable(ob: bpy.types.Object, recognition: Recognition) -> Iterator[str]:
    """What of a whole body the rig has not."""
    parts = ", ".join(recognition.left_out)
    if parts:
        yield f"{ob.name} has no {parts} that Twostep knows; the rest dances."


def _odd(ob: bpy.types.Object, figure: Figure) -> Iterator[str]:
    """Why the dance may not be what is seen then."""
    if ob.data.pose_position == "REST":
        yield f"{ob.name} shows its rest position; show its pose to see the dance."
    if figure.backward:
        yield (
            f"The toes of {ob.name} point behind it; if it faces the wrong way, left and right are "
            "taken for each other: choose the bones under Character."
        )
