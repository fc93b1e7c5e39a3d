# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene remembers of its batch: the jobs, where they go, and what became of them."""

from __future__ import annotations

import bpy

from ..inference.styles import STYLES
from ..scene import versions
from ..scene.words import OWN

_KINDS = (
    ("DANCES", "New Dances", "Every character dances to every song in every style and seed"),
    (
        "ACTIONS",
        "Made by Twostep",
        "Every action that Twostep made for these characters, as it is now",
    ),
)
_SOURCES = (
    ("OBJECT", "Character", "One character", "OUTLINER_OB_ARMATURE", 0),
    ("SELECTED", "Selected", "The characters that are selected", "RESTRICT_SELECT_OFF", 1),
    ("COLLECTION", "Collection", "All characters of a collection", "OUTLINER_COLLECTION", 2),
    ("SCENE", "All", "All characters of the scene", "SCENE_DATA", 3),
)
#: What each style is called, and what it is like.
STYLE_TEXTS = {
    "salsa": ("Salsa", "Quick feet, hips and turns on a Latin beat"),
    "house": ("House", "Steps and footwork over a steady four-on-the-floor beat"),
    "hiphop": ("Hip-Hop", "Low, bouncing, with hits and grooves"),
    "pop": ("Pop", "Show choreography, clear arm lines"),
    "modern": ("Modern", "Slow and flowing, with turns and stretches"),
}
_STYLES = (
    ("auto", "Auto", "Whatever suits each song best", 1),
    *((name, *STYLE_TEXTS[name], 2 << place) for place, name in enumerate(STYLES)),
)
_FORMATS = (
    ("fbx", "FBX", "For game engines and other programs", 1),
    ("glb", "glTF", "One binary file, for engines and the web", 2),
    ("bvh", "BVH", "The skeleton and its motion alone", 4),
    ("usd", "USD", "Universal Scene Description", 8),
    ("abc", "Alembic", "The meshes' shapes in every frame, without the skeleton", 16),
)
_PRESETS = (
    ("generic", "Generic", "FBX with Y up, for most programs and for Blender itself"),
    ("unity", "Unity", "FBX with Y up, in metres; comes in unturned and at scale 1"),
    (
        "unreal",
        "Unreal",
        "FBX with Z up, in centimetres, with a root bone; comes in at scale 1",
    ),
)
_STATES = (
    ("DONE", "Done", "It was made", "CHECKMARK", 0),
    ("SKIPPED", "Skipped", "It was there already, made of the very same", "FILE_TICK", 1),
    ("FAILED", "Failed", "It could not be made", "ERROR", 2),
)


def _is_armature(_job: TWOSTEP_PG_batch_job, ob: bpy.types.Object) -> bool:
    return ob.type == "ARMATURE"


class TWOSTEP_PG_batch_song(bpy.types.PropertyGroup):
    """A song, or a folder of songs"""

    path: bpy.props.StringProperty(
        name="Song",
        description="A song, or a folder: all songs in it",
        subtype="FILE_PATH",
        options=versions.BLEND_RELATIVE,
    )


class TWOSTEP_PG_batch_job(bpy.types.PropertyGroup):
    """Some characters, and what is exported of them"""

    kind: bpy.props.EnumProperty(name="Export", description="What to export", items=_KINDS)
    use: bpy.props.BoolProperty(
        name="Use", description="Whether this job is part of the batch", default=True
    )
    source: bpy.props.EnumProperty(
        name="Characters",
        description="Who dances",
        items=_SOURCES,
        translation_context=OWN,  # no letters
    )
    armature: bpy.props.PointerProperty(
        name="Character",
        description="The armature that dances",
        type=bpy.types.Object,
        poll=_is_armature,
    )
    collection: bpy.props.PointerProperty(
        name="Collection",
        description="The collection whose armatures dance, those of its children too",
        type=bpy.types.Collection,
    )
    songs: bpy.props.CollectionProperty(
        name="Songs", description="What to dance to", type=TWOSTEP_PG_batch_song
    )
    active_song: bpy.props.IntProperty(
        name="Active Song", description="The song that Remove takes away", min=0
    )
    styles: bpy.props.EnumProperty(
        name="Styles",
        description="How to dance; Shift-click for several",
        items=_STYLES,
        options={"ENUM_FLAG"},
        translation_context=OWN,
        default={"auto"},
    )
    seeds: bpy.props.StringProperty(
        name="Seeds",
        description="Every one is another dance: numbers and ranges, such as 1-4, 7",
        default="1",
    )


class TWOSTEP_PG_batch_result(bpy.types.PropertyGroup):
    """What became of a dance of the batch"""

    state: bpy.props.EnumProperty(name="State", description="How it went", items=_STATES)
    text: bpy.props.StringProperty(name="Text", description="What there is to say of it")


class TWOSTEP_PG_batch(bpy.types.PropertyGroup):
    """The batch of a scene"""

    jobs: bpy.props.CollectionProperty(
        name="Jobs", description="What to export", type=TWOSTEP_PG_batch_job
    )
    active_job: bpy.props.IntProperty(
        name="Active Job", description="The job that is shown below the list", min=0
    )
    folder: bpy.props.StringProperty(
        name="Folder",
        description="Where the files go",
        subtype="DIR_PATH",
        options=versions.BLEND_RELATIVE,
    )
    pattern: bpy.props.StringProperty(
        name="Names",
        description="How the files are called: {song}, {style}, {seed}, {rig} and {action} stand "
        "for what each is made of",
        default="{song}_{style}_{seed}_{rig}",
    )
    preset: bpy.props.EnumProperty(
        name="For", description="Which program the files are for", items=_PRESETS
    )
    formats: bpy.props.EnumProperty(
        name="Formats",
        description="Which files are made of every dance; Shift-click for several",
        items=_FORMATS,
        options={"ENUM_FLAG"},
        default={"fbx"},
    )
    use_meshes: bpy.props.BoolProperty(
        name="With Meshes",
        description="Export the meshes that the character moves as well",
        default=True,
    )
    results: bpy.props.CollectionProperty(
        name="Results", description="What became of each", type=TWOSTEP_PG_batch_result
    )
    active_result: bpy.props.IntProperty(
        name="Active Result", description="The result that is told in full", min=0
    )
