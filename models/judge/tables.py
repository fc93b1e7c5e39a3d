# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report's tables hold and say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ABOUT = (
    "Every figure is a mean over dances with its 95 % interval by bootstrap over dances (of "
    "distances between distributions: the spread of resampled dances of each style, laid about the "
    "value). Dances are judged as the networks make them, before retiming and foot lock, unless a "
    "row says *finished*. Sync figures in square brackets are of rows that move less than half as "
    "much as real dancers (trembling does not count): they mean nothing, and meet no target. 30 "
    "fps, 24 joints, our skeleton.",
    "",
    "Rows. *truth*: real takes that no network was trained on (validation and test), on the beat "
    "grids that were tracked on their own motion, an upper bound for sync; its Fréchet distances "
    "are the floor: halves of all takes, and as many clips of training takes as are held out. "
    "*statue*: a standing pose that trembles; *random*: stretches of training takes, one joined to "
    "the other, deaf; both are nulls. *retrieval*: bar by bar the training clip whose music is "
    "nearest, brought onto the song's beats: copied motion, a reference. *jepa*: the deterministic "
    "predictor of the same training. *edge*: an EDGE-like diffusion model (transformer denoiser, "
    "x0, 50 DDIM steps, guidance 2, its published losses), trained by this project on the same "
    "data.",
)

#: What stands above a picture, by a word of its file's name.
PICTURES = {
    "sheet": "One song in one style, from the same second on: left limbs blue, right ones red.",
    "speed": "Speed over time of the longest dances; the band is where nine in ten 10-s blocks of "
    "real takes lie.",
    "quality": "Keeping the beat against moving like people: up and to the left is better. "
    "Hollow: rows that hardly move, whose sync means nothing.",
}

OVERVIEW = {
    "f1_margin": "F1 over null (±100 ms)",
    "f1_share": "… as a share of truth's",
    "fed_half_margin": "… when fed half a beat late",
    "song_share_held": "songs apart / seeds apart, same noise",
    "speed_ratio": "speed / real",
    "fidk": "FIDk",
    "fidg": "FIDg",
    "divk": "diversity, kinetic",
    "divg": "diversity, geometric",
    "skate_ratio": "frames with a skating foot",
    "penetration_mm": "depth in the floor, mm",
    "seam_jerk": "jerk at seams / real's 95th percentile",
    "pfc": "PFC",
    "nearest_share": "distance to training / held-out's",
    "style_match": "seen as its style",
}


@dataclass(frozen=True)
class Group:
    """A table: keys of figures with what they are called, and what is to be said before it."""

    title: str
    told: tuple[str, ...]
    keys: Mapping[str, str]
    all_lengths: bool = True


GROUPS = (
    Group(
        "On the beat",
        (
            "One-to-one matched beats: kinematic beats (gated minima of the mean joint speed) "
            "against the song's. *Null*: the same with the song's beats shifted round in a circle. "
            "*Half a beat off*: against the times between the beats. BAS as published (ungated "
            "minima, kernel of .05 s): near chance, for comparison only.",
        ),
        {
            "f1": "F1, ±100 ms",
            "precision": "precision",
            "recall": "recall",
            "f1_null": "F1 of the null",
            "f1_margin": "F1 over null",
            "f1_share": "… as a share of truth's",
            "f1_70": "F1, ±70 ms",
            "f1_70_margin": "F1 over null, ±70 ms",
            "f1_half": "F1 half a beat off",
            "f1_half_margin": "… over null",
            "bas_music": "BAS over music beats (Bailando)",
            "bas_motion": "BAS over motion beats (FACT)",
        },
    ),
    Group(
        "With the metre",
        (
            "How much of the swing of the body's speed goes with each metrical level, over the "
            "same at tempi that are no level of the song's.",
        ),
        {
            f"coherence_{level}{end}": f"{level} × the beat rate{told}"
            for level in ("1/4", "1/3", "1/2", "1", "2")
            for end, told in (("", ""), ("_margin", ", over null"))
        },
        all_lengths=False,
    ),
    Group(
        "To this song",
        (
            "*Fed half a beat late*: the dancer hears the song half a beat late and is judged by "
            "its true beats; who listens loses them. *Apart*: mean joint distance of two dances as "
            "a share of random stretches of real motion, the lesser of frame by frame and step by "
            "step (so that neither a deaf dancer nor one who hears only the tempo changes with the "
            "song). The noise is drawn from seed and song; *same noise* holds it for all songs.",
        ),
        {
            "fed_half_f1": "F1 when fed half a beat late",
            "fed_half_margin": "… over null",
            "lost_half": "margin lost by it",
            "seeds": "two seeds, one song, apart",
            "songs": "two songs, one seed, apart",
            "songs_held": "two songs, same noise, apart",
            "song_share": "songs / seeds, as shipped",
            "song_share_held": "songs / seeds, same noise",
        },
        all_lengths=False,
    ),
    Group(
        "Like people",
        (
            "Fréchet distances and diversity of 72 kinetic and 32 geometric features of 5-s clips, "
            "on the scale of all real clips. *All takes*: as many real clips of every style, and "
            "as many of every row, as the smallest has. *Held-out takes*: as many of each style as "
            "there are held out, which is few; diversity is of these numbers. A row that does not "
            "dance all styles at a length is left out. These features have "
            "correct physics: published numbers cannot be set beside them. Distances to training "
            "are those of the nearest 2 s; *copied* is the share of windows nearer than 99 % of "
            "held-out takes' (.01 is honest). *Seen as its style*: share of 5-s windows that "
            "a small classifier, learned from the training takes, tells as the style asked for; "
            "chance is .20.",
        ),
        {
            "fidk": "FIDk, all takes",
            "fidg": "FIDg, all takes",
            "fidk_held": "FIDk, held-out takes",
            "fidg_held": "FIDg, held-out takes",
            "divk": "diversity, kinetic",
            "divg": "diversity, geometric",
            "divk_share": "… kinetic, share of truth's",
            "divg_share": "… geometric, share of truth's",
            "divk_within": "kinetic within a song",
            "divk_between": "kinetic between songs",
            "divg_within": "geometric within a song",
            "divg_between": "geometric between songs",
            "nearest_share": "distance to training / held-out's",
            "copied": "copied",
            "style_match": "seen as its style",
            "spread_ratio": "spread of poses / real",
            "repetition_ratio": "new moments / real",
        },
    ),
    Group(
        "A body on a floor",
        (
            "Ratios are to real motion of the same style. A foot skates when a low toe is faster "
            "than .5 m/s, slides when a low ankle or toe is faster than .45 or .35 m/s. PFC is "
            "EDGE's, guarded against glitches; a frozen body scores 0, so read it beside speed.",
        ),
        {
            "speed_ratio": "speed / real",
            "travel_ratio": "… without trembling",
            "block_speed_first": "speed of the first 10 s / real",
            "block_speed_last": "speed of the last 10 s / real",
            "block_speed_min": "slowest 10 s of a dance / real",
            "freeze": "longest freeze, s",
            "skate_ratio": "frames with a skating foot",
            "skate_ratio_ratio": "… / real",
            "slide_rate_ratio": "sliding of low feet / real",
            "plant_speed_ratio": "standing foot's speed / real",
            "penetration_mm": "depth in the floor, mm",
            "penetration_more_mm": "deeper than real, mm",
            "sunk": "frames with feet 2 cm under the floor",
            "hover": "over the floor, m",
            "pfc": "PFC",
            "jerk_ratio": "jerk / real",
            "jerk_p99_ratio": "jerk peaks / real",
            "seam_ratio": "jerk at seams / elsewhere",
            "seam_jerk": "jerk at seams / real's 95th percentile",
            "seams_within": "seams under that percentile",
            "drift_p95": "away from the start, m",
            "drift_max": "… at most, m",
        },
    ),
)
