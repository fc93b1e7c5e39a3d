# SPDX-License-Identifier: GPL-3.0-or-later
"""Accents, stops, energy and chords: music that follows, and music that does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twostep.models.judge.music import chords, onsets
from twostep.models.judge.music.following import following

from .sounds import RATE, SECONDS, band, hiss, on_grid, piece, rows, struck, with_energy

KEYS = ("accents", "accents_null", "stops", "stops_null", "energy", "energy_null")


def dance(seed: int):
    """A piece on the grid with accents on some of its half-beats, not played yet."""
    heard = on_grid()
    halves = np.sort(np.concatenate([heard.beats, heard.beats + 30 / 112]))
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(halves[2:-2], 9, replace=False))
    return replace(heard, accents=chosen + 0.03, strengths=np.full(9, 0.8)), chosen


def scores(pieces):
    """Means over the pieces that have a figure."""
    rows = following(pieces, [onsets.flux(p.mel) for p in pieces])
    found = {key: [row[key] for row in rows if np.isfinite(row.get(key, np.nan))] for key in KEYS}
    return {key: np.mean(values) for key, values in found.items() if values}


def test_struck_accents_stand_out_and_those_of_another_dance_do_not():
    pieces = []
    for seed in range(5):
        heard, chosen = dance(seed)
        stabs = 0.5 * struck(chosen, SECONDS, 440.0, 0.1) + 0.3 * struck(chosen, SECONDS, 2500, 0.1)
        pieces.append(heard.sounding(heard.samples + stabs))
    found = scores(pieces)
    assert found["accents"] > 0.9
    assert found["accents_null"] == pytest.approx(0.5, abs=0.15)


def test_music_deaf_to_accents_is_at_the_null():
    found = scores([dance(seed)[0] for seed in range(8)])
    assert found["accents"] == pytest.approx(0.5, abs=0.15)


def test_stops_are_heard():
    pieces = []
    for start in (7.0, 10.0, 14.0):
        heard = replace(
            on_grid(),
            stops=np.array([[start, start + 1.6]]),
            accents=np.array([start]),
            strengths=np.array([0.3]),
        )
        samples = heard.samples.copy()
        samples[round(start * RATE) : round((start + 1.6) * RATE)] *= 0.01
        pieces.append(heard.sounding(samples))
    found = scores(pieces)
    assert found["stops"] < 0.35
    assert found["stops_null"] > 0.6
    deaf = scores([piece.sounding(on_grid().samples) for piece in pieces])
    assert deaf["stops"] == pytest.approx(1, abs=0.25)


def swelling(phase: float):
    return 0.5 + 0.5 * np.sin(2 * np.pi * (rows(on_grid()) / 9.0 + phase))


def test_loudness_follows_energy_or_not():
    heard, energy = on_grid(), swelling(0.0)
    swell = np.interp(np.arange(len(heard.samples)) / RATE, rows(heard), 0.1 + 0.9 * energy)
    follows = with_energy(heard.sounding(heard.samples * swell.astype(np.float32)), energy)
    assert scores([follows])["energy"] > 0.85
    assert scores([follows])["energy_null"] < 0.3
    deaf = [with_energy(heard, swelling(phase)) for phase in (0, 0.25, 0.5, 0.75)]
    assert abs(scores(deaf)["energy"]) < 0.2


def test_what_is_not_known_is_not_judged():
    assert scores([on_grid()]) == {}


def chord_piece(transposed: int = 0):
    """A minor triad that changes its root every two beats; told one that may be another."""
    heard = on_grid()
    samples = hiss(SECONDS, 0.001)
    told = np.zeros((len(heard.mel), 12), np.float32)
    t = np.arange(len(samples)) / RATE
    for i, start in enumerate(heard.grid.beats[::2]):
        stop = start + 120 / 112
        root = (5 * i) % 12
        within, frames = (t >= start) & (t < stop), (rows(heard) >= start) & (rows(heard) < stop)
        for k, tone in enumerate((0, 3, 7)):
            pitch = 60 + (root + tone) % 12
            wave = np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * t[within])
            samples[within] += (0.1 * wave).astype(np.float32)
            told[frames, (root + tone + transposed) % 12] = 0.7 if k else 1.0
    return replace(heard.sounding(samples), chroma=told)


def test_told_chords_are_heard_and_others_are_not():
    right, wrong = chords.chord_scores(chord_piece()), chords.chord_scores(chord_piece(1))
    assert right["chords"] > 0.7
    assert right["chords_null"] < 0.1
    assert wrong["chords"] < 0.1
    assert chords.chord_scores(on_grid()) == {}


def test_noise_plays_no_chords():
    heard = chord_piece()
    deaf = chords.chord_scores(heard.sounding(hiss(SECONDS)))
    assert abs(deaf["chords"] - deaf["chords_null"]) < 0.12


def test_drums_are_no_chords():
    heard = replace(chord_piece(), mel=piece(band(on_grid().grid)).mel)
    assert chords.chord_scores(heard)["chords"] < 0.3
