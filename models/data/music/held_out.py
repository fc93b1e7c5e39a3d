# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs as sound files that no network was trained on, with the beats that they were written on."""

from __future__ import annotations

import json
from itertools import accumulate, cycle
from operator import add
from pathlib import Path

import numpy as np
import soundfile

from ....inference.genres import GENRES
from .composer import compose
from .forms import FORMS, Form
from .render import LEAD, RATE, Stereo, render

#: Seeds that neither the library nor the corpus of the score knows. Songs for validation may be
#: looked at as often as needed, those for testing only in the end.
SEEDS = {"validation": 400_000, "test": 500_100}
#: Songs of every dance style, and long ones: genre and seconds.
SONGS = (
    *((genre, 70.0) for genre in ("salsa", "middle_hiphop", "house", "lock", "modern", "break")),
    *((genre, 180.0) for genre in ("waack", "salsa")),
)
_FADE = 1.5  # seconds


def write(
    out: Path, split: str, samples_dir: Path | None = None,
    songs: tuple[tuple[str, float], ...] = SONGS,
) -> Path:  # fmt: skip
    """Writes a flac of each song and what is known of them; returns the path of `songs.json`.

    split: "validation" or "test". samples_dir: folder of one-shot drum recordings. songs.json has
    for each file name {genre, style, split, seed, seconds, bpm, beats, downbeats}, the beats in
    seconds of the file.
    """
    out.mkdir(parents=True, exist_ok=True)
    known = {}
    for number, (genre, seconds) in enumerate(songs):
        seed = SEEDS[split] + number
        piece = compose(genre, seed, form_of(genre, seed, seconds))
        name = f"{genre}_{round(seconds)}s_{split}.flac"
        sound = _ended(render(piece, samples_dir, RATE), seconds)
        soundfile.write(out / name, sound, RATE)
        beats = piece.beat_times + LEAD
        inside = beats < seconds
        known[name] = {
            "genre": genre,
            "style": GENRES[genre].style,
            "split": split,
            "seed": seed,
            "seconds": len(sound) / RATE,
            "bpm": round(piece.grid.bpm, 2),
            "beats": beats[inside].round(4).tolist(),
            "downbeats": piece.downbeats[inside].tolist(),
        }
    path = out / "songs.json"
    path.write_text(json.dumps(known, indent=1), encoding="utf-8")
    return path


def form_of(genre: str, seed: int, seconds: float) -> Form:
    """Forms one after the other, enough bars of a genre for so many seconds at any tempo."""
    known = GENRES[genre]
    bars = seconds * known.tempi[1] / 60 / known.beats_per_bar
    order = np.random.default_rng(seed).permutation(len(FORMS))
    forms = accumulate((FORMS[number] for number in cycle(order)), add)
    return next(form for form in forms if sum(length for _, length, _ in form) >= bars)


def _ended(sound: Stereo, seconds: float) -> Stereo:
    """The first seconds of a sound, faded out."""
    short = sound[: round(seconds * RATE)].copy()
    fade = np.linspace(1, 0, round(_FADE * RATE), dtype=np.float32)
    short[-len(fade) :] *= fade[:, None]
    return short
