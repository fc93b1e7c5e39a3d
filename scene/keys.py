# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a `Motion` as the keys of an armature's bones."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import bpy
import numpy as np
from numpy.typing import NDArray

from ..inference.keys import Reduced, reduced
from ..inference.keys.blend import shares
from ..inference.motion import Motion
from ..inference.retarget import Channel, Puppet, Role, Track, channels
from ..inference.retarget.options import AS_IS, Options
from . import actions, armature, fcurves, versions
from .channels import Line, chosen, dance_lines, rest_lines, rested, switch_lines, unblended
from .layers import Before, Where, blended, splice
from .puppets import Strings
from .words import listed

Doubles = NDArray[np.float64]

#: The custom property of an action that tells how it was made.
RECIPE = "twostep"


@dataclass(frozen=True)
class Placement:
    """When a dance is put on an armature.

    frame: the scene's frame, maybe fractional, at which the motion's first frame belongs.
    fps: the scene's frames a second.
    """

    frame: float
    fps: float


@dataclass(frozen=True)
class Written:
    """What was keyed. keys: frames with a key, summed over the bones.

    error_mm, error_deg: how far a joint is from where it should be at the most, on a figure with
    legs as long as ours, and how far a bone is turned from it. told: sentences for the user.
    """

    action: bpy.types.Action
    keys: int
    error_mm: float = 0.0
    error_deg: float = 0.0
    told: tuple[str, ...] = ()


def scene_fps(scene: bpy.types.Scene) -> float:
    """Frames a second, such as 23.976."""
    return scene.render.fps / scene.render.fps_base


def whole_frames(
    motion: Motion, placement: Placement, track: Track | None = None, *, loop: bool = False
) -> tuple[Doubles, Motion, Track | None]:
    """The scene's whole frames (T,) that the motion covers, and motion and track as they are then.

    loop: the motion closes; its period is made a whole number of frames, by playing it faster or
    slower by less than half a frame.
    """
    period = (len(motion) - 1) / motion.fps * placement.fps
    first = np.ceil(placement.frame - 1e-4)
    if not loop or period < 1:
        last = np.floor(placement.frame + period + 1e-4)
        frames = np.arange(first, max(last, first) + 1)
        at = (frames - placement.frame) / placement.fps * motion.fps
        return frames, motion.sampled(at), _sampled(track, at)
    frames = first + np.arange(np.rint(period) + 1)
    at = (frames - placement.frame) / np.rint(period) * (len(motion) - 1)
    rounds, within = np.divmod(at, len(motion) - 1)
    sampled = motion.sampled(within)
    on = rounds[:, None] * (motion.root[-1] - motion.root[0])
    return frames, replace(sampled, root=sampled.root + on), _sampled(track, at, loop=True)


def _sampled(track: Track | None, at: Doubles, *, loop: bool = False) -> Track | None:
    """The way at fractional frame numbers; a loop's goes on from where it has led."""
    if track is None:
        return None
    way = np.column_stack([track.places, track.yaw])
    last = len(way) - 1
    rounds, frame = np.divmod(at, last) if loop else (np.zeros(len(at)), np.clip(at, 0, last))
    made = [np.interp(frame, np.arange(last + 1), column) for column in way.T]
    x, y, yaw = np.stack(made) + (way[-1] - way[0])[:, None] * rounds
    return Track(np.column_stack([x, y]), yaw)


@dataclass(frozen=True)
class Draft:
    """What will be keyed: `dance`, the channels of the puppet's handles in their rotation modes.

    frames: the scene's, (T,); share: how much of the dance there is in each; motion: in each;
    wanted: names of the bones to key, None: all; onto: what it will really be put on.
    """

    puppet: Puppet
    options: Options
    frames: Doubles
    motion: Motion
    dance: list[Channel]
    modes: list[str]
    share: Doubles
    wanted: set[str] | None
    onto: str
    loop: bool

    def reduced(self) -> Reduced:
        """As few keys as will do. Needs nothing of Blender, so any thread may do it."""
        few, loop = self.options, self.loop
        return reduced(self.puppet, self.dance, self.modes, self.motion, few, loop, self.wanted)

    def same(self, other: Draft) -> bool:
        """Whether the other's reduced keys would be the same."""
        plain = [
            (each.modes, each.wanted, each.loop, each.options, [one.bone for one in each.dance])
            for each in (self, other)
        ]
        values = (
            [each.frames, *(row for one in each.dance for row in (one.rotation, one.location))]
            for each in (self, other)
        )
        return plain[0] == plain[1] and all(
            (one is None and another is None)
            or (one is not None and another is not None and np.array_equal(one, another))
            for one, another in zip(*values, strict=True)
        )


def drafted(
    ob: bpy.types.Object,
    strings: Strings,
    motion: Motion,
    placement: Placement,
    options: Options = AS_IS,
    track: Track | None = None,
    bones: Collection[str] | None = None,
) -> Draft:
    """What `write_dance` will key; reads the armature and what it does now."""
    wanted = chosen(ob, strings.puppet, options.bones) if bones is None else set(bones)
    before = Before(ob)
    # A layer on nothing is a new action.
    onto = "ACTION" if options.onto == "LAYER" and not before.curves else options.onto
    loop = options.loop and options.onto != "LAYER"
    frames, sampled, way = whole_frames(motion, placement, track, loop=options.loop)
    dance = channels(sampled, strings.puppet, way)
    share = np.ones(len(frames))
    if options.onto != "NLA" and not loop:
        share = shares(frames, options.blend_in, options.blend_out)
        dance = blended(ob, dance, before, frames, share)
    modes = [ob.pose.bones[channel.bone].rotation_mode for channel in dance]
    return Draft(strings.puppet, options, frames, sampled, dance, modes, share, wanted, onto, loop)


def write_dance(
    ob: bpy.types.Object,
    strings: Strings,
    motion: Motion,
    placement: Placement,
    name: str,
    recipe: dict[str, object],
    options: Options = AS_IS,
    track: Track | None = None,
    bones: Collection[str] | None = None,
    few: tuple[Draft, Reduced] | None = None,
) -> Written:
    """Key a motion, which was made to fit the puppet, and play that.

    The scene's fps and frame range stay as they are. The action that played before is kept, with a
    fake user or on an NLA track of its own. When only some bones are keyed, they turn against what
    carries them as in the dance, whatever that does: in a layer or a strip what it did before.
    bones: their names, when what `options.bones` says was looked up before. few: reduced keys of a
    draft of the same, if there are some already.
    Raises TwostepError; nothing is changed when this raises.
    """
    armature.check(ob)
    draft = drafted(ob, strings, motion, placement, options, track, bones)
    before, wanted, onto = Before(ob), draft.wanted, draft.onto
    layer, loop = onto == "LAYER", draft.loop
    frames, dance, share = draft.frames, draft.dance, draft.share
    reduced_to = None
    if options.keys == "FEW":
        reduced_to = few[1] if few is not None and few[0].same(draft) else draft.reduced()
        recipe = {**recipe, "reduced": _account(reduced_to, frames, placement)}
    splines = reduced_to.splines if reduced_to else {}
    danced = list(dance_lines(ob, dance, wanted, frames, splines))
    rests = list(rest_lines(ob, strings, wanted, danced, frames, share, before, onto))
    switches = list(switch_lines(ob, strings, wanted, frames, layer))
    lines = [*danced, *rests, *switches]
    told = (
        *_unmet(options),
        *_rootless(strings, wanted),
        *actions.mixing(ob, onto),
        *rested(rests, before),
    )
    if share[0] < 1:
        told += unblended(switches, before, frames)
    with _empty(ob, name, layer) as (action, where):
        if layer:
            told += _lay(where, lines, before, frames)
        else:
            _fill(where, lines)
        if loop:
            _repeat(action, where, frames)
        action[RECIPE] = json.dumps(recipe, sort_keys=True)
        with actions.restored(ob) as data:
            _play(data, action, options, layer)
    count = sum({line.bone: len(line.keys) for line in danced}.values())
    if reduced_to is None:
        return Written(action, count, told=told)
    return Written(action, count, reduced_to.error_mm, reduced_to.error_deg, told)


def _unmet(options: Options) -> tuple[str, ...]:
    """What was asked for and does not go together."""
    if options.loop and options.onto == "LAYER":
        return ("A layer does not repeat: the dance closes, and is there once.",)
    if options.loop and options.onto == "ACTION" and (options.blend_in or options.blend_out):
        return ("A dance that repeats does not blend; put it on an NLA track to have both.",)
    return ()


def _rootless(strings: Strings, wanted: set[str] | None) -> tuple[str, ...]:
    """Says when what travels is keyed and the root bone, which was to take it along, is not."""
    puppet = strings.puppet
    roots = [handle.bone for handle in puppet.handles if handle.role is Role.ROOT]
    if wanted is None or wanted.issuperset(roots):
        return ()
    if puppet.handles[puppet.travel].bone not in wanted:
        return ()
    return (f"{roots[0]} is not among the bones that are keyed, so the dance stays in its place.",)


def _account(few: Reduced, frames: Doubles, placement: Placement) -> dict[str, float]:
    """What a recipe tells of reduced keys."""
    count = sum(len(spline.keys) for spline in few.splines.values())
    seconds = max(len(frames) / placement.fps, 1e-9) * max(len(few.splines), 1)
    return {
        "keys": count,
        "keys_a_second_and_bone": round(count / seconds, 2),
        "error_mm": round(few.error_mm, 3),
        "error_deg": round(few.error_deg, 3),
    }


@contextmanager
def _empty(
    ob: bpy.types.Object, name: str, layer: bool
) -> Iterator[tuple[bpy.types.Action, Where]]:
    """The action to fill, and where its f-curves are: a copy of the present one for a layer."""
    if layer:
        data = ob.animation_data
        with actions.copied(data.action, name) as action:
            yield action, versions.slot_curves(action, versions.slot_of(data))
    else:
        with actions.new_action(name) as action:
            yield action, versions.new_curves(action, ob)


def _fill(where: Where, lines: list[Line]) -> None:
    """Put the lines on new f-curves, in the bones' own groups."""
    for line in lines:
        curve = where.fcurves.new(line.path, index=line.index)
        curve.group = where.groups.get(line.bone) or where.groups.new(line.bone)
        fcurves.write(curve, line.keys)


def _lay(where: Where, lines: list[Line], before: Before, frames: Doubles) -> tuple[str, ...]:
    """Put the lines into the f-curves that are there; tells what had to stay."""
    scene, locked, endless = bpy.context.scene, set(), False
    whole = (float(scene.frame_start), float(scene.frame_end))
    for line in lines:
        outside = float(before.values(line.path, frames[:1])[0, line.index])
        endless |= before.is_endless(line.path, line.index)
        curve = splice(where, line.path, line.index, line.keys, outside, whole)
        if curve is None:
            locked.add(line.bone)
        elif curve.group is None:
            curve.group = where.groups.get(line.bone) or where.groups.new(line.bone)
    told: tuple[str, ...] = ()
    if endless:
        told += ("What repeated itself or led on is keyed now, within the scene's frame range.",)
    if locked:
        some = listed(sorted(locked))
        told += (
            f"Locked channels of {some} were left as they are; unlock them to let them dance.",
        )
    return told


def _repeat(action: bpy.types.Action, where: Where, frames: Doubles) -> None:
    """Let the f-curves go round for ever; a way that leads on leads on in every round."""
    action.use_frame_range = action.use_cyclic = True
    action.frame_start, action.frame_end = frames[0], frames[-1]
    for curve in where.fcurves:
        if len(curve.keyframe_points) < 2:
            continue
        cycles = curve.modifiers.new("CYCLES")
        first, last = (curve.keyframe_points[place].co[1] for place in (0, -1))
        on = curve.data_path.endswith("location") and abs(last - first) > 1e-5
        cycles.mode_before = cycles.mode_after = "REPEAT_OFFSET" if on else "REPEAT"


def _play(
    data: bpy.types.AnimData, action: bpy.types.Action, options: Options, layer: bool
) -> None:
    if layer:
        actions.exchange(data, action)
    elif options.onto == "NLA":
        until = float(bpy.context.scene.frame_end) if options.loop else None
        blends = options.blend_in, options.blend_out
        actions.play_in_nla(data, action, *blends, alone=not options.bones, until=until)
    else:
        actions.play(data, action)
