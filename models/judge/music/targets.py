# SPDX-License-Identifier: GPL-3.0-or-later
"""What generated music has to reach."""

from __future__ import annotations

from ..targets import Target

#: What makes it music for this dance, in this genre, worth keeping.
TARGETS: tuple[Target, ...] = (
    Target("align", "windows within 100 ms of the grid", low=0.97),
    Target("align_half", "… of a grid half a beat late", high=0.2),
    Target("align_late", "… of music told half a beat late", high=0.2),
    Target("hit", "beats that are struck (60 ms)", low=0.95),
    Target("agreement", "genre heard as asked", low=0.95),
    Target("frechet_share", "Fréchet distance / held-out floor", high=1.3),
    Target("fad_share", "Fréchet distance to training music / held-out floor", high=1.3),
    Target("frechet_paper", "Fréchet distance / the paper's recipe", high=1.0),
    Target("onset_gain", "attacks' correlation, vocoder over Griffin-Lim", low=0.0),
    Target("rise_gain", "rise of attacks, ms, Griffin-Lim over vocoder", low=0.0),
    Target("lsd_gain", "spectral distance, dB, Griffin-Lim over vocoder", low=0.0),
)

#: What makes it clean, and music at all.
SOUND: tuple[Target, ...] = (
    Target("hit_margin", "beats that are struck, over null", low=0.2),
    Target("f1_margin", "F1 of tracked beats (100 ms), over null", low=0.3),
    Target("chords_margin", "correlation with the chords, over null", low=0.15),
    Target("seam", "step at joins / elsewhere", high=1.3),
    Target("loop_click", "jump where a loop goes on / usual", high=1.0),
    Target("loop_step", "step where a loop goes on / at downbeats", high=1.5),
    Target("clipped", "clipped samples", high=0.0),
    Target("silent", "silence outside stops and the last bar", high=0.01),
    Target("dc", "direct current / level", high=0.01),
    Target("dead", "bands that are missing", high=0.05),
)
