# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene remembers of the next dance, and of the next music."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from ..inference.styles import STYLES
from ..inference.weights import available_styles
from ..scene import strips
from ..scene.words import OWN
from .batch_properties import STYLE_TEXTS, TWOSTEP_PG_batch
from .score_properties import TWOSTEP_PG_score


def _style_items(
    _settings: TWOSTEP_PG_settings, _context: bpy.types.Context | None
) -> list[tuple[str, str, str, int]]:
    """The styles of the networks at hand; each keeps its number whichever others there are."""
    if not _styles:
        _styles.append(("auto", "Auto", "Whatever suits the song best", 0))
        for name in available_styles():
            label, text = STYLE_TEXTS.get(
                name, (name.capitalize(), "A style that the networks know")
            )
            number = STYLES.index(name) + 1 if name in STYLES else len(STYLES) + len(_styles)
            _styles.append((name, label, text, number))
    return _styles


#: Blender needs the strings of a computed list to stay alive.
_styles: list[tuple[str, str, str, int]] = []


def _song_names(
    _settings: TWOSTEP_PG_settings, context: bpy.types.Context, _text: str
) -> Iterator[str]:
    return (strip.name for strip in strips.songs(context))


class TWOSTEP_PG_settings(bpy.types.PropertyGroup):
    """How the next dance shall be"""

    song: bpy.props.StringProperty(
        name="Song",
        description="The sound strip to dance to; empty: the sequencer's active one",
        search=_song_names,
        search_options={"SORT"},
    )
    song_file: bpy.props.StringProperty(
        name="Song File",
        description="The song to dance to where Blender has no sound strips",
        subtype="FILE_PATH",
    )
    style: bpy.props.EnumProperty(
        name="Style",
        description="How to dance",
        items=_style_items,
        default=0,
        translation_context=OWN,
    )
    energy: bpy.props.FloatProperty(
        name="Energy",
        description="0 dances calmly, 1 as lively as the music, 2 as wildly as it can",
        default=1.0,
        min=0.0,
        max=2.0,
        step=10,
        precision=2,
        subtype="FACTOR",
    )
    seed: bpy.props.IntProperty(
        name="Seed",
        description="The same song, character, style and seed give the same dance",
        default=1,
        min=0,
    )
    length: bpy.props.EnumProperty(
        name="Length",
        description="How much of the song is danced",
        items=(
            ("STRIP", "Whole Strip", "Dance for as long as the song sounds"),
            ("RANGE", "Scene Range", "Dance where the song sounds in the scene's frame range"),
        ),
    )
    use_retime: bpy.props.BoolProperty(
        name="Land on the Beat",
        description="Shift the timing a little so that the moves land on the beats",
        default=True,
    )
    use_present_pose: bpy.props.BoolProperty(
        name="Start from Present Pose",
        description="Go on from the pose and the place that the character has in this frame",
        default=False,
    )
    use_loop: bpy.props.BoolProperty(
        name="Loop",
        description="Dance whole bars and end as it began, so that the dance can go on for ever",
        default=False,
    )
    limbs: bpy.props.EnumProperty(
        name="Limbs",
        description="What is keyed where a rig's arms and legs can be moved in two ways",
        items=(
            ("FK", "FK", "Turn every bone of the arms and legs, and switch the rig to FK"),
            ("IK", "IK", "Place hands and feet, let the rig bend the rest, and switch it to IK"),
        ),
    )
    travel: bpy.props.EnumProperty(
        name="Travel",
        description="What becomes of the dance's way over the floor",
        items=(
            ("WORLD", "As Danced", "The hips go where the dance goes"),
            ("PLACE", "In Place", "The dance stays where it begins, as games want it"),
            ("ROOT", "On Root Bone", "The root bone goes the way, the hips move about it"),
        ),
    )
    reach: bpy.props.FloatProperty(
        name="Hand Reach",
        description="0 keeps how the arms point, 1 keeps where the hands are as seen from the "
        "body, for characters whose arms are longer or shorter than the dancer's",
        default=0.0,
        min=0.0,
        max=1.0,
        step=10,
        precision=2,
        subtype="FACTOR",
    )
    keys: bpy.props.EnumProperty(
        name="Keys",
        description="How many keys the dance has",
        items=(
            ("ALL", "Every Frame", "A key on every frame, exactly the dance"),
            ("FEW", "Fewest", "As few keys with curves between them as the tolerance allows"),
        ),
        translation_context=OWN,  # no shape keys
    )
    tolerance_mm: bpy.props.FloatProperty(
        name="Tolerance",
        description="How far joints may be from where they were danced, in millimetres of a "
        "character of the dancer's size",
        default=5.0,
        min=0.1,
        soft_max=20.0,
        max=1000.0,
        step=10,
        precision=1,
    )
    tolerance_deg: bpy.props.FloatProperty(
        name="Tolerance in Degrees",
        description="How far bones may be turned from how they were danced, in degrees",
        default=1.0,
        min=0.05,
        soft_max=5.0,
        max=45.0,
        step=10,
        precision=2,
    )
    onto: bpy.props.EnumProperty(
        name="Onto",
        description="Where the keys go",
        items=(
            ("ACTION", "New Action", "An action of its own; the one that played before is kept"),
            (
                "LAYER",
                "Present Action",
                "A copy of the action that plays, in which the dance replaces what it keys and "
                "leaves the rest",
            ),
            ("NLA", "New NLA Track", "An NLA track of its own, above what plays already"),
        ),
    )
    bones: bpy.props.EnumProperty(
        name="Bones",
        description="Which bones are keyed",
        items=(
            ("ALL", "All", "Every bone that the dance moves"),
            ("SELECTED", "Selected", "Of those, the bones that are selected when it is keyed"),
            ("COLLECTION", "Collection", "Of those, the bones of one bone collection"),
        ),
    )
    bone_collection: bpy.props.StringProperty(
        name="Bone Collection",
        description="The bone collection whose bones are keyed",
    )
    blend_in: bpy.props.IntProperty(
        name="Blend In",
        description="Frames in which the dance comes out of what the character does already",
        default=0,
        min=0,
        soft_max=100,
    )
    blend_out: bpy.props.IntProperty(
        name="Blend Out",
        description="Frames in which the dance goes back into what the character does already",
        default=0,
        min=0,
        soft_max=100,
    )
    score: bpy.props.PointerProperty(
        name="Score", description="How the next music shall be", type=TWOSTEP_PG_score
    )
    batch: bpy.props.PointerProperty(
        name="Batch", description="What is exported together", type=TWOSTEP_PG_batch
    )
