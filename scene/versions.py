# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between Blender 4.2 and 5.2, and nothing else; the rest of the code asks here.

Strips: `sequences` became `strips` (both in 4.4 and 4.5), and 5.2 renamed the strips' times.
Actions: 4.4 brought slots, layers and channelbags, and 5.0 dropped `Action.fcurves`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy

#: Actions have slots, and their f-curves live in channelbags.
SLOTTED = bpy.app.version >= (4, 4, 0)

#: What lets a path begin with // for the folder of the .blend; before, every path may.
BLEND_RELATIVE: set[str] = (
    {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()
)

#: What keeps textures out of USD: they stay where they are.
USD_WITHOUT_TEXTURES: dict[str, bool | str] = (
    {"export_textures_mode": "KEEP"} if bpy.app.version >= (4, 5, 0) else {"export_textures": False}
)


def strips(scene: bpy.types.Scene) -> list[bpy.types.Sequence]:
    """All strips of a scene's sequencer, those inside meta strips too."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    return list(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)


def new_sound_strip(
    scene: bpy.types.Scene, name: str, path: Path, channel: int, frame: int
) -> bpy.types.Sequence:
    """A new sound strip. Raises RuntimeError in a Blender that was built without sound."""
    if not bpy.app.build_options.audaspace:
        # It would raise by itself, but leave a sequencer behind.
        raise RuntimeError("this Blender was built without sound")
    editor = scene.sequence_editor_create()
    collection = editor.strips if hasattr(editor, "strips") else editor.sequences
    return collection.new_sound(name, str(path), channel, frame)


def remove_strip(scene: bpy.types.Scene, strip: bpy.types.Sequence) -> None:
    """Take a strip out of the sequencer."""
    editor = scene.sequence_editor
    (editor.strips if hasattr(editor, "strips") else editor.sequences).remove(strip)


def content_start(strip: bpy.types.Sequence) -> float:
    """The frame where the strip's content would begin if it were not trimmed."""
    return strip.content_start if hasattr(strip, "content_start") else strip.frame_start


def content_frames(strip: bpy.types.Sequence) -> float:
    """How many frames the strip's content lasts if it is not trimmed."""
    return strip.content_duration if hasattr(strip, "content_duration") else strip.frame_duration


def edges(strip: bpy.types.Sequence) -> tuple[float, float]:
    """The first frame of the strip as trimmed, and the one after its last."""
    if hasattr(strip, "left_handle"):
        return strip.left_handle, strip.right_handle
    return strip.frame_final_start, strip.frame_final_end


def sequencer_scene(context: bpy.types.Context) -> bpy.types.Scene:
    """The scene whose strips the sequencer shows: from 5.0 it may be another than the 3D one."""
    return getattr(context, "sequencer_scene", None) or context.scene


def new_curves(
    action: bpy.types.Action, ob: bpy.types.Object
) -> bpy.types.Action | bpy.types.ActionChannelbag:
    """Where a new action keeps `ob`'s f-curves: has `fcurves` and `groups`."""
    if not SLOTTED:
        return action
    slot = action.slots.new(id_type="OBJECT", name=ob.name)
    strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True)


def curves(action: bpy.types.Action) -> Iterator[bpy.types.FCurve]:
    """Every f-curve of an action, whichever slot it belongs to."""
    if not SLOTTED:
        yield from action.fcurves
        return
    for layer in action.layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                yield from bag.fcurves


def playing_curves(data: bpy.types.AnimData) -> list[bpy.types.FCurve]:
    """The f-curves that animation data plays of its action: those of its slot."""
    if not SLOTTED:
        return list(data.action.fcurves)
    slot = data.action_slot
    bags = (
        strip.channelbag(slot)
        for layer in data.action.layers
        for strip in layer.strips
        if slot is not None
    )
    return [curve for bag in bags if bag is not None for curve in bag.fcurves]


def use_action(holder: bpy.types.AnimData | bpy.types.NlaStrip, action: bpy.types.Action) -> None:
    """Put an action made by `new_curves`, with its one slot, on animation data or an NLA strip."""
    holder.action = action
    if SLOTTED:
        holder.action_slot = action.slots[0]


def play_of(data: bpy.types.AnimData, action: bpy.types.Action, ob: bpy.types.Object) -> None:
    """Let an armature play any action: of its slots the one that is called after it, if any."""
    data.action = action
    if SLOTTED and len(action.slots):
        named = (slot for slot in action.slots if slot.name_display == ob.name)
        data.action_slot = next(named, action.slots[0])


def nla_strip(
    track: bpy.types.NlaTrack,
    action: bpy.types.Action,
    slot: bpy.types.ActionSlot | None = None,
) -> bpy.types.NlaStrip:
    """A new strip of `action` on an empty track, where the action's own keys are."""
    strip = track.strips.new(action.name, int(action.frame_range[0]), action)
    if SLOTTED:
        strip.action_slot = slot or action.slots[0]
    return strip


def set_slot(data: bpy.types.AnimData, slot: bpy.types.ActionSlot | None) -> None:
    """Play that slot of the action, where there are slots."""
    if SLOTTED:
        data.action_slot = slot


def slot_curves(
    action: bpy.types.Action, slot: bpy.types.ActionSlot | None
) -> bpy.types.Action | bpy.types.ActionChannelbag:
    """Where an action, or a copy of it, keeps the f-curves of one of its slots."""
    if slot is None:
        return action
    strip = action.layers[0].strips[0]
    return strip.channelbag(action.slots[slot.identifier], ensure=True)


def selected_bones(ob: bpy.types.Object) -> set[str]:
    """The names of the selected bones; 5.0 keeps them with the pose."""
    posed = "select" in bpy.types.PoseBone.bl_rna.properties
    bones = ob.pose.bones if posed else ob.data.bones
    return {bone.name for bone in bones if bone.select}


def slot_of(data: bpy.types.AnimData) -> bpy.types.ActionSlot | None:
    """The slot that animation data plays, where there are slots."""
    return data.action_slot if SLOTTED else None


def play_action(data: bpy.types.AnimData, action: bpy.types.Action) -> bool:
    """Play any action; whether there is something in it for what has the animation data."""
    data.action = action
    if SLOTTED and data.action_slot is None and data.action_suitable_slots:
        data.action_slot = data.action_suitable_slots[0]
    return bool(playing_curves(data))


def exchange_action(
    holder: bpy.types.AnimData | bpy.types.NlaStrip, action: bpy.types.Action
) -> None:
    """Let animation data or an NLA strip play a copy of its action, in the same slot."""
    before = holder.action_slot.identifier if SLOTTED and holder.action_slot else None
    holder.action = action
    if before is not None:
        holder.action_slot = action.slots[before]


def renew_context() -> None:
    """Let `bpy.context` belong to a scene that is there.

    4.2's belongs to the scene of which `tool_settings` or `layer_collection` was last read by way
    of it, as Rigify does, even when that scene is gone. What is then set by way of it,
    such as its window's scene, Blender notes in memory that has become something else's: it
    crashed some time later, or wrote files with wrong bytes. To read anew mends it.
    """
    if bpy.app.version < (4, 5, 0):
        _ = bpy.context.layer_collection


def shader(owner: bpy.types.Material | bpy.types.World, kind: str) -> bpy.types.ShaderNode:
    """The node of a new material or world that gives its look; from 5.0 they always have nodes."""
    if owner.node_tree is None:
        owner.use_nodes = True
    return next(node for node in owner.node_tree.nodes if node.type == kind)
