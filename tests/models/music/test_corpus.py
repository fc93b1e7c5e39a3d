# SPDX-License-Identifier: GPL-3.0-or-later
"""A small corpus made for real: what is stored belongs together, to the frame."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from twostep.inference.errors import TwostepError
from twostep.inference.genres import GENRES, NAMES
from twostep.inference.motion import FPS, Motion
from twostep.inference.pose_features import encode
from twostep.inference.score import mel
from twostep.inference.score.conditions import BUMP, ENERGY, HARMONY
from twostep.inference.score.grid import Grid, steady
from twostep.models.data.music import clips, corpus, pairs, render
from twostep.models.data.music.composer import compose
from twostep.models.data.music.dances import Dance, generated, recorded
from twostep.models.data.music.library import Job
from twostep.models.data.music.score import write_midi

from ...dancers import dancer, still_motion

needs_synth = pytest.mark.skipif(
    shutil.which("fluidsynth") is None
    or not any(Path(place).exists() for place in render._SOUND_FONTS),
    reason="FluidSynth or its sound font is not installed",
)


def shard(path: Path) -> Path:
    """Two takes to train on, one with a bad stretch, and one each to validate and to test."""
    takes, motions, start = [], [], 0
    for name, split, bpm in (
        ("a", "train", 90.0), ("b", "train", 118.0), ("c", "validation", 100.0),
        ("d", "test", 84.0),
    ):  # fmt: skip
        motion = dancer(bpm, 16.0)
        takes.append(
            {"name": name, "split": split, "style": "pop", "bpm": bpm, "start": start,
             "stop": start + len(motion), "beats": [0.0]}
        )  # fmt: skip
        start += len(motion)
        motions.append(encode(motion))
    valid = np.ones(start, bool)
    valid[240:300] = False  # of take a, eight seconds are left before and six after
    np.savez(path, features=np.concatenate(motions), valid=valid, takes=json.dumps(takes))
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of ten clips, two of them without a dance."""
    folder = tmp_path_factory.mktemp("corpus")
    sources = corpus.Sources(motion=shard(folder / "motion.npz"))
    items = [
        replace(item, generated=None if number in (4, 9) else False)
        for number, item in enumerate(corpus.plan(sources, 0.15, 0.15, 0, 3)[:10])
    ]
    splits = ("train", "train", "validation", "test", "train")
    items = [
        replace(item, job=replace(item.job, split=splits[number % 5]))
        for number, item in enumerate(items)
    ]
    return corpus.write(sources, items, folder / "score", workers=2)


def read(folder: Path, name: str) -> np.ndarray:
    return np.load(folder / f"{name}.npy", mmap_mode="r")


def entries(folder: Path, name: str = "clips") -> list[dict]:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


@needs_synth
def test_clips_lie_end_to_end(made: Path) -> None:
    listed = entries(made)
    assert len(listed) == 10
    assert listed[0]["start"] == 0
    assert [clip["stop"] for clip in listed[:-1]] == [clip["start"] for clip in listed[1:]]
    assert all(clip["start"] % 4 == clip["stop"] % 4 == 0 for clip in listed)
    rows = listed[-1]["stop"]
    assert read(made, "mel").shape == (rows, 256)
    assert read(made, "conditions").shape == (rows, 28)
    assert read(made, "motion").shape == (rows // 4, 64)
    for name in ("mel", "conditions", "motion"):
        assert read(made, name).dtype == np.float16
        assert np.isfinite(np.asarray(read(made, name), np.float32)).all()
    assert [clip["genre"] for clip in listed] == list(NAMES[:10])
    assert all(clip["licence"] and clip["credit"] for clip in listed)
    assert not made.with_name("score_making").exists()


@needs_synth
def test_onsets_fall_on_the_beats_that_are_told(made: Path) -> None:
    """And a quarter of a beat aside there are fewer, in every clip."""
    for clip in entries(made):
        rows = slice(clip["start"], clip["stop"])
        heard = np.maximum(np.asarray(read(made, "mel")[rows], np.float32), -70)
        flux = np.maximum(np.diff(heard, axis=0, prepend=heard[:1]), 0).mean(axis=1)
        flux = np.maximum(flux, np.roll(flux, -1))  # an attack takes two frames
        bump = np.asarray(read(made, "conditions")[rows, BUMP], np.float32)
        beats = np.array(clip["beats"])
        period = np.median(np.diff(beats))
        inside = beats[(beats > 0.1) & (beats < len(heard) / mel.FPS - period)]
        on = np.round(inside * mel.FPS).astype(int)
        aside = np.round((inside + 0.3 * period) * mel.FPS).astype(int)
        assert (bump[on] > 0.9).all()
        assert bump[aside].max() < 0.1
        assert flux[on].mean() > 1.3 * flux[aside].mean(), clip["name"]


@needs_synth
def test_sound_and_mel_are_the_same_moment(made: Path) -> None:
    listed = {clip["name"]: clip for clip in entries(made)}
    sounds = entries(made, "audio")
    samples = read(made, "audio")
    assert samples.dtype == np.int16
    assert len(sounds) == 10  # as many hours of sound as of mel were asked for
    for entry in sounds[:3]:
        clip = listed[entry["clip"]]
        assert entry["frames"] == clip["stop"] - clip["start"]
        start = entry["start"]
        sound = samples[start : start + 1024 * entry["frames"]].astype(np.float32) / 32_767
        again = mel.log_mel(np.asarray(resample_poly(sound, 1, 2), np.float32))
        stored = np.asarray(read(made, "mel")[clip["start"] : clip["stop"]], np.float32)
        assert np.abs(again[: len(stored)] - stored)[:-4].mean() < 0.1
        assert np.abs(sound).max() < 0.9
    assert sounds[-1]["start"] + 1024 * sounds[-1]["frames"] == len(samples)


@needs_synth
def test_takes_stay_in_their_split(made: Path) -> None:
    splits = {"a": "train", "b": "train", "c": "validation", "d": "test"}
    listed = entries(made)
    assert sum(clip["take"] is None for clip in listed) == 2
    for clip in listed:
        own = np.asarray(read(made, "motion")[clip["start"] // 4 : clip["stop"] // 4], np.float32)
        if clip["take"] is None:
            assert not own.any()
        else:
            assert splits[clip["take"]] == clip["split"]
            assert np.abs(own).mean(axis=1).min() > 0.05


@needs_synth
def test_energy_harmony_and_meter_are_told(made: Path) -> None:
    told = np.asarray(read(made, "conditions"), np.float32)
    assert (told[:, ENERGY.stop - 1] == 1).all()
    assert ((told[:, ENERGY.start] >= 0) & (told[:, ENERGY.start] <= 1)).all()
    assert (told[:, HARMONY].max(axis=1) == 1).all()
    tones = told[:, HARMONY][:, :12] > 0.5
    assert (tones.sum(axis=1) >= 2).all()  # a power chord has two
    for clip in entries(made):
        assert clip["beats_per_bar"] == GENRES[clip["genre"]].beats_per_bar
        assert 0 <= clip["first"] < clip["beats_per_bar"]
        assert len(clip["accents"]) == len(clip["strengths"])


@needs_synth
def test_an_interrupted_run_goes_on_and_the_old_corpus_stays(tmp_path: Path) -> None:
    sources = corpus.Sources(motion=shard(tmp_path / "motion.npz"))
    items = corpus.plan(sources, 0.03, 0.0, 0, 5)[:2]
    said: list[str] = []
    out = corpus.write(sources, items, tmp_path / "score", 1, said.append)
    first = np.array(read(out, "mel"))
    assert len(read(out, "audio")) == 0
    corpus.write(sources, items, out, 1, said.append)
    np.testing.assert_array_equal(read(out, "mel"), first)
    np.testing.assert_array_equal(read(tmp_path / "score_before", "mel"), first)
    assert not any("was there" in line for line in said)
    # The first clip of an interrupted third run.
    with pytest.raises(RuntimeError, match="stopped"):
        corpus.write(sources, items, out, 1, stop)
    corpus.write(sources, items, out, 1, said.append)
    assert any("was there" in line for line in said)
    np.testing.assert_array_equal(read(out, "mel"), first)


def stop(line: str) -> None:
    raise RuntimeError(f"stopped after {line}")


def test_a_plan_is_what_was_asked_for() -> None:
    sources = corpus.Sources(Path("motion.npz"), Path("music.npz"))
    items = corpus.plan(sources, 8.0, 2.0, 0, 0)
    assert 500 < len(items) < 1200
    assert len({item.job.name for item in items}) == len(items)
    genres = Counter(item.job.genre for item in items)
    assert set(genres) == set(NAMES)
    assert max(genres.values()) - min(genres.values()) <= 1
    kinds = Counter(item.generated for item in items)
    assert kinds[False] / len(items) == pytest.approx(0.7, abs=0.05)
    assert kinds[True] / len(items) == pytest.approx(0.2, abs=0.05)
    splits = Counter(item.job.split for item in items)
    for split in ("train", "validation", "test"):
        assert {item.job.genre for item in items if item.job.split == split} == set(NAMES)
    assert splits["test"] / len(items) == pytest.approx(0.05, abs=0.025)
    assert splits["validation"] / len(items) == pytest.approx(0.05, abs=0.025)
    assert np.mean([item.sound for item in items]) == pytest.approx(0.25, abs=0.05)
    assert corpus.plan(sources, 8.0, 2.0, 0, 0) == items
    assert not {item.job.seed for item in corpus.plan(sources, 1.0, 0, 0, 1)} & {
        item.job.seed for item in items
    }


def test_only_good_motion_is_scored(tmp_path: Path) -> None:
    dances = recorded(shard(tmp_path / "motion.npz"))
    assert [(dance.name, len(dance.motion)) for dance in dances] == [
        ("a", 240), ("b", 480), ("c", 480), ("d", 480),
    ]  # fmt: skip


@pytest.mark.parametrize("genre", ["house", "krump", "waltz"])
def test_a_dance_is_brought_to_the_tempo_of_the_genre(genre: str) -> None:
    dances = [Dance("x", "train", "pop", dancer(bpm, 30.0), bpm) for bpm in (78.0, 100.0)]
    slowest, fastest = GENRES[genre].tempi
    tempi, lengths = [], []
    for seed in range(24):
        pair = pairs.draw(dances, genre, np.random.default_rng(seed))
        tempi.append(pair.cues.grid.bpm)
        lengths.append(pair.motion.seconds)
        assert pair.cues.seconds == pair.motion.seconds
        assert pair.cues.grid.beats_per_bar == GENRES[genre].beats_per_bar
    inside = [0.97 * slowest <= bpm <= 1.03 * fastest for bpm in tempi]
    assert np.mean(inside) > 0.5
    assert np.ptp(lengths) > 3


def test_the_grid_of_a_song_moves_with_its_dance() -> None:
    """Cut at 10 s and played a quarter faster, downbeats still fall on the same moments."""
    song = Grid(np.arange(0.2, 60, 0.5), 2, 4)
    cut = pairs._moved(song, 10.0, 1.25, 20.0)
    np.testing.assert_allclose(np.diff(cut.beats), 0.4)
    assert 0 <= cut.beats[0] < 0.4
    assert cut.beats[-1] >= 20
    downs = cut.beats[cut.downbeats] * 1.25 + 10
    np.testing.assert_allclose((downs - 1.2) % 2.0 % 1.9999999, 0, atol=1e-6)


def test_a_figure_at_rest_is_no_pair() -> None:
    dances = [Dance("x", "train", "pop", still_motion(10.0), 100.0)]
    with pytest.raises(TwostepError, match="does not move"):
        pairs.draw(dances, "pop", np.random.default_rng(0))


def test_the_networks_dance_to_the_library(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    rng = np.random.default_rng(0)
    tracks, grid = [], steady(100.0, 5.0)
    for number, (genre, split) in enumerate(
        (("pop", "train"), (None, "validation"), ("salsa", "test"), ("pop", "train"))
    ):
        tracks.append(
            {"name": f"t{number}", "genre": genre, "split": split, "start": 150 * number,
             "take": "danced" if number == 3 else None,  # needs no dance
             "stop": 150 * (number + 1), "beats": grid.beats.tolist(),
             "downbeats": np.roll(grid.downbeats, 1).tolist()}
        )  # fmt: skip
    music = tmp_path / "music.npz"
    features = rng.normal(size=(600, 48)).astype(np.float16)
    np.savez(music, features=features, tracks=json.dumps(tracks))
    dances = generated(music, tmp_path / "dances", workers=1)
    assert [dance.split for dance in dances] == ["train", "validation", "test"]
    assert all(dance.generated and len(dance.motion) == 150 for dance in dances)
    assert all(dance.grid is not None and dance.grid.first == 1 for dance in dances)
    again = generated(music, tmp_path / "dances", workers=1)
    np.testing.assert_array_equal(again[0].motion.root, dances[0].motion.root)
    assert isinstance(dances[0].motion, Motion)
    assert dances[0].motion.fps == FPS


@pytest.mark.slow
@needs_synth
def test_midi_and_recordings_bring_their_beats(tmp_path: Path) -> None:
    piece = compose("house", 11, (("chorus", 12, 1.0),))
    path = tmp_path / "piece.mid"
    write_midi(piece, path)
    written = clips.clip_of(Job("m", "midi", path=path))
    assert isinstance(written, clips.Clip)
    found = np.array(written.entry["beats"])
    assert written.entry["kind"] == "midi"
    assert written.entry["genre"] is None
    np.testing.assert_allclose(found, piece.beat_times[: len(found)], atol=3e-3)
    assert not np.asarray(written.conditions[:, HARMONY], np.float32).any()
    sound = render.render(piece)
    soundfile.write(tmp_path / "song.wav", sound, 44_100)
    heard = clips.clip_of(Job("r", "recording", path=tmp_path / "song.wav"))
    assert isinstance(heard, clips.Clip)
    beats = np.array(heard.entry["beats"])
    away = np.abs((piece.beat_times[2:-2] + render.LEAD)[:, None] - beats).min(axis=1)
    assert np.mean(away < 0.05) > 0.9
    assert not heard.motion.any()
    assert clips.clip_of(Job("n", "recording", path=tmp_path / "none.wav")).startswith("unread")
