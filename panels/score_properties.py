# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene remembers of the next music."""

from __future__ import annotations

import bpy

from ..inference.genres import GENRES
from ..scene.words import OWN

_GENRES = (
    ("auto", "Auto", "Whatever suits the dance best", 0),
    *(
        (name, genre.label, f"{genre.tempi[0]:.0f}–{genre.tempi[1]:.0f} bpm", number)
        for number, (name, genre) in enumerate(GENRES.items(), 1)
    ),
)


class TWOSTEP_PG_score(bpy.types.PropertyGroup):
    """How the next music shall be"""

    genre: bpy.props.EnumProperty(
        name="Genre",
        description="What to play",
        items=_GENRES,
        default="auto",
        translation_context=OWN,  # there it is no door that one can lock
    )
    seed: bpy.props.IntProperty(
        name="Seed",
        description="The same dance, genre and seed give the same music",
        default=1,
        min=0,
    )
    range: bpy.props.EnumProperty(
        name="Range",
        items=(
            ("ANIMATION", "Animation", "All of the action that plays, or else of the NLA strips"),
            ("NLA", "NLA Strips", "From the first NLA strip to the last"),
            ("SCENE", "Scene Range", "The scene's frame range"),
            ("PREVIEW", "Preview Range", "The scene's preview range"),
        ),
    )
    use_length: bpy.props.BoolProperty(
        name="Limit Length",
        description="Make music for the first seconds of the range only",
        default=False,
    )
    length: bpy.props.FloatProperty(
        name="Length",
        description="How many seconds of music to make",
        default=30.0,
        min=2.0,
        soft_max=300.0,
        step=100,
        precision=1,
        subtype="TIME_ABSOLUTE",
        unit="TIME_ABSOLUTE",
    )
    use_loop: bpy.props.BoolProperty(
        name="Loop",
        description="End with a whole bar, so that the music can go on at its beginning",
        default=False,
    )
    use_mute_earlier: bpy.props.BoolProperty(
        name="Mute Earlier Takes",
        description="Mute the music that was made for this character before",
        default=False,
    )
    use_rhythm: bpy.props.BoolProperty(
        name="Set by Hand",
        description="Play exactly this tempo and meter; otherwise they are read from the dance",
        default=False,
    )
    rhythm_known: bpy.props.BoolProperty(
        name="Rhythm Known",
        description="Whether tempo, meter and downbeat were read or set",
        default=False,
        options={"HIDDEN"},
    )
    bpm: bpy.props.FloatProperty(
        name="Tempo",
        description="Beats a minute",
        default=120.0,
        min=40.0,
        max=220.0,
        step=10,
        precision=1,
    )
    meter: bpy.props.EnumProperty(
        name="Meter",
        items=(("4", "4 Beats", "Four beats to the bar"), ("3", "3 Beats", "Three, as in a waltz")),
        translation_context=OWN,  # no length
    )
    downbeat: bpy.props.FloatProperty(
        name="Downbeat",
        description="A frame of the scene in which a bar starts",
        default=1.0,
        step=100,
        precision=1,
    )
