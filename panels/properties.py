# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene remembers of the next dance, and of the next music."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from ..inference.styles import STYLES
from ..inference.weights import available_styles
from ..scene import strips
from .score_properties import TWOSTEP_PG_score

_STYLE_TEXTS = {
    "salsa": ("Salsa", "Quick feet, hips and turns on a Latin beat"),
    "house": ("House", "Steps and footwork over a steady four-on-the-floor beat"),
    "hiphop": ("Hip-Hop", "Low, bouncing, with hits and grooves"),
    "pop": ("Pop", "Show choreography, clear arm lines"),
    "modern": ("Modern", "Slow and flowing, with turns and stretches"),
}


def _style_items(
    _settings: TWOSTEP_PG_settings, _context: bpy.types.Context | None
) -> list[tuple[str, str, str, int]]:
    """The styles of the networks at hand; each keeps its number whichever others there are."""
    if not _styles:
        _styles.append(("auto", "Auto", "Whatever suits the song best", 0))
        for name in available_styles():
            label, text = _STYLE_TEXTS.get(name, (name.capitalize(), ""))
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
        name="Style", description="How to dance", items=_style_items, default=0
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
    use_nla: bpy.props.BoolProperty(
        name="New NLA Track",
        description="Put the dance on an NLA track of its own, above what plays already",
        default=False,
    )
    use_present_pose: bpy.props.BoolProperty(
        name="Start from Present Pose",
        description="Go on from the pose and the place that the character has in this frame",
        default=False,
    )
    score: bpy.props.PointerProperty(
        name="Score", description="How the next music shall be", type=TWOSTEP_PG_score
    )
