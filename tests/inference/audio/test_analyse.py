# SPDX-License-Identifier: GPL-3.0-or-later
"""A song as a dancer hears it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from twostep.inference.audio import analyse, beat_channels
from twostep.inference.errors import Cancelled, TwostepError
from twostep.inference.styles import STYLES

from .sounds import clicks, write

ROOT = Path(__file__).resolve().parents[3]
SONG = ROOT / "assets" / "first_steps.ogg"


def test_the_bundled_song() -> None:
    song = analyse(SONG)
    assert song.style == "house"
    assert song.bpm == pytest.approx(117.7, abs=0.5)
    assert song.warnings == ()
    assert song.features.shape == (np.ceil(song.seconds * 30), 48)
    assert song.features.dtype == np.float32
    assert np.isfinite(song.features).all()
    assert np.abs(song.features).max() <= 4
    bars = np.flatnonzero(song.downbeats)
    assert (np.diff(bars) == 4).all()
    # the first beat of the song, at .12 s, starts a bar
    assert song.beats[bars[0]] == pytest.approx(0.12, abs=0.03)
    times = np.arange(len(song.features)) / 30
    np.testing.assert_array_equal(
        song.features[:, 37:46], beat_channels(times, song.beats, song.downbeats)
    )
    assert song.features[60, 46] < song.features[800, 46]  # the intro is quieter than the chorus


def test_a_part_of_a_song() -> None:
    song = analyse(SONG, start=8, length=6)
    assert song.seconds == pytest.approx(6, abs=0.01)
    assert song.features.shape == (180, 48)
    assert song.beats.min() < 0.6
    assert song.bpm == pytest.approx(117.7, abs=1.5)


def test_the_same_song_gives_the_same_features() -> None:
    first, second = analyse(SONG, length=8), analyse(SONG, length=8)
    np.testing.assert_array_equal(first.features, second.features)


@pytest.mark.parametrize("seconds", [0.6, 1.0])
def test_one_second_works(tmp_path: Path, seconds: float) -> None:
    song = analyse(write(tmp_path / "hit.wav", clicks(seconds, 44_100, first=0.1)))
    assert len(song.features) == np.ceil(seconds * 30)
    assert np.isfinite(song.features).all()
    assert song.style in STYLES
    assert len(song.warnings) == 1
    assert "steady" in song.warnings[0]


def test_silence_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "quiet.wav", np.zeros(44_100 * 3, np.float32))
    with pytest.raises(TwostepError, match="is silent: choose"):
        analyse(path)


def test_a_blink_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "blink.wav", clicks(0.3, 44_100, first=0.05))
    with pytest.raises(TwostepError, match="shorter than half a second"):
        analyse(path)


def test_silence_around_the_music_is_fine(tmp_path: Path) -> None:
    sound = np.concatenate([np.zeros(44_100 * 6), clicks(16, 44_100), np.zeros(44_100 * 6)])
    song = analyse(write(tmp_path / "song.flac", sound.astype(np.float32)))
    assert song.bpm == pytest.approx(100, rel=0.02)
    assert np.isfinite(song.features).all()


def test_a_faint_recording_is_heard_as_well(tmp_path: Path) -> None:
    sound = clicks(16, 44_100) * 0.01
    song = analyse(write(tmp_path / "faint.flac", sound.astype(np.float32)))
    assert song.bpm == pytest.approx(100, rel=0.02)


def test_a_song_that_breaks_off_warns(tmp_path: Path) -> None:
    path = write(tmp_path / "song.flac", clicks(20, 44_100))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    song = analyse(path)
    assert 5 < song.seconds < 15
    assert any("breaks off" in warning for warning in song.warnings)


def test_progress_rises_and_may_cancel() -> None:
    seen: list[float] = []
    analyse(SONG, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1, abs=0.02)

    def stop(fraction: float) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        analyse(SONG, progress=stop)


def test_damaged_weights_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from twostep.inference.audio import metre

    monkeypatch.setattr(metre, "WEIGHTS", tmp_path / "metre.json")
    metre.forget()
    try:
        with pytest.raises(TwostepError, match="install Twostep again"):
            analyse(SONG, length=10)
    finally:
        metre.forget()


def test_listening_needs_neither_librosa_nor_numba() -> None:
    code = (
        "import sys; from twostep.inference.audio import analyse; "
        f"analyse({str(SONG)!r}, length=5); "
        "print([m for m in ('librosa', 'numba', 'torch', 'soundfile') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_real_songs_are_heard(data_folder: Path) -> None:
    """Songs that nothing was tuned on: sane tempi, a steady grid, finite features."""
    for path in sorted((data_folder / "music" / "librosa").glob("*.ogg")):
        song = analyse(path, length=40)
        assert 66 <= song.bpm <= 138
        periods = np.diff(song.beats)
        assert np.std(periods) < 0.1 * np.median(periods)
        assert np.isfinite(song.features).all()
