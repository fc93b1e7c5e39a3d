# SPDX-License-Identifier: GPL-3.0-or-later
"""Music of any length out of windows: seams, memory, seeds, loops."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from twostep.inference.errors import Cancelled
from twostep.inference.score import generator
from twostep.inference.score.answers import answers_to
from twostep.inference.score.conditions import ANSWERS, conditions
from twostep.inference.score.cues import Cues
from twostep.inference.score.generator import OVERLAP, RETURN, Told, latents, mels, window_starts
from twostep.inference.score.grid import steady
from twostep.inference.score.harmony import plan
from twostep.inference.score.mel import FPS
from twostep.inference.score.networks import TOKEN, WINDOW


def told(seconds: float = 20.0, bpm: float = 120.0, **changed) -> Told:
    random = np.random.default_rng(2)
    frames = np.arange(round(seconds * 30))
    cues = Cues(
        seconds, steady(bpm, seconds), (0.5 + 0.4 * np.sin(frames / 40)).astype(np.float32),
        np.zeros(0), np.zeros(0, np.float32), np.zeros((0, 2)),
    )  # fmt: skip
    motion = random.normal(size=(int(seconds * FPS / TOKEN) + 1, 64)).astype(np.float32)
    harmony = plan("house", 40, np.random.default_rng(1))
    made = Told(cues, harmony, motion, "house", 3, seconds * FPS)
    return replace(made, **changed)


def whole(nets, wish: Told) -> np.ndarray:
    return np.concatenate(list(latents(nets, wish)))


@pytest.mark.parametrize("tokens", [1, 20, 63, 64, 65, 108, 109, 500])
def test_windows_cover_all_tokens_and_overlap(tokens):
    starts = window_starts(tokens, loops=False)
    assert starts[0] == 0 and starts[-1] + WINDOW >= tokens
    assert all(b - a == WINDOW - OVERLAP for a, b in pairwise(starts))
    assert len(starts) == 1 or starts[-2] + WINDOW < tokens, "no window too many"


@pytest.mark.parametrize("tokens", [20, 64, 65, 80, 108, 109, 500])
def test_a_loops_last_window_ends_with_its_tokens(tokens):
    starts = window_starts(tokens, loops=True)
    assert starts[-1] == max(0, tokens - WINDOW)
    steps = np.diff(starts)
    assert (steps <= WINDOW - OVERLAP).all() and (steps >= 0).all()


@pytest.mark.parametrize("seconds", [1.0, 5.0, 6.5, 31.0])
@pytest.mark.parametrize("loops", [False, True])
def test_there_are_as_many_latents_as_asked(score_nets, seconds, loops):
    wish = told(seconds, loops=loops)
    found = whole(score_nets, wish)
    assert found.shape == (wish.tokens, 96) and np.isfinite(found).all()
    assert wish.tokens * TOKEN >= wish.frames


def test_a_window_keeps_what_the_one_before_made(score_nets, monkeypatch):
    asked = []
    real = score_nets.generate

    def generate(noise, known, mask, *rest):
        made = real(noise, known, mask, *rest)
        asked.append((known, mask, made))
        return made

    monkeypatch.setattr(score_nets, "generate", generate)
    found = whole(score_nets, told(20.0))
    assert asked[0][1].sum() == 0
    for (_, _, before), (known, mask, made) in pairwise(asked):
        assert mask[:OVERLAP].all() and mask[OVERLAP:].sum() == 0
        np.testing.assert_array_equal(known[:OVERLAP], before[-OVERLAP:])
        np.testing.assert_array_equal(made[:OVERLAP], before[-OVERLAP:])
    np.testing.assert_array_equal(found[:WINDOW], asked[0][2])


def test_everything_told_changes_the_music(score_nets):
    base = told(10.0)
    music = whole(score_nets, base)
    np.testing.assert_array_equal(music, whole(score_nets, base))
    others = {
        "seed": replace(base, seed=4),
        "genre": replace(base, genre="salsa"),
        "motion": replace(base, motion=-base.motion),
        "no motion": replace(base, motion=None),
        "harmony": replace(base, harmony=plan("house", 40, np.random.default_rng(9))),
        "energy": replace(base, cues=replace(base.cues, energy=1 - base.cues.energy)),
        "accents": replace(
            base,
            cues=replace(
                base.cues, accents=np.arange(1.0, 9.0, 2.0), strengths=np.ones(4, np.float32)
            ),
        ),
        "beat": replace(base, cues=replace(base.cues, grid=steady(100.0, 10.0))),
    }
    for name, other in others.items():
        assert np.abs(whole(score_nets, other) - music).mean() > 0.002, name


def test_a_longer_piece_begins_like_a_shorter_one(score_nets):
    long = told(30.0)
    short = replace(long, frames=12.0 * FPS)
    length = short.tokens
    np.testing.assert_array_equal(whole(score_nets, short), whole(score_nets, long)[:length])


def test_the_timbre_of_the_first_window_is_told_to_the_others(score_nets, monkeypatch):
    heard = []
    real = score_nets.generate

    def generate(*asked):
        made = real(*asked)
        heard.append((asked[-1], made))
        return made

    monkeypatch.setattr(score_nets, "generate", generate)
    whole(score_nets, told(20.0))
    assert heard[0][0] is None and len(heard) > 2
    first = heard[0][1]
    for timbre, _ in heard[1:]:
        np.testing.assert_allclose(timbre[:96], first.mean(0), atol=1e-6)
        np.testing.assert_allclose(timbre[96:], first.std(0, ddof=1), atol=1e-6)


def test_decoding_in_pieces_is_decoding_all_at_once(score_nets):
    wish = told(40.0)
    pieces = list(mels(score_nets, wish))
    assert len(pieces) > 3, "it must come in pieces"
    at_once = score_nets.decode(whole(score_nets, wish))
    np.testing.assert_allclose(np.concatenate(pieces), at_once, atol=1e-3)


def test_no_band_is_louder_than_its_ceiling(score_nets, monkeypatch):
    monkeypatch.setattr(score_nets, "_ceiling", np.full(256, -64.0, np.float32))
    mel = np.concatenate(list(mels(score_nets, told(7.0))))
    assert mel.max() == pytest.approx(-64.0) and mel.min() < -70


def test_latents_come_as_they_settle(score_nets):
    """An hour is never held: what is asked for one by one is made one by one."""
    windows = []
    music = latents(score_nets, told(600.0), windows.append)
    first = next(music)
    assert len(windows) == 1 and len(first) <= WINDOW
    next(music)
    assert len(windows) == 2


def test_memory_does_not_grow_with_the_music(score_nets):
    peaks = []
    for seconds in (40.0, 400.0):
        wish = told(seconds)
        tracemalloc.start()
        assert sum(len(piece) for piece in mels(score_nets, wish)) == wish.tokens * TOKEN
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_it_stops_between_windows(score_nets):
    def tell(share):
        if share > 0.4:
            raise Cancelled("Stopped.")

    music = latents(score_nets, told(60.0), tell)
    with pytest.raises(Cancelled):
        list(music)


@pytest.mark.parametrize("beats", [8, 16, 48])
def test_a_loop_returns_to_its_beginning(score_nets, beats):
    """The tokens after the end are those of the beginning, and what leads there knows them."""
    tokens = 10 * beats // 2
    seconds = tokens * TOKEN / FPS
    wish = told(seconds, bpm=60 * beats / seconds, loops=True)
    assert wish.returns == tokens
    found = whole(score_nets, wish)
    back = found[tokens : tokens + RETURN]
    assert np.abs(back - found[:RETURN]).mean() < 0.05
    assert np.abs(found[tokens - RETURN : tokens] - found[:RETURN]).mean() > 0.1


def test_a_loops_beginning_is_shifted_by_the_fraction_of_a_token(score_nets):
    """The mel that follows the end must be the beginning's, at the very moment of the end."""
    wish = told(9.0, bpm=60 * 16 / 9.0, loops=True)
    late = wish.returns * TOKEN - wish.frames
    assert 0.1 < late < 3.9
    window = np.concatenate(list(latents(score_nets, replace(wish, loops=False))))[:WINDOW]
    mel = score_nets.decode(window)
    at = late + np.arange(RETURN * TOKEN)
    wanted = np.stack([np.interp(at, np.arange(len(mel)), band) for band in mel.T], axis=1)
    made = generator._beginning(score_nets, wish, window)
    np.testing.assert_allclose(made, score_nets.encode(wanted.astype(np.float32)), atol=1e-3)


def test_the_answers_near_a_window_are_all_that_it_is_told():
    """As if it were told of all, but in the time that a window takes."""
    base = told(60.0)
    random = np.random.default_rng(5)
    cues = replace(
        base.cues, accents=np.sort(random.uniform(0, 60, 80)),
        strengths=random.uniform(0.3, 1, 80).astype(np.float32),
        stops=np.array([[5.0, 6.2], [20.0, 21.5], [23.0, 24.0], [40.0, 41.0]]),
    )  # fmt: skip
    wish = replace(base, cues=cues)
    for start in (0, 44, 220, 440):
        times = (start * TOKEN + np.arange(256)) / FPS
        all_told = conditions(times, cues.grid, None, None, answers_to(cues))[:, ANSWERS]
        found = generator._conditions(wish, start)[:, ANSWERS]
        np.testing.assert_allclose(found, all_told, atol=1e-6)
        assert found[:, 0].max() > 0.9 and found[:, 2].all()


def test_after_a_loops_end_it_is_told_of_the_beginning():
    wish = told(8.0, loops=True)
    seen = generator._conditions(wish, wish.returns)
    shift = round(wish.returns * TOKEN - wish.frames, 6)
    np.testing.assert_allclose(seen[:, 0], np.sin(2 * np.pi * 2 * (np.arange(256) + shift) / FPS),
                               atol=1e-3)  # fmt: skip
