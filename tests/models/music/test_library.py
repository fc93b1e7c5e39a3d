# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendering, the library of tracks, and what the analysis learned from it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from twostep.inference.audio import assemble, listen, rhythm
from twostep.inference.genres import NAMES
from twostep.inference.styles import STYLES
from twostep.models.data.music import composer, demo, held_out, render
from twostep.models.data.music.hearing import beat_f1
from twostep.models.data.music.library import Job, Sound, Track, _write, plan, sound_of

needs_synth = pytest.mark.skipif(
    shutil.which("fluidsynth") is None
    or not any(Path(place).exists() for place in render._SOUND_FONTS),
    reason="FluidSynth or its sound font is not installed",
)
ASSET = Path(__file__).resolve().parents[3] / "assets" / "first_steps.ogg"


def test_levels_are_alike_and_never_clip() -> None:
    rng = np.random.default_rng(0)
    for gain in (0.001, 0.1, 3.0):
        sound = render.levelled(gain * rng.normal(size=(88_200, 2)).astype(np.float32))
        assert np.abs(sound).max() < 0.9
        assert 0.12 < np.sqrt(np.square(sound[22_050:]).mean()) < 0.22
        assert not sound[0].any()


def test_an_offset_is_taken_out() -> None:
    time = np.arange(4 * 44_100) / 44_100
    tone = np.sin(2 * np.pi * 220 * time).astype(np.float32)[:, None].repeat(2, 1)
    assert abs(render.levelled(tone + 0.5)[44_100:].mean()) < 1e-3


def test_the_bundled_song_is_fit_to_ship() -> None:
    sound, rate = soundfile.read(ASSET)
    assert ASSET.stat().st_size < 700_000
    assert rate == 44_100
    assert 30 < len(sound) / rate < 40
    assert np.abs(sound).max() < 0.95
    assert np.abs(sound.mean(axis=0)).max() < 1e-3
    assert np.abs(sound[-200:]).max() < 1e-2
    assert len(sound) / rate == pytest.approx(demo.demo_piece().seconds + 2.12, abs=0.1)


@pytest.mark.slow
@needs_synth
@pytest.mark.parametrize("genre", ["salsa", "house"])
def test_a_rendered_piece_is_heard_as_written(genre: str, tmp_path: Path) -> None:
    """A seed that nothing was trained on: beats and bars are found."""
    sound = sound_of(Job(f"{genre}_101", "piece", genre, 101, sounds=tmp_path))
    assert isinstance(sound, Sound)
    assert sound.beats is not None
    assert sound.downbeats is not None
    pulse = rhythm(sound.heard)
    assert beat_f1(pulse.beats, sound.beats) > 0.9
    # salsa's clave has two sides; which of them comes first is the band's secret
    strong = sound.beats[:: 2 if genre == "salsa" else 4]
    bars = pulse.beats[pulse.downbeats]
    assert len(bars) > 0.9 * sound.downbeats.sum()
    assert np.mean(np.abs(bars[:, None] - strong).min(axis=1) < 0.07) > 0.9
    assert len(list(tmp_path.glob("*.flac"))) == 1
    again = sound_of(Job(f"{genre}_101", "piece", genre, 101, sounds=tmp_path))
    assert isinstance(again, Sound)
    np.testing.assert_array_equal(again.heard.flux, sound.heard.flux)


def test_tracks_are_written_end_to_end(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    tracks = []
    for name, genre, length in (("a", "krump", 90), ("b", None, 60)):
        beats = np.arange(0.1, length / 30, 0.6)
        tracks.append(
            Track(
                Job(name, "piece", genre),
                rng.normal(size=(length, 48)).astype(np.float16),
                beats,
                np.arange(len(beats)) % 4 == 0,
                True,
            )
        )
    path = _write(tracks, tmp_path)
    with np.load(path, allow_pickle=False) as stored:
        features, entries = stored["features"], json.loads(str(stored["tracks"]))
    assert features.shape == (150, 48)
    assert features.dtype == np.float16
    assert [(e["start"], e["stop"], e["genre"]) for e in entries] == [
        (0, 90, "hiphop"),  # the dance style of krump
        (90, 150, None),
    ]
    np.testing.assert_array_equal(features[90:], tracks[1].features)
    assert entries[0]["beats"] == pytest.approx(tracks[0].beats)
    assert not list(tmp_path.glob("*.part*"))


def test_the_plan_splits_and_credits(data_folder: Path, tmp_path: Path) -> None:
    jobs = plan(data_folder / "music", data_folder / "midi", None, tmp_path, 8, 0, 30)
    assert {job.genre for job in jobs if job.kind == "piece"} == set(NAMES)
    held_out = [job for job in jobs if job.split == "validation"]
    assert {job.style for job in held_out} >= set(STYLES)
    assert not any("librosa" in str(job.path) for job in jobs)
    assert all(job.licence and job.credit for job in jobs)
    assert len({job.name for job in jobs}) == len(jobs)


def test_pieces_for_testing_have_seeds_of_their_own() -> None:
    jobs = plan(None, None, None, None, 9, 0, 0)
    tested = [job for job in jobs if job.split == "test"]
    assert {job.genre for job in tested} == set(NAMES)
    assert not {job.seed for job in tested} & {job.seed for job in jobs if job.split != "test"}
    for split, first in held_out.SEEDS.items():
        assert not set(range(first, first + len(held_out.SONGS))) & {job.seed for job in jobs}
        assert split in ("validation", "test")


@pytest.mark.slow
@needs_synth
def test_songs_that_are_held_out_come_with_their_beats(tmp_path: Path) -> None:
    path = held_out.write(tmp_path, "validation", songs=(("house", 40.0), ("waltz", 20.0)))
    songs = json.loads(path.read_text(encoding="utf-8"))
    assert sorted(songs) == ["house_40s_validation.flac", "waltz_20s_validation.flac"]
    song = songs["house_40s_validation.flac"]
    assert (song["style"], song["split"], song["seconds"]) == ("house", "validation", 40.0)
    sound, rate = soundfile.read(tmp_path / "house_40s_validation.flac")
    assert len(sound) / rate == 40.0
    assert not sound[-1].any()
    heard = listen(tmp_path / "house_40s_validation.flac")
    assert beat_f1(rhythm(heard).beats, np.array(song["beats"])) > 0.9
    assert len(song["downbeats"]) == len(song["beats"])
    assert songs["waltz_20s_validation.flac"]["downbeats"][:7] == [True, False, False] * 2 + [True]


@pytest.mark.parametrize("seconds", [70.0, 180.0])
def test_a_long_song_is_of_several_forms(seconds: float) -> None:
    piece = composer.compose("waack", 3, held_out.form_of("waack", 3, seconds))
    assert seconds <= piece.seconds < 2 * seconds


@pytest.mark.slow
@needs_synth
def test_features_of_a_piece_follow_its_energy(tmp_path: Path) -> None:
    job = Job("pop_7", "piece", "pop", 7, sounds=tmp_path)
    piece, sound = composer.compose("pop", 7), sound_of(job)
    assert isinstance(sound, Sound)
    assert sound.beats is not None
    assert sound.downbeats is not None
    level = assemble(sound.heard, sound.beats, sound.downbeats)[:, 46]
    means, energies = [], []
    for section in piece.sections:
        first, last = (int(30 * piece.time(4 * bar)) for bar in
                       (section.first_bar, section.first_bar + section.bars))  # fmt: skip
        means.append(float(level[first:last].mean()))
        energies.append(section.energy)
    assert np.corrcoef(means, energies)[0, 1] > 0.6
