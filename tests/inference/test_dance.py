# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole chain, from a sound file to a motion file."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest
from scipy.io import wavfile

from twostep.inference import dance as chain
from twostep.inference.audio import Song, beat_channels
from twostep.inference.dance import dance
from twostep.inference.errors import Cancelled, TwostepError
from twostep.inference.jobs import DanceJob
from twostep.inference.motion import Motion
from twostep.inference.rollout import padded_length

from .conftest import RATE, song
from .walking import walk


@pytest.fixture(scope="module")
def made(tune, weights):
    return dance(DanceJob(tune, seed=1, style="pop"), folder=weights)


def test_the_dance_is_as_long_as_the_sound(made):
    assert made.motion.fps == 30
    assert abs(len(made.motion) - 6.0 * 30) <= 1
    assert (made.style, made.provider, made.provider_note) == ("pop", "CPU", "")
    assert made.song.bpm == pytest.approx(120, rel=0.03)


def test_the_same_job_is_the_same_dance(made, tune, weights):
    again = dance(DanceJob(tune, seed=1, style="pop"), folder=weights)
    np.testing.assert_array_equal(made.motion.rotations, again.motion.rotations)
    np.testing.assert_array_equal(made.motion.root, again.motion.root)


def test_one_seed_dances_two_songs_differently(made, tmp_path, weights):
    """Even songs that sound alike: the noise is drawn from the song as well."""
    other = song(tmp_path / "other.wav", pitch=221)
    two = dance(DanceJob(other, seed=1, style="pop"), folder=weights)
    assert np.linalg.norm(made.motion.positions() - two.motion.positions(), axis=-1).mean() > 0.005


def test_a_song_keeps_its_dance_under_another_name(made, tune, tmp_path, weights):
    renamed = tmp_path / "renamed.wav"
    renamed.write_bytes(tune.read_bytes())
    again = dance(DanceJob(renamed, seed=1, style="pop"), folder=weights)
    np.testing.assert_array_equal(made.motion.rotations, again.motion.rotations)


def test_auto_takes_the_style_that_was_heard(tune, weights):
    made = dance(DanceJob(tune, length=2.0), folder=weights)
    assert made.style == made.song.style


@pytest.mark.parametrize(("start", "length"), [(1.0, 3.0), (4.5, None), (2.0, 1.0), (5.0, 100.0)])
def test_a_part_of_a_song(tune, weights, start, length):
    made = dance(DanceJob(tune, start=start, length=length), folder=weights)
    assert abs(made.motion.seconds - min(length or 100, 6.0 - start)) <= 1 / 30


@pytest.mark.parametrize(("start", "length"), [(0.0, None), (0.3, 4.2), (1.5, 3.9)])
def test_a_loop_lasts_whole_bars_and_closes(tune, weights, start, length):
    """120 bpm, four beats a bar: it begins where it is told and lasts 2 s or a multiple."""
    made = dance(DanceJob(tune, start=start, length=length, loop=True), folder=weights)
    bars = made.seconds / 2.0
    assert bars == pytest.approx(round(bars), abs=0.03)
    assert made.seconds <= (length or 6.0) + 0.15 and made.seconds > (length or 6.0) - 2.0
    assert len(made.motion) == round(made.seconds * 30) + 1
    np.testing.assert_array_equal(made.motion.root[0], made.motion.root[-1])
    places = made.motion.positions()
    np.testing.assert_allclose(places[0], places[-1], atol=1e-6)


def test_a_loop_does_not_start_in_the_pose_of_its_context(tune, weights, tmp_path):
    walk(2.0).save(tmp_path / "context.npz")
    job = DanceJob(tune, context=tmp_path / "context.npz", length=4.2, loop=True)
    made = dance(job, folder=weights)
    places = made.motion.positions()
    np.testing.assert_allclose(places[0], places[-1], atol=1e-6)


def test_a_loop_needs_a_bar(tune, weights):
    with pytest.raises(TwostepError, match=r"1.0 s of “tune.wav” are less than one bar; choose"):
        dance(DanceJob(tune, length=1.0, loop=True), folder=weights)


def test_a_context_gives_the_first_pose(tune, weights, tmp_path):
    context = walk(2.0).resampled(24.0)
    path = tmp_path / "context.npz"
    context.save(path)
    made = dance(DanceJob(tune, context=path, length=3.0), folder=weights)
    at_30 = context.resampled(30.0)
    np.testing.assert_allclose(made.motion.positions()[0], at_30.positions()[-1], atol=1e-3)


def test_both_kinds_of_file_are_written(tune, weights, tmp_path):
    for name in ("a.npz", "a.bvh"):
        dance(DanceJob(tune, out=tmp_path / name, length=2.0), folder=weights)
    assert len(Motion.load(tmp_path / "a.npz")) == 60
    assert "Frames: 60" in (tmp_path / "a.bvh").read_text()
    assert sorted(os.listdir(tmp_path)) == ["a.bvh", "a.npz"]


def test_progress_rises_from_nothing_to_all(tune, weights):
    told = []
    dance(
        DanceJob(tune, length=2.0), lambda share, stage: told.append((share, stage)), None, weights
    )
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1
    assert {"Listening", "Dancing", "Planting the feet"} <= {stage for _, stage in told}


@pytest.mark.parametrize("stage", ["Listening", "Dancing", "Planting the feet"])
def test_stopping_leaves_no_file(tune, weights, tmp_path, stage):
    seen = []
    job = DanceJob(tune, out=tmp_path / "a.npz", length=4.0)
    with pytest.raises(Cancelled):
        dance(job, lambda _, s: seen.append(s), lambda: stage in seen, weights)
    assert os.listdir(tmp_path) == []


def test_a_full_disk_leaves_no_file(tune, weights, tmp_path, monkeypatch):
    def full(self, path):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Motion, "save", full)
    with pytest.raises(TwostepError, match="The disk is full"):
        dance(DanceJob(tune, out=tmp_path / "a.npz", length=2.0), folder=weights)
    assert os.listdir(tmp_path) == []


def bad_songs(folder):
    (folder / "text.wav").write_text("no sound at all " * 100)
    wavfile.write(folder / "silent.wav", RATE, np.zeros(3 * RATE, np.int16))
    good = song(folder / "good.wav").read_bytes()
    (folder / "cut.wav").write_bytes(good[:30])
    (folder / "empty.wav").write_bytes(b"")
    return ["text.wav", "silent.wav", "cut.wav", "empty.wav", "missing.wav", "."]


@pytest.mark.parametrize("number", range(6))
def test_bad_songs_are_one_sentence_and_no_file(tmp_path, weights, number):
    (tmp_path / "out").mkdir()
    path = tmp_path / bad_songs(tmp_path)[number]
    with pytest.raises(TwostepError) as caught:
        dance(DanceJob(path, out=tmp_path / "out" / "a.npz"), folder=weights)
    message = str(caught.value)
    assert "\n" not in message and message.endswith((".", "!"))
    assert os.listdir(tmp_path / "out") == []


def test_a_second_of_song_is_a_second_of_dance(tmp_path, weights):
    made = dance(DanceJob(song(tmp_path / "s.wav", seconds=1.0)), folder=weights)
    assert abs(len(made.motion) - 30) <= 1


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 broken", b"text"])
def test_a_bad_context_is_one_sentence(tune, weights, tmp_path, content):
    path = tmp_path / "context.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TwostepError, match="go on from"):
        dance(DanceJob(tune, context=path), folder=weights)


def test_missing_networks_are_told_before_the_song_is_read(tune, tmp_path):
    with pytest.raises(TwostepError, match="networks are missing"):
        dance(DanceJob(tune), folder=tmp_path)


def test_beats_run_on_beyond_the_end():
    """The last segment looks ahead of the song; frozen beats there would confuse the dancer."""
    beats = np.arange(0, 1.0, 0.5)
    times = np.arange(30) / 30
    features = np.zeros((30, 48), np.float32)
    features[:, 37:46] = beat_channels(times, beats, np.zeros(2, bool))
    heard = Song(1.0, features, beats, np.zeros(2, bool), 120.0, {"pop": 1.0}, ())
    read = chain.score(heard)
    assert read.frames == 30 and len(read.features) == padded_length(30)
    assert np.abs(np.diff(read.features[:, 37])).min() >= 0
    np.testing.assert_allclose(read.features[45, 37:39], read.features[15, 37:39], atol=1e-4)
    assert read.features[45, 44] == pytest.approx(1.0, abs=1e-3)
