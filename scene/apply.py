# SPDX-License-Identifier: GPL-3.0-or-later
"""A dance lands on a rig: recognised, fitted, planted, keyed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields

import bpy
import numpy as np

from ..inference.keys import Reduced
from ..inference.motion import Motion
from ..inference.retarget import Figure, fit
from ..inference.retarget.options import AS_IS, Options
from ..inference.retarget.plant import planted
from ..inference.retarget.reach import reached
from ..inference.rigs import Recognition
from ..inference.travel import Track, in_place, track
from . import armature, keys, puppets


@dataclass(frozen=True)
class Landed:
    """The keys that were written, and what the user should know of what was left out."""

    written: keys.Written
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Fitted:
    """A dance on a figure's own body, its feet on its own floor. path: the way of its root bone."""

    figure: Figure
    motion: Motion
    path: Track | None


def fitted(motion: Motion, figure: Figure, options: Options) -> Fitted:
    """Fit a dance to a figure. Needs nothing of Blender, so any thread may do it."""
    own = planted(fit(motion, figure), figure, loop=options.loop)
    if options.reach > 0:
        own = reached(own, motion, figure, options.reach)
    if options.travel == "PLACE":
        own = in_place(own, loop=options.loop)
    path = track(own, loop=options.loop) if options.travel == "ROOT" else None
    return Fitted(figure, own, path)


@dataclass(frozen=True)
class Prepared:
    """What was reckoned before a dance is applied. few: its reduced keys, if there shall be few."""

    fitted: Fitted
    few: tuple[keys.Draft, Reduced] | None = None


def apply_dance(
    ob: bpy.types.Object,
    motion: Motion,
    placement: keys.Placement,
    name: str,
    recipe: dict[str, object],
    options: Options = AS_IS,
    bones: Collection[str] | None = None,
    prepared: Prepared | None = None,
) -> Landed:
    """Let the armature dance: its own proportions, its feet on its own floor, its own controls.

    bones: those that may be keyed, when what `options.bones` says was looked up before. prepared:
    what was reckoned of the same motion and options, and is taken as far as it still holds.
    Raises TwostepError, nothing changed, when the rig cannot dance.
    """
    recognition = armature.recognition(ob)
    strings = puppets.puppet(ob, recognition, options.limbs, options.travel == "ROOT")
    figure = strings.puppet.figure
    if prepared is None or not _same(prepared.fitted.figure, figure):
        prepared = Prepared(fitted(motion, figure, options))
    own, path = prepared.fitted.motion, prepared.fitted.path
    recipe = {**recipe, "rig": recognition.label, "landing": options.to_fields()}
    written = keys.write_dance(
        ob, strings, own, placement, name, recipe, options, path, bones, prepared.few
    )
    said = (*_unable(ob, recognition), *_odd(ob, figure))
    return Landed(written, (*said, *strings.left_out, *written.told))


def _same(one: Figure, other: Figure) -> bool:
    return all(
        np.array_equal(getattr(one, each.name), getattr(other, each.name), equal_nan=True)
        for each in fields(Figure)
    )


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
