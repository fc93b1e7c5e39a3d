# SPDX-License-Identifier: GPL-3.0-or-later
"""How much the music changes with the dance, where grid, genre, chords and seed stay the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ....inference.genres import GENRES
from ....inference.score.cues import checked_speed, cues_on, read_cues
from ....inference.score.generator import Told, mels
from ....inference.score.networks import Networks
from ....inference.score.score import told_of
from .heard import Floats
from .made import Dance
from .onsets import flux


def changes(
    networks: Networks, dance: Dance, other: Dance, genre: str, seed: int
) -> dict[str, float]:
    """Distances between pieces on the grid of one dance, with the same chords.

    `mel_dances`: mean difference in dB between what is made of it and what is made of another
    dance (its energy, accents, stops and latents) from the same noise; `mel_seeds`: between what is
    made of it from one noise and from another. `onset_…`: the same, one minus the correlation of
    the attacks. `mel_change`, `onset_change`: the first over the second.
    """
    length = min(dance.motion.seconds, other.motion.seconds)
    first, second = (
        _told(dance, dance, genre, seed, length),
        _told(dance, other, genre, seed, length),
    )
    again = replace(first, seed=seed + 1)
    own, foreign, anew = (_made(networks, told) for told in (first, second, again))
    found = {
        "mel_dances": float(np.abs(own - foreign).mean()),
        "mel_seeds": float(np.abs(own - anew).mean()),
        "onset_dances": _attacks_apart(own, foreign),
        "onset_seeds": _attacks_apart(own, anew),
    }
    for kind in ("mel", "onset"):
        found[f"{kind}_change"] = found[f"{kind}_dances"] / max(found[f"{kind}_seeds"], 1e-6)
    return found


def _told(dance: Dance, moving: Dance, genre: str, seed: int, seconds: float) -> Told:
    """What is told of a dance's movement on the grid of another one."""
    count = round(seconds * dance.motion.fps)
    grid = read_cues(dance.motion[:count], beats_per_bar=GENRES[genre].beats_per_bar).grid
    motion = moving.motion[:count]
    cues = cues_on(motion.seconds, checked_speed(motion), grid)
    return told_of(motion, cues, genre, seed, motion.seconds, provider="cpu")


def _made(networks: Networks, told: Told) -> Floats:
    return np.concatenate(list(mels(networks, told)))[: round(told.frames)]


def _attacks_apart(a: Floats, b: Floats) -> float:
    curves = [flux(part).mean(axis=1) for part in (a, b)]
    return 1 - float(np.corrcoef(*curves)[0, 1])
