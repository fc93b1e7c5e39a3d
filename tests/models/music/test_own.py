# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs that are composed for the takes of motion.npz."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twostep.inference.genres import GENRES
from twostep.models.data.music import composer, own
from twostep.models.data.music.library import Job, Sound, plan, sound_of

from .test_library import needs_synth

SECONDS = 20
#: The dancer speeds up towards each of these and stops short.
HITS = (5.3, 11.4)
STILL = (14.0, 17.0)


def speeds(seconds: int) -> np.ndarray:
    """Calm in the first half, lively in the second, hits and a stop."""
    time = np.arange(30 * seconds) / 30
    speed = np.where(time < seconds / 2, 0.35, 0.8)
    for hit in HITS:
        speed += 2.5 * np.clip((time - hit + 0.4) / 0.4, 0, 1) * (time < hit)
    speed[(time >= STILL[0]) & (time < STILL[1])] = 0.02
    return speed.astype(np.float32)


def uneven(seconds: float) -> np.ndarray:
    """Beats as a dancer keeps them: 90 bpm, each a little early or late."""
    even = np.arange(0.4, seconds, 2 / 3)
    return (even + np.random.default_rng(1).uniform(-0.08, 0.08, len(even))).round(4)


@pytest.fixture
def motion(tmp_path: Path) -> Path:
    """A motion.npz as far as music looks at it: long, short, mostly bad, and with a real song."""
    takes: list[dict[str, Any]] = []
    speed, valid = [], []
    for name, seconds, style, song in (
        ("long", SECONDS, "hiphop", None), ("short", 8, "salsa", None),
        ("bad", SECONDS, "house", None), ("real", SECONDS, "pop", "mPO1"),
    ):  # fmt: skip
        start = sum(len(part) for part in speed)
        speed.append(speeds(seconds))
        good = np.ones(len(speed[-1]), dtype=bool)
        if name == "bad":
            good[60::120] = False
        valid.append(good)
        takes.append(
            {"name": name, "style": style, "split": "test" if name == "short" else "train",
             "start": start, "stop": start + len(good), "beats": uneven(seconds).tolist(),
             "song": song}
        )  # fmt: skip
    path = tmp_path / "motion.npz"
    valid[0][30:40] = False
    speed[0][30:40] = 50.0
    np.savez(
        path, speed=np.concatenate(speed), valid=np.concatenate(valid), takes=json.dumps(takes)
    )
    return path


def jobs_of(motion: Path) -> list[Job]:
    return [job for job in plan(None, None, None, None, 0, 0, 0, motion) if job.take]


def test_a_long_take_gets_two_songs_of_its_style_and_a_bad_one_none(motion: Path) -> None:
    jobs = jobs_of(motion)
    assert [(job.take, job.split) for job in jobs] == [
        ("long", "train"), ("long", "train"), ("short", "test"),
    ]  # fmt: skip
    assert [job.style for job in jobs] == ["hiphop", "hiphop", "salsa"]
    assert jobs[0].genre != jobs[1].genre
    assert len({job.name for job in jobs}) == 3
    assert jobs == jobs_of(motion)


def test_genres_are_those_whose_tempo_is_the_takes() -> None:
    def genres(bpm: float) -> set[str]:
        beats = np.arange(0, 20, 60 / bpm)
        take = own.Danced("a", "train", "hiphop", beats, np.ones(600, np.float32))
        return {genre for genre, _ in take.genres}

    assert "break" in genres(120)
    assert genres(82) <= {"middle_hiphop", "la_hiphop", "krump"}


def test_the_beats_are_the_takes_and_its_hits_and_stops_are_answered(motion: Path) -> None:
    take = own.danced(motion)[0]
    assert take.speed.max() < 5  # a jump of the tracking is no dancing
    cues = own.cues(take, 4)
    beats = cues.grid.beats
    assert beats[0] == take.beats[0]
    np.testing.assert_array_equal(beats[: len(take.beats)], take.beats)
    assert beats[-1] > SECONDS + 1 >= cues.seconds
    piece = composer.compose("krump", 5, cues=cues)
    assert piece.beat_times.tolist() == beats.tolist()
    struck = np.array([piece.time(beat) for beat in piece.accents])
    for hit in HITS:
        assert np.abs(struck - hit).min() < 0.3
    ((start, stop),) = [[piece.time(at) for at in stop] for stop in piece.stops]
    assert abs(start - STILL[0]) < 0.4 and abs(stop - STILL[1]) < 0.4
    bars = len(piece.energy)
    assert np.mean(piece.energy[: bars // 2 - 1]) < 0.6 * np.mean(piece.energy[bars // 2 : -4])


@pytest.mark.slow
@needs_synth
def test_a_song_of_a_takes_own_starts_with_it(motion: Path, tmp_path: Path) -> None:
    job = jobs_of(motion)[0]
    sound = sound_of(job)
    assert isinstance(sound, Sound)
    assert sound.beats is not None and sound.downbeats is not None
    beats = uneven(SECONDS)
    np.testing.assert_allclose(sound.beats[: len(beats)], beats)
    assert sound.heard.seconds > SECONDS + 1
    assert len(sound.downbeats) == len(sound.beats)
    assert GENRES[str(job.genre)].beats_per_bar == 4
    assert sound.downbeats.sum() == pytest.approx(len(sound.beats) / 4, abs=1)
    power = sound.heard.flux[:, 0]
    at = np.round(beats[beats < STILL[0]] * 90).astype(int)
    near = np.max([power[at + shift] for shift in (-1, 0, 1)], axis=0)
    off = np.max([power[at + shift] for shift in (12, 13, 14)], axis=0)
    assert np.median(near) > 3 * np.median(off)
    resting = slice(round(90 * (STILL[0] + 0.5)), round(90 * (STILL[1] - 0.5)))
    lively = slice(90 * 10, round(90 * 13.5))
    assert power[resting].mean() < 0.2 * power[lively].mean()
