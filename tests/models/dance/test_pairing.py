# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from twostep.inference import pose_features
from twostep.inference.audio import beat_channels as served_channels
from twostep.models.dance.pairing import Dances, Library, Pairing, beat_channels, mirror

from ..conftest import sway


@pytest.fixture
def pairing(shards: Path) -> Pairing:
    return Pairing(
        Dances(shards / "motion.npz", "train", 3), Library.load(shards / "music.npz", "train"), 0
    )


def test_a_batch_has_music_for_every_frame_and_the_look_ahead(pairing: Pairing) -> None:
    batch = pairing.draw(8)
    assert batch.motion.shape == (8, 180, 152)
    assert batch.music.shape == (8, 196, 48)
    assert batch.style.sum(1) == pytest.approx(1)
    assert batch.energy.shape == (8, 3)
    assert batch.energy.min() >= 0 and batch.energy.max() <= 1


def test_warped_music_beats_fall_on_the_beats_of_the_motion(pairing: Pairing) -> None:
    """The swaying figures stand still at every beat offset; so speed must follow the phase."""
    batch = pairing.draw(64)
    phase = np.arctan2(batch.music[:, :180, 37], batch.music[:, :180, 38]) / (2 * np.pi) % 1
    takes = pairing.dances
    expected = []
    pairing.random = np.random.default_rng(5)
    again = Pairing(takes, pairing.library, 5).draw(64)
    # The same seed draws the same windows, so that the test may know where each one starts.
    random = np.random.default_rng(5)
    start = takes.starts[random.choice(len(takes.starts), 64, p=takes.weights)]
    rate = 1 + random.uniform(-0.08, 0.08, 64)
    for first, speed in zip(start, rate, strict=True):
        take = int(first) // 600
        seconds = (first - take * 600 + np.arange(180) * speed) / 30
        expected.append(((seconds - 0.1) / (60 / (84.0 + 4 * take))) % 1)
    got = np.arctan2(again.music[:, :180, 37], again.music[:, :180, 38]) / (2 * np.pi) % 1
    apart = np.abs(got - np.array(expected))
    assert np.minimum(apart, 1 - apart).max() < 0.01
    assert not np.allclose(phase, got)


def test_beat_channels_are_those_that_inference_computes() -> None:
    beats = np.arange(0.0, 12.0, 0.6)
    bar = np.arange(len(beats)) % 4
    times = np.arange(60, 240) / 30
    number = times[None] / 0.6
    trained = beat_channels(number, bar[np.floor(number).astype(int)])[0]
    served = served_channels(times, beats, bar == 0)
    assert np.abs(trained - served)[2:-2].max() < 0.02


def test_mirror_is_the_mirror_of_motion() -> None:
    motion = sway(90, 100.0, 3)
    ours = mirror(pose_features.encode(motion))
    assert np.abs(ours - pose_features.encode(motion.mirrored())).max() < 1e-4


def test_a_batch_may_have_nothing_to_mirror() -> None:
    assert mirror(np.zeros((0, 180, 152), dtype=np.float32)).shape == (0, 180, 152)


def test_windows_never_touch_invalid_frames(shards: Path, tmp_path: Path) -> None:
    with np.load(shards / "motion.npz") as data:
        arrays = dict(data)
    arrays["valid"] = arrays["valid"].copy()
    arrays["valid"][300] = False
    np.savez(tmp_path / "motion.npz", **arrays)
    starts = Dances(tmp_path / "motion.npz", "train", 3).starts
    assert not np.any((starts <= 300) & (starts + 180 > 300))
    assert len(starts) < len(Dances(shards / "motion.npz", "train", 3).starts)


def test_music_of_the_motions_own_style_is_preferred(pairing: Pairing) -> None:
    drawn = [pairing.library.genre[pairing._piece(1)] for _ in range(400)]
    assert np.mean(np.array(drawn) == 1) > 0.7


def test_energy_is_a_quantile_within_the_style(pairing: Pairing) -> None:
    slow, fast = pairing.dances.quantiles[2][[0, -1]]
    got = pairing.dances.energy(np.array([[slow, fast, 10.0]]), np.array([2]))
    assert got[0] == pytest.approx([0, 1, 1])


def test_paces_are_those_of_the_pelvis_in_training_takes(shards: Path, tmp_path: Path) -> None:
    with np.load(shards / "motion.npz") as data:
        arrays = dict(data)
    features, takes = arrays["features"].copy(), json.loads(str(arrays["takes"]))
    for number, take in enumerate(takes):
        rows = slice(take["start"], take["stop"])
        even = np.arange(take["stop"] - take["start"]) % 2
        features[rows, pose_features.HEIGHT] = number + 0.01 * (1 + number % 5) * even
        features[rows, pose_features.VELOCITY] = [0.3, 0.4] if take["split"] == "train" else 9
    arrays["features"] = features
    np.savez(tmp_path / "motion.npz", **arrays)
    paces = Dances(tmp_path / "motion.npz", "train", 3).paces()
    assert paces[:, 0] == pytest.approx(0.3 * np.arange(1, 6), rel=1e-3)
    assert paces[:, 1] == pytest.approx(0.5)
    # The first frame follows on no other, not even where all of it is one take.
    arrays["takes"] = json.dumps([takes[0] | {"stop": len(features)}])
    np.savez(tmp_path / "motion.npz", **arrays)
    assert np.isfinite(Dances(tmp_path / "motion.npz", "train", 3).paces()).all()


def test_windows_may_have_any_length(shards: Path) -> None:
    dances = Dances(shards / "motion.npz", "train", 1, 150)
    batch = Pairing(dances, Library.load(shards / "music.npz", "train"), 0).draw(4)
    assert batch.motion.shape == (4, 150, 152)
    assert batch.music.shape == (4, 166, 48)
    assert batch.energy.shape == (4, 1)


def retold(
    shards: Path, out: Path, tracks: list[dict[str, Any]], takes: list[dict[str, Any]]
) -> Pairing:
    """Pairs with other tracks and takes; the first channel of the music says where it is from: the
    number of the track and, as the fraction, how far on in it, in 2000 frames."""
    with np.load(shards / "music.npz") as data:
        features = data["features"].astype(np.float32)
    for number, track in enumerate(tracks):
        length = track["stop"] - track["start"]
        features[track["start"] : track["stop"], 0] = number + np.arange(length) / 2000
    np.savez(out / "music.npz", features=features, tracks=json.dumps(tracks))
    with np.load(shards / "motion.npz") as data:
        np.savez(out / "motion.npz", **{**data, "takes": json.dumps(takes)})
    dances = Dances(out / "motion.npz", "train", 3)
    return Pairing(dances, Library.load(out / "music.npz", "train"), 0)


def told(shards: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The tracks and the takes."""
    with np.load(shards / "music.npz") as music, np.load(shards / "motion.npz") as motion:
        return json.loads(str(music["tracks"])), json.loads(str(motion["takes"]))


def drawn(pairing: Pairing, size: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The first channel of a batch's music (B, 180) and the rows that its motion is from."""
    random = np.random.default_rng(0)
    dances = pairing.dances
    start = dances.starts[random.choice(len(dances.starts), size, p=dances.weights)]
    rate = 1 + random.uniform(-0.08, 0.08, size)
    return pairing.draw(size).music[:, :180, 0], start[:, None] + np.arange(180) * rate[:, None]


def test_a_take_danced_to_a_song_of_the_library_gets_that_song_in_its_place(
    shards: Path, tmp_path: Path
) -> None:
    tracks, takes = told(shards)
    tracks[2]["name"] = "mBR0"
    for take in takes:
        take["song"], take["beats"] = "mBR0", tracks[2]["beats"]
    origin, rows = drawn(retold(shards, tmp_path, tracks, takes), 64)
    right = np.abs(origin - 2 - rows % 600 / 2000).max(1) < 2 / 2000
    assert 0.4 < right.mean() < 0.8


def test_songs_composed_for_a_take_are_read_in_its_own_time_and_by_no_other(
    shards: Path, tmp_path: Path
) -> None:
    tracks, takes = told(shards)
    for number in (0, 4):
        beats = takes[3]["beats"]
        tracks[number] |= {"take": "take3", "beats": beats, "downbeats": [False] * len(beats)}
    origin, rows = drawn(retold(shards, tmp_path, tracks, takes), 400)
    whose = rows[:, 0].astype(int) // 600
    number = np.floor(origin[:, 90]).astype(int)
    own = np.isin(number, (0, 4))
    assert set(whose[own]) == {3}
    assert set(number[own]) == {0, 4}
    assert np.mean(own[whose == 3]) == pytest.approx(0.55, abs=0.2)
    assert np.abs(origin - number[:, None] - rows % 600 / 2000)[own].max() < 2 / 2000


def test_a_short_song_of_a_takes_own_is_kept(shards: Path, tmp_path: Path) -> None:
    tracks, takes = told(shards)
    for track in tracks[:2]:
        track["beats"], track["downbeats"] = track["beats"][:9], track["downbeats"][:9]
    tracks[1]["take"] = "take0"
    library = retold(shards, tmp_path, tracks, takes).library
    assert library.name[:2] == ("piece1", "piece2")
