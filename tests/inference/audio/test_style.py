# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind of music is heard: excerpts, the extractor that ships, the Auto verdict."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from twostep.inference.audio import analyse, decode, style
from twostep.inference.errors import TwostepError
from twostep.inference.genres import GENRES, NAMES
from twostep.inference.score.mel import log_mel
from twostep.inference.styles import STYLES

from .sounds import clicks, write

ROOT = Path(__file__).resolve().parents[3]
SONG = ROOT / "assets" / "first_steps.ogg"
RATE = 22_050


@pytest.fixture(scope="module")
def mel_db() -> np.ndarray:
    return log_mel(decode(SONG, length=30)[0])


def kept(seconds: float, block: float = 20.0) -> list[np.ndarray]:
    """The excerpts of a sound whose samples are their own numbers, read in blocks."""
    samples = np.arange(round(seconds * RATE), dtype=np.float32)
    excerpts = style.Excerpts()
    size = round(block * RATE)
    passed = list(
        excerpts.passing(samples[start : start + size] for start in range(0, len(samples), size))
    )
    np.testing.assert_array_equal(np.concatenate(passed), samples)
    return excerpts.all()


@pytest.mark.parametrize("seconds", [0.5, 4.0, 11.9])
def test_a_short_sound_is_its_own_excerpt(seconds: float) -> None:
    (only,) = kept(seconds)
    assert len(only) == round(seconds * RATE)


@pytest.mark.parametrize("seconds", [60.0, 200.0, 1000.0])
def test_excerpts_are_spread_over_the_whole_sound(seconds: float) -> None:
    excerpts = kept(seconds)
    assert style.MOST / 2 < len(excerpts) <= style.MOST + 1
    starts = np.array([excerpt[0] for excerpt in excerpts]) / RATE
    steps = np.diff(starts)
    np.testing.assert_allclose(steps, steps[0], atol=1e-3)
    assert starts[0] == 0
    assert starts[-1] + steps[0] + style.EXCERPT >= seconds


def test_where_blocks_are_cut_changes_nothing() -> None:
    for one, other in zip(kept(130.0), kept(130.0, 0.7), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_short_rest_counts_only_alone() -> None:
    assert [len(excerpt) / RATE for excerpt in kept(14.0)] == [12.0]
    assert [len(excerpt) / RATE for excerpt in kept(18.0)] == [12.0, 6.0]


def test_how_loud_the_master_is_does_not_matter(mel_db: np.ndarray) -> None:
    np.testing.assert_allclose(style.bands(mel_db), style.bands(mel_db - 9.0), atol=1e-4)
    assert style.bands(mel_db).shape == (len(mel_db) // 2, 64)


def test_style_and_genres_of_a_spectrogram(mel_db: np.ndarray) -> None:
    odds = style.probabilities(mel_db)
    assert odds.shape == (len(NAMES),)
    assert odds.sum() == pytest.approx(1, abs=1e-5)
    assert NAMES[int(odds.argmax())] == "house"
    assert style.embed(mel_db).shape == (style.STYLE,)


def test_a_long_spectrogram_is_the_mean_of_its_parts(mel_db: np.ndarray) -> None:
    count = len(mel_db) // 3 * 3
    parts = mel_db[:count].reshape(3, -1, 256)
    for listen in (style.embed, style.probabilities):
        whole = listen(mel_db[:count])
        np.testing.assert_allclose(whole, np.mean([listen(p) for p in parts], axis=0), atol=1e-4)


def test_six_seconds_and_a_few_frames_do(mel_db: np.ndarray) -> None:
    for frames in (256, 20, 2):
        assert np.isfinite(style.embed(mel_db[:frames])).all()
    with pytest.raises(ValueError, match="two frames"):
        style.probabilities(mel_db[:1])


def test_silence_around_the_music_does_not_count() -> None:
    music = decode(SONG, length=12)[0]
    silence = np.zeros(12 * RATE, np.float32)
    assert style.heard([silence, music, silence]) == style.heard([music])


def test_the_verdict_sums_the_genres_of_a_style() -> None:
    genres = dict.fromkeys(NAMES, 0.0) | {"salsa": 0.4, "house": 0.3, "waack": 0.3}
    assert style.verdict(genres) == "house"
    assert {style.verdict({name: 1.0}) for name in NAMES} == set(STYLES)


def test_a_song_tells_its_genres() -> None:
    song = analyse(SONG)
    assert list(song.genres) == list(NAMES)
    assert sum(song.genres.values()) == pytest.approx(1, abs=1e-5)
    assert song.genre == "house"
    assert song.style == GENRES[song.genre].style


def test_a_damaged_network_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "style"
    place.mkdir()
    shipped = ROOT / "models" / "weights" / "style"
    (place / "style.json").write_bytes((shipped / "style.json").read_bytes())
    (place / "style.onnx").write_bytes((shipped / "style.onnx").read_bytes()[:-1])
    monkeypatch.setenv("TWOSTEP_WEIGHTS", str(tmp_path))
    style.forget()
    try:
        with pytest.raises(TwostepError, match="damaged"):
            analyse(write(tmp_path / "song.wav", clicks(4, 44_100)))
    finally:
        style.forget()
