# SPDX-License-Identifier: GPL-3.0-or-later
"""Dancers without a network do what they are there for: copy, ignore the music, or stand."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from twostep.inference import pose_features
from twostep.inference.motion import Motion
from twostep.models.judge import copying, signals, sync
from twostep.models.judge.clips import read_clips
from twostep.models.judge.copied import COPIED, Random, Retrieval, Statue, chained

from .figures import FPS, SHOULDERS, standing, turned, wandering
from .test_performances import Heard, Path, song


def heard(seconds: float = 24.0, period: float = 0.62, name: str = "song.wav") -> Heard:
    return Heard(Path(name), song(seconds, period))


def reaching(seed: int, seconds: float = 30.0) -> Motion:
    """Arms that go here and there, and never back where they were."""
    noise = np.random.default_rng(seed).normal(0, 1, (2, round(seconds * FPS)))
    left, right = gaussian_filter1d(noise, 10.0, axis=1) * 6
    return turned(turned(standing(seconds), left, SHOULDERS[:1], "y"), right, SHOULDERS[1:], "y")


def from_training(motion, shards) -> np.ndarray:
    """How far each two seconds are from the nearest of training, metres."""
    clips = read_clips(shards, splits=("train",))
    bank = copying.bank((clip.name, signals.centred(clip.motion)) for clip in clips)
    return copying.nearest(signals.centred(motion), bank)


@pytest.mark.parametrize("kind", COPIED)
def test_they_dance_as_long_as_the_song_and_as_the_seed_says(kind, shards):
    dancer = COPIED[kind](shards)
    dances = [dancer.dance(heard(), "pop", seed) for seed in (0, 0, 1)]
    assert [len(dance) for dance in dances] == [24 * 30] * 3
    assert np.array_equal(dances[0].rotations, dances[1].rotations)
    assert not np.array_equal(dances[0].rotations, dances[2].rotations)
    assert np.isfinite(dances[0].positions()).all()
    step = np.linalg.norm(np.diff(dances[0].root, axis=0), axis=1)
    assert step.max() < 0.15


def test_retrieval_shows_training_motion_on_the_songs_beats(shards):
    dance = Retrieval(shards).dance(heard(), "pop", 0)
    gaps = from_training(dance, shards)
    held_out = read_clips(shards, splits=("validation",))
    other = np.median([np.median(from_training(clip.motion, shards)) for clip in held_out])
    assert np.median(gaps) < 0.5 * other


def test_retrieval_asks_for_the_music_that_a_take_was_danced_to(tmp_path):
    """Two takes alike in tempo and energy; the song's sound is that of the second's own song."""
    beats = np.arange(0.0, 31.0, 0.5)
    takes, features = [], []
    for number, motion in enumerate(reaching(seed) for seed in range(2)):
        features.append(pose_features.encode(motion))
        takes.append(
            {"name": f"take{number}", "style": "pop", "split": "train", "start": 900 * number,
             "stop": 900 * (number + 1), "beats": list(beats[:60])}
        )  # fmt: skip
    np.savez(
        tmp_path / "motion.npz", features=np.concatenate(features), valid=np.ones(1800, bool),
        speed=np.zeros(1800, np.float32), takes=json.dumps(takes),
    )  # fmt: skip
    rng = np.random.default_rng(0)
    music = rng.random((1800, 48)).astype(np.float16)
    music[:, 46] = 0.5
    tracks = [
        {"name": f"own{n}", "take": f"take{n}", "split": "train", "start": 900 * n,
         "stop": 900 * (n + 1), "beats": list(beats), "downbeats": [False] * len(beats)}
        for n in range(2)
    ]  # fmt: skip
    np.savez(tmp_path / "music.npz", features=music, tracks=json.dumps(tracks))
    for number, clip in enumerate(read_clips(tmp_path)):
        own = music[900 * number : 900 * (number + 1)].astype(np.float32)
        asked = replace(song(20.0), features=own, beats=beats[1:40], downbeats=np.zeros(39, bool))
        dance = Retrieval(tmp_path).dance(Heard(Path("x.wav"), asked), "pop", 0)
        bank = copying.bank([(clip.name, signals.centred(clip.motion))])
        found = copying.nearest(signals.centred(dance), bank)
        assert (found < 0.05).mean() > 0.5


def test_random_stretches_keep_no_beat(shards):
    dancer, margins = Random(shards), []
    for seed in range(6):
        beats = song(40.0, 0.53 + 0.02 * seed).beats
        dance = dancer.dance(heard(40.0, 0.53 + 0.02 * seed), "pop", seed)
        found = signals.kinematic_beats(dance.positions(), FPS)
        margins.append(sync.beat_scores(found, beats)["f1"] - sync.null_f1(found, beats))
    assert abs(np.mean(margins)) < 0.1
    assert np.median(from_training(dancer.dance(heard(), "pop", 0), shards)) < 0.02


def test_a_statue_trembles_on_the_spot(shards):
    statue = Statue(shards).dance(heard(), "pop", 0)
    moved = signals.joint_speeds(statue.positions(), FPS).mean()
    real = read_clips(shards, styles=("pop",))[0].motion
    assert 0.0 < moved < 0.5 * signals.joint_speeds(real.positions(), FPS).mean()
    assert np.linalg.norm(statue.root[:, :2], axis=1).max() < 0.02
    assert len(signals.kinematic_beats(statue.positions(), FPS)) == 0
    # The published score counts its trembling as beats, and finds it as good as dancers.
    minima = signals.plain_minima(statue.positions(), FPS)
    assert sync.beat_alignment(minima, heard().song.beats, "music") > 0.15


def test_pieces_are_chained_without_a_step():
    motion = wandering(12.0)
    dance = chained([motion[:90], motion[200:290], motion[30:120]])
    assert len(dance) == 90 + 89 + 89
    step = np.linalg.norm(np.diff(dance.positions(), axis=0), axis=-1).max()
    usual = np.linalg.norm(np.diff(motion.positions(), axis=0), axis=-1).max()
    assert step < 1.6 * usual


def test_a_style_without_takes_borrows_another(shards):
    clips = {clip.style for clip in read_clips(shards, splits=("train",))}
    assert "unheard" not in clips
    assert len(Random(shards).dance(heard(5.0), "unheard", 0)) == 150
