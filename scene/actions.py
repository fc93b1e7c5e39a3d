# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions: made, filled, and played by an armature, or everything as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from . import versions


@contextmanager
def new_action(name: str) -> Iterator[bpy.types.Action]:
    """A new action that vanishes again if what fills it fails."""
    action = bpy.data.actions.new(name)
    try:
        yield action
    except BaseException:
        bpy.data.actions.remove(action)
        raise


@contextmanager
def copied(action: bpy.types.Action, name: str) -> Iterator[bpy.types.Action]:
    """A copy of an action, in this file even if that one is linked; it may vanish as well."""
    copy = action.copy()
    copy.name = name
    copy.use_fake_user = False
    try:
        yield copy
    except BaseException:
        bpy.data.actions.remove(copy)
        raise


@contextmanager
def restored(ob: bpy.types.Object) -> Iterator[bpy.types.AnimData]:
    """The armature's animation data, which are what they were if anything fails."""
    fresh = ob.animation_data is None
    data = ob.animation_data or ob.animation_data_create()
    action, slot = data.action, versions.slot_of(data)
    kept = action.use_fake_user if action else False
    mixed = data.action_blend_type, data.action_influence
    tracks = {track.as_pointer() for track in data.nla_tracks}
    try:
        yield data
    except BaseException:
        if fresh:
            ob.animation_data_clear()
            raise
        for track in [each for each in data.nla_tracks if each.as_pointer() not in tracks]:
            data.nla_tracks.remove(track)
        data.action = action
        if action is not None:
            versions.set_slot(data, slot)
            if not action.library:
                action.use_fake_user = kept
        data.action_blend_type, data.action_influence = mixed
        raise


def play(data: bpy.types.AnimData, action: bpy.types.Action) -> None:
    """Play a new action, whole and over all NLA tracks; the one that played is kept."""
    _keep(data.action)
    versions.use_action(data, action)
    data.action_blend_type, data.action_influence = "REPLACE", 1.0


def exchange(data: bpy.types.AnimData, copy: bpy.types.Action) -> None:
    """Play a copy of the action that plays, in the same slot; that one is kept."""
    _keep(data.action)
    versions.exchange_action(data, copy)


def play_in_nla(
    data: bpy.types.AnimData,
    action: bpy.types.Action,
    blend_in: int = 0,
    blend_out: int = 0,
    alone: bool = True,
    until: float | None = None,
) -> bpy.types.NlaStrip:
    """A track on top; what played before goes on a track below it, as Push Down Action does.

    blend_in, blend_out: frames in which it comes out of and goes into what is below. alone: it
    moves all that there is, so that nothing below need show before and after it. until: the frame
    until which an action that closes is repeated.
    """
    before, slot = data.action, versions.slot_of(data)
    if before is not None:
        track = data.nla_tracks.new()
        track.name = before.name
        versions.nla_strip(track, before, slot).blend_type = data.action_blend_type
        data.action = None
    lowest = not data.nla_tracks
    track = data.nla_tracks.new()
    track.name = action.name
    strip = versions.nla_strip(track, action)
    length = strip.frame_end - strip.frame_start
    if until is not None and length > 0:
        strip.repeat = max(1.0, (until - strip.frame_start) / length)
    # A strip that is too short for both blends over less.
    share = min(1.0, (strip.frame_end - strip.frame_start) / max(blend_in + blend_out, 1))
    strip.blend_in, strip.blend_out = share * blend_in, share * blend_out
    if blend_in or blend_out or not alone:
        strip.extrapolation = "NOTHING"
    else:
        strip.extrapolation = "HOLD" if lowest else "HOLD_FORWARD"
    return strip


def mixing(ob: bpy.types.Object, onto: str) -> tuple[str, ...]:
    """What of an armature's NLA will make the dance show another way, a sentence each.

    onto: as in `Options`.
    """
    data = ob.animation_data
    said = [
        f"The NLA track {track.name} of {ob.name} plays alone; end its solo to see the dance."
        for track in (data.nla_tracks if data else ())
        if track.is_solo
    ]
    if onto == "NLA" and data is not None and not data.use_nla:
        said.append(f"The NLA of {ob.name} is switched off; switch it on to see the dance.")
    if onto == "LAYER" and data.nla_tracks:
        share, kind = data.action_influence, data.action_blend_type
        if share < 1 or kind != "REPLACE":
            said.append(
                f"The action of {ob.name} is mixed with its NLA tracks "
                f"({kind.capitalize()}, {share:.0%}), and so is the dance."
            )
    return tuple(said)


def _keep(action: bpy.types.Action | None) -> None:
    if action is not None and action.library is None:
        action.use_fake_user = True
