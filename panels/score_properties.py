# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene remembers of the next music."""

from __future__ import annotations

import bpy

from ..inference.genres import GENRES
from ..scene.words import OWN

#: What plays in each genre.
_SOUNDS = {
    "break": "Drum breaks, bongos, a busy bass and horn stabs",
    "pop": "Electro-funk with claps, a synth bass and a talking lead",
    "lock": "Seventies funk with clavinet, slap bass and horns",
    "waack": "Disco with off-beat hats, octave bass and strings",
    "middle_hiphop": "Boom-bap with a late, swung kit, an upright bass and scratches",
    "la_hiphop": "Rolling hats, a long bass, claps, and bells over dark chords",
    "house": "Four on the floor, organ or piano stabs, a deep bass and pads",
    "krump": "Half-time and heavy: low brass, a distorted bass and war drums",
    "street_jazz": "R&B and pop with electric piano, guitar, snaps and a sung lead",
    "ballet_jazz": "A swinging piano trio with brushes, strings and woodwind",
    "salsa": "Clave, bells, congas, piano montuno and brass",
    "waltz": "Bars of three: a singing tune, a harp and a small orchestra",
    "modern": "Rolled piano, pads, slow strings and a cello, hardly a drum",
}
_GENRES = (
    ("auto", "Auto", "Whatever suits the dance best", 0),
    *(
        (name, genre.label, "{}; {:.0f}–{:.0f} bpm".format(_SOUNDS[name], *genre.tempi), number)
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
        description="Which part of the dance gets music",
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
        default=True,
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
        description="How many beats make a bar",
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
