# SPDX-License-Identifier: GPL-3.0-or-later
"""One character's dance: built, recognised, keyed, watched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
import numpy as np

from ...inference.dance import dance
from ...inference.jobs import AUTO, DanceJob
from ...inference.motion import Motion
from ...inference.retarget.options import Options
from ...inference.rigs import Rig, recognise
from ...scene import versions
from ...scene.apply import Landed, apply_dance
from ...scene.armature import recognition
from ...scene.keys import Placement
from .families import Family
from .measure import Figures, measured, missed, trip
from .watch import Seen, watch

SONG = Path(__file__).parents[2] / "assets" / "first_steps.ogg"
#: The scene's frame in which the dance begins.
FIRST = 1


@dataclass(frozen=True)
class Performance:
    """How a character did: recognised as what, in how long, and how well it danced.

    keyed: bones with keys; look_ms: to recognise it, milliseconds; apply_s: from the motion to all
    keys, seconds; again: of a rig that is not free, the round trip of what it can do, degrees and
    cm; warnings: what Twostep said.
    """

    family: Family
    bones: int
    recognised: str
    keyed: int
    look_ms: float
    apply_s: float
    figures: Figures
    again: tuple[float, float] | None
    warnings: tuple[str, ...]

    @property
    def missed(self) -> tuple[str, ...]:
        """The names of the figures that are out of bounds."""
        if self.again is None:
            return missed(self.figures)
        return missed(replace(self.figures, trip_deg=self.again[0], trip_cm=self.again[1]))


def the_dance(seconds: float, style: str = AUTO, energy: float = 1.0, seed: int = 0) -> Motion:
    """What the networks that ship dance to the song that does. Raises TwostepError."""
    job = DanceJob(song=SONG, length=seconds, style=style, energy=energy, seed=seed)
    return dance(job).motion


def stage(context: bpy.types.Context, family: Family, motion: Motion) -> bpy.types.Object:
    """Build a character in a new file, with the motion's rate and length."""
    bpy.ops.wm.read_homefile(use_empty=True)
    scene = context.scene
    scene.render.fps, scene.render.fps_base = round(motion.fps), 1.0
    scene.frame_start, scene.frame_end = FIRST, FIRST + len(motion) - 1
    return family.build(context)


def perform(
    context: bpy.types.Context, family: Family, ob: bpy.types.Object, motion: Motion
) -> Performance:
    """Let a character that is on the stage dance as users have it, and measure it.

    Raises TwostepError when it cannot.
    """
    with _timed() as look:
        recognise(_rig(ob))
    with _timed() as keying:
        landed = land(family, ob, motion)
    seen = _watch(context, family, ob, len(motion))
    again, count = None, len(keyed(ob))
    if not family.free:
        # Where feet stand is known; read off a pose it is only guessed.
        own = replace(seen.back, contacts=motion.contacts)
        land(family, ob, own)
        again = trip(own, _watch(context, family, ob, len(own)))
        versions.use_action(ob.animation_data, landed.written.action)
    return Performance(
        family,
        len(ob.data.bones),
        recognition(ob).label,
        count,
        1000 * look[0],
        keying[0],
        measured(motion, seen),
        again,
        landed.warnings,
    )


def land(
    family: Family, ob: bpy.types.Object, motion: Motion, options: Options | None = None
) -> Landed:
    """Key the motion on a character as Twostep's panel does, limbs as the family says."""
    options = replace(options or Options(), limbs=family.limbs)
    return apply_dance(ob, motion, Placement(FIRST, motion.fps), "Dance", {}, options)


def _watch(context: bpy.types.Context, family: Family, ob: bpy.types.Object, count: int) -> Seen:
    span = (float(FIRST), FIRST + count - 1.0)
    return watch(context, ob, recognition(ob).bones, span, family.metre)


def _rig(ob: bpy.types.Object) -> Rig:
    places = {bone.name: place for place, bone in enumerate(ob.data.bones)}
    parents = (places[bone.parent.name] if bone.parent else -1 for bone in ob.data.bones)
    return Rig(tuple(places), tuple(parents), np.array([b.head_local for b in ob.data.bones]))


def keyed(ob: bpy.types.Object) -> set[str]:
    """The bones that the armature's action moves."""
    paths = (curve.data_path for curve in versions.playing_curves(ob.animation_data))
    return {path.split('"')[1] for path in paths if path.startswith("pose.bones")}


@contextmanager
def _timed() -> Iterator[list[float]]:
    """How long it took, seconds, is in the list afterwards."""
    taken: list[float] = []
    start = time.perf_counter()
    yield taken
    taken.append(time.perf_counter() - start)
