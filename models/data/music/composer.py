# SPDX-License-Identifier: GPL-3.0-or-later
"""A small seeded composer: the plan of a piece (grid, chords, sections), played by a band.

The same genre, seed and cues always give the same piece.
"""

from __future__ import annotations

import numpy as np

from ....inference.genres import GENRES
from ....inference.score.cues import Cues
from ....inference.score.harmony import Harmony, plan
from .arrange import Arrangement, follow, free
from .band import Band, Player, Strike
from .forms import FORMS, Form
from .genres import BANDS
from .page import Page, near
from .score import Note, Part, Piece

#: Seconds that a rest begins before and ends after what it silences.
_SLACK = 0.04


def compose(genre: str, seed: int, form: Form | None = None, cues: Cues | None = None) -> Piece:
    """A piece of one genre: 45-110 s long, or as its form says, or made for a dance.

    With cues, music is on their beats and bars, as full and loud as their energy, struck at their
    accents and silent in their stops; `form` is not used then.
    Raises KeyError for a genre that is not in `genres.GENRES`.
    """
    band, known = BANDS[genre], GENRES[genre]
    rng = np.random.default_rng([seed, *genre.encode()])
    if cues is None:
        drawn = form or FORMS[int(rng.integers(len(FORMS)))]
        drift = band.drift if rng.random() < band.drifting else 0.0
        plot = free(rng, drawn, known.tempi, known.beats_per_bar, drift)
    else:
        plot = follow(cues, known.beats_per_bar)
    harmony = plan(genre, max(section.first_bar + section.bars for section in plot.sections), rng)
    page = Page(rng, plot.grid, harmony, plot.energy, plot.first_bar,
                float(rng.uniform(*band.swing)), band.unit, band.looseness)  # fmt: skip
    Player(band, page).play(plot.sections)
    page.parts["hit"] = Part(_one(rng, band.strike.programs), gain=band.strike.gain)
    for beat, strength in plot.accents:
        _accent(page, band.strike, beat, strength)
    piece = Piece(
        f"{genre}_{seed}", genre, plot.grid, page.parts, tuple(page.notes), plot.sections,
        harmony, tuple(plot.energy), plot.seconds, plot.first_bar,
        tuple(beat for beat, _ in plot.accents), plot.stops,
    )  # fmt: skip
    return _finished(piece, plot, band, rng)


def _accent(page: Page, strike: Strike, beat: float, strength: float) -> None:
    """A chord and drums at once; louder than what else is going on."""
    bars = (beat - page.grid.first) / page.grid.beats_per_bar
    chord = page.harmony.at(bars + 1e-6)
    root = near(chord.root, strike.centre)
    tones = {
        "chord": [near(tone, strike.centre) for tone in chord.tones],
        "octaves": [root - 12, root, root + 12],
        "power": [root - 12, root - 5, root, root + 7],
    }[strike.shape]
    loud = 0.78 + 0.22 * strength
    length = strike.steps / 4
    page.notes += [Note("hit", beat, length, pitch, loud) for pitch in tones]
    punch = page.parts.get("punch")
    for drum in strike.drums:
        page.notes.append(Note("kit", beat, 0.25, drum, loud))
        if punch is not None and drum in punch.samples:
            page.notes.append(Note("punch", beat, 0.25, drum, loud))


def _finished(piece: Piece, plot: Arrangement, band: Band, rng: np.random.Generator) -> Piece:
    """Rests where the dancer does, a chord ringing on, and nothing outside the piece."""
    parts = dict(piece.parts)
    notes = list(piece.notes)
    if plot.stops:
        parts["ring"] = Part(_one(rng, band.ring), gain=0.7)
        for start, stop in plot.stops:
            notes = [cut for note in notes for cut in _rested(note, start, stop)]
            notes += _ringing(piece.harmony, plot, start, stop)
    begin = plot.grid.position(np.zeros(1))[0]
    end = plot.grid.position(np.full(1, plot.seconds))[0]
    kept = []
    for note in notes:
        late = begin - note.beat
        if late > 0.05 and (parts[note.part].drums or note.length - late < 0.5):
            continue
        if note.beat >= end - 0.02:
            continue
        if late > 0:
            note = Note(note.part, float(begin), max(note.length - late, 0.1), note.pitch,
                        note.velocity)  # fmt: skip
        kept.append(note)
    return Piece(**{**vars(piece), "parts": parts, "notes": tuple(kept)})


def _rested(note: Note, start: float, stop: float) -> list[Note]:
    """What a rest leaves of a note: all, its beginning, or nothing."""
    if note.beat >= stop - _SLACK or note.beat + note.length <= start:
        return [note]
    if note.beat >= start - _SLACK:
        return []
    return [Note(note.part, note.beat, start - note.beat, note.pitch, note.velocity)]


def _ringing(harmony: Harmony, plot: Arrangement, start: float, stop: float) -> list[Note]:
    """The chord that is left standing through a rest."""
    bars = (start - plot.grid.first) / plot.grid.beats_per_bar
    chord = harmony.at(bars + 1e-6)
    return [
        Note("ring", start, stop - start, pitch, 0.42)
        for pitch in (near(tone, 60) for tone in chord.tones)
    ]


def _one(rng: np.random.Generator, options: tuple[int, ...]) -> int:
    return options[int(rng.integers(len(options)))]
